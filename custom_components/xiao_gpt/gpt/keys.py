"""The API keys of a service: which one is used next, and for how long one rests that failed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
import hashlib
import math
import time
from typing import override

from .errors import Reason

RATE_REST_S = 10.0
"""How long a key rests that was asked too often, where the service does not say; doubled each time it fails again."""
MIN_RATE_REST_S = 0.1
MAX_RATE_REST_S = 5 * 60.0
QUOTA_REST_S = 60 * 60.0
"""How long a key rests whose quota is spent; doubled each time it fails again."""
MAX_QUOTA_REST_S = 24 * 60 * 60.0
LAST_RESORT_S = 60.0
"""With nothing else left, a key whose quota was spent is tried again after so long: somebody may have topped it up."""

_SHOWN = 4


class Fault(StrEnum):
    """What is wrong with a key, by what ends it. The values are translation keys."""

    RATE = "rate"
    """Asked too often: back by itself, soon."""
    QUOTA = "quota"
    """Spent: back when somebody tops it up, or when the next day or month begins."""
    AUTH = "auth"
    """Revoked or wrong: never back."""


_FAULTS = {Reason.RATE_LIMITED: Fault.RATE, Reason.QUOTA: Fault.QUOTA, Reason.INVALID_KEY: Fault.AUTH}


def fault_of(reason: Reason) -> Fault | None:
    """Return what is wrong with the key, or None where another key would fail as well."""
    return _FAULTS.get(reason)


class Key:
    """An API key that does not show itself.

    Attributes:
        id: tells keys apart without giving them away: a few digits of a hash.
        shown: the end of the key, by which its owner knows it.
    """

    __slots__ = ("_secret", "id", "shown")

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self.id = hashlib.sha256(secret.encode()).hexdigest()[:8]
        # Of a short one less: what is typed by mistake may be a password.
        self.shown = "…" + secret[len(secret) - min(_SHOWN, len(secret) // _SHOWN) :]

    def reveal(self) -> str:
        """Return the key itself, for the service and nobody else."""
        return self._secret

    def hide(self, text: str) -> str:
        """Return `text` without the key."""
        return text.replace(self._secret, self.shown) if self._secret else text

    @override
    def __repr__(self) -> str:
        return f"Key({self.shown})"


@dataclass(frozen=True, slots=True)
class Rest:
    """A key's rest after a failure."""

    fault: Fault
    until: float
    """On the ring's clock; infinite for a key that is not used again."""
    since: float
    """When it failed last."""
    length: float
    """In seconds: what the next rest is measured by."""


class KeyRing:
    """Several keys of one service, in the order in which their owner wants them used.

    The first one that is fit is used, so that a spare key is spared, and a key that is back from its rest takes its
    place again.
    """

    def __init__(self, secrets: Iterable[str], clock: Callable[[], float] = time.monotonic) -> None:
        """Take the keys; none at all is one that is empty, for services that ask for none."""
        self.keys = [Key(secret) for secret in dict.fromkeys(secrets)] or [Key("")]
        self.on_change: Callable[[], None] = _nothing
        """Called whenever a key fails that was fit, fails for another reason, or works that was not fit."""
        self._clock = clock
        self._rests: dict[str, Rest] = {}

    def next(self) -> Key | None:
        """Return the key to use now, or None."""
        now = self._clock()
        fit = next((key for key in self.keys if not self._rests_at(key, now)), None)
        return fit or self._last_resort(now)

    def in_order(self) -> list[Key]:
        """Return all keys, the fit ones first: for a person who tries whether they work."""
        now = self._clock()
        return sorted(self.keys, key=lambda key: self._rests_at(key, now))

    def fault(self, key: Key) -> Fault | None:
        """Return why a key rests, or None if it is fit."""
        return self._rests[key.id].fault if self._rests_at(key, self._clock()) else None

    def back_in(self) -> float | None:
        """Return the seconds until the first of the keys is back that were asked too often, or None."""
        ends = [rest.until for rest in self._rests.values() if rest.fault is Fault.RATE]
        return max(0.0, min(ends) - self._clock()) if ends else None

    @property
    def left(self) -> bool:
        """Whether a key is left that is fit, or will be soon by itself; whose rest is over is not yet proven fit."""
        return any(self.last_fault(key) in (None, Fault.RATE) for key in self.keys)

    def last_fault(self, key: Key) -> Fault | None:
        """Return what was wrong when the key was used last, whether it rests still or not."""
        rest = self._rests.get(key.id)
        return rest.fault if rest else None

    def failed(self, key: Key, fault: Fault, retry_after: float | None = None) -> None:
        """Let a key rest.

        Args:
            key: the one that was used.
            fault: what is wrong with it.
            retry_after: seconds after which the service wants to be asked again, where it says so.
        """
        now = self._clock()
        before = self._rests.get(key.id)
        length = _length(fault, before, retry_after, resting=self._rests_at(key, now))
        self._rests[key.id] = Rest(fault, now + length, now, length)
        if before is None or before.fault is not fault:
            self.on_change()

    def worked(self, key: Key) -> None:
        """Forget that a key ever failed."""
        if self._rests.pop(key.id, None) is not None:
            self.on_change()

    def _rests_at(self, key: Key, now: float) -> bool:
        rest = self._rests.get(key.id)
        return rest is not None and now < rest.until

    def _last_resort(self, now: float) -> Key | None:
        spent = [(rest.since, key) for key in self.keys if (rest := self._rests[key.id]).fault is Fault.QUOTA]
        since, key = min(spent, key=lambda one: one[0], default=(now, None))
        return key if now - since >= LAST_RESORT_S else None


def _length(fault: Fault, before: Rest | None, retry_after: float | None, *, resting: bool) -> float:
    """Return for how long a key rests, in seconds."""
    if fault is Fault.AUTH:
        return math.inf
    if fault is Fault.RATE and retry_after is not None:
        return min(max(retry_after, MIN_RATE_REST_S), MAX_QUOTA_REST_S)
    first, most = (RATE_REST_S, MAX_RATE_REST_S) if fault is Fault.RATE else (QUOTA_REST_S, MAX_QUOTA_REST_S)
    if before is None or before.fault is not fault:
        return first
    # Requests that were under way together fail together, and a try of the last resort proves nothing new.
    return before.length if resting else min(max(first, before.length * 2), most)


def _nothing() -> None:
    """Do what a ring does that nobody watches."""
