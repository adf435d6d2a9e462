"""What can be posted in public when something does not work: settings without secrets, decisions without words."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_MODEL
from homeassistant.core import HomeAssistant

from .assistant_settings import CONF_CURRENCY, CONF_EFFORT
from .const import CONF_BASE_URL, CONF_IMAGE_MODEL, SUBENTRY_ASSISTANT
from .coordinator import XiaoGptConfigEntry
from .dialogue import Dialogue
from .exchange import Exchange
from .gpt import vendor_of
from .settings import CONF_CLASSIFIER, CONF_DOUBT, CONF_NIGHT_FROM, CONF_NIGHT_TO, CONF_SEARCH

_HARMLESS = frozenset(
    {
        CONF_MODEL,
        CONF_IMAGE_MODEL,
        CONF_EFFORT,
        CONF_CURRENCY,
        CONF_DOUBT,
        CONF_CLASSIFIER,
        CONF_NIGHT_FROM,
        CONF_NIGHT_TO,
        CONF_SEARCH,
    }
)
"""Settings whose text is nobody's own."""


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: XiaoGptConfigEntry) -> dict[str, Any]:
    """Return what is known of an account. Nothing a person has said, typed or is called is in it."""
    if entry.state is not ConfigEntryState.LOADED:
        return {"state": entry.state.value, "options": _without_words(entry.options)}
    data = entry.runtime_data
    ring = data.service.ring
    return {
        "state": entry.state.value,
        "service": {
            "vendor": vendor_of(entry.data[CONF_BASE_URL]).name,
            "kind": data.service.config.kind,
            "proxy": bool(data.service.config.proxy),
            "keys": [{"fault": ring.fault(key), "usable": ring.fault(key) is None} for key in ring.keys],
        },
        "options": _without_words(entry.options),
        "assistants": [_without_words(subentry.data) for subentry in entry.get_subentries_of_type(SUBENTRY_ASSISTANT)],
        "used_today": {"requests": data.ledger.today.requests, "tokens": data.ledger.today.tokens},
        "budget_spent": data.allowance.spent,
        "cloud": {
            "last_update_success": data.coordinator.last_update_success,
            "last_exception": type(data.coordinator.last_exception).__name__
            if data.coordinator.last_exception
            else None,
        },
        "names_in_home": len(data.names.all),
        "speakers": [
            _speaker(dialogue) | {"available": data.coordinator.is_available(did)}
            for did, dialogue in data.dialogues.items()
        ],
    }


def _speaker(dialogue: Dialogue) -> dict[str, Any]:
    speaker = dialogue.speaker
    return {
        "hardware": speaker.info.hardware,
        "reports_status": speaker.reports_status,
        "enabled": dialogue.enabled,
        "continuous": dialogue.continuous,
        "mode": dialogue.mode,
        "device_control": dialogue.device_control,
        "attention": dialogue.attention.name,
        "exchanges": [_exchange(exchange) for exchange in dialogue.exchanges],
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "when": exchange.when.isoformat(timespec="seconds"),
        "characters": len(exchange.question),
        "answer_characters": len(exchange.answer),
        "by": exchange.by,
        "route": exchange.route,
        "reason": exchange.reason,
        "intent": exchange.intent,
        "score": round(exchange.score, 3),
        "first_words_s": None if exchange.first_words_s is None else round(exchange.first_words_s, 3),
        "interrupted": exchange.interrupted,
    }


def _without_words(value: Any) -> Any:
    """Return settings with the length of each text or list of texts in its place."""
    match value:
        case Mapping():
            return {str(key): part if key in _HARMLESS else _without_words(part) for key, part in value.items()}
        case str():
            return f"{len(value)} characters"
        case list() | tuple():
            return f"{len(value)} entries"
    return value
