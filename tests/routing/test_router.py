"""Who answers, and why."""

from dataclasses import dataclass, replace

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.xiao_gpt.routing import (
    DEFAULT_KEYWORDS,
    Classifier,
    Command,
    Context,
    Corrections,
    Decision,
    DeviceControl,
    Doubt,
    Mode,
    ModelKind,
    Previous,
    Reason,
    Reply,
    Route,
    Router,
    load,
)
from custom_components.xiao_gpt.routing.classifier import Borders, Verdict

ON = Context(enabled=True)
OFF = Context(enabled=False)
ANSWERING = Context(enabled=True, answering=True)
PLAYS, FAILED, DONE = Reply("", plays_audio=True), Reply("抱歉，我还没学会"), Reply("好的，已为你打开")
MUSIC = Context(enabled=True, reply=PLAYS)
KEYWORD = Context(enabled=True, mode=Mode.KEYWORD)
OWN_KEYWORD = Context(enabled=True, mode=Mode.KEYWORD, keywords=("小智", "。", ""))
NO_KEYWORD = Context(enabled=True, mode=Mode.KEYWORD, keywords=())
ALWAYS = Context(enabled=True, mode=Mode.ALWAYS)
OWN_WORDS = Context(enabled=True, own_words={Command.STOP: ("打烊",), Command.NEW_TOPIC: ("下一个",)})
PHRASES = Context(enabled=True, to_llm=("讲故事", "。", "Wiki!"), to_xiaoai=("评书", " ", "讲故事机"))

TURN_ON = Decision(Route.COMMAND, Reason.VOICE_COMMAND, Command.TURN_ON)
TURN_OFF = Decision(Route.COMMAND, Reason.VOICE_COMMAND, Command.TURN_OFF)
STOP = Decision(Route.COMMAND, Reason.VOICE_COMMAND, Command.STOP)
NEW_TOPIC = Decision(Route.COMMAND, Reason.VOICE_COMMAND, Command.NEW_TOPIC)
NOTHING_TO_STOP = Decision(Route.NATIVE, Reason.NOTHING_TO_STOP, Command.STOP)
SWITCHED_OFF = Decision(Route.NATIVE, Reason.SWITCHED_OFF)
NO_KEYWORD_SAID = Decision(Route.NATIVE, Reason.NO_KEYWORD)
KEYWORD_SAID = Decision(Route.LLM, Reason.KEYWORD, llm=True)
ALWAYS_LLM = Decision(Route.LLM, Reason.ALWAYS, llm=True)
OWN_LLM = Decision(Route.LLM, Reason.OWN_PHRASE, llm=True)
OWN_NATIVE = Decision(Route.NATIVE, Reason.OWN_PHRASE)
SAYS_NOTHING = Decision(Route.NATIVE, Reason.SAYS_NOTHING)


BORDERS = Borders(native=-1.0, llm=2.0)


@dataclass
class Stated:
    """Takes every utterance for the same."""

    odds: float
    intent: str = "device"
    borders: Borders = BORDERS
    kind = ModelKind.SVM

    def classify(self, utterance: str) -> Verdict:
        return Verdict(self.intent, self.odds)

    def rarity(self, token: str) -> float:
        return 1.0


def decide(odds: float, utterance: str = "打开客厅的灯", context: Context = ON, intent: str = "device") -> Decision:
    return Router(Stated(odds, intent)).decide(utterance, context)


@pytest.fixture(scope="module")
def both() -> Classifier:
    return load(ModelKind.BOTH)


@pytest.mark.parametrize(
    ("utterance", "context", "decision"),
    [
        # Turned on from anywhere, off where it is on.
        ("打开高级对话", OFF, TURN_ON),
        ("打开高级对话", ON, TURN_ON),
        ("打开高级对话", ANSWERING, TURN_ON),
        ("关闭高级对话", ON, TURN_OFF),
        ("关闭高级对话", ANSWERING, TURN_OFF),
        ("关闭高级对话", OFF, SWITCHED_OFF),
        # Stopped where there is something to stop; else XiaoAI has heard it, too.
        ("闭嘴", ANSWERING, STOP),
        ("停一下", replace(ANSWERING, reply=PLAYS), STOP),
        ("闭嘴", ON, NOTHING_TO_STOP),
        ("闭嘴", OFF, SWITCHED_OFF),
        ("闭嘴", replace(OFF, answering=True), SWITCHED_OFF),
        # Where it is off, XiaoAI answers.
        ("今天天气怎么样", OFF, SWITCHED_OFF),
        ("天空为什么是蓝色的", OFF, SWITCHED_OFF),
        ("放首歌", replace(OFF, reply=PLAYS), SWITCHED_OFF),
        ("", OFF, SWITCHED_OFF),
        # A command is one though XiaoAI finds a song of that name.
        ("关闭高级对话", MUSIC, TURN_OFF),
        ("打开高级对话", MUSIC, TURN_ON),
        # Commands of the dialogue where it is on.
        ("开始持续对话", ON, Decision(Route.COMMAND, Reason.VOICE_COMMAND, Command.CONTINUE)),
        ("结束持续对话", ANSWERING, Decision(Route.COMMAND, Reason.VOICE_COMMAND, Command.DISCONTINUE)),
        ("换个话题", ON, NEW_TOPIC),
        ("换个话题", MUSIC, NEW_TOPIC),
        ("这个问题问GPT", ON, Decision(Route.COMMAND, Reason.VOICE_COMMAND, Command.ASK_LLM)),
        ("这个让小爱同学做", ANSWERING, Decision(Route.COMMAND, Reason.VOICE_COMMAND, Command.ASK_XIAOAI)),
        ("开始持续对话", OFF, SWITCHED_OFF),
        ("换个话题", OFF, SWITCHED_OFF),
        ("这个问题问GPT", OFF, SWITCHED_OFF),
        # A person's own words.
        ("下一个。", OWN_WORDS, NEW_TOPIC),
        ("打烊", OWN_WORDS, NOTHING_TO_STOP),
        ("芝麻开门", replace(OFF, own_words={Command.TURN_ON: ("芝麻开门",)}), TURN_ON),
        # No word in it.
        ("", ON, SAYS_NOTHING),
        ("。。。", ON, SAYS_NOTHING),
        ("😀", replace(ON, reply=FAILED, leaning=9.0, previous=Previous(True, 1)), SAYS_NOTHING),
        ("…", KEYWORD, SAYS_NOTHING),
        # Keyword mode.
        ("讲个故事", KEYWORD, NO_KEYWORD_SAID),
        ("请讲个故事", KEYWORD, KEYWORD_SAID),
        ("帮我讲个故事", KEYWORD, KEYWORD_SAID),
        ("，请，讲个故事", KEYWORD, KEYWORD_SAID),
        ("讲个故事，请", KEYWORD, NO_KEYWORD_SAID),
        ("请讲个故事", OWN_KEYWORD, NO_KEYWORD_SAID),
        ("小智，讲个故事", OWN_KEYWORD, KEYWORD_SAID),
        ("请讲个故事", NO_KEYWORD, NO_KEYWORD_SAID),
        ("请放首歌", replace(KEYWORD, reply=PLAYS), KEYWORD_SAID),
        ("关闭高级对话", KEYWORD, TURN_OFF),
        # Always.
        ("讲个故事", ALWAYS, ALWAYS_LLM),
        ("放首歌", replace(ALWAYS, reply=PLAYS), ALWAYS_LLM),
        ("评书", replace(PHRASES, mode=Mode.ALWAYS), ALWAYS_LLM),
        ("闭嘴", ALWAYS, NOTHING_TO_STOP),
        ("关闭高级对话", replace(ALWAYS, reply=PLAYS), TURN_OFF),
        ("放首歌", replace(ALWAYS, enabled=False), SWITCHED_OFF),
        # A person's own phrases; XiaoAI's first.
        ("给我讲故事吧", PHRASES, OWN_LLM),
        ("讲，故事", PHRASES, OWN_LLM),
        ("查一下wiki", PHRASES, OWN_LLM),
        ("来段评书", PHRASES, OWN_NATIVE),
        ("讲故事机打开", PHRASES, OWN_NATIVE),
        ("用评书的口气讲故事", PHRASES, OWN_NATIVE),
        ("请来段评书", replace(PHRASES, mode=Mode.KEYWORD), OWN_NATIVE),
        ("讲故事", replace(PHRASES, mode=Mode.KEYWORD), OWN_LLM),
        ("来段评书", replace(PHRASES, reply=FAILED, leaning=9.0), OWN_NATIVE),
        ("讲故事", replace(PHRASES, reply=PLAYS, leaning=-9.0), OWN_LLM),
        ("换个话题", replace(PHRASES, to_xiaoai=("话题",)), NEW_TOPIC),
        ("来段评书", replace(PHRASES, enabled=False), SWITCHED_OFF),
    ],
)
@pytest.mark.parametrize("odds", [-20.0, 0.0, 20.0])
def test_what_people_have_set_counts_whatever_the_words_look_like(
    utterance: str, context: Context, decision: Decision, odds: float
) -> None:
    assert decide(odds, utterance, context) == decision


def test_a_person_who_goes_on_talking_need_not_say_a_keyword() -> None:
    going_on = replace(KEYWORD, continuous=True)
    assert decide(5.0, "讲个故事", going_on).route is Route.LLM
    assert decide(-5.0, "讲个故事", going_on).route is Route.NATIVE


@pytest.mark.parametrize(
    ("odds", "route", "llm"),
    [
        (-9.0, Route.NATIVE, False),
        (-1.1, Route.NATIVE, False),
        (-1.0, Route.UNSURE, False),
        (-0.1, Route.UNSURE, False),
        (0.1, Route.UNSURE, True),
        (2.0, Route.UNSURE, True),
        (2.1, Route.LLM, True),
        (9.0, Route.LLM, True),
    ],
)
def test_between_its_borders_a_model_is_unsure(odds: float, route: Route, llm: bool) -> None:
    decision = decide(odds)
    assert (decision.route, decision.llm, decision.reason, decision.intent) == (route, llm, Reason.CLASSIFIER, "device")


@pytest.mark.parametrize(("odds", "score"), [(0.0, 0.5), (-1.0, 0.731), (1.0, 0.731), (9.0, 0.9999), (-900.0, 1.0)])
def test_the_score_is_the_probability_of_the_label(odds: float, score: float) -> None:
    assert decide(odds).score == pytest.approx(score, abs=1e-3)


def test_a_person_may_lean_to_either_side() -> None:
    assert decide(-1.5, context=replace(ON, leaning=4.0)).route is Route.LLM
    assert decide(2.5, context=replace(ON, leaning=-4.0)).route is Route.NATIVE
    assert decide(-1.5, context=replace(ON, leaning=4.0)).reason is Reason.CLASSIFIER
    assert decide(-20.0, context=replace(ON, leaning=4.0)).route is Route.NATIVE


UNSURE_OF_ALL = Stated(0.0, borders=Borders(native=-100.0, llm=100.0))


@pytest.mark.parametrize(
    ("reply", "doubt", "route"),
    [
        (None, Doubt.LLM, Route.UNSURE),
        (DONE, Doubt.LLM, Route.UNSURE),
        (FAILED, Doubt.LLM, Route.UNSURE),
        (None, Doubt.XIAOAI_FIRST, Route.NATIVE),
        (DONE, Doubt.XIAOAI_FIRST, Route.NATIVE),
        (Reply("好的", plays_audio=True), Doubt.XIAOAI_FIRST, Route.NATIVE),
        (FAILED, Doubt.XIAOAI_FIRST, Route.UNSURE),
        (Reply(), Doubt.XIAOAI_FIRST, Route.UNSURE),
        pytest.param(
            PLAYS,
            Doubt.XIAOAI_FIRST,
            Route.NATIVE,
        ),
    ],
)
def test_in_doubt_the_agent_answers_or_xiaoai_unless_it_failed(reply: Reply | None, doubt: Doubt, route: Route) -> None:
    assert Router(UNSURE_OF_ALL).decide("太亮了", replace(ON, reply=reply, doubt=doubt)).route is route


@pytest.mark.parametrize("doubt", Doubt)
def test_where_there_is_no_doubt_it_makes_no_difference_who_comes_first_then(doubt: Doubt) -> None:
    assert decide(5.0, context=replace(ON, doubt=doubt)).route is Route.LLM
    assert decide(-5.0, context=replace(ON, doubt=doubt)).route is Route.NATIVE


NAMES = frozenset({"客厅", "电视", "tv"})


@pytest.mark.parametrize(
    ("utterance", "intent", "names", "reply", "route"),
    [
        ("打开客厅的灯", "device", NAMES, None, Route.HOME),
        ("打开 TV", "device", NAMES, None, Route.HOME),
        ("打开大门", "device", NAMES, None, Route.HOME),  # a name in other words, an area, a light of all
        ("打开客厅的灯", "device", frozenset(), None, Route.NATIVE),
        ("打开客厅的灯", "device", NAMES, PLAYS, Route.NATIVE),
        ("打开客厅的灯", "device", NAMES, FAILED, Route.UNSURE),  # the home first, then the agent
        ("打开客厅的灯", "device", NAMES, DONE, Route.HOME),
        ("暂停电视", "playback", NAMES, None, Route.HOME),
        ("T V 暂停", "playback", NAMES, None, Route.HOME),
        ("在电视上放晴天", "media", NAMES, None, Route.HOME),
        ("电视设成静音模式", "settings", NAMES, None, Route.HOME),
        ("单曲循环", "playback", NAMES, None, Route.NATIVE),
        ("放晴天", "media", NAMES, None, Route.NATIVE),
        ("客厅今天天气怎么样", "weather", NAMES, None, Route.NATIVE),
        ("客厅定个闹钟", "alarm", NAMES, None, Route.NATIVE),
    ],
)
def test_what_names_a_thing_of_the_home_goes_there(
    utterance: str, intent: str, names: frozenset[str], reply: Reply | None, route: Route
) -> None:
    decision = decide(-20.0, utterance, replace(ON, names=names, reply=reply), intent)
    assert (decision.route, decision.llm, decision.intent) == (route, False, intent)


@pytest.mark.parametrize("odds", [0.0, 20.0])
def test_what_may_be_a_question_does_not_go_to_the_home_alone(odds: float) -> None:
    assert decide(odds, "客厅的灯", replace(ON, names=NAMES)).route in (Route.UNSURE, Route.LLM)


LLM_BEFORE, XIAOAI_BEFORE = Previous(llm=True, seconds=3), Previous(llm=False, seconds=3)
ELLIPSES = (
    "那后天呢|那上海呢|再低一点|再高一点儿|换一个|再来一个|还有呢|继续说|也关了|那卧室呢|下个|第二个|改成九点|厨房的也一样|"
    "另外一个|其他的呢|不是，那个红的|接着讲|然后呢|少一些"
)
WHOLE = (
    "打开客厅的灯|都关掉|要大的|就这样|天空为什么是蓝色的|给妈妈打电话|明天会下雨吗|那天我在公园里看见的那只大鸟到底叫什么名字啊|"
    "再给我从头到尾仔细讲一遍小红帽的故事好不好"
)


@pytest.mark.parametrize("utterance", ELLIPSES.split("|"))
def test_an_ellipsis_goes_where_the_turn_before_went(utterance: str) -> None:
    after_llm = decide(-1.5, utterance, replace(ON, previous=LLM_BEFORE))
    after_xiaoai = decide(1.5, utterance, replace(ON, previous=XIAOAI_BEFORE))
    assert (after_llm.llm, after_llm.reason) == (True, Reason.FOLLOWS)
    assert (after_xiaoai.llm, after_xiaoai.reason) == (False, Reason.FOLLOWS)


@pytest.mark.parametrize("utterance", WHOLE.split("|"))
def test_a_whole_sentence_hardly_follows_the_turn_before(utterance: str) -> None:
    assert decide(-1.5, utterance, replace(ON, previous=LLM_BEFORE)).llm is False
    assert decide(1.5, utterance, replace(ON, previous=XIAOAI_BEFORE)).llm is True
    assert decide(-0.2, utterance, replace(ON, previous=LLM_BEFORE)).reason is Reason.FOLLOWS


@pytest.mark.parametrize("utterance", ["那后天呢", "打开客厅的灯"])
@pytest.mark.parametrize("llm", [True, False])
def test_what_was_said_before_fades_with_time(utterance: str, llm: bool) -> None:
    def sure(seconds: float) -> float:
        decision = decide(0.0, utterance, replace(ON, previous=Previous(llm, seconds)))
        return decision.score

    scores = [sure(seconds) for seconds in (0, 10, 60, 300, 3600)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[2] > 0.5
    assert sure(1e9) == 0.5


def test_after_ten_minutes_an_ellipsis_is_taken_as_it_stands() -> None:
    assert decide(-1.5, "那后天呢", replace(ON, previous=Previous(True, 600))).reason is Reason.CLASSIFIER
    assert decide(-1.5, "那后天呢", replace(ON, previous=Previous(True, 600))).llm is False


@pytest.mark.parametrize("utterance", ["那后天呢", "再低一点", "那上海呢", "换一个", "再来一个", "还有呢", "那卧室呢"])
def test_with_the_shipped_models_too_the_turn_before_tells(both: Classifier, utterance: str) -> None:
    router = Router(both)
    after_xiaoai, alone, after_llm = (
        odds(router.decide(utterance, replace(ON, previous=previous))) for previous in (XIAOAI_BEFORE, None, LLM_BEFORE)
    )
    assert after_xiaoai < alone < after_llm


def odds(decision: Decision) -> float:
    """Return how sure a decision is of the language model; below 0 it is of XiaoAI."""
    return decision.score - 0.5 if decision.llm else 0.5 - decision.score


@pytest.mark.parametrize("utterance", ["讲个笑话", "我要睡觉了", "屋里太闷了", "太亮了", "推荐一部电影"])
def test_what_xiaoai_did_tells_who_should_have_answered(both: Classifier, utterance: str) -> None:
    router = Router(both)
    failed, done, playing, alone = (
        router.decide(utterance, replace(ON, reply=reply)) for reply in (FAILED, DONE, PLAYS, None)
    )
    assert failed.llm
    assert odds(done) < odds(failed)
    assert odds(playing) < odds(failed)
    assert odds(alone) < odds(failed)


@pytest.mark.parametrize(
    ("stated", "reply", "llm", "reason"),
    [
        (-0.5, FAILED, True, Reason.XIAOAI_FAILED),
        (-0.5, DONE, False, Reason.XIAOAI_ANSWERED),  # by the words alone it would be unsure
        (-0.5, PLAYS, False, Reason.XIAOAI_PLAYS),
        (-5.0, DONE, False, Reason.CLASSIFIER),
        (-5.0, PLAYS, False, Reason.CLASSIFIER),
        (-0.5, None, False, Reason.CLASSIFIER),
        (0.5, FAILED, True, Reason.XIAOAI_FAILED),
        (5.0, FAILED, True, Reason.CLASSIFIER),
        (0.5, None, True, Reason.CLASSIFIER),
    ],
)
def test_the_reason_is_what_has_turned_the_balance(
    stated: float, reply: Reply | None, llm: bool, reason: Reason
) -> None:
    decision = decide(stated, context=replace(ON, reply=reply))
    assert (decision.llm, decision.reason) == (llm, reason)


def test_what_xiaoai_failed_at_goes_to_the_agent_however_much_it_looks_like_xiaoais() -> None:
    for intent in ("device", "media", "weather", "alarm"):
        decision = decide(-30.0, "讲个恐龙的故事", replace(ON, reply=FAILED), intent)
        assert (decision.route, decision.reason) == (Route.UNSURE, Reason.XIAOAI_FAILED)
    needs_a_person = Reply("抱歉，这首歌需要开通会员才能听")
    assert decide(-30.0, "放一首晴天", replace(ON, reply=needs_a_person), "media").route is Route.NATIVE


def test_what_goes_on_with_xiaoais_turn_is_not_left_to_it_where_it_has_failed() -> None:
    follows = replace(ON, previous=XIAOAI_BEFORE)
    assert decide(-30.0, "再低一点", replace(follows, reply=DONE)).route is Route.NATIVE
    assert decide(-30.0, "再低一点", replace(follows, reply=FAILED)).route is Route.UNSURE
    after_llm = decide(-30.0, "再低一点", replace(ON, previous=LLM_BEFORE, reply=FAILED))
    assert (after_llm.route, after_llm.llm) == (Route.LLM, True)


def test_a_person_who_leans_to_the_model_is_overruled_by_what_xiaoai_plays_or_answers() -> None:
    leaning = replace(ON, leaning=1.0)
    assert decide(-0.5, context=replace(leaning, reply=PLAYS)).reason is Reason.XIAOAI_PLAYS
    assert decide(-0.5, context=replace(leaning, reply=Reply("今天北京晴，26度"))).reason is Reason.XIAOAI_ANSWERED


def test_of_several_reasons_the_strongest_is_told() -> None:
    corrections = Corrections(lambda _: 1.0, [("那后天呢", True)])
    router = Router(Stated(-3.0), corrections)
    assert router.decide("那后天呢", replace(ON, previous=LLM_BEFORE)).reason is Reason.CORRECTED
    assert router.decide("那后天呢", replace(ON, previous=XIAOAI_BEFORE)).reason is Reason.CORRECTED
    assert Router(Stated(-2.0)).decide("那后天呢", replace(ON, previous=LLM_BEFORE)).reason is Reason.FOLLOWS


CONTEXTS = st.builds(
    Context,
    enabled=st.booleans(),
    answering=st.booleans(),
    reply=st.none() | st.builds(Reply, st.text(max_size=40), st.booleans(), st.booleans()),
    previous=st.none() | st.builds(Previous, st.booleans(), st.floats(0, 1e9), ours=st.booleans(), asked=st.booleans()),
    mode=st.sampled_from(Mode),
    keywords=st.sampled_from([DEFAULT_KEYWORDS, (), ("",), ("小智",)]),
    continuous=st.booleans(),
    own_words=st.dictionaries(st.sampled_from(Command), st.tuples(st.text())),
    to_llm=st.tuples(st.text(max_size=3)),
    to_xiaoai=st.tuples(st.text(max_size=3)),
    names=st.frozensets(st.text(min_size=2, max_size=3), max_size=2),
    leaning=st.floats(-5, 5),
    doubt=st.sampled_from(Doubt),
    device_control=st.sampled_from(DeviceControl),
    assistants=st.tuples(st.text(max_size=4)),
)
ROUTER = Router(load(ModelKind.SVM))


@given(st.text(), CONTEXTS)
def test_any_text_gets_a_decision_with_a_reason(utterance: str, context: Context) -> None:
    decision = ROUTER.decide(utterance, context)
    assert decision.route in Route
    assert decision.reason in Reason
    assert 0.5 <= decision.score <= 1


@given(st.text(), CONTEXTS)
@settings(max_examples=50)
def test_a_decision_depends_on_nothing_but_what_is_told(utterance: str, context: Context) -> None:
    first = ROUTER.decide(utterance, context)
    ROUTER.decide("闭嘴", ANSWERING)
    ROUTER.decide("那后天呢", replace(ON, previous=LLM_BEFORE, reply=FAILED))
    assert ROUTER.decide(utterance, context) == first


@given(st.text())
def test_where_dialogue_is_off_xiaoai_is_left_alone(utterance: str) -> None:
    decision = ROUTER.decide(utterance, OFF)
    assert decision.route is Route.NATIVE or decision.intent is Command.TURN_ON


@given(st.floats(-30, 30), CONTEXTS)
def test_the_language_model_answers_where_the_label_is_its_and_xiaoai_where_it_is_not(
    stated: float, context: Context
) -> None:
    decision = decide(stated, context=context)
    assert (
        decision.route not in (Route.LLM, Route.NATIVE, Route.HOME)
        or decision.llm is (decision.route is Route.LLM)
        or context.doubt is Doubt.XIAOAI_FIRST
    )
