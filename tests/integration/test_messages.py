"""A chat log as messages: whole turns, and thoughts where they are wanted."""

from homeassistant.components.conversation import AssistantContent, SystemContent, ToolResultContent, UserContent
from homeassistant.helpers import llm
import pytest

from custom_components.xiao_gpt.messages import as_messages, recent

ME, HOME = "conversation.me", "conversation.home_assistant"
SYSTEM = SystemContent("你是助手。")


def call(agent, number, *, external=False, **fields):
    tool = llm.ToolInput(id=f"{number}", tool_name="turn_on", tool_args={}, external=external)
    return AssistantContent(agent, tool_calls=[tool], **fields)


def result(agent, number):
    return ToolResultContent(agent, tool_call_id=f"{number}", tool_name="turn_on", result=llm.ToolResult(data={}))


TURNS = [
    [UserContent("一"), AssistantContent(ME, "答一")],
    [UserContent("二"), call(ME, 1), result(ME, 1), call(ME, 2), result(ME, 2), AssistantContent(ME, "答二")],
    [UserContent("三"), AssistantContent(ME, "答三")],
    [UserContent("四"), call(ME, 3), result(ME, 3)],
]
LOG = [SYSTEM, *(said for turn in TURNS for said in turn)]


@pytest.mark.parametrize("past_turns", [0, 1, 2, 3, 4, 100])
def test_turns_are_kept_whole(past_turns):
    kept = recent(LOG, past_turns)
    assert kept == [SYSTEM, *(said for turn in TURNS[-1 - past_turns :] for said in turn)]


def test_without_a_limit_all_is_kept():
    assert recent(LOG, None) == LOG


def test_nothing_is_nothing():
    assert recent([], 3) == []
    assert recent([SYSTEM], 0) == [SYSTEM]
    assert as_messages([], ME) == []


def test_a_call_goes_with_its_thoughts_and_so_does_the_answer_that_follows_it():
    log = [
        UserContent("一"),
        AssistantContent(ME, "答一", thinking_content="想一"),
        UserContent("二"),
        call(ME, 1, thinking_content="想二"),
        result(ME, 1),
        AssistantContent(ME, "答二", thinking_content="再想"),
        UserContent("三"),
    ]
    assert [message.get("reasoning_content") for message in as_messages(log, ME)] == [
        None,
        None,
        None,
        "想二",
        None,
        "再想",
        None,
    ]
    assert not any("reasoning_content" in message for message in as_messages(log, "conversation.another"))


@pytest.mark.parametrize("agent", [ME, HOME])
def test_what_home_assistant_did_is_left_out_for_who_wants_thoughts(agent):
    """It calls in the name of the agent that was to answer."""
    calling = call(agent, 1, external=True)
    log = [UserContent("开灯"), calling, result(agent, 1), AssistantContent(HOME, "开了。"), UserContent("谢谢")]
    assert [message["role"] for message in as_messages(log, ME)] == ["user", "assistant", "tool", "assistant", "user"]
    wanted = as_messages(log, ME, wants_thoughts=True)
    assert [(message["role"], message["content"]) for message in wanted] == [
        ("user", "开灯"),
        ("assistant", "开了。"),
        ("user", "谢谢"),
    ]


def test_ones_own_calls_stay_whether_thought_of_or_not():
    log = [UserContent("开灯"), call(ME, 1), result(ME, 1)]
    assert as_messages(log, ME, wants_thoughts=True) == as_messages(log, ME)
