"""What the router is told and what it answers."""

from dataclasses import FrozenInstanceError
from enum import StrEnum

import pytest

from custom_components.xiao_gpt.routing import DEFAULT_KEYWORDS, Context, Decision, Doubt, Mode, Reason, Reply, Route


def test_by_default_nothing_is_known_but_the_words() -> None:
    context = Context(enabled=True)
    assert (context.answering, context.continuous) == (False, False)
    assert (context.reply, context.previous) == (None, None)
    assert (context.mode, context.keywords, context.own_words) == (Mode.AUTOMATIC, DEFAULT_KEYWORDS, {})
    assert (context.to_llm, context.to_xiaoai, context.names) == ((), (), frozenset())
    assert (context.leaning, context.doubt) == (0.0, Doubt.LLM)


def test_by_default_a_decision_is_sure_and_xiaoais() -> None:
    decision = Decision(Route.NATIVE, Reason.SWITCHED_OFF)
    assert (decision.intent, decision.score, decision.llm) == (None, 1.0, False)


@pytest.mark.parametrize(("llm", "label"), [(True, "llm"), (False, "native")])
@pytest.mark.parametrize("route", Route)
def test_the_label_is_one_of_two_whoever_answers(route: Route, llm: bool, label: str) -> None:
    assert Decision(route, Reason.CLASSIFIER, llm=llm).label == label


def test_a_decision_stands() -> None:
    decision = Decision(Route.LLM, Reason.CLASSIFIER)
    with pytest.raises(FrozenInstanceError):
        decision.route = Route.NATIVE  # type: ignore[misc]


def test_what_is_known_stands() -> None:
    with pytest.raises(FrozenInstanceError):
        Context(enabled=True).leaning = 1.0  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Reply("好的").words = ""  # type: ignore[misc]


@pytest.mark.parametrize("word", [*Route, *Reason, *Mode, *Doubt])
def test_a_route_and_a_reason_are_their_keys_in_events(word: StrEnum) -> None:
    assert f"{word}" == word.value == word.value.lower()
    assert word.value.replace("_", "").isalpha()
