"""Actions on speakers."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
import probatio as vol

from .const import DOMAIN
from .dialogue import Dialogue
from .xiaomi import XiaomiError

SERVICE_STOP = "stop"
SERVICE_ATTENTION = "attention"
ATTR_DURATION = "duration"

_TARGET = cv.make_entity_service_schema({})
_ATTENTION = cv.make_entity_service_schema(
    {
        vol.Optional(ATTR_DURATION, default=timedelta(minutes=5)): vol.All(
            cv.positive_time_period, vol.Range(max=timedelta(hours=2))
        )
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""

    async def stop(call: ServiceCall) -> None:
        for dialogue in _dialogues(hass, call):
            try:
                await dialogue.stop()
            except XiaomiError as err:
                raise HomeAssistantError(
                    translation_domain=DOMAIN,
                    translation_key="speaker_unreachable",
                    translation_placeholders={"name": dialogue.speaker.info.name},
                ) from err

    async def attention(call: ServiceCall) -> None:
        for dialogue in _dialogues(hass, call):
            dialogue.pay_attention(call.data[ATTR_DURATION].total_seconds())

    hass.services.async_register(DOMAIN, SERVICE_STOP, stop, schema=_TARGET)
    hass.services.async_register(DOMAIN, SERVICE_ATTENTION, attention, schema=_ATTENTION)


@callback
def _dialogues(hass: HomeAssistant, call: ServiceCall) -> list[Dialogue]:
    """Return the dialogues at the speakers that an action is aimed at, by device, area, floor, label or entity.

    Raises:
        ServiceValidationError: none of them is a speaker that is loaded.
    """
    chosen = async_extract_referenced_entity_ids(hass, TargetSelection(call.data), primary_entities_only=False)
    registry = er.async_get(hass)
    devices = chosen.referenced_devices | {
        entry.device_id
        for entity_id in chosen.referenced | chosen.indirectly_referenced
        if (entry := registry.async_get(entity_id)) is not None
    }
    found = [
        dialogue
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.state is ConfigEntryState.LOADED
        for dialogue in entry.runtime_data.dialogues.values()
        if dialogue.device_id in devices
    ]
    if not found:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_speaker_chosen")
    return found
