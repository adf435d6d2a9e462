"""The two services that an entry talks to, over Home Assistant's own HTTP clients."""

from collections.abc import Callable, Mapping
import os
from typing import Any

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.httpx_client import get_async_client
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.ssl import client_context

from .const import (
    CONF_API_KEYS,
    CONF_API_VERSION,
    CONF_BASE_URL,
    CONF_PROXY,
    CONF_SERVICE_KIND,
    DOMAIN,
    GATEWAY_VARIABLE,
)
from .gpt import Kind, Service, ServiceConfig
from .xiaomi import AuthError, CloudClient, Credentials, LoginGate, XiaomiAccount, routed

_GATES: HassKey[dict[str, LoginGate]] = HassKey(f"{DOMAIN}_login_gates")
"""By user id: an entry that is loaded again must not log in with its password at once again."""


def create_cloud_client(hass: HomeAssistant) -> CloudClient:
    """Return a client of Xiaomi's cloud on a session of its own, which keeps no cookies: the services' must not mix."""
    session = async_create_clientsession(hass, cookie_jar=aiohttp.DummyCookieJar())
    return CloudClient(session, os.environ.get(GATEWAY_VARIABLE))


def cloud_address(url: str) -> str:
    """Return where an address of Xiaomi's is really asked for."""
    return routed(url, os.environ.get(GATEWAY_VARIABLE))


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


def service_config(data: Mapping[str, Any]) -> ServiceConfig:
    """Return what an entry's data say about its LLM service."""
    return ServiceConfig(
        data[CONF_BASE_URL],
        tuple(data[CONF_API_KEYS]),
        Kind(data[CONF_SERVICE_KIND]),
        data[CONF_API_VERSION],
        data[CONF_PROXY],
    )


async def async_create_service(hass: HomeAssistant, data: Mapping[str, Any]) -> Service:
    """Return the LLM service that an entry's data describe; who asks for it closes it."""
    return await hass.async_add_executor_job(
        Service.make, service_config(data), get_async_client(hass), client_context()
    )
