"""How speakers that our table does not know are spoken through: looked up in their MIoT spec once, and kept."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .const import DOMAIN, LOGGER
from .xiaomi import Model, SpeakerInfo, XiaomiAccount, XiaomiError, find_model

_VERSION = 1
_LOOK_AGAIN = timedelta(days=7)
"""A model without a public spec may get one later."""


class KnownModels:
    """The models that were looked up, by hardware code; kept over restarts."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with none."""
        self._store: Store[dict[str, dict[str, Any]]] = Store(hass, _VERSION, f"{DOMAIN}.models")
        self._found: dict[str, dict[str, Any]] = {}

    async def async_load(self) -> None:
        """Read what was kept."""
        self._found = await self._store.async_load() or {}

    def get(self, info: SpeakerInfo) -> Model | None:
        """Return how a speaker is spoken through if that was found out, or None."""
        kept = self._found.get(info.hardware, {}).get("model")
        return Model.from_dict(kept) if kept and not info.known else None

    def is_missing(self, info: SpeakerInfo) -> bool:
        """Return whether a speaker's model should be looked up."""
        if info.known or self.get(info) is not None:
            return False
        looked = dt_util.parse_datetime(self._found.get(info.hardware, {}).get("time", ""))
        return looked is None or dt_util.utcnow() - looked > _LOOK_AGAIN

    async def async_look_up(self, account: XiaomiAccount, info: SpeakerInfo) -> Model | None:
        """Look a speaker's model up and keep what was found; return None, to try again later, where that failed."""
        try:
            model = await find_model(account, info)
        except XiaomiError as err:
            LOGGER.debug("The spec of %s could not be read: %s", info.hardware, err)
            return None
        LOGGER.debug("The spec of %s %s", info.hardware, "was found" if model else "is not public")
        self._found[info.hardware] = {
            "model": model.as_dict() if model else None,
            "time": dt_util.utcnow().isoformat(),
        }
        await self._store.async_save(self._found)
        return model
