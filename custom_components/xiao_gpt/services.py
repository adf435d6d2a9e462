"""Actions on speakers."""

from datetime import timedelta

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
import probatio as vol

from .const import DOMAIN
from .exporting import async_setup_export
from .failures import told
from .speaker_services import async_setup_speaker_services
from .targets import ATTR_CONFIG_ENTRY, dialogues_of, entry_of

SERVICE_STOP = "stop"
SERVICE_ATTENTION = "attention"
SERVICE_ROUTE = "route"
SERVICE_CORRECT = "correct"
SERVICE_FORGET_CORRECTIONS = "forget_corrections"
ATTR_DURATION = "duration"
ATTR_TEXT = "text"
ATTR_ANSWERER = "answerer"
ANSWERERS = ("gpt", "xiaoai")
"""Who should answer, as an automation says it."""

_TARGET = cv.make_entity_service_schema({})
_ATTENTION = cv.make_entity_service_schema(
    {
        vol.Optional(ATTR_DURATION, default=timedelta(minutes=5)): vol.All(
            cv.positive_time_period, vol.Range(max=timedelta(hours=2))
        )
    }
)
_ENTRY = vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY): cv.string})
_TEXT = _ENTRY.extend({vol.Required(ATTR_TEXT): vol.All(cv.string, vol.Length(min=1))})
_CORRECTION = _TEXT.extend({vol.Required(ATTR_ANSWERER): vol.In(ANSWERERS)})


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""

    async def stop(call: ServiceCall) -> None:
        for dialogue in dialogues_of(hass, call):
            with told(dialogue.speaker.info.name):
                await dialogue.stop()

    async def attention(call: ServiceCall) -> None:
        for dialogue in dialogues_of(hass, call):
            dialogue.pay_attention(call.data[ATTR_DURATION].total_seconds())

    async def route(call: ServiceCall) -> ServiceResponse:
        data = entry_of(hass, call).runtime_data
        decision = data.router.decide(call.data[ATTR_TEXT], data.options.context(data.names.all))
        return {
            "route": decision.route.value,
            "label": decision.label,
            "intent": decision.intent,
            "reason": decision.reason.value,
            "score": round(decision.score, 3),
            "model": data.router.classifier.kind.value,
        }

    async def correct(call: ServiceCall) -> None:
        memory = entry_of(hass, call).runtime_data.memory
        memory.correct(call.data[ATTR_TEXT], llm=call.data[ATTR_ANSWERER] == "gpt")

    async def forget_corrections(call: ServiceCall) -> None:
        entry_of(hass, call).runtime_data.memory.forget_corrections()

    hass.services.async_register(DOMAIN, SERVICE_ROUTE, route, schema=_TEXT, supports_response=SupportsResponse.ONLY)
    hass.services.async_register(DOMAIN, SERVICE_CORRECT, correct, schema=_CORRECTION)
    hass.services.async_register(DOMAIN, SERVICE_FORGET_CORRECTIONS, forget_corrections, schema=_ENTRY)
    hass.services.async_register(DOMAIN, SERVICE_STOP, stop, schema=_TARGET)
    hass.services.async_register(DOMAIN, SERVICE_ATTENTION, attention, schema=_ATTENTION)
    async_setup_speaker_services(hass)
    async_setup_export(hass)
