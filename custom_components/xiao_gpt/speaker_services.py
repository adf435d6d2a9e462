"""Actions that make a speaker do something: speak, ask, execute, wake, clear the conversation."""

import asyncio
from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonValueType
import probatio as vol

from .asking import ask
from .const import DOMAIN
from .dialogue import Dialogue
from .failures import told
from .saying import make_sure_it_wakes, say
from .targets import dialogue_of, dialogues_of

SERVICE_SPEAK = "speak"
SERVICE_ASK = "ask"
SERVICE_EXECUTE = "execute"
SERVICE_WAKE = "wake"
SERVICE_CLEAR_HISTORY = "clear_history"
ATTR_TEXT = "text"
ATTR_URGENT = "urgent"
ATTR_WAKE = "wake"
ATTR_QUESTION = "question"
ATTR_AGENT = "agent_id"
ATTR_SPOKEN = "spoken"
ATTR_SILENT = "silent"

_SOME_TEXT = vol.All(cv.string, str.strip, vol.Length(min=1))
_TARGET = cv.make_entity_service_schema({})
_SPEAK = cv.make_entity_service_schema(
    {
        vol.Required(ATTR_TEXT): _SOME_TEXT,
        vol.Optional(ATTR_URGENT, default=False): cv.boolean,
        vol.Optional(ATTR_WAKE, default=False): cv.boolean,
    }
)
_ASK = cv.make_entity_service_schema(
    {
        vol.Required(ATTR_QUESTION): _SOME_TEXT,
        vol.Optional(ATTR_AGENT): cv.string,
        vol.Optional(ATTR_SPOKEN, default=True): cv.boolean,
    }
)
_EXECUTE = cv.make_entity_service_schema(
    {vol.Required(ATTR_TEXT): _SOME_TEXT, vol.Optional(ATTR_SILENT, default=False): cv.boolean}
)


@callback
def async_setup_speaker_services(hass: HomeAssistant) -> None:
    """Register the actions."""

    async def speak(call: ServiceCall) -> ServiceResponse:
        async def one(dialogue: Dialogue) -> dict[str, bool]:
            spoken = await say(dialogue, call.data[ATTR_TEXT], urgent=call.data[ATTR_URGENT], wake=call.data[ATTR_WAKE])
            return {"interrupted": spoken.interrupted or spoken.hushed}

        return await _at_each(dialogues_of(hass, call), one)

    async def ask_agent(call: ServiceCall) -> ServiceResponse:
        answered = await ask(
            hass,
            dialogue_of(hass, call),
            call.data[ATTR_QUESTION],
            call.context,
            agent_id=call.data.get(ATTR_AGENT),
            spoken=call.data[ATTR_SPOKEN],
        )
        return {
            "answer": answered.answer,
            "agent_id": answered.agent_id,
            "duration": round(answered.duration, 2),
            "interrupted": answered.interrupted,
        }

    async def execute(call: ServiceCall) -> ServiceResponse:
        async def one(dialogue: Dialogue) -> dict[str, bool]:
            with told(dialogue.speaker.info.name, refused="cannot_execute"):
                return {"silent": await dialogue.execute(call.data[ATTR_TEXT], silent=call.data[ATTR_SILENT])}

        return await _at_each(dialogues_of(hass, call), one)

    async def wake(call: ServiceCall) -> None:
        dialogues = dialogues_of(hass, call)
        for dialogue in dialogues:
            make_sure_it_wakes(dialogue)

        async def one(dialogue: Dialogue) -> dict[str, bool]:
            with told(dialogue.speaker.info.name):
                await dialogue.wake()
            return {}

        await _at_each(dialogues, one)

    async def clear_history(call: ServiceCall) -> None:
        for dialogue in dialogues_of(hass, call):
            dialogue.clear()

    register = hass.services.async_register
    register(DOMAIN, SERVICE_SPEAK, speak, schema=_SPEAK, supports_response=SupportsResponse.OPTIONAL)
    register(DOMAIN, SERVICE_ASK, ask_agent, schema=_ASK, supports_response=SupportsResponse.OPTIONAL)
    register(DOMAIN, SERVICE_EXECUTE, execute, schema=_EXECUTE, supports_response=SupportsResponse.OPTIONAL)
    register(DOMAIN, SERVICE_WAKE, wake, schema=_TARGET)
    register(DOMAIN, SERVICE_CLEAR_HISTORY, clear_history, schema=_TARGET)


async def _at_each(dialogues: list[Dialogue], do: Callable[[Dialogue], Awaitable[dict[str, bool]]]) -> ServiceResponse:
    """Do something at all speakers at once; return what became of it at each.

    Raises:
        HomeAssistantError: it failed at one of them at least; it has been done at the others all the same.
    """
    results = await asyncio.gather(*(do(dialogue) for dialogue in dialogues), return_exceptions=True)
    told_of: list[JsonValueType] = []
    for dialogue, result in zip(dialogues, results, strict=True):
        if isinstance(result, BaseException):
            raise result
        told_of.append({"device_id": dialogue.device_id, "name": dialogue.speaker.info.name, **result})
    return {"speakers": told_of}
