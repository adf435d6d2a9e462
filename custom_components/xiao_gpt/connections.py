"""The two services that an entry talks to, over Home Assistant's own HTTP clients."""

from collections.abc import Callable
import os

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.httpx_client import get_async_client
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, GATEWAY_VARIABLE
from .gpt import AsyncOpenAI, make_client
from .xiaomi import AuthError, CloudClient, Credentials, LoginGate, XiaomiAccount

_GATES: HassKey[dict[str, LoginGate]] = HassKey(f"{DOMAIN}_login_gates")
"""By user id: an entry that is loaded again must not log in with its password at once again."""


def create_cloud_client(hass: HomeAssistant) -> CloudClient:
    """Return a client of Xiaomi's cloud on a session of its own, which keeps no cookies: the services' must not mix."""
    session = async_create_clientsession(hass, cookie_jar=aiohttp.DummyCookieJar())
    return CloudClient(session, os.environ.get(GATEWAY_VARIABLE))


def create_account(
    hass: HomeAssistant,
    credentials: Credentials,
    *,
    on_change: Callable[[Credentials], None],
    on_refusal: Callable[[AuthError | None], None],
) -> XiaomiAccount:
    """Return the account that was logged in to."""
    gate = hass.data.setdefault(_GATES, {}).setdefault(credentials.user_id, LoginGate())
    return XiaomiAccount(create_cloud_client(hass), credentials, on_change=on_change, on_refusal=on_refusal, gate=gate)


async def async_create_client(hass: HomeAssistant, api_key: str, base_url: str) -> AsyncOpenAI:
    """Return a client of the LLM service."""
    return await hass.async_add_executor_job(make_client, api_key, base_url, get_async_client(hass))
