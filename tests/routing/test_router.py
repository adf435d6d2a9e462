"""Who answers, and why."""

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.routing import DEFAULT_KEYWORDS, Command, Context, Decision, Mode, Route, Router

ON = Context(enabled=True)
OFF = Context(enabled=False)
ANSWERING = Context(enabled=True, answering=True)
MUSIC = Context(enabled=True, plays_audio=True)
MUSIC_MEANWHILE = Context(enabled=True, answering=True, plays_audio=True)
KEYWORD = Context(enabled=True, mode=Mode.KEYWORD)
KEYWORD_MUSIC = Context(enabled=True, mode=Mode.KEYWORD, plays_audio=True)
OWN_KEYWORD = Context(enabled=True, mode=Mode.KEYWORD, keywords=("小智", "。", ""))
NO_KEYWORD = Context(enabled=True, mode=Mode.KEYWORD, keywords=())
GOING_ON = Context(enabled=True, mode=Mode.KEYWORD, continuous=True)
ALWAYS = Context(enabled=True, mode=Mode.ALWAYS)
ALWAYS_MUSIC = Context(enabled=True, mode=Mode.ALWAYS, plays_audio=True)
OWN_WORDS = Context(enabled=True, own_words={Command.STOP: ("打烊",), Command.NEW_TOPIC: ("下一个",)})


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
        # Commands of the dialogue where it is on.
        ("开始持续对话", ON, Decision(Route.COMMAND, "voice_command", Command.CONTINUE)),
        ("结束持续对话", ANSWERING, Decision(Route.COMMAND, "voice_command", Command.DISCONTINUE)),
        ("换个话题", ON, Decision(Route.COMMAND, "voice_command", Command.NEW_TOPIC)),
        ("换个话题", MUSIC, Decision(Route.COMMAND, "voice_command", Command.NEW_TOPIC)),
        ("开始持续对话", OFF, Decision(Route.NATIVE, "switched_off")),
        ("换个话题", OFF, Decision(Route.NATIVE, "switched_off")),
        # A person's own words.
        ("下一个。", OWN_WORDS, Decision(Route.COMMAND, "voice_command", Command.NEW_TOPIC)),
        ("打烊", OWN_WORDS, Decision(Route.NATIVE, "nothing_to_stop", Command.STOP)),
        (
            "芝麻开门",
            Context(enabled=False, own_words={Command.TURN_ON: ("芝麻开门",)}),
            Decision(Route.COMMAND, "voice_command", Command.TURN_ON),
        ),
        # Keyword mode.
        ("讲个故事", KEYWORD, Decision(Route.NATIVE, "no_keyword")),
        ("请讲个故事", KEYWORD, Decision(Route.LLM, "default")),
        ("帮我讲个故事", KEYWORD, Decision(Route.LLM, "default")),
        ("，请，讲个故事", KEYWORD, Decision(Route.LLM, "default")),
        ("讲个故事，请", KEYWORD, Decision(Route.NATIVE, "no_keyword")),
        ("请讲个故事", OWN_KEYWORD, Decision(Route.NATIVE, "no_keyword")),
        ("小智，讲个故事", OWN_KEYWORD, Decision(Route.LLM, "default")),
        ("请讲个故事", NO_KEYWORD, Decision(Route.NATIVE, "no_keyword")),
        ("讲个故事", GOING_ON, Decision(Route.LLM, "default")),
        (
            "请放首歌",
            Context(enabled=True, mode=Mode.KEYWORD, plays_audio=True),
            Decision(Route.NATIVE, "xiaoai_plays_audio"),
        ),
        ("关闭高级对话", KEYWORD, Decision(Route.COMMAND, "voice_command", Command.TURN_OFF)),
        # Always.
        ("讲个故事", ALWAYS, Decision(Route.LLM, "always")),
        ("放首歌", ALWAYS_MUSIC, Decision(Route.LLM, "always")),
        ("闭嘴", ALWAYS, Decision(Route.NATIVE, "nothing_to_stop", Command.STOP)),
        ("关闭高级对话", ALWAYS_MUSIC, Decision(Route.COMMAND, "voice_command", Command.TURN_OFF)),
        ("放首歌", Context(enabled=False, mode=Mode.ALWAYS), Decision(Route.NATIVE, "switched_off")),
    ],
)
def test_who_answers(utterance: str, context: Context, decision: Decision) -> None:
    assert Router().decide(utterance, context) == decision


CONTEXTS = st.builds(
    Context,
    enabled=st.booleans(),
    answering=st.booleans(),
    plays_audio=st.booleans(),
    mode=st.sampled_from(Mode),
    keywords=st.sampled_from([DEFAULT_KEYWORDS, (), ("",), ("小智",)]),
    continuous=st.booleans(),
    own_words=st.dictionaries(st.sampled_from(Command), st.tuples(st.text())),
)


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
