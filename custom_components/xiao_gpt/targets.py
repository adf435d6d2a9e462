"""Which speakers, or which account, an action is aimed at."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from .const import DOMAIN
from .coordinator import XiaoGptConfigEntry
from .dialogue import Dialogue

ATTR_CONFIG_ENTRY = "config_entry_id"


@callback
def dialogues_of(hass: HomeAssistant, call: ServiceCall) -> list[Dialogue]:
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


@callback
def dialogue_of(hass: HomeAssistant, call: ServiceCall) -> Dialogue:
    """Return the dialogue at the only speaker that an action is aimed at.

    Raises:
        ServiceValidationError: there is none that is loaded, or there are several.
    """
    found = dialogues_of(hass, call)
    if len(found) > 1:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="one_speaker_only")
    return found[0]


@callback
def entry_of(hass: HomeAssistant, call: ServiceCall) -> XiaoGptConfigEntry:
    """Return the account that an action is about: the one it names, or the only one that is loaded.

    Raises:
        ServiceValidationError: there is no such account, or several and none is named.
    """
    loaded: list[XiaoGptConfigEntry] = [
        entry for entry in hass.config_entries.async_entries(DOMAIN) if entry.state is ConfigEntryState.LOADED
    ]
    if (named := call.data.get(ATTR_CONFIG_ENTRY)) is not None:
        loaded = [entry for entry in loaded if entry.entry_id == named]
    if len(loaded) != 1:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="which_account" if loaded else "no_account"
        )
    return loaded[0]
