"""What the entities share: devices, names, availability."""

from homeassistant.const import STATE_OFF, STATE_UNAVAILABLE
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from tests.integration.support import MINA, agent_id, assistant, break_cloud


async def test_an_assistant_is_a_service_of_its_subentry(hass, entry):
    entity = er.async_get(hass).async_get(agent_id(hass, entry))
    assert entity is not None
    assert entity.device_id is not None
    device = dr.async_get(hass).async_get(entity.device_id)
    assert entity.unique_id == entity.config_subentry_id == assistant(entry).subentry_id
    assert (device.name, device.model) == ("小爱 GPT", "gpt-5-mini")
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.identifiers == {(DOMAIN, assistant(entry).subentry_id)}


async def test_an_entity_of_a_speaker_belongs_to_its_device(hass, corner):
    living = corner("客厅小爱")
    entity = er.async_get(hass).async_get(living.switch)
    assert entity.device_id == living.device.id
    assert entity.unique_id == f"{living.did}-advanced_dialogue"
    assert entity.translation_key == "advanced_dialogue"


@pytest.mark.parametrize("change", ["offline", "gone", "cloud"])
async def test_it_is_available_while_the_speaker_can_be_reached(hass, sim, entry, corner, change):
    living, bedroom = corner("客厅小爱"), corner("卧室小爱")
    switch = living.switch
    match change:
        case "offline":
            sim.world.set_online("客厅小爱", False)
        case "gone":
            sim.world.remove_speaker("客厅小爱")
        case "cloud":
            break_cloud(sim, host=MINA, disconnect=True)
    await entry.runtime_data.coordinator.async_refresh()
    assert hass.states.get(switch).state == STATE_UNAVAILABLE
    assert bedroom.state == (STATE_UNAVAILABLE if change == "cloud" else STATE_OFF)
