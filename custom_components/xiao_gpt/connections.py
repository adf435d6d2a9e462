"""The two services that an entry talks to, over Home Assistant's own HTTP clients."""

from collections.abc import Callable
import os

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.httpx_client import get_async_client

from .const import GATEWAY_VARIABLE
from .gpt import AsyncOpenAI, make_client
from .xiaomi import Credentials, XiaomiAccount


def create_account(
    hass: HomeAssistant,
    credentials: Credentials | None = None,
    *,
    device_id: str | None = None,
    on_change: Callable[[Credentials], None] | None = None,
) -> XiaomiAccount:
    """Return an account on a session of its own, which keeps no cookies: the services' must not mix."""
    session = async_create_clientsession(hass, cookie_jar=aiohttp.DummyCookieJar())
    return XiaomiAccount(
        session, credentials, gateway=os.environ.get(GATEWAY_VARIABLE), device_id=device_id, on_change=on_change
    )


async def async_create_client(hass: HomeAssistant, api_key: str, base_url: str) -> AsyncOpenAI:
    """Return a client of the LLM service."""
    return await hass.async_add_executor_job(make_client, api_key, base_url, get_async_client(hass))
