"""The conversations of a home, kept on its own disk where its people have agreed to that, and for as long."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Self

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .dialogue import Dialogue
from .exchange import By, Exchange

STORAGE_VERSION = 1
SAVE_DELAY_S = 60.0
MOST = 5000
"""Exchanges that are kept: some megabytes. The oldest go first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An exchange as it is stored."""

    at: str
    """When it was over, ISO 8601, UTC."""
    conversation: str
    """What belongs together."""
    agent: str
    """The entity id of the agent of that time."""
    by: By
    question: str
    answer: str
    interrupted: bool

    @property
    def when(self) -> datetime:
        """When it was over."""
        return datetime.fromisoformat(self.at)

    @classmethod
    def of(cls, exchange: Exchange, agent: str) -> Self:
        """Return what is stored of an exchange."""
        return cls(
            exchange.when.isoformat(timespec="seconds"),
            exchange.conversation,
            agent,
            exchange.by,
            exchange.question,
            exchange.answer,
            exchange.interrupted,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as data to store."""
        return {name: getattr(self, name) for name in _FIELDS}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return what was stored.

        Raises:
            KeyError, TypeError, ValueError: it is none of ours.
        """
        kept = cls(**{**data, "by": By(data["by"])})
        if kept.when.tzinfo is None:
            raise ValueError("a time without a zone")
        return kept


_FIELDS = tuple(field.name for field in fields(Kept))


class Archive:
    """Keeps the exchanges of an entry's speakers."""

    def __init__(self, hass: HomeAssistant, entry_id: str, *, days: int) -> None:
        """Take whose they are, and for how many days they are kept; 0: they are not."""
        self._store: Store[dict[str, Any]] = Store(
            hass, STORAGE_VERSION, f"{DOMAIN}.{entry_id}.conversations", private=True
        )
        self._days = days
        self._closed = False
        self._kept: deque[Kept] = deque(maxlen=MOST)

    @property
    def agreed(self) -> bool:
        """Whether anything is kept."""
        return self._days > 0

    async def async_load(self) -> None:
        """Read what was kept; where nobody agrees any more, it is deleted."""
        if not self.agreed:
            await self.async_remove()
            return
        stored = await self._store.async_load() or {}
        for data in stored.get("exchanges", []):
            try:
                self._kept.append(Kept.from_dict(data))
            except KeyError, TypeError, ValueError:
                continue  # one that is spoilt costs only itself
        self._forget()

    @callback
    def follow(self, dialogue: Dialogue) -> None:
        """Keep what is said at a speaker from now on."""
        if self.agreed:
            dialogue.follow(lambda exchange: self.add(exchange, dialogue.agent_id))

    @callback
    def add(self, exchange: Exchange, agent: str) -> None:
        """Keep one more, and which agent there was."""
        if self._closed:
            return
        self._kept.append(Kept.of(exchange, agent))
        self._forget()
        self._store.async_delay_save(self._data, SAVE_DELAY_S)

    def _forget(self) -> None:
        oldest = dt_util.utcnow() - timedelta(days=self._days)
        while self._kept and self._kept[0].when < oldest:
            self._kept.popleft()

    def __iter__(self) -> Iterator[Kept]:
        """Yield what is kept, the oldest first."""
        return iter(self._kept)

    async def async_close(self) -> None:
        """Keep everything now, and nothing later: the entry is about to be loaded anew, with an archive of its own."""
        self._closed = True
        if self.agreed:
            await self._store.async_save(self._data())

    async def async_remove(self) -> None:
        """Delete everything."""
        self._kept.clear()
        await self._store.async_remove()

    def _data(self) -> dict[str, Any]:
        return {"exchanges": [kept.as_dict() for kept in self._kept]}
