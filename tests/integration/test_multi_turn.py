"""Follow-ups across Home Assistant, XiaoAI and GPT; nothing is done twice; a question keeps the microphone."""

from dataclasses import replace

from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.xiao_gpt import handover
from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.routing import DeviceControl, Route
from simulator.llm_replies import ScriptedReply, ToolCall, own_answer
from tests.integration.support import SPEED, add_integration, heard, polls, wait_for_state

ON, DARKER, BEDROOM = "打开客厅灯", "再暗一点", "那卧室呢"
NOT_FOUND, ASKS, DONE = "没有找到这个设备", "你想调哪个灯", "好的，客厅灯已切换"
WHY, MORE = "天空为什么是蓝色的", "要"
TOGGLE = "切换客厅灯"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Wait as long as in a quicker world."""
    for name in ("EDITED_S", "LOOK_S"):
        monkeypatch.setattr(handover, name, getattr(handover, name) / SPEED)


@pytest.fixture
async def entry(hass, house, sim):
    """The integration in a home with a sentence of its own, which does the opposite each time."""
    assert await async_setup_component(hass, "conversation", {"conversation": {"intents": {"ToggleLiving": [TOGGLE]}}})
    toggle = {
        "action": [{"action": "input_boolean.toggle", "target": {"entity_id": "input_boolean.living"}}],
        "speech": {"text": "客厅灯切换了。"},
    }
    assert await async_setup_component(hass, "intent_script", {"intent_script": {"ToggleLiving": toggle}})
    return await add_integration(hass, sim)


async def left_alone(corner, since):
    """See that XiaoAI says all it has to say and that nobody speaks to the speaker."""
    ended = await corner.event("speech_ended", since=since, source="xiaoai")
    assert ended.fields["reason"] == "finished"
    await polls(corner.sim, 5)
    assert corner.told(since=since) == []


# Follow-ups


@pytest.mark.parametrize("xiaoai", [NOT_FOUND, ASKS])
async def test_what_goes_on_with_what_home_assistant_did_is_done_by_the_agent(
    hass, lamps, living, sim, requests, xiaoai
):
    sim.llm.replies.append(ScriptedReply("再暗", "暗了。", [ToolCall("intent__HassTurnOff", '{"name": "客厅灯"}')]))
    sim.llm.replies.append(ScriptedReply("卧室", "好了。", [ToolCall("intent__HassTurnOn", '{"name": "卧室灯"}')]))
    since = living.ask(ON, NOT_FOUND if xiaoai == NOT_FOUND else "好的。")
    await wait_for_state(hass, lamps["客厅"], STATE_ON)
    await living.event("speech_ended", since=since, source="tts")
    assert requests == []
    since = living.ask(DARKER, xiaoai)
    await living.spoken("暗了。", since=since)
    await wait_for_state(hass, lamps["客厅"], STATE_OFF)
    said = [(one["role"], one["content"]) for one in requests[0]["messages"] if one["content"]]
    assert ("user", ON) in said
    assert any(role == "assistant" and "打开" in words for role, words in said)
    since = living.ask(BEDROOM, xiaoai)
    await living.spoken("好了。", since=since)
    await wait_for_state(hass, lamps["卧室"], STATE_ON)


async def test_what_goes_on_with_the_weather_stays_xiaoais(lamps, living, sim):
    begin = since = living.ask("明天天气怎么样", "明天多云，18到26度。")
    await left_alone(living, since)
    since = living.ask("那后天呢", "后天晴，20到28度。")
    await left_alone(living, since)
    assert sim.timeline.since(begin, "llm_request") == []


# A question back


async def woken(corner, since):
    await corner.event("command", since=since, command="wake")


async def test_a_question_keeps_the_microphone_for_one_turn(living, sim, requests):
    sim.llm.replies += [ScriptedReply(WHY, "因为散射。想听详细一点的吗？"), ScriptedReply(MORE, "那我细说。")]
    since = living.ask(WHY)
    await woken(living, since)
    since = living.ask(MORE)
    shown = await heard(living, MORE)
    await living.spoken("那我细说。", since=since)
    assert shown["event_type"] in (Route.LLM, Route.UNSURE)
    assert requests[-1]["messages"][-2]["content"] == "因为散射。想听详细一点的吗？"
    await polls(sim, 5)
    assert living.told("wake", since=since) == []


async def test_it_does_not_where_that_is_not_wanted(hass, living, sim):
    hass.config_entries.async_update_entry(living.entry, options={"dialogue": {"ask_back": False}})
    await hass.async_block_till_done()
    await polls(sim, 2)
    sim.llm.replies.append(ScriptedReply(WHY, "想听详细一点的吗？"))
    since = living.ask(WHY)
    await living.spoken("想听详细一点的吗？", since=since)
    await polls(sim, 5)
    assert living.told("wake", since=since) == []


async def test_it_does_not_where_the_speaker_cannot_be_woken(living, sim):
    living.speaker.model = replace(living.speaker.model, wake_up=None)
    sim.llm.replies.append(ScriptedReply(WHY, "想听详细一点的吗？"))
    since = living.ask(WHY)
    await living.spoken("想听详细一点的吗？", since=since)
    await polls(sim, 5)
    assert living.told("wake", since=since) == []


async def test_who_cuts_in_is_not_woken_for_an_old_question(living, sim):
    sim.llm.replies.append(ScriptedReply(WHY, "很长的回答，" * 30 + "想听详细一点的吗？"))
    since = living.ask(WHY)
    await living.event("speech_started", since=since, source="tts")
    since = living.ask("别说了")
    await polls(sim, 5)
    assert living.told("wake", since=since) == []


# Never both


async def first(hass, corner, control):
    entity_id = er.async_get(hass).async_get_entity_id("select", DOMAIN, f"{corner.did}-device_control")
    await hass.services.async_call(
        "select", "select_option", {"entity_id": entity_id, "option": control}, blocking=True
    )
    assert hass.states.get(entity_id).state == control


async def test_the_choice_stays_over_a_reload(hass, entry, living):
    await first(hass, living, DeviceControl.XIAOAI)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.dialogues[living.did].device_control is DeviceControl.XIAOAI


async def test_what_home_assistant_did_xiaoai_does_not_deny(hass, lamps, living, sim):
    since = living.ask(ON, "没有找到设备，请先在米家里添加这个设备，再对我说一次。")
    await wait_for_state(hass, lamps["客厅"], STATE_ON)
    confirmed = await living.event("speech_ended", since=since, source="tts")
    assert "打开" in confirmed.fields["text"]
    denied = await living.event("speech_ended", since=since, source="xiaoai")
    assert denied.fields["reason"] != "finished"
    assert sim.timeline.since(since, "llm_request") == []


@pytest.mark.parametrize("control", DeviceControl)
@pytest.mark.parametrize("late", [0.0, 0.1])
async def test_what_xiaoai_has_switched_is_not_switched_back(hass, lamps, living, sim, control, late):
    await first(hass, living, control)
    since = living.ask(TOGGLE, DONE, late_edit=late)
    await left_alone(living, since)
    assert hass.states.get(lamps["客厅"]).state == STATE_OFF  # the lamp that Home Assistant would have switched


@pytest.mark.parametrize("control", DeviceControl)
@pytest.mark.parametrize("late", [0.0, 0.1])
async def test_what_xiaoai_could_not_switch_is_switched_once(hass, lamps, living, sim, control, late):
    await first(hass, living, control)
    since = living.ask(TOGGLE, NOT_FOUND, late_edit=late)
    await living.spoken("客厅灯切换了。", since=since)
    assert hass.states.get(lamps["客厅"]).state == STATE_ON
    assert sim.timeline.since(since, "llm_request") == []


@pytest.mark.parametrize("late", [0.0, 0.1])
async def test_xiaoai_first_leaves_it_alone(hass, lamps, living, late):
    await first(hass, living, DeviceControl.XIAOAI)
    since = living.ask(ON, "好的，客厅灯已打开。", late_edit=late)
    await left_alone(living, since)
    assert hass.states.get(lamps["客厅"]).state == STATE_OFF


@pytest.mark.parametrize("late", [0.0, 0.1])
async def test_xiaoai_first_that_fails_is_helped(hass, lamps, living, late):
    await first(hass, living, DeviceControl.XIAOAI)
    living.ask(ON, NOT_FOUND, late_edit=late)
    await wait_for_state(hass, lamps["客厅"], STATE_ON)


async def test_home_assistant_first_acts_whatever_xiaoai_plays(hass, lamps, living):
    await first(hass, living, DeviceControl.HOME_ASSISTANT)
    living.ask(ON, "好的，为你播放《打开客厅灯》。", kind="AUDIO")
    await wait_for_state(hass, lamps["客厅"], STATE_ON)


async def test_an_answer_of_the_models_own_is_unchanged(living):
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
