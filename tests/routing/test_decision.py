"""What the router is told and what it answers."""

from dataclasses import FrozenInstanceError

import pytest

from custom_components.xiao_gpt.routing import DEFAULT_KEYWORDS, Context, Decision, Mode, Route


def test_by_default_nothing_goes_on_and_the_router_is_sure() -> None:
    context = Context(enabled=True)
    assert (context.answering, context.plays_audio, context.continuous) == (False, False, False)
    assert (context.mode, context.keywords, context.own_words) == (Mode.AUTOMATIC, DEFAULT_KEYWORDS, {})
    decision = Decision(Route.LLM, "default")
    assert (decision.intent, decision.score) == (None, 1.0)


def test_a_decision_stands() -> None:
    decision = Decision(Route.LLM, "default")
    with pytest.raises(FrozenInstanceError):
        decision.route = Route.NATIVE  # type: ignore[misc]


@pytest.mark.parametrize(("route", "key"), [(route, route.value) for route in Route])
def test_a_route_is_its_key_in_events(route: Route, key: str) -> None:
    assert f"{route}" == key == key.lower()
