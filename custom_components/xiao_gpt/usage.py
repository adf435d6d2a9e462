"""What the language model was used for: requests, tokens and money, by assistant and by key, in all and today."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .gpt import Usage
from .gpt.prices import Price

STORAGE_VERSION = 1
SAVE_DELAY_S = 30.0


@dataclass
class Tally:
    """A count of what was used."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    costs: dict[str, float] = field(default_factory=dict)
    """Money by currency: prices change, and one currency is not added to another."""

    @property
    def tokens(self) -> int:
        """The tokens of both kinds."""
        return self.prompt_tokens + self.completion_tokens

    def add(self, usage: Usage, price: Price | None) -> None:
        """Count one request."""
        self.requests += 1
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        if price is not None:
            self.costs[price.currency] = self.costs.get(price.currency, 0.0) + price.cost(usage)

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """Return a stored count; one that is spoilt begins anew."""
        try:
            costs = {str(currency): float(cost) for currency, cost in data["costs"].items()}
            return cls(int(data["requests"]), int(data["prompt_tokens"]), int(data["completion_tokens"]), costs)
        except AttributeError, KeyError, TypeError, ValueError, OverflowError:
            return cls()


@dataclass
class Account:
    """What one assistant or key has used."""

    total: Tally = field(default_factory=Tally)
    today: Tally = field(default_factory=Tally)

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """Return a stored account."""
        if not isinstance(data, Mapping):
            return cls()
        return cls(Tally.from_dict(data.get("total")), Tally.from_dict(data.get("today")))


class Ledger:
    """Keeps the accounts of an entry over restarts; the day ends at midnight, where Home Assistant is."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Take whose accounts they are."""
        self._hass = hass
        self._store: Store[dict[str, Any]] = Store(hass, STORAGE_VERSION, f"{DOMAIN}.{entry_id}.usage", private=True)
        self._day = _today()
        self._told: str | None = None
        self._closed = False
        self._observers: list[Callable[[], None]] = []
        self._assistants: dict[str, Account] = {}
        self._keys: dict[str, Account] = {}

    async def async_load(self, assistants: Collection[str]) -> None:
        """Read what was kept; of assistants that are gone, nothing."""
        kept = await self._store.async_load() or {}
        self._day = str(kept.get("day") or self._day)
        self._told = kept.get("told")
        for accounts, name in ((self._assistants, "assistants"), (self._keys, "keys")):
            if isinstance(stored := kept.get(name), dict):
                accounts.update({who: Account.from_dict(data) for who, data in stored.items()})
        for gone in self._assistants.keys() - assistants:
            del self._assistants[gone]
        self._turn_page()

    @callback
    def follow(self) -> Callable[[], None]:
        """Begin a new day at midnight; return what ends that."""

        @callback
        def midnight(_: datetime) -> None:
            self._turn_page()

        return async_track_time_change(self._hass, midnight, hour=0, minute=0, second=0)

    @callback
    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` when anything was counted, and when a new day has begun; return what ends that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    @callback
    def count(self, usage: Usage, price: Price | None, *, assistant: str, key: str) -> None:
        """Count one request.

        Args:
            usage: what it took.
            price: what a token of it costs, if that is known.
            assistant: id of the subentry that has asked.
            key: the key that was asked with, by whatever id it has; never the key itself.
        """
        self._turn_page()
        for account in (self.of_assistant(assistant), self._keys.setdefault(key, Account())):
            account.total.add(usage, price)
            account.today.add(usage, price)
        self._changed()

    def of_assistant(self, assistant: str) -> Account:
        """Return the account of an assistant."""
        return self._assistants.setdefault(assistant, Account())

    def of_key(self, key: str) -> Account:
        """Return the account of a key."""
        return self._keys.setdefault(key, Account())

    @property
    def today(self) -> Tally:
        """What all assistants together have used today, those that are gone as well."""
        self._turn_page()
        tally = Tally()
        for account in self._keys.values():
            tally.requests += account.today.requests
            tally.prompt_tokens += account.today.prompt_tokens
            tally.completion_tokens += account.today.completion_tokens
            for currency, cost in account.today.costs.items():
                tally.costs[currency] = tally.costs.get(currency, 0.0) + cost
        return tally

    @callback
    def tell_once_a_day(self) -> bool:
        """Return whether it has not been told today, over restarts, that nothing is left for the day."""
        self._turn_page()
        if self._told == self._day:
            return False
        self._told = self._day
        self._save_soon()
        return True

    async def async_close(self) -> None:
        """Keep everything now, and nothing later: the entry is about to be loaded anew, with a ledger of its own."""
        self._closed = True
        await self._store.async_save(self._data())

    async def async_remove(self) -> None:
        """Forget everything."""
        await self._store.async_remove()

    def _turn_page(self) -> None:
        """Begin a new day if it is one, however long the old one was (a restart may lie between)."""
        if (day := _today()) == self._day:
            return
        self._day = day
        for account in (*self._assistants.values(), *self._keys.values()):
            account.today = Tally()
        self._changed()

    def _changed(self) -> None:
        self._save_soon()
        for observer in self._observers:
            observer()

    def _save_soon(self) -> None:
        if self._closed:
            return
        self._store.async_delay_save(self._data, SAVE_DELAY_S)

    def _data(self) -> dict[str, Any]:
        return {
            "day": self._day,
            "told": self._told,
            "assistants": {who: asdict(account) for who, account in self._assistants.items()},
            "keys": {who: asdict(account) for who, account in self._keys.items()},
        }


def _today() -> str:
    return dt_util.now().date().isoformat()
