"""Who acts on the home's devices, so that nothing is done twice, and who knows what a follow-up goes on with."""

from dataclasses import dataclass, replace

import pytest

from custom_components.xiao_gpt.routing import (
    Command,
    Context,
    DeviceControl,
    Mode,
    ModelKind,
    Previous,
    Reason,
    Reply,
    Route,
    Router,
)
from custom_components.xiao_gpt.routing.classifier import Borders, Verdict

LAMP, TOGGLE = "打开客厅灯", "切换客厅灯"
HOME = Context(enabled=True, names=frozenset({"客厅灯", "卧室灯"}))
DONE, FAILED, ASKS, NOTHING = Reply("好的，客厅灯已打开"), Reply("没有找到这个设备"), Reply("你想调哪个灯"), Reply()
PLAYS = Reply("", plays_audio=True)
BY_HOME = Previous(llm=False, seconds=5, ours=True)
BORDERS = Borders(native=-1.0, llm=2.0)
BY_XIAOAI = Previous(llm=False, seconds=5)


@dataclass
class Stated:
    """Takes every utterance for the same."""

    odds: float = -6.0
    intent: str = "device"
    kind: ModelKind = ModelKind.BOTH
    borders: Borders = BORDERS

    def classify(self, utterance: str) -> Verdict:
        return Verdict(self.intent, self.odds)

    def rarity(self, token: str) -> float:
        return 1.0


def decide(utterance, *, intent="device", odds=-6.0, **context):
    return Router(Stated(odds, intent)).decide(utterance, replace(HOME, **context))


XIAOAI_FIRST, HOME_FIRST = DeviceControl.XIAOAI, DeviceControl.HOME_ASSISTANT


@pytest.mark.parametrize("control", [DeviceControl.AUTOMATIC, HOME_FIRST])
@pytest.mark.parametrize("reply", [None, DONE, NOTHING])
def test_home_assistant_comes_first_as_a_rule(control, reply):
    decision = decide(LAMP, device_control=control, reply=reply)
    assert (decision.route, decision.pending) == (Route.HOME, False)


@pytest.mark.parametrize("reply", [DONE, ASKS, NOTHING])
def test_xiaoai_first_is_left_alone(reply):
    decision = decide(LAMP, device_control=XIAOAI_FIRST, reply=reply)
    assert (decision.route, decision.reason) == (Route.NATIVE, Reason.XIAOAI_ANSWERED)


def test_what_xiaoai_first_failed_to_do_is_done():
    decision = decide(LAMP, device_control=XIAOAI_FIRST, reply=FAILED)
    assert (decision.route, decision.reason) == (Route.UNSURE, Reason.XIAOAI_FAILED)


def test_what_xiaoai_first_makes_of_it_must_be_known():
    assert decide(LAMP, device_control=XIAOAI_FIRST).pending


def test_home_assistant_first_does_not_care_what_xiaoai_plays_or_for_names():
    assert decide(LAMP, reply=PLAYS).route is Route.NATIVE
    assert decide(LAMP, reply=PLAYS, device_control=HOME_FIRST).route is Route.HOME
    assert decide("开灯", names=frozenset()).route is Route.NATIVE
    assert decide("开灯", names=frozenset(), device_control=HOME_FIRST).route is Route.HOME
    assert decide("下一首", intent="playback", names=frozenset(), device_control=HOME_FIRST).route is Route.NATIVE


@pytest.mark.parametrize("control", DeviceControl)
@pytest.mark.parametrize("utterance", [TOGGLE, "客厅灯再亮一点", "把客厅灯调暗一点"])
class TestASecondTimeWouldUndoIt:
    def test_what_xiaoai_has_done_is_done(self, control, utterance):
        for reply in (DONE, NOTHING):
            assert decide(utterance, device_control=control, reply=reply).route is Route.NATIVE

    def test_what_it_has_not_done_is_done_by_another(self, control, utterance):
        decision = decide(utterance, device_control=control, reply=FAILED)
        assert (decision.route, decision.pending) == (Route.UNSURE, False)

    def test_nobody_acts_before_that_is_known(self, control, utterance):
        assert decide(utterance, device_control=control).pending


def test_what_names_a_goal_is_not_waited_for():
    assert not decide("把客厅灯调到最亮").pending


@pytest.mark.parametrize("utterance", ["再暗一点", "那卧室呢", "关掉它"])
@pytest.mark.parametrize("reply", [FAILED, ASKS])
def test_what_goes_on_with_what_home_assistant_did_is_the_agents(utterance, reply):
    decision = decide(utterance, previous=BY_HOME, reply=reply)
    assert decision.route is Route.UNSURE
    assert decision.reason in (Reason.FOLLOWS, Reason.XIAOAI_FAILED)


def test_what_goes_on_with_what_xiaoai_did_is_xiaoais():
    assert decide("再暗一点", previous=BY_XIAOAI, reply=ASKS).route is Route.HOME
    assert decide("再亮一些", intent="playback", previous=BY_XIAOAI, reply=ASKS).route is Route.NATIVE


def test_what_stands_by_itself_goes_on_with_nothing():
    assert decide(LAMP, previous=BY_HOME).route is Route.HOME


def test_after_a_while_it_goes_on_with_nothing():
    assert decide("那卧室呢", previous=replace(BY_HOME, seconds=500)).route is Route.HOME


def test_what_is_the_speakers_own_stays_xiaoais():
    assert decide("声音大一点", intent="playback", previous=BY_HOME, reply=ASKS).route is Route.NATIVE
    assert decide("那明天呢", intent="weather", previous=BY_HOME).route is Route.NATIVE
    assert decide("再来一首", intent="media", previous=BY_HOME, reply=PLAYS).route is Route.NATIVE


def test_who_was_asked_a_question_answers_who_asked_it():
    asked = Previous(llm=True, seconds=5, ours=True, asked=True)
    assert decide("要", intent="playback", odds=-1.5, previous=asked).route is Route.UNSURE
    assert decide("要", intent="playback", odds=-1.5, previous=replace(asked, asked=False)).route is Route.NATIVE
    assert decide("明天天气怎么样", intent="weather", odds=-9.0, previous=asked).route is Route.NATIVE


def test_who_was_asked_a_question_says_no_keyword():
    asked = Previous(llm=True, seconds=5, ours=True, asked=True)
    assert decide("好的", odds=4.0, mode=Mode.KEYWORD, previous=asked).route is Route.LLM
    for previous in (replace(asked, asked=False), replace(asked, seconds=100), None):
        assert decide("好的", odds=4.0, mode=Mode.KEYWORD, previous=previous).reason is Reason.NO_KEYWORD


def test_an_assistant_is_asked_for_by_name():
    named = {"assistants": ("小爱 GPT", "英语老师")}
    decision = decide("换成英语老师", **named)
    assert (decision.route, decision.intent, decision.slot) == (Route.COMMAND, Command.ASSISTANT, "英语老师")
    assert decide("换个助手叫医生", **named).slot == "医生"
    assert decide("换成蓝色", **named).route is not Route.COMMAND
    assert decide("换个话题", **named).intent is Command.NEW_TOPIC


def test_nobody_is_asked_for_while_dialogue_is_off():
    decision = decide("换成英语老师", enabled=False, assistants=("英语老师",))
    assert (decision.route, decision.reason) == (Route.NATIVE, Reason.SWITCHED_OFF)
