"""The history that a model is told again."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.gpt.history import trim
from custom_components.xiao_gpt.gpt.tokens import PER_MESSAGE, count_message
from simulator.llm_protocol import _check_tool_order

SYSTEM = {"role": "system", "content": "你是助手" * 50}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def said(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def turn_with_tools(number: int, calls: int) -> list[dict[str, Any]]:
    ids = [f"{number}-{call}" for call in range(calls)]
    function = {"name": "turn_on", "arguments": "{}"}
    return [
        user(f"打开{number}号灯"),
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": one, "type": "function", "function": function} for one in ids],
        },
        *({"role": "tool", "tool_call_id": one, "content": "{}"} for one in ids),
        said("好了"),
    ]


def test_what_fits_stays_as_it_is() -> None:
    messages = [SYSTEM, user("你好"), said("你好呀"), user("讲个故事")]
    assert trim(messages, 1000, len) == messages


def test_the_oldest_turns_go_first_and_whole() -> None:
    messages = [SYSTEM, user("一" * 10), said("一" * 10), user("二" * 10), said("二" * 10), user("三" * 10)]
    one = PER_MESSAGE + 10
    assert trim(messages, 5 * one, len) == messages
    assert trim(messages, 5 * one - 1, len) == [SYSTEM, *messages[3:]]
    assert trim(messages, 3 * one, len) == [SYSTEM, *messages[3:]]
    assert trim(messages, 3 * one - 1, len) == [SYSTEM, *messages[5:]]


def test_a_turn_that_is_too_long_is_no_reason_to_keep_older_ones() -> None:
    messages = [user("一"), said("一"), user("二"), said("二" * 500), user("三")]
    assert trim(messages, 100, len) == [user("三")]


@pytest.mark.parametrize("budget", [0, 1, -5])
def test_the_newest_turn_and_the_instructions_stay_whatever_they_cost(budget: int) -> None:
    newest = turn_with_tools(2, 3)
    assert trim([SYSTEM, *turn_with_tools(1, 1), *newest], budget, len) == [SYSTEM, *newest]


def test_without_a_user_nothing_is_trimmed() -> None:
    assert trim([], 0, len) == []
    assert trim([SYSTEM], 0, len) == [SYSTEM]
    assert trim([SYSTEM, said("水开了")], 0, len) == [SYSTEM, said("水开了")]


def test_what_was_said_before_the_first_user_goes_before_the_first_turn() -> None:
    messages = [SYSTEM, said("水开了" * 5), user("好"), said("嗯"), user("谢谢")]
    whole = sum(count_message(message, len) for message in messages[1:])
    assert trim(messages, whole, len) == messages
    assert trim(messages, whole - 1, len) == [SYSTEM, *messages[2:]]


PLAIN = st.tuples(st.text(max_size=20), st.text(min_size=1, max_size=40)).map(lambda t: [user(t[0]), said(t[1])])
TOOLS = st.tuples(st.integers(0, 10**6), st.integers(1, 4)).map(lambda t: turn_with_tools(*t))
UNANSWERED = st.text(max_size=20).map(lambda text: [user(text)])  # interrupted before the first word
TURNS = st.lists(st.one_of(PLAIN, TOOLS, UNANSWERED), max_size=8)


@given(
    turns=TURNS,
    opening=st.lists(st.sampled_from([SYSTEM, {"role": "developer", "content": "x"}]), max_size=2),
    budget=st.integers(-10, 400),
    cut=st.integers(0, 4),
)
def test_a_trimmed_history_is_one_that_a_service_takes(
    turns: list[list[dict[str, Any]]], opening: list[dict[str, Any]], budget: int, cut: int
) -> None:
    """No result without its call, no call without its result; the newest question there, what is left in order."""
    messages = [*opening, *(message for turn in turns for message in turn)]
    if turns and turns[-1][-1]["role"] == "assistant" and cut:
        messages.pop()  # the model is about to answer
    kept = trim(messages, budget, len)
    _check_tool_order(kept)  # the simulator's, as OpenAI documents it
    assert kept == [*opening, *messages[len(messages) - (len(kept) - len(opening)) :]]
    users = [message for message in messages if message["role"] == "user"]
    if users:
        assert kept[len(opening)]["role"] == "user"
        assert users[-1] in kept
        newest = max(at for at, message in enumerate(kept) if message["role"] == "user")
        older = sum(count_message(message, len) for message in kept[len(opening) : newest])
        rest = sum(count_message(message, len) for message in kept[newest:])
        assert older == 0 or older + rest <= budget
