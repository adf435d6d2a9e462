"""Triggers of a speaker's device: what was said there, who answers it, and what came of it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from homeassistant.components.device_automation import DEVICE_TRIGGER_BASE_SCHEMA
from homeassistant.components.device_automation.exceptions import InvalidDeviceAutomationConfig
from homeassistant.const import CONF_DEVICE_ID, CONF_DOMAIN, CONF_PLATFORM, CONF_TYPE
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.trigger import TriggerActionType, TriggerInfo
from homeassistant.helpers.typing import ConfigType
import probatio as vol

from .const import DOMAIN
from .dialogue import Dialogue
from .exchange import By
from .routing import Route, normal
from .told import of_exchange, of_heard

CONF_CONTAINS = "contains"

TRIGGERS: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "heard": lambda told: "route" in told,
    "routed_to_llm": lambda told: told.get("route") in (Route.LLM, Route.UNSURE),
    "routed_to_home": lambda told: told.get("route") is Route.HOME,
    "routed_to_xiaoai": lambda told: told.get("route") is Route.NATIVE,
    "answered": lambda told: told.get("by") in (By.AGENT, By.HOME) and not told["interrupted"],
    "interrupted": lambda told: bool(told.get("interrupted")),
}
"""Which of what happens at a speaker each type is about. The types are translation keys."""

TRIGGER_SCHEMA = DEVICE_TRIGGER_BASE_SCHEMA.extend(
    {vol.Required(CONF_TYPE): vol.In(TRIGGERS), vol.Optional(CONF_CONTAINS): cv.string}
)


@callback
def set_off(hass: HomeAssistant, dialogue: Dialogue) -> None:
    """Let the triggers of a speaker's device follow its dialogue, for as long as that is held."""
    tell = partial(async_dispatcher_send, hass, _signal(dialogue.device_id))
    dialogue.listen(lambda record, decision: tell(of_heard(record, decision)))
    dialogue.follow(lambda exchange: tell(of_exchange(exchange)))


def _signal(device_id: str) -> str:
    # A device stays the same where dialogues come and go with their entry.
    return f"{DOMAIN}_{device_id}"


async def async_get_triggers(hass: HomeAssistant, device_id: str) -> list[dict[str, str]]:
    """Return the triggers of a device: all of them, if it is a speaker."""
    if not _is_speaker(hass, device_id):
        return []
    base = {CONF_PLATFORM: "device", CONF_DOMAIN: DOMAIN, CONF_DEVICE_ID: device_id}
    return [{**base, CONF_TYPE: kind} for kind in TRIGGERS]


async def async_get_trigger_capabilities(hass: HomeAssistant, config: ConfigType) -> dict[str, vol.Schema]:
    """Return what else can be set."""
    return {"extra_fields": vol.Schema({vol.Optional(CONF_CONTAINS): cv.string})}


async def async_validate_trigger_config(hass: HomeAssistant, config: ConfigType) -> ConfigType:
    """Return a trigger as it was set.

    Raises:
        InvalidDeviceAutomationConfig: its device is not there, or no speaker.
    """
    config = TRIGGER_SCHEMA(config)
    if not _is_speaker(hass, config[CONF_DEVICE_ID]):
        raise InvalidDeviceAutomationConfig(f"Device {config[CONF_DEVICE_ID]} is no speaker of {DOMAIN}")
    return config


async def async_attach_trigger(
    hass: HomeAssistant, config: ConfigType, action: TriggerActionType, trigger_info: TriggerInfo
) -> CALLBACK_TYPE:
    """Do something whenever what happens at the speaker is of the type, and what was said contains the words."""
    matches, words, job = TRIGGERS[config[CONF_TYPE]], normal(config.get(CONF_CONTAINS, "")), HassJob(action)

    @callback
    def happens(told: Mapping[str, Any]) -> None:
        if matches(told) and words in normal(told["utterance"]):
            hass.async_run_hass_job(job, {"trigger": {**trigger_info["trigger_data"], **config, **told}})

    return async_dispatcher_connect(hass, _signal(config[CONF_DEVICE_ID]), happens)


def _is_speaker(hass: HomeAssistant, device_id: str) -> bool:
    """Return whether there is such a device, and something is heard at it."""
    registry = er.async_get(hass)
    return dr.async_get(hass).async_get(device_id) is not None and any(
        entity.platform == DOMAIN and entity.translation_key == "heard"
        for entity in er.async_entries_for_device(registry, device_id, include_disabled_entities=True)
    )
