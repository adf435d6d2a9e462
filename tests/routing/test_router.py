"""Who answers, and why."""

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.routing import Command, Context, Decision, Route, Router

ON = Context(enabled=True)
OFF = Context(enabled=False)
ANSWERING = Context(enabled=True, answering=True)
MUSIC = Context(enabled=True, plays_audio=True)
MUSIC_MEANWHILE = Context(enabled=True, answering=True, plays_audio=True)


@pytest.mark.parametrize(
    ("utterance", "context", "decision"),
    [
        # Turned on from anywhere, off where it is on.
        ("打开高级对话", OFF, Decision(Route.COMMAND, "voice_command", Command.TURN_ON)),
        ("打开高级对话", ON, Decision(Route.COMMAND, "voice_command", Command.TURN_ON)),
        ("打开高级对话", ANSWERING, Decision(Route.COMMAND, "voice_command", Command.TURN_ON)),
        ("关闭高级对话", ON, Decision(Route.COMMAND, "voice_command", Command.TURN_OFF)),
        ("关闭高级对话", ANSWERING, Decision(Route.COMMAND, "voice_command", Command.TURN_OFF)),
        ("关闭高级对话", OFF, Decision(Route.NATIVE, "switched_off")),
        # Stopped where there is something to stop; else XiaoAI has heard it, too.
        ("闭嘴", ANSWERING, Decision(Route.COMMAND, "voice_command", Command.STOP)),
        ("停一下", MUSIC_MEANWHILE, Decision(Route.COMMAND, "voice_command", Command.STOP)),
        ("闭嘴", ON, Decision(Route.NATIVE, "nothing_to_stop", Command.STOP)),
        ("闭嘴", OFF, Decision(Route.NATIVE, "switched_off")),
        ("闭嘴", Context(enabled=False, answering=True), Decision(Route.NATIVE, "switched_off")),
        # Anything else.
        ("今天天气怎么样", OFF, Decision(Route.NATIVE, "switched_off")),
        ("今天天气怎么样", ON, Decision(Route.LLM, "default")),
        ("今天天气怎么样", ANSWERING, Decision(Route.LLM, "default")),
        ("怎么让孩子闭嘴", ANSWERING, Decision(Route.LLM, "default")),
        ("打开客厅的灯", ON, Decision(Route.LLM, "default")),
        ("放首歌", MUSIC, Decision(Route.NATIVE, "xiaoai_plays_audio")),
        ("放首歌", MUSIC_MEANWHILE, Decision(Route.NATIVE, "xiaoai_plays_audio")),
        ("放首歌", Context(enabled=False, plays_audio=True), Decision(Route.NATIVE, "switched_off")),
        # A command is one though XiaoAI finds a song of that name.
        ("关闭高级对话", MUSIC, Decision(Route.COMMAND, "voice_command", Command.TURN_OFF)),
        ("打开高级对话", MUSIC, Decision(Route.COMMAND, "voice_command", Command.TURN_ON)),
    ],
)
def test_who_answers(utterance: str, context: Context, decision: Decision) -> None:
    assert Router().decide(utterance, context) == decision


CONTEXTS = st.builds(Context, enabled=st.booleans(), answering=st.booleans(), plays_audio=st.booleans())


@given(st.text(), CONTEXTS)
def test_any_text_gets_a_decision_with_a_reason(utterance: str, context: Context) -> None:
    decision = Router().decide(utterance, context)
    assert decision.route in Route
    assert decision.reason
    assert 0 <= decision.score <= 1


@given(st.text(), CONTEXTS)
def test_a_decision_depends_on_nothing_but_what_is_told(utterance: str, context: Context) -> None:
    router = Router()
    first = router.decide(utterance, context)
    router.decide("闭嘴", ANSWERING)
    assert router.decide(utterance, context) == first == Router().decide(utterance, context)


@given(st.text())
def test_where_dialogue_is_off_xiaoai_is_left_alone(utterance: str) -> None:
    decision = Router().decide(utterance, OFF)
    assert decision.route is Route.NATIVE or decision.intent is Command.TURN_ON
