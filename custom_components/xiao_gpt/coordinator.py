"""The account's speakers: which there are and whether they can be reached."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from .allowance import Allowance
from .const import CONF_XIAOMI, DOMAIN, LOGGER
from .gpt import Service
from .known_models import KnownModels
from .memory import Memory
from .names import HomeNames
from .polling import PollBudget
from .routing import Router
from .settings import Settings
from .usage import Ledger
from .xiaomi import AuthError, Speaker, SpeakerInfo, Status, XiaomiAccount, XiaomiError, list_speakers

if TYPE_CHECKING:
    from .archive import Archive
    from .dialogue import Dialogue

UPDATE_INTERVAL = timedelta(minutes=5)
SEARCH_INTERVAL = timedelta(minutes=1)
"""While a speaker does not answer."""


@dataclass
class XiaoGptData:
    """What an entry holds while it is loaded."""

    account: XiaomiAccount
    service: Service
    coordinator: XiaoGptCoordinator
    memory: Memory
    budget: PollBudget
    router: Router
    names: HomeNames
    options: Settings
    settings: Mapping[str, Any]
    """What `settings_of` returned when the entry was loaded."""
    dialogues: dict[str, Dialogue] = field(default_factory=dict)
    """By the speaker's did."""
    archive: Archive = field(kw_only=True)
    ledger: Ledger = field(kw_only=True)
    allowance: Allowance = field(kw_only=True)


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
        self._models = KnownModels(hass)
        self._silent: set[str] = set()
        self.speakers: dict[str, Speaker] = {}
        """Every speaker seen since the start, by did: one that is gone may come back."""

    async def _async_setup(self) -> None:
        """Read what is known of the models."""
        await self._models.async_load()

    async def _async_update_data(self) -> dict[str, SpeakerInfo]:
        """Read the device list."""
        try:
            infos = await list_speakers(self._account)
        except AuthError as err:
            # Raised later than at the start, the first of these would end the polling, which may recover by itself.
            failed = UpdateFailed if self.data else ConfigEntryAuthFailed
            raise failed(translation_domain=DOMAIN, translation_key="login_needed") from err
        except XiaomiError as err:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="cloud_unavailable",
                translation_placeholders={"error": str(err)},
            ) from err
        if not infos and self.data:
            # Known to come with a lost login (xiaomusic#659, #821): the speakers are still there.
            raise UpdateFailed(translation_domain=DOMAIN, translation_key="no_speakers_listed")
        present = {info.did: info for info in infos}
        for did, info in present.items():
            if did in self.speakers:
                self.speakers[did].info = info
            else:
                self._add(info)
        for did in self.speakers.keys() - present.keys():  # gone: nobody need listen to it
            self.speakers[did].info = replace(self.speakers[did].info, online=False)
        await self._search(present)
        await self._look(present)
        return present

    def _add(self, info: SpeakerInfo) -> None:
        """Begin to know a speaker."""
        speaker = self.speakers[info.did] = Speaker(self._account, info, self._models.get(info))
        speaker.on_reachable_change = self._reachable_changed
        if self._models.is_missing(info):
            self.config_entry.async_create_background_task(
                self.hass, self._look_up(speaker), f"{DOMAIN} looks {info.hardware} up"
            )

    async def _look_up(self, speaker: Speaker) -> None:
        if (model := await self._models.async_look_up(self._account, speaker.info)) is not None:
            speaker.model = model

    async def _search(self, present: Mapping[str, SpeakerInfo]) -> None:
        """Ask those that did not answer whether they do again; the list may call them online all the while."""
        for did, info in present.items():
            if info.online and not self.speakers[did].reachable:
                await self.speakers[did].ping()
        self._tell_availability(present)

    async def _look(self, present: Mapping[str, SpeakerInfo]) -> None:
        """Look which speakers play: someone is there, most likely, and the players show it.

        Those are left out whose status is told by the other cloud: it would be logged in to for this alone.
        """
        speakers = [self.speakers[did] for did, info in present.items() if info.online]
        by_ubus = [speaker for speaker in speakers if speaker.model.status is Status.UBUS]
        await asyncio.gather(*(speaker.is_speaking() for speaker in by_ubus))

    @callback
    def _reachable_changed(self) -> None:
        self._tell_availability(self.data or {})
        self.async_update_listeners()

    @callback
    def is_available(self, did: str) -> bool:
        """Return whether a speaker is there and answers."""
        return self._answers(self.data.get(did))

    def _answers(self, info: SpeakerInfo | None) -> bool:
        return info is not None and info.online and self.speakers[info.did].reachable

    def _tell_availability(self, present: Mapping[str, SpeakerInfo]) -> None:
        """Log, once, that a speaker does not answer any more, or does again; look for it more often meanwhile."""
        silent = {did for did in self.speakers if not self._answers(present.get(did))}
        for did in silent - self._silent:
            LOGGER.warning("%s cannot be reached", self.speakers[did].info.name)
        for did in self._silent - silent:
            LOGGER.info("%s can be reached again", self.speakers[did].info.name)
        self._silent = silent
        unanswered = any(info.online and not self.speakers[did].reachable for did, info in present.items())
        self.update_interval = SEARCH_INTERVAL if unanswered else UPDATE_INTERVAL

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
