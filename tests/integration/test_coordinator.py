"""The account's speakers, as the cloud lists them."""

from homeassistant.helpers.update_coordinator import UpdateFailed

from custom_components.xiao_gpt.coordinator import UPDATE_INTERVAL, settings_of
from simulator.world import Home
from tests.integration.support import MINA, break_cloud, wait_for_flow


async def test_its_data_are_the_speakers_by_did(sim, entry):
    coordinator = entry.runtime_data.coordinator
    assert {did: (info.name, info.hardware, info.online) for did, info in coordinator.data.items()} == {
        speaker.did: (speaker.name, speaker.model.hardware, True) for speaker in sim.world.speakers
    }
    assert coordinator.update_interval == UPDATE_INTERVAL
    assert coordinator.last_update_success


async def test_a_device_says_what_the_speaker_is(sim, corner):
    living = corner("客厅小爱")
    device, speaker = living.device, sim.world.speaker("客厅小爱")
    assert (device.name, device.manufacturer, device.model, device.model_id) == (
        "客厅小爱",
        "Xiaomi",
        "小爱音箱 Pro",
        "LX06",
    )
    assert (device.serial_number, device.sw_version) == (speaker.serial, "1.88.51")


async def test_a_cloud_that_is_down_keeps_what_was_known(sim, entry):
    coordinator = entry.runtime_data.coordinator
    known = coordinator.data
    break_cloud(sim, host=MINA, status=502)
    await coordinator.async_refresh()
    assert not coordinator.last_update_success
    assert isinstance(coordinator.last_exception, UpdateFailed)
    assert coordinator.last_exception.translation_placeholders == {"error": "HTTP 502"}
    assert coordinator.data is known
    sim.world.faults.clear()
    await coordinator.async_refresh()
    assert coordinator.last_update_success


async def test_a_lost_login_is_asked_for(hass, sim, entry):
    coordinator = entry.runtime_data.coordinator
    sim.world.account.expire("all")
    await coordinator.async_refresh()
    assert not coordinator.last_update_success
    assert isinstance(coordinator.last_exception, UpdateFailed)
    assert coordinator.last_exception.translation_key == "login_needed"
    await wait_for_flow(hass, "reauth")


async def test_a_speaker_is_the_same_before_and_after_a_new_list(sim, entry, corner):
    living = corner("客厅小爱")
    speaker = living.speaker
    sim.world.set_online("客厅小爱", False)
    await entry.runtime_data.coordinator.async_refresh()
    assert living.speaker is speaker
    assert not speaker.info.online


async def test_a_speaker_that_is_gone_is_remembered(sim, entry, corner):
    speaker, did = corner("客厅小爱").speaker, corner("客厅小爱").did
    coordinator = entry.runtime_data.coordinator
    sim.world.remove_speaker("客厅小爱")
    await coordinator.async_refresh()
    assert did not in coordinator.data
    assert not speaker.info.online  # nobody listens to it
    sim.world.add_speaker(Home("客厅小爱", "LX06", "客厅"))
    await coordinator.async_refresh()
    assert did in coordinator.data
    assert coordinator.speakers[did] is speaker
    assert speaker.info.online


async def test_the_settings_are_what_a_person_changes(entry, hass):
    before = settings_of(entry)
    xiaomi = entry.data["xiaomi"]
    renewed = xiaomi | {"pass_token": "new", "services": {}}
    hass.config_entries.async_update_entry(entry, title="new", data={**entry.data, "xiaomi": renewed})
    assert settings_of(entry) == before
    hass.config_entries.async_update_entry(entry, data={**entry.data, "api_keys": ["new"]})
    assert settings_of(entry) != before
    await hass.async_block_till_done()  # the entry is loaded again
