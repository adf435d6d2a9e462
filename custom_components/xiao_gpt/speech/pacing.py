"""How long a speaker takes to say something, learned by listening to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
import re
from typing import Any, Self

# Seconds at the usual rate of 4.8 hanzi a second. What follows was weighed against it: a digit of a longer number
# brings a unit with it (三百二十), a Latin letter alone is spelt, a word is not.
_HANZI = 1 / 4.8
_DIGIT = 0.24
_LETTER = 0.065
_SPELT = 0.24
_WORD = 0.06
_PAUSES = {
    **dict.fromkeys("。！？!?…", 0.3),
    **dict.fromkeys("；;：", 0.25),
    **dict.fromkeys("，,\n—", 0.18),
    "、": 0.12,
}
_READ_OUT = {**dict.fromkeys("%‰", 0.6), **dict.fromkeys("℃℉°", 0.55), **dict.fromkeys("+=×÷<>/$¥￥€@", 0.35)}

_TOKEN = re.compile(r"(?P<number>\d+(?:[.:]\d+)*)|(?P<word>[A-Za-z\u00c0-\u024f]+)|(?P<other>[^\s])")

# Rates between 3 and 8 hanzi a second: beyond what any speaker does.
_FACTORS = (0.6, 1.6)
# An end seen at less than half or more than twice the expected time is the end of something else.
_BELIEVABLE = (0.5, 2.0)
# Shorter speech tells more about the network than about the speaker.
_SHORTEST_LESSON = 0.6
# Speakers of 4 to 6.5 characters a second are this far from the usual one. A learned pace is never surer than the
# second: two sentences of one length differ by as much.
_UNKNOWN = 0.26
_STEADY = 0.02
# The moment of an end is known to about this many seconds, which blurs what a short piece teaches.
_BLUR = 0.3
# The guess that a speaker is a usual one weighs as much as this many seconds of its speech.
_GUESS = 0.2
# Old lessons fade after this many seconds: a voice can be changed.
_MEMORY = 60.0
# How much the last prediction counts in the judgement of them all.
_FRESH = 0.3


def weigh(text: str) -> float:
    """Return the seconds that a text takes at the usual rate, without the pause after it."""
    total = 0.0
    for token in _TOKEN.finditer(text.rstrip("".join(_PAUSES))):
        chars = token.group()
        if token.lastgroup == "number":
            total += sum(_DIGIT if char.isdigit() else _HANZI for char in chars)
        elif token.lastgroup == "word":
            spelt = len(chars) == 1 or (chars.isupper() and len(chars) <= 4)
            total += len(chars) * _SPELT if spelt else _WORD + len(chars) * _LETTER
        elif chars.isalnum():
            total += _HANZI
        else:
            total += _PAUSES.get(chars) or _READ_OUT.get(chars, 0.0)
    return total


@dataclass
class SpeechRate:
    """The pace of one speaker.

    Attributes:
        factor: Its seconds per second at the usual rate; more is slower.
        spread: How far, relatively, the last predictions were off.
        heard: How many seconds of its speech taught this; the distant past fades.
    """

    factor: float = 1.0
    spread: float = _STEADY
    heard: float = 0.0

    @classmethod
    def at(cls, hanzi_per_second: float) -> Self:
        """Return a pace that someone has set by ear."""
        return cls(_bounded(1 / (_HANZI * hanzi_per_second), _FACTORS), _STEADY, _MEMORY)

    @property
    def doubt(self) -> float:
        """How far, relatively, the next estimate may be off."""
        return max(self.spread, min(_BLUR / (self.heard or 1e-3), _UNKNOWN))

    def estimate(self, text: str) -> float:
        """Return how many seconds the speaker will need to say a text."""
        return weigh(text) * self.factor

    def observe(self, text: str, seconds: float) -> None:
        """Learn from how long a text has taken, unless that is beyond belief."""
        usual = weigh(text)
        if usual < _SHORTEST_LESSON or not _BELIEVABLE[0] <= seconds / usual <= _BELIEVABLE[1]:
            return
        error = seconds / usual / self.factor - 1
        if self.doubt < _UNKNOWN / 2:
            bound = 3 * self.doubt + 0.05
            error = _bounded(error, (-bound, bound))
            # What a few syllables are off says more about the moment of looking than about the pace.
            self.spread += _FRESH * min(1.0, usual / 5) * (abs(error) - self.spread)
            self.spread = _bounded(self.spread, (_STEADY, _UNKNOWN))
        # Each second of speech counts the same: the first lessons replace the guess, the later ones correct it.
        self.factor = _bounded(self.factor * (1 + error * usual / (self.heard + usual + _GUESS)), _FACTORS)
        self.heard = min(self.heard + usual, _MEMORY)

    def as_dict(self) -> dict[str, float]:
        """Return the pace as data to store."""
        return {"factor": self.factor, "spread": self.spread, "heard": self.heard}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return a stored pace; what is missing or spoilt is learned anew."""
        try:
            factor, spread, heard = float(data["factor"]), float(data["spread"]), float(data["heard"])
        except KeyError, TypeError, ValueError:
            return cls()
        if not isfinite(factor + spread + heard):
            return cls()
        return cls(_bounded(factor, _FACTORS), _bounded(spread, (_STEADY, _UNKNOWN)), _bounded(heard, (0.0, _MEMORY)))


def _bounded(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])
