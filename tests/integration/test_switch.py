"""The switch of advanced dialogue."""

from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, EntityCategory
from homeassistant.core import State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    async_mock_restore_state_shutdown_restart,
    mock_restore_cache_with_extra_data,
)

from simulator.llm_replies import ScriptedReply, tokens
from tests.integration.support import break_cloud, event, polls

SENTENCE = "从前山脚下住着一只每天晚上都要数一遍天上星星的小狐狸。"


@pytest.fixture
async def answering(sim, living):
    """The speaker while it speaks; the LLM's request."""
    sim.llm.replies.append(ScriptedReply("故事", SENTENCE * 3))
    sim.llm.settings.stall_after = len(tokens(SENTENCE)) + 3
    since = living.ask("讲个故事")
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
