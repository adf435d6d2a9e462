"""An entry's life: set up, reloaded, unloaded, removed."""

import asyncio
from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_OFF, STATE_UNAVAILABLE
from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.xiao_gpt.const import DOMAIN
from simulator.llm_replies import own_answer
from simulator.world import Home
from tests.integration.support import (
    MINA,
    PASSPORT,
    PROFILE,
    Corner,
    add_integration,
    assistant,
    begin_story,
    break_cloud,
    event,
    polls,
    wait_for_entry,
    wait_for_flow,
    wait_for_state,
)

WHY = "天空为什么是蓝色的"


async def nothing_is_asked_any_more(corner):
    """Wait for two records to come and go, and see that nobody has looked for the second."""
    since = corner.ask("有人吗")
    await corner.event("record_visible", since=since)
    since = corner.ask("还有人吗")
    await corner.event("record_visible", since=since)
    assert corner.sim.timeline.since(since, "http") == []


def our_tasks(what=DOMAIN):
    """Return the tasks that run for the integration."""
    return [task for task in asyncio.all_tasks() if DOMAIN in task.get_name() and what in task.get_name()]


async def test_each_speaker_each_assistant_and_the_service_is_a_device(hass, sim, entry):
    assert entry.state is ConfigEntryState.LOADED
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    speakers = {(DOMAIN, speaker.did) for speaker in sim.world.speakers}
    found = {identifier for device in devices for identifier in device.identifiers}
    assert found == speakers | {(DOMAIN, assistant(entry).subentry_id), (DOMAIN, f"{entry.entry_id}-service")}


async def test_it_listens_to_each_speaker(sim, entry):
    names = {f"{DOMAIN} listens to {speaker.did}" for speaker in sim.world.speakers}
    assert names <= {task.get_name() for task in our_tasks()}


@pytest.mark.parametrize("fault", [{"status": 502}, {"disconnect": True}, {"status": 429}])
async def test_a_cloud_that_is_down_is_tried_again(hass, sim, entry, fault):
    await hass.config_entries.async_unload(entry.entry_id)
    break_cloud(sim, host=MINA, **fault)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "cloud_unavailable"
    assert our_tasks() == []
    sim.world.faults.clear()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=2))
    await wait_for_entry(hass, entry, ConfigEntryState.LOADED)


async def test_a_login_that_is_not_taken_any_more_is_asked_for(hass, sim, entry):
    await hass.config_entries.async_unload(entry.entry_id)
    sim.world.account.expire("all")
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "login_needed"
    assert (await wait_for_flow(hass, "reauth"))["step_id"] == "reauth_confirm"


async def test_unloaded_it_falls_silent(hass, sim, entry, living):
    request = await begin_story(living)
    since = len(sim.timeline)
    assert await hass.config_entries.async_unload(entry.entry_id)
    finished = await event(sim, "llm_finished", id=request.fields["id"])
    assert finished.fields["reason"] == "closed_by_client"
    assert [command.fields["command"] for command in living.told(since=since)] == ["pause", "stop"]
    assert hass.states.get(living.switch).state == STATE_UNAVAILABLE
    assert our_tasks() == []
    await nothing_is_asked_any_more(living)


async def test_a_speaker_that_cannot_be_silenced_does_not_hold_up_the_unloading(hass, sim, entry, living):
    await begin_story(living)
    sim.world.set_online(living.name, False)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED


async def test_reloaded_it_answers_again(hass, sim, entry, living):
    await begin_story(living)
    sim.llm.settings.stall_after = None
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert len(our_tasks("listens")) == len(sim.world.speakers)
    await polls(sim)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)


async def test_removed_it_leaves_nothing_behind(hass, sim, entry, living):
    request = await begin_story(living)
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    await event(sim, "llm_finished", id=request.fields["id"], reason="closed_by_client")
    assert sim.world.speaker(living.name).speech is None
    assert our_tasks() == []
    assert er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id) == []
    assert dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id) == []
    assert [state.entity_id for state in hass.states.async_all("switch")] == []
    await nothing_is_asked_any_more(living)


async def test_old_words_are_not_answered_at_the_start(hass, sim):
    for text in ("打开高级对话", WHY):
        since = len(sim.timeline)
        sim.world.ask("客厅小爱", text)
        await event(sim, "record_visible", since=since)
    living = Corner(hass, sim, await add_integration(hass, sim), "客厅小爱")
    since = len(sim.timeline)
    await polls(sim)
    assert living.state == STATE_OFF
    assert living.told() == []
    since = living.ask("打开高级对话")
    await living.event("speech_started", since=since, source="tts")
    assert living.state != STATE_OFF


# What reloads it, and what does not


async def test_renewed_tokens_are_kept_without_a_reload(hass, sim, entry, living):
    before, tokens_before = entry.runtime_data, entry.data["xiaomi"]["services"]["micoapi"]
    since = len(sim.timeline)
    sim.world.account.expire("micoapi")
    await event(sim, "service_token", since=since, sid="micoapi")
    await event(sim, "http", since=len(sim.timeline), host=PROFILE, status=200)
    await hass.async_block_till_done()
    assert entry.data["xiaomi"]["services"]["micoapi"] != tokens_before
    assert entry.runtime_data is before
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    assert len(sim.timeline.since(0, "service_token")) == 2


async def test_a_new_name_of_the_entry_is_no_reason_to_reload(hass, entry):
    before = entry.runtime_data
    hass.config_entries.async_update_entry(entry, title="我的小米账号")
    await hass.async_block_till_done()
    assert entry.runtime_data is before


async def test_what_a_person_changes_reloads_it(hass, entry):
    for changes in ({"data": {**entry.data, "base_url": "http://127.0.0.1:9/v1"}}, {"options": {"anything": 1}}):
        before = entry.runtime_data
        hass.config_entries.async_update_entry(entry, **changes)
        await hass.async_block_till_done()
        assert entry.runtime_data is not before
    before = entry.runtime_data
    hass.config_entries.async_update_subentry(entry, assistant(entry), title="小智")
    await hass.async_block_till_done()
    assert entry.runtime_data is not before


# Speakers come and go


async def test_a_new_speaker_appears_by_itself(hass, sim, entry):
    sim.world.add_speaker(Home("书房小爱", "S12", "书房"))
    await entry.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done()
    study = Corner(hass, sim, entry, "书房小爱")
    assert (study.state, study.device.name) == (STATE_OFF, "书房小爱")
    await study.turn("on")
    await polls(sim, 1)
    since = study.ask(WHY)
    await study.spoken(own_answer(WHY), since=since)


async def test_a_speaker_that_is_gone_is_unavailable_until_it_comes_back(hass, sim, entry, living):
    await entry.runtime_data.coordinator.async_refresh()
    switch, place = living.switch, Home("客厅小爱", "LX06", "客厅")
    sim.world.remove_speaker("客厅小爱")
    await entry.runtime_data.coordinator.async_refresh()
    assert hass.states.get(switch).state == STATE_UNAVAILABLE
    sim.world.add_speaker(place)
    await entry.runtime_data.coordinator.async_refresh()
    assert hass.states.get(switch).state == "on"


async def test_a_device_can_be_deleted_once_its_speaker_is_gone(hass, sim, entry, corner, hass_ws_client):
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    living = corner("客厅小爱")
    devices, device_id = dr.async_get(hass), living.device.id
    (service,) = [
        device
        for device in dr.async_entries_for_config_entry(devices, entry.entry_id)
        if (DOMAIN, assistant(entry).subentry_id) in device.identifiers
    ]

    async def delete(which):
        await client.send_json_auto_id({"type": "config/device_registry/remove", "device_id": which})
        return (await client.receive_json())["success"]

    assert not await delete(device_id)
    assert not await delete(service.id)
    sim.world.remove_speaker("客厅小爱")
    await entry.runtime_data.coordinator.async_refresh()
    assert not await delete(corner("卧室小爱").device.id)
    assert await delete(device_id)
    assert devices.async_get(device_id) is None
    bedroom = corner("卧室小爱").device.id
    await hass.config_entries.async_unload(entry.entry_id)
    assert not await delete(bedroom)


# The way to the cloud


async def test_a_cloud_that_fails_for_a_while_makes_the_speakers_unavailable(hass, sim, entry, living, monkeypatch):
    monkeypatch.setattr("custom_components.xiao_gpt.listener.MAX_BACK_OFF_S", 0.1)
    break_cloud(sim, host=PROFILE, status=502)
    await wait_for_state(hass, living.switch, STATE_UNAVAILABLE)
    sim.world.faults.clear()
    await wait_for_state(hass, living.switch, "on")


async def test_a_speaker_that_fails_does_not_make_the_others_unavailable(hass, sim, monkeypatch):
    """The M01 is asked itself what was said to it; the others' records are the cloud's."""
    monkeypatch.setattr("custom_components.xiao_gpt.listener.MAX_BACK_OFF_S", 0.1)
    sim.world.add_speaker(Home("书房小爱", "M01", "书房"))
    entry = await add_integration(hass, sim)
    study, living = (Corner(hass, sim, entry, name) for name in ("书房小爱", "客厅小爱"))
    states = []
    async_track_state_change_event(
        hass, living.switch, callback(lambda change: states.append(change.data["new_state"].state))
    )
    sim.world.set_online("书房小爱", False)
    await wait_for_state(hass, study.switch, STATE_UNAVAILABLE)
    assert (living.state, states) == (STATE_OFF, [])


async def test_a_lost_login_is_asked_for_once_and_the_cloud_is_left_alone(hass, sim, entry, living):
    sim.world.account.expire("all")
    await wait_for_state(hass, living.switch, STATE_UNAVAILABLE)
    await wait_for_flow(hass, "reauth")
    issues = ir.async_get(hass).issues
    assert issues[DOMAIN, f"login_{entry.entry_id}"].translation_key == "login_expired"
    since = len(sim.timeline)
    await polls(sim, 1)
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1
    asked = [entry.fields["host"] for entry in sim.timeline.since(since, "http")]
    assert PASSPORT not in asked
