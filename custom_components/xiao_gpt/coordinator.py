"""The account's speakers: which there are and whether they can be reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .const import CONF_XIAOMI, DOMAIN, LOGGER
from .gpt import AsyncOpenAI
from .xiaomi import AuthError, Speaker, SpeakerInfo, XiaomiAccount, XiaomiError, list_speakers

if TYPE_CHECKING:
    from .dialogue import Dialogue

UPDATE_INTERVAL = timedelta(minutes=5)


@dataclass
class XiaoGptData:
    """What an entry holds while it is loaded."""

    account: XiaomiAccount
    client: AsyncOpenAI
    coordinator: XiaoGptCoordinator
    settings: Mapping[str, Any]
    """What `settings_of` returned when the entry was loaded."""
    dialogues: dict[str, Dialogue] = field(default_factory=dict)
    """By the speaker's did."""


type XiaoGptConfigEntry = ConfigEntry[XiaoGptData]


def settings_of(entry: ConfigEntry) -> dict[str, Any]:
    """Return what a person can change of an entry: all but the login, whose tokens renew themselves."""
    return {
        "data": {key: value for key, value in entry.data.items() if key != CONF_XIAOMI},
        "options": dict(entry.options),
        "subentries": {key: (subentry.title, subentry.data) for key, subentry in entry.subentries.items()},
    }


class XiaoGptCoordinator(DataUpdateCoordinator[dict[str, SpeakerInfo]]):
    """Reads the device list; its data are the speakers by did."""

    config_entry: XiaoGptConfigEntry

    def __init__(self, hass: HomeAssistant, entry: XiaoGptConfigEntry, account: XiaomiAccount) -> None:
        """Take the account to read."""
        super().__init__(
            hass, LOGGER, config_entry=entry, name=DOMAIN, update_interval=UPDATE_INTERVAL, always_update=False
        )
        self._account = account
        self.speakers: dict[str, Speaker] = {}
        """Every speaker seen since the start, by did: one that is gone may come back."""

    async def _async_update_data(self) -> dict[str, SpeakerInfo]:
        """Read the device list."""
        try:
            infos = await list_speakers(self._account)
        except AuthError as err:
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="login_needed") from err
        except XiaomiError as err:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="cloud_unavailable",
                translation_placeholders={"error": str(err)},
            ) from err
        for info in infos:
            if (speaker := self.speakers.get(info.did)) is None:
                self.speakers[info.did] = Speaker(self._account, info)
            else:
                speaker.info = info
        present = {info.did: info for info in infos}
        for did in self.speakers.keys() - present.keys():  # gone: nobody need listen to it
            self.speakers[did].info = replace(self.speakers[did].info, online=False)
        return present

    @callback
    def device_of(self, info: SpeakerInfo) -> dr.DeviceEntry:
        """Return the speaker's device, made if there is none yet."""
        return dr.async_get(self.hass).async_get_or_create(
            config_entry_id=self.config_entry.entry_id,
            identifiers={(DOMAIN, info.did)},
            name=info.name,
            manufacturer="Xiaomi",
            model=info.model.name,
            model_id=info.hardware,
            serial_number=info.serial or None,
            sw_version=info.rom or None,
        )
