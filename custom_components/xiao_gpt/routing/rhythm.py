"""The rhythm of a home's day: at some hours its people give commands, at others they talk."""

from collections.abc import Sequence
import math
from typing import Any, Self

HOURS = 24
_REACH = 3
"""An hour is judged by those around it, too: fully by itself, by none that is so many hours away."""
_AT_FIRST = 50.0
"""A new home counts as one in which so many utterances have been half of one kind, half of the other."""
_KEPT = 0.998
"""What each new utterance of an hour leaves of what was known of it: people change their habits."""
MOST = 1.5
"""Log odds that an hour is worth at the most: less than any word that speaks for itself."""

# The four were chosen by `python -m training.rhythm`.


class Rhythm:
    """Learns, hour by hour, which share of a home's utterances is for the language model.

    It learns from what the words alone speak for, never from its own opinion, so it cannot talk itself into anything.
    """

    def __init__(self, heard: Sequence[float] = (), llm: Sequence[float] = ()) -> None:
        """Take what was learned of each hour: how much was heard, and how much of it for the language model."""
        self._heard = list(heard) or [0.0] * HOURS
        self._llm = list(llm) or [0.0] * HOURS

    def learn(self, hour: int, odds: float) -> None:
        """Take one more utterance.

        Args:
            hour: of the day, 0 to 23, where it was said.
            odds: the log odds for the language model, by its words alone.
        """
        self._heard[hour] = self._heard[hour] * _KEPT + 1
        self._llm[hour] = self._llm[hour] * _KEPT + (1 + math.tanh(odds / 2)) / 2

    def shift(self, hour: int) -> float:
        """Return what an hour of the day, 0 to 23, adds to the log odds of the language model."""
        heard = llm = 0.0
        for away in range(1 - _REACH, _REACH):
            weight, neighbour = 1 - abs(away) / _REACH, (hour + away) % HOURS
            heard += weight * self._heard[neighbour]
            llm += weight * self._llm[neighbour]
        half = _AT_FIRST / 2
        shift = math.log((llm + half) / (heard - llm + half))
        return max(-MOST, min(MOST, shift))

    def clear(self) -> None:
        """Forget all."""
        self._heard, self._llm = [0.0] * HOURS, [0.0] * HOURS

    def as_dict(self) -> dict[str, list[float]]:
        """Return it as data to store."""
        return {"heard": [round(heard, 3) for heard in self._heard], "llm": [round(llm, 3) for llm in self._llm]}

    @classmethod
    def from_dict(cls, data: Any) -> Self:
        """Return what was stored; begin anew if it is none of ours."""
        if not isinstance(data, dict):
            return cls()
        heard, llm = _counts(data.get("heard")), _counts(data.get("llm"))
        if not heard or not llm or any(some > all_ for some, all_ in zip(llm, heard, strict=True)):
            return cls()
        return cls(heard, llm)


def _counts(values: Any) -> list[float]:
    """Return the counts of each hour, or none if that is not what these are."""
    if not isinstance(values, list) or len(values) != HOURS:
        return []
    most = 1 / (1 - _KEPT) + 1
    return values if all(isinstance(n, (int, float)) and 0 <= n <= most for n in values) else []
