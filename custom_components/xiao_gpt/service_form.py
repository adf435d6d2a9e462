"""The form of the LLM service: what it asks for, what is made of what was typed, and whether that works."""

import asyncio
from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol
from yarl import URL

from .connections import async_create_service
from .const import CONF_API_KEYS, CONF_API_VERSION, CONF_BASE_URL, CONF_PROXY, CONF_SERVICE_KIND
from .gpt import DEFAULT_BASE_URL, GptError, Key, Kind, Reason, Service
from .migration import SERVICE_DEFAULTS

SECTION_ADVANCED = "advanced"

_ADDRESS = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
_KEYS = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off", multiple=True))
_ADVANCED = (CONF_API_VERSION, CONF_PROXY)

KEYS_SCHEMA = vol.Schema({vol.Optional(CONF_API_KEYS): _KEYS})
SERVICE_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_SERVICE_KIND, default=Kind.OPENAI.value): SelectSelector(
            SelectSelectorConfig(
                options=[kind.value for kind in Kind],
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_SERVICE_KIND,
            )
        ),
        vol.Optional(CONF_API_KEYS): _KEYS,
        vol.Required(CONF_BASE_URL, default=DEFAULT_BASE_URL): _ADDRESS,
        vol.Optional(SECTION_ADVANCED): section(
            vol.Schema(
                {
                    vol.Optional(CONF_API_VERSION): TextSelector(TextSelectorConfig(autocomplete="off")),
                    vol.Optional(CONF_PROXY): _ADDRESS,
                }
            ),
            {"collapsed": True},
        ),
    }
)


class InvalidServiceError(Exception):
    """What was typed cannot be used.

    Attributes:
        field: where the form says so.
        reason: a translation key.
        key: the API key that is to blame, or nothing.
        detail: the service's own words.
    """

    def __init__(self, field: str, reason: str, key: str = "", detail: str = "") -> None:
        """Take what the form says."""
        super().__init__(reason)
        self.field = field
        self.reason = reason
        self.key = key
        self.detail = detail

    @property
    def placeholders(self) -> dict[str, str]:
        """What the texts of the form name."""
        return {"detail": self.detail, "key": self.key}


def as_typed(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form is filled in with to say what an entry's data say."""
    return {
        # A list without a line would show no field to type into, but a button that adds one.
        CONF_API_KEYS: data.get(CONF_API_KEYS) or [""],
        **{name: data[name] for name in (CONF_SERVICE_KIND, CONF_BASE_URL) if name in data},
        SECTION_ADVANCED: {name: data[name] for name in _ADVANCED if data.get(name)},
    }


def as_data(typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's data of what was typed or pasted.

    Raises:
        InvalidServiceError: an address is none.
    """
    advanced = typed.get(SECTION_ADVANCED, {})
    kind = Kind(typed.get(CONF_SERVICE_KIND, Kind.OPENAI))
    base_url, version = typed[CONF_BASE_URL].strip().rstrip("/"), advanced.get(CONF_API_VERSION, "").strip()
    if not _is_address(base_url):
        raise InvalidServiceError(CONF_BASE_URL, "invalid_address")
    if kind is Kind.AZURE:
        base_url, version = _endpoint(URL(base_url), version)
    proxy = advanced.get(CONF_PROXY, "").strip()
    if proxy and not _is_address(proxy):
        raise InvalidServiceError("base", "invalid_proxy")
    return SERVICE_DEFAULTS | {
        CONF_SERVICE_KIND: kind.value,
        CONF_API_KEYS: keys_in(typed),
        CONF_BASE_URL: base_url,
        CONF_API_VERSION: version if kind is Kind.AZURE else "",
        CONF_PROXY: proxy,
    }


def keys_in(typed: Mapping[str, Any]) -> list[str]:
    """Return the keys that were typed: one in each line of the form, or several pasted into one line."""
    pasted = (line.replace(",", " ").replace("，", " ") for line in typed.get(CONF_API_KEYS, ()))
    return list(dict.fromkeys(key for line in pasted for key in line.split()))


async def async_check(hass: HomeAssistant, data: Mapping[str, Any], model: str | None = None) -> list[str]:
    """Try each key and return the service's models.

    A key that is spent, or was asked too often, is back one day: it is to blame only if no other key works.

    Args:
        hass: lends the HTTP client.
        data: as an entry holds them.
        model: asked for a first word by each key, if named: some services list their models to anybody.

    Raises:
        InvalidServiceError: a question would fail, or a key is wrong.
    """
    service = await async_create_service(hass, data)
    try:
        found = await asyncio.gather(*(_try_key(service, key, model) for key in service.ring.keys))
    finally:
        await service.close()
    failures = [
        (key, error) for key, error in zip(service.ring.keys, found, strict=True) if isinstance(error, GptError)
    ]
    failures.sort(key=lambda failure: failure[1].reason is not Reason.INVALID_KEY)  # that one can be mended here
    for key, error in failures:
        if len(failures) == len(found) or error.reason not in (Reason.QUOTA, Reason.RATE_LIMITED):
            raise _as_invalid(error, key, data) from error
    return next(models for models in found if not isinstance(models, GptError))


async def _try_key(service: Service, key: Key, model: str | None) -> list[str] | GptError:
    try:
        models = await service.list_models(key)
        if model is not None:
            await service.probe(model, key)
    except GptError as err:
        return err
    return models


def field_of(error: GptError) -> str:
    """Return the field that an error is shown at."""
    match error.reason:
        case Reason.INVALID_KEY | Reason.QUOTA:
            return CONF_API_KEYS
        case Reason.CANNOT_CONNECT | Reason.TIMEOUT | Reason.NOT_FOUND:
            return CONF_BASE_URL
        case Reason.NO_SUCH_MODEL:
            return "model"
    return "base"


def _as_invalid(error: GptError, key: Key, data: Mapping[str, Any]) -> InvalidServiceError:
    field = field_of(error)
    if error.reason is Reason.CANNOT_CONNECT and data[CONF_PROXY]:
        return InvalidServiceError("base", "proxy_cannot_connect")
    if error.reason is Reason.INVALID_KEY and not key.reveal():
        return InvalidServiceError(field, "no_key")
    return InvalidServiceError(field, error.reason, key.shown, error.detail)


def _is_address(text: str) -> bool:
    try:
        url = URL(text)
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.host)


def _endpoint(url: URL, version: str) -> tuple[str, str]:
    """Return the endpoint and the version in an address: Azure's portal shows the whole one of a deployment."""
    path, found, _ = url.path.partition("/openai")
    endpoint = url.with_path(path).with_query(None) if found else url.with_query(None)
    return str(endpoint).rstrip("/"), version or url.query.get("api-version", "")
