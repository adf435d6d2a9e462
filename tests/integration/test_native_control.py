"""What is XiaoAI's, asked for from the Assist dialog, a phone or an automation."""

import asyncio

from homeassistant.components import conversation
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import Context
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.xiao_gpt import handover
from simulator.llm_replies import own_answer
from tests.integration.support import SPEED, agent_id, assistant, event, polls

AC, COLD = "打开空调", "好的，空调已打开。"
SONG = "放一首小河淌水"
WHY = "天空为什么是蓝色的"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Wait as long as in a quicker world."""
    for name in ("EDITED_S", "LOOK_S"):
        monkeypatch.setattr(handover, name, getattr(handover, name) / SPEED)


@pytest.fixture
def ask(hass, entry, sim):
    """Return a function that asks the assistant, and returns its words."""
    sim.world.teach(AC, COLD)

    async def ask(text, **options):
        options.setdefault("language", "zh-Hans")
        result = await conversation.async_converse(
            hass, text, options.pop("conversation_id", None), Context(), agent_id=agent_id(hass, entry), **options
        )
        return result.response.speech["plain"]["speech"]

    return ask


async def set_option(hass, entry, did):
    hass.config_entries.async_update_entry(entry, options={"routing": {"native_speaker": did}})
    await hass.async_block_till_done()


def executed(sim, since=0):
    return [
        (one.fields["speaker"], one.fields["text"], one.fields["silent"])
        for one in sim.timeline.since(since, "command")
        if one.fields["command"] == "execute"
    ]


def asked_of_the_model(sim, since=0):
    return sum(one.fields["question"] != "你好" for one in sim.timeline.since(since, "llm_request"))  # as it was added


def in_area(hass, entry, name):
    """Return a device in the area of a name."""
    other = MockConfigEntry(domain="satellite")
    other.add_to_hass(hass)
    devices = dr.async_get(hass)
    device = devices.async_get_or_create(config_entry_id=other.entry_id, identifiers={("satellite", name)})
    area = ar.async_get(hass).async_get_area_by_name(name)
    devices.async_update_device(device.id, area_id=area.id)
    return device.id


async def test_xiaoai_does_it_without_a_word_and_its_answer_comes_back(ask, corner, sim):
    assert await ask(AC) == COLD
    assert executed(sim) == [("客厅小爱", AC, True)]
    assert asked_of_the_model(sim) == 0
    await polls(sim)
    assert sim.timeline.since(0, "speech_started") == []


async def test_the_record_of_it_is_nobodys_utterance(hass, ask, living, bedroom, sim):
    automation = {
        "triggers": [{"trigger": "conversation", "command": [AC]}],
        "actions": [{"set_conversation_response": "自动化来了。"}],
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    since = len(sim.timeline)
    assert await ask(AC) == COLD
    await polls(sim)
    assert [one.fields["command"] for one in sim.timeline.since(since, "command")] == ["execute"]
    assert asked_of_the_model(sim, since) == 0


async def test_an_automation_that_asks_for_its_own_sentence_does_not_go_round(hass, entry, ask, living, sim):
    automation = {
        "triggers": [{"trigger": "conversation", "command": [AC]}],
        "actions": [{"action": "conversation.process", "data": {"text": AC, "agent_id": agent_id(hass, entry)}}],
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    await hass.async_block_till_done()
    since = living.ask(AC, "好的。")
    await event(sim, "command", since=since, command="execute")
    await polls(sim, 5)
    assert len(executed(sim, since)) == 1


async def test_home_assistants_own_intents_come_first(hass, ask, lamps, sim):
    assert "打开" in await ask("打开客厅灯")
    assert hass.states.get(lamps["客厅"]).state == STATE_ON
    assert executed(sim) == []
    assert asked_of_the_model(sim) == 0


async def test_what_is_the_assistants_stays_its_own(ask, sim):
    assert await ask(WHY) == own_answer(WHY)
    assert executed(sim) == []


async def test_what_xiaoai_cannot_do_the_assistant_is_asked_for(ask, sim):
    assert await ask("打开加湿器") == own_answer("打开加湿器")
    assert [text for _, text, _ in executed(sim)] == ["打开加湿器"]


async def test_it_is_part_of_the_conversation(ask, requests):
    await ask(AC, conversation_id="talk")
    await ask(WHY, conversation_id="talk")
    assert [(one["role"], one["content"]) for one in requests[-1]["messages"][1:]] == [
        ("user", AC),
        ("assistant", COLD),
        ("user", WHY),
    ]


async def test_the_speaker_of_the_same_area_is_told(hass, entry, ask, lamps, sim):
    await ask(AC, device_id=in_area(hass, entry, "卧室"))
    await ask(AC, device_id=in_area(hass, entry, "客厅"))
    assert [name for name, _, _ in executed(sim)] == ["卧室小爱", "客厅小爱"]


async def test_a_chosen_speaker_is_told(hass, entry, ask, corner, sim):
    await set_option(hass, entry, corner("厨房小爱").did)
    await polls(sim, 2)
    assert await ask(AC) == COLD
    assert [name for name, _, _ in executed(sim)] == ["厨房小爱"]


async def test_it_can_be_turned_off(hass, entry, ask, lamps, sim):
    await set_option(hass, entry, "none")
    assert await ask(AC) == own_answer(AC)
    assert executed(sim) == []
    assert hass.states.get(lamps["客厅"]).state == STATE_OFF


async def test_an_assistant_that_may_not_control_the_home_only_talks(hass, entry, ask, sim):
    subentry = assistant(entry)
    data = {key: value for key, value in subentry.data.items() if key != "llm_hass_api"}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await hass.async_block_till_done()
    assert await ask(AC) == own_answer(AC)
    assert executed(sim) == []


async def test_music_plays_at_the_speaker(ask, sim):
    sim.world.teach(SONG, "好的，为你播放小河淌水。", "AUDIO")
    assert await ask(SONG) == "好的，为你播放小河淌水。"
    await event(sim, "music_started", since=0, speaker="客厅小爱")
    assert executed(sim) == [("客厅小爱", SONG, False)]


async def test_an_answer_that_is_written_into_the_record_later_comes_back(ask, sim):
    sim.settings.update({"late_edit": 0.1})
    assert await ask(AC) == COLD


async def test_what_is_done_without_a_word_is_done(ask, sim):
    sim.world.teach("关闭空调", "", "EMPTY")
    assert await ask("关闭空调") == "好了。"
    assert await ask("关闭空调", language="en") == "Done."


async def test_a_record_that_does_not_come_is_told_and_is_no_utterance_when_it_does(ask, living, sim, monkeypatch):
    monkeypatch.setattr(handover, "RECORD_S", 0.5)
    sim.world.hide_records(True)
    assert await ask(AC) == "已经交给客厅小爱，但没有收到小爱的回答。"
    since = len(sim.timeline)
    sim.world.hide_records(False)
    await polls(sim)
    assert living.told(since=since) == []
    assert asked_of_the_model(sim) == 0


async def test_where_no_speaker_can_be_reached_the_assistant_answers(hass, entry, ask, sim):
    for speaker in sim.world.speakers:
        sim.world.set_online(speaker, False)
    await entry.runtime_data.coordinator.async_refresh()
    assert await ask(AC) == own_answer(AC)
    assert executed(sim) == []


async def test_what_was_said_at_a_speaker_is_never_handed_back(ask, living, sim):
    assert await ask(AC, device_id=living.device.id) == own_answer(AC)
    assert executed(sim) == []


async def test_what_is_not_chinese_is_not_handed_over(ask, sim):
    await ask("turn on the AC", language="en")
    assert executed(sim) == []


@pytest.mark.parametrize("order", ["打开门锁", "打开车库", "撤防"])
async def test_locks_and_alarms_are_the_assistants_which_can_ask_back(ask, sim, order):
    sim.world.teach(order, "好的。")
    assert await ask(order) == own_answer(order)
    assert executed(sim) == []


async def test_it_may_be_asked_for_at_once_by_several(hass, ask, sim):
    sim.world.teach("关闭空调", "好的，空调已关闭。")
    first, second = await asyncio.gather(ask(AC), ask("关闭空调"))
    assert (first, second) == (COLD, "好的，空调已关闭。")
    assert len(executed(sim)) == 2
