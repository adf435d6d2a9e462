"""What is known of each speaker from one start to the next: its pace, and what was talked about."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .const import DOMAIN
from .routing import Corrections, Rhythm
from .session import Session
from .speech import SpeechRate

STORAGE_VERSION = 1
SAVE_DELAY_S = 30.0
_CORRECTIONS = "corrections"
_RHYTHM = "rhythm"
"""Both beside the speakers, whose ids are numbers."""


@dataclass
class SpeakerMemory:
    """What is known of one speaker."""

    rate: SpeechRate = field(default_factory=SpeechRate)
    session: Session = field(default_factory=Session)

    def as_dict(self) -> dict[str, Any]:
        """Return it as data to store."""
        return {"rate": self.rate.as_dict(), "session": self.session.as_dict()}


class Memory:
    """Keeps what is known of an entry's speakers."""

    def __init__(self, hass: HomeAssistant, entry_id: str, rarity: Callable[[str], float]) -> None:
        """Take whose speakers they are, and how much a token says about an utterance."""
        self._store = _store(hass, entry_id)
        self._speakers: dict[str, SpeakerMemory] = {}
        self.corrections = Corrections(rarity)
        """What the home's people have said about who should answer."""
        self.rhythm = Rhythm()
        """At which hours they give commands, at which they talk."""
        self._rarity = rarity
        self._closed = False

    async def async_load(self) -> None:
        """Read what was kept."""
        kept = await self._store.async_load() or {}
        self.corrections = Corrections.from_list(self._rarity, kept.pop(_CORRECTIONS, None))
        self.rhythm = Rhythm.from_dict(kept.pop(_RHYTHM, None))
        for did, data in kept.items():
            if isinstance(data, dict):
                self._speakers[did] = SpeakerMemory(
                    SpeechRate.from_dict(data.get("rate") or {}), Session.from_dict(data.get("session") or {})
                )

    def of(self, did: str) -> SpeakerMemory:
        """Return what is known of a speaker; changes to it are kept when `async_changed` is called."""
        return self._speakers.setdefault(did, SpeakerMemory())

    @callback
    def correct(self, utterance: str, *, llm: bool) -> None:
        """Remember who should have answered an utterance."""
        self.corrections.add(utterance, llm=llm)
        self.async_changed()

    @callback
    def forget_corrections(self) -> None:
        """Decide as the shipped model does again."""
        self.corrections.clear()
        self.rhythm.clear()
        self.async_changed()

    @callback
    def async_changed(self) -> None:
        """Keep what has changed, soon, and when Home Assistant stops."""
        if self._closed:
            return
        self._store.async_delay_save(self._data, SAVE_DELAY_S)

    async def async_close(self) -> None:
        """Keep everything now, and nothing later: the entry is about to be loaded anew, with a memory of its own."""
        self._closed = True
        await self._store.async_save(self._data())

    def _data(self) -> dict[str, Any]:
        speakers = {did: memory.as_dict() for did, memory in self._speakers.items()}
        return {_CORRECTIONS: self.corrections.as_list(), _RHYTHM: self.rhythm.as_dict(), **speakers}


async def async_forget(hass: HomeAssistant, entry_id: str) -> None:
    """Forget everything about the speakers of an entry that is gone."""
    await _store(hass, entry_id).async_remove()


def _store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    # The words of the home: not for everyone who can read the disk.
    return Store(hass, STORAGE_VERSION, f"{DOMAIN}.{entry_id}", private=True)
