"""The switches of a speaker: advanced dialogue, continuous dialogue, and whether XiaoAI is silenced at once."""

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, EntityCategory, Platform
from homeassistant.core import State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    async_mock_restore_state_shutdown_restart,
    mock_restore_cache_with_extra_data,
)

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.phrases import Phrase
from simulator.llm_replies import ScriptedReply, own_answer, tokens
from simulator.world import Home
from tests.integration.support import Corner, add_integration, break_cloud, event, polls, until, wait_for_state

WHY, BECAUSE = "天空为什么是蓝色的", "因为空气把太阳的蓝光散射到了四面八方。"
SENTENCE = "从前山脚下住着一只每天晚上都要数一遍天上星星的小狐狸。"


@pytest.fixture
async def answering(sim, living):
    """The speaker while it speaks; the LLM's request."""
    sim.llm.replies.append(ScriptedReply("故事", SENTENCE * 3))
    sim.llm.settings.stall_after = len(tokens(SENTENCE)) + 3
    since = living.ask("编一个小狐狸数星星的故事")
    request = await event(sim, "llm_request", since=since)
    await living.event("speech_started", since=since, source="tts")
    return request


async def test_each_speaker_has_one_and_it_is_off_at_first(hass, sim, entry, corner):
    switches = [entity_id for entity_id in hass.states.async_entity_ids("switch") if "advanced" in entity_id]
    assert len(switches) == len(sim.world.speakers)
    for speaker in sim.world.speakers:
        state = hass.states.get(corner(speaker.name).switch)
        assert state.state == STATE_OFF
        assert state.name == f"{speaker.name} 高级对话"


async def test_it_is_hidden_from_the_assistants(hass, corner, exposed):
    switch = corner("客厅小爱").switch
    assert er.async_get(hass).async_get(switch).entity_category is EntityCategory.CONFIG
    assert not exposed(switch)


async def test_closing_all_switches_leaves_it_on(hass, living, sim):
    since = living.ask("关闭所有开关")
    await living.event("speech_ended", since=since, source="tts")
    assert living.state == STATE_ON


async def test_it_is_one_speakers_alone(corner):
    await corner("客厅小爱").turn("on")
    assert corner("卧室小爱").state == STATE_OFF


async def test_turned_off_it_ends_the_answer(sim, living, answering):
    since = len(sim.timeline)
    await living.turn("off")
    finished = await event(sim, "llm_finished", id=answering.fields["id"])
    assert finished.fields["reason"] == "closed_by_client"
    assert [command.fields["command"] for command in living.told(since=since)] == ["pause", "stop"]
    await polls(sim)
    assert living.pieces(since) == []


async def test_turned_off_with_nothing_to_end_it_sends_nothing(sim, living):
    since = len(sim.timeline)
    await living.turn("off")
    assert living.told(since=since) == []


async def test_a_speaker_that_cannot_be_silenced_is_told_and_off_all_the_same(hass, sim, living, answering):
    break_cloud(sim, path="/remote/ubus", status=502)
    with pytest.raises(HomeAssistantError) as raised:
        await living.turn("off")
    assert raised.value.translation_key == "speaker_unreachable"
    assert raised.value.translation_placeholders == {"name": "客厅小爱"}
    assert living.state == STATE_OFF


async def test_it_stays_on_over_a_reload(hass, entry, living):
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert living.state == STATE_ON


async def test_it_stays_on_over_a_restart(hass, entry, living):
    await async_mock_restore_state_shutdown_restart(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert living.state == STATE_ON


@pytest.mark.parametrize(("enabled", "state"), [(True, STATE_ON), (False, STATE_OFF)])
async def test_what_counts_is_what_it_was_not_that_it_could_not_be_reached(hass, entry, corner, enabled, state):
    living = corner("客厅小爱")
    switch = living.switch
    await hass.config_entries.async_unload(entry.entry_id)
    mock_restore_cache_with_extra_data(hass, [(State(switch, STATE_UNAVAILABLE), {"enabled": enabled})])
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert living.state == state


async def test_it_is_unavailable_while_the_speaker_is_offline_and_keeps_its_state(hass, sim, entry, living):
    sim.world.set_online(living.name, False)
    await entry.runtime_data.coordinator.async_refresh()
    assert living.state == STATE_UNAVAILABLE
    sim.world.set_online(living.name, True)
    await entry.runtime_data.coordinator.async_refresh()
    assert living.state == STATE_ON


# Continuous dialogue


WHY = "天空为什么是蓝色的"


@pytest.fixture
def continuous(hass):
    """Return a function that returns the entity id of a speaker's continuous dialogue, None if it has none."""
    return lambda corner: er.async_get(hass).async_get_entity_id(
        Platform.SWITCH, DOMAIN, f"{corner.did}-continuous_dialogue"
    )


async def turn_on(hass, entity_id):
    await hass.services.async_call("switch", "turn_on", {"entity_id": entity_id}, blocking=True)
    assert hass.states.get(entity_id).state == STATE_ON


async def test_a_continuous_dialogue_is_off_at_first_and_hidden_from_the_assistants(
    hass, sim, corner, continuous, exposed
):
    for speaker in sim.world.speakers:
        switch = continuous(corner(speaker.name))
        assert hass.states.get(switch).state == STATE_OFF
        assert hass.states.get(switch).name == f"{speaker.name} 持续对话"
        assert er.async_get(hass).async_get(switch).entity_category is EntityCategory.CONFIG
        assert not exposed(switch)


async def test_a_continuous_dialogue_is_begun_and_ended_by_voice(hass, sim, living, continuous):
    since = living.ask("开始持续对话")
    await wait_for_state(hass, continuous(living), STATE_ON)
    await living.spoken(Phrase.CONTINUES, since=since)
    await living.event("command", since=since, command="wake", effect=True)
    for question in (WHY, "怎么做红烧肉"):
        since = living.ask(question)
        await living.spoken(own_answer(question), since=since)
        await living.event("command", since=since, command="wake", effect=True)
        assert len(living.told("wake", since=since)) == 1
    since = living.ask("结束持续对话")
    await wait_for_state(hass, continuous(living), STATE_OFF)
    await living.spoken(Phrase.CONTINUES_NOT, since=since)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    await polls(sim, 3)
    assert living.told("wake", since=since) == []


async def test_it_is_woken_once_the_last_word_is_over(hass, living, continuous):
    await turn_on(hass, continuous(living))
    since = living.ask(WHY)
    woken = await living.event("command", since=since, command="wake")
    spoken = [end for end in living.sim.timeline.since(since, "speech_ended") if end.fields["source"] == "tts"]
    assert spoken
    assert all(end.fields["reason"] == "finished" and end.seq < woken.seq for end in spoken)
    assert living.sim.world.speaker(living.name).speech == "在呢"


async def test_a_stop_in_mid_answer_ends_the_continuous_dialogue(hass, sim, living, continuous):
    await turn_on(hass, continuous(living))
    sim.llm.replies.append(ScriptedReply("故事", SENTENCE * 3))
    sim.llm.settings.stall_after = len(tokens(SENTENCE)) + 3
    begun = living.ask("编一个小狐狸数星星的故事")
    await living.event("speech_started", since=begun, source="tts")
    since = living.ask("停")
    await wait_for_state(hass, continuous(living), STATE_OFF)
    await living.event("command", since=since, command="stop")
    await polls(sim, 3)
    assert living.told("wake", since=begun) == []
    assert living.state == STATE_ON


async def test_one_question_that_cuts_another_wakes_it_once(hass, sim, living, continuous):
    await turn_on(hass, continuous(living))
    sim.llm.settings.first_token = 30
    since = living.ask("编一个小狐狸数星星的故事")
    await event(sim, "llm_request", since=since)
    sim.llm.settings.first_token = 0
    living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    await living.event("command", since=since, command="wake")
    await polls(sim)
    assert len(living.told("wake", since=since)) == 1


async def test_switching_advanced_dialogue_off_by_voice_ends_the_continuous_one(hass, living, continuous):
    await turn_on(hass, continuous(living))
    since = living.ask("关闭高级对话")
    await wait_for_state(hass, living.switch, STATE_OFF)
    await living.spoken(Phrase.TURNED_OFF, since=since)
    assert hass.states.get(continuous(living)).state == STATE_OFF
    assert living.told("wake", since=since) == []


async def test_a_continuous_dialogue_is_switched_off_by_hand(hass, sim, living, continuous):
    await turn_on(hass, continuous(living))
    await hass.services.async_call("switch", "turn_off", {"entity_id": continuous(living)}, blocking=True)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    await polls(sim)
    assert living.told("wake", since=since) == []


async def test_a_continuous_dialogue_stays_over_a_reload(hass, entry, living, continuous):
    await turn_on(hass, continuous(living))
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert hass.states.get(continuous(living)).state == STATE_ON
    assert entry.runtime_data.dialogues[living.did].continuous


async def test_a_speaker_that_cannot_be_woken_says_so(hass, sim, continuous):
    sim.world.add_speaker(Home("书房小爱", "16B", "书房"))
    study = Corner(hass, sim, await add_integration(hass, sim), "书房小爱")
    assert continuous(study) is None
    await study.turn("on")
    since = study.ask("开始持续对话")
    await study.spoken(Phrase.CANNOT_CONTINUE, since=since)
    dialogue = study.entry.runtime_data.dialogues[study.did]
    await until(sim, lambda: not dialogue.answering)
    assert not dialogue.continuous
    assert study.told("wake") == []


async def test_a_speaker_that_cannot_be_woken_now_has_answered_all_the_same(hass, living, continuous, monkeypatch):
    await turn_on(hass, continuous(living))
    break_cloud(living.sim, path="/miotspec/action", status=502)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    dialogue = living.entry.runtime_data.dialogues[living.did]
    await until(living.sim, lambda: not dialogue.answering)
    assert living.told("wake", since=since) == []
    assert dialogue.continuous


async def test_a_stop_after_the_answer_is_no_invitation_to_go_on(hass, sim, living, continuous):
    await turn_on(hass, continuous(living))
    since = living.ask("别说了", "好的。")
    await wait_for_state(hass, continuous(living), STATE_OFF)
    await polls(sim, 5)
    assert living.told("wake", since=since) == []


# Silence XiaoAI


async def over(corner):
    dialogue = corner.entry.runtime_data.dialogues[corner.did]
    await until(corner.sim, lambda: not dialogue.turns)


@pytest.fixture
async def patient(hass, living):
    """The speaker where XiaoAI is not silenced at once."""
    entity_id = er.async_get(hass).async_get_entity_id(Platform.SWITCH, DOMAIN, f"{living.did}-silence_xiaoai")
    assert hass.states.get(entity_id).state == STATE_ON
    await hass.services.async_call("switch", "turn_off", {"entity_id": entity_id}, blocking=True)
    assert hass.states.get(entity_id).state == STATE_OFF
    return living


async def test_xiaoai_speaks_until_our_first_words_where_it_is_not_silenced(sim, patient):
    sim.llm.settings.first_token = 1.0
    since = patient.ask(WHY, SENTENCE)
    ended = await patient.event("speech_ended", since=since, source="xiaoai")
    assert ended.fields["reason"] != "paused"
    await patient.spoken(own_answer(WHY), since=since)
    assert patient.told("pause", "stop", since=since) == []
    own = await patient.event("speech_started", since=since, source="tts")
    assert own.seq > ended.seq or ended.seq - own.seq <= 1


async def test_a_failure_is_said_where_xiaoai_has_no_good_answer_and_is_not_silenced(sim, patient):
    sim.llm.settings.fail = "server"
    since = patient.ask(WHY, "我还没学会这个")
    said = await patient.event("speech_ended", since=since, source="tts")
    assert said.fields["text"] != ""


async def test_xiaoais_good_answer_stands_where_ours_fails_and_it_is_not_silenced(sim, patient):
    sim.llm.settings.fail = "server"
    since = patient.ask(WHY, BECAUSE)
    ended = await patient.event("speech_ended", since=since, source="xiaoai")
    assert ended.fields["reason"] == "finished"
    await over(patient)
    assert patient.pieces(since) == []
