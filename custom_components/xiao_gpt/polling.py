"""How often each speaker is asked for new records: the requests of one account are a budget, spent where it matters.

Xiaomi counts requests by account (xiaogpt#251: too many end in captchas), and a question that is heard late is one that
XiaoAI has begun to answer. So speakers share a budget by how likely someone speaks to them now.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
import time

from .xiaomi import spread

MINUTE_S = 60.0
DEFAULT_BUDGET = 240.0
"""Requests for records in a minute, of all speakers of an account together, where a person has not set another. Peers
have asked once a second per speaker for years without being refused."""
MANY = 5
MORE_EACH = 30.0
"""The budget grows by this for each speaker beyond `MANY`: nobody wants to wait for the tenth one."""
IDLE_SHARE = 150 / 240
"""The part of the budget that is spent while nobody talks."""
THROTTLED_S = 10.0
"""How long all rest when the cloud asks for fewer requests, at first."""
MAX_THROTTLED_S = 300.0
_RECOVERY_S = 600.0
"""After being throttled, the whole budget is used again after so long."""
_SERVED = 20
"""After so many answers in a row being throttled is a thing of the past."""
_LEAST_FACTOR = 0.25


@dataclass(frozen=True, slots=True)
class _Claim:
    wanted: float
    """Requests a minute that would be enough."""
    weight: float
    """What it counts in comparison with others where the budget is short."""


class Attention(Enum):
    """How likely it is that someone speaks to a speaker now."""

    RESTING = _Claim(0, 0)
    """It is not asked at all."""
    OFF = _Claim(30, 1)
    """Only "打开高级对话" is waited for."""
    AWAY = _Claim(30, 1.5)
    """Nobody seems to be in the room."""
    IDLE = _Claim(60, 3)
    NEAR = _Claim(60, 9)
    """It was spoken to last, it plays something, or someone is in the room."""
    LIVELY = _Claim(240, 1)
    """A dialogue is alive, or someone asked for attention."""


class PollBudget:
    """Shares an account's requests for records among its speakers."""

    def __init__(self, per_minute: float | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Take how many requests there may be.

        Args:
            per_minute: for all speakers together; None: what is usual for so many.
            clock: returns seconds.
        """
        self._per_minute = per_minute
        self._clock = clock
        self._attention: dict[str, Callable[[], Attention]] = {}
        self._factor = 1.0
        self._factor_since = clock()
        self._throttles = 0
        self._served = 0
        self._rest_until = clock()
        self._changed = asyncio.Event()

    def join(self, speaker: str, attention: Callable[[], Attention]) -> None:
        """Let a speaker have a share; `attention` is asked whenever shares are worked out."""
        self._attention[speaker] = attention
        self.review()

    def leave(self, speaker: str) -> None:
        """Give a speaker's share to the others."""
        self._attention.pop(speaker, None)
        self.review()

    def review(self) -> None:
        """Have those who wait for their turn look again: somebody's attention has changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    def interval(self, speaker: str) -> float:
        """Return the seconds from one request for a speaker's records to the next; infinite while it rests."""
        rate = self.shares().get(speaker, 0.0)
        return MINUTE_S / rate if rate > 0 else float("inf")

    def shares(self) -> dict[str, float]:
        """Return the requests a minute of each speaker."""
        usual = DEFAULT_BUDGET + MORE_EACH * max(0, len(self._attention) - MANY)
        budget = (self._per_minute or usual) * self._current_factor()
        attention = {speaker: pay() for speaker, pay in self._attention.items()}
        lively = {speaker: paid.value for speaker, paid in attention.items() if paid is Attention.LIVELY}
        # First as if nobody talked: those who do must not make the others deaf.
        idle = _divide(
            {speaker: (Attention.IDLE if speaker in lively else paid).value for speaker, paid in attention.items()},
            budget * IDLE_SHARE,
        )
        left = budget - sum(share for speaker, share in idle.items() if speaker not in lively)
        return idle | _divide(lively, left)

    async def wait(self, speaker: str, since: float) -> bool:
        """Return when it is a speaker's turn, whose last request began at `since` by the clock.

        Returns:
            Whether it has rested meanwhile.
        """
        rested = False
        while True:
            changed = self._changed
            now = self._clock()
            left = max(since + self.interval(speaker) - now, self._rest_until - now)
            if left <= 0:
                return rested
            rests = left == float("inf")
            rested |= rests
            try:
                async with asyncio.timeout(None if rests else left):
                    await changed.wait()
            except TimeoutError:
                continue

    def throttled(self) -> None:
        """Note that the cloud asks for fewer requests: all rest for a while, and go on more slowly."""
        now = self._clock()
        if now < self._rest_until:
            return  # a request that was under way; it has been heard already
        self._factor = max(_LEAST_FACTOR, self._current_factor() / 2)
        self._factor_since = now
        if self._served >= _SERVED:
            self._throttles = 0
        self._served = 0
        rest = min(THROTTLED_S * 2.0 ** min(self._throttles, 10), MAX_THROTTLED_S)
        self._rest_until = now + spread(rest)
        self._throttles += 1

    def served(self) -> None:
        """Note that the cloud has answered."""
        self._served += 1

    def _current_factor(self) -> float:
        """Return the part of the budget in use: it grows back little by little."""
        recovered = (self._clock() - self._factor_since) / _RECOVERY_S
        return min(1.0, self._factor + recovered * (1 - self._factor))


def _divide(claims: Mapping[str, _Claim], budget: float) -> dict[str, float]:
    """Divide a budget by weight; what one does not need goes to the others."""
    shares = {name: 0.0 for name, claim in claims.items() if not claim.wanted}
    open_claims = {name: claim for name, claim in claims.items() if claim.wanted}
    while open_claims:
        unit = budget / sum(claim.weight for claim in open_claims.values())
        satisfied = {name: claim.wanted for name, claim in open_claims.items() if claim.wanted <= unit * claim.weight}
        if not satisfied:
            return shares | {name: unit * claim.weight for name, claim in open_claims.items()}
        shares |= satisfied
        budget -= sum(satisfied.values())
        open_claims = {name: claim for name, claim in open_claims.items() if name not in satisfied}
    return shares
