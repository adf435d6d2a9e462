"""Entries of earlier versions, brought to what this one expects."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant

from .const import CONF_API_KEYS, CONF_API_VERSION, CONF_PROXY, CONF_SERVICE_KIND, LOGGER
from .gpt import Kind

VERSION = 2
"""Of an entry's data; what an older version of the integration cannot read has a new number."""
MINOR_VERSION = 1

SERVICE_DEFAULTS: dict[str, Any] = {
    CONF_SERVICE_KIND: Kind.OPENAI.value,
    CONF_API_KEYS: [],
    CONF_API_VERSION: "",
    CONF_PROXY: "",
}


async def async_migrate_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Rewrite an entry's data; return whether they can be used."""
    if entry.version > VERSION:  # this version was put back
        return False
    if entry.version == 1:  # one key, of a service like OpenAI's
        data = {**SERVICE_DEFAULTS, **entry.data}
        if key := data.pop(CONF_API_KEY, ""):
            data[CONF_API_KEYS] = [key]
        hass.config_entries.async_update_entry(entry, data=data, version=2, minor_version=1)
        LOGGER.debug("The data of %s are those of version 2 now", entry.title)
    return True
