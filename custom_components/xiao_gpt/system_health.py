"""What the page of system information shows: whether the services answer, and how the speakers are listened to.

Counts and names of our own only: people post that page in public.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from homeassistant.components import system_health
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from yarl import URL

from .connections import cloud_address
from .const import CONF_BASE_URL, CONF_PROXY, DOMAIN, XIAOMI_ACCOUNT_URL
from .coordinator import XiaoGptConfigEntry
from .xiaomi import RECORDS_HOST

_BY_PROXY = "proxy"
"""Said of a service that is not asked from here."""


@callback
def async_register(hass: HomeAssistant, register: system_health.SystemHealthRegistration) -> None:
    """Offer what is known."""
    register.async_register_info(_async_info, f"/config/integrations/integration/{DOMAIN}")


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return what the page shows; what takes a while is there as a coroutine."""
    entries: list[XiaoGptConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    loaded = [entry.runtime_data for entry in entries if entry.state is ConfigEntryState.LOADED]
    available = sum(data.coordinator.is_available(did) for data in loaded for did in data.coordinator.data)
    dialogues = [dialogue for data in loaded for dialogue in data.dialogues.values()]
    return {
        "account_host": _async_reach(hass, [cloud_address(f"{XIAOMI_ACCOUNT_URL}/")]),
        "records_host": _async_reach(hass, [cloud_address(f"{RECORDS_HOST}/")]),
        "llm_service": _async_reach_services(hass, entries),
        "accounts": _of(len(loaded), len(entries)),
        "speakers": _of(available, sum(len(data.coordinator.data) for data in loaded)),
        "enabled": _of(sum(dialogue.enabled for dialogue in dialogues), len(dialogues)),
        "classifier": ", ".join(sorted({data.router.classifier.kind for data in loaded})) or None,
        "polls_per_minute": round(sum(sum(data.budget.shares().values()) for data in loaded)),
        "requests_today": sum(data.ledger.today.requests for data in loaded),
    }


def _of(some: int, all_of_them: int) -> str:
    return f"{some} / {all_of_them}"


async def _async_reach_services(hass: HomeAssistant, entries: Iterable[XiaoGptConfigEntry]) -> str | dict[str, str]:
    """Return whether all LLM services answer, as far as they are not behind a proxy."""
    direct = {_without_secrets(entry.data[CONF_BASE_URL]) for entry in entries if not entry.data.get(CONF_PROXY)}
    return await _async_reach(hass, direct) if direct else _BY_PROXY


async def _async_reach(hass: HomeAssistant, addresses: Iterable[str]) -> str | dict[str, str]:
    """Return "ok" if each address answers with whatever, else what is wrong with one of those that do not."""
    found = await asyncio.gather(*(system_health.async_check_can_reach_url(hass, url) for url in addresses))
    return next((one for one in found if one != "ok"), "ok")


def _without_secrets(address: str) -> str:
    """Return an address without a password and without parameters: it is asked without a key as well."""
    return str(URL(address).with_user(None).with_query(None))
