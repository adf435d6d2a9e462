"""How long a speaker takes to say something, learned by listening to it.

The time is a weighted sum of what a text is made of: characters, digits, Latin words, pauses. The weights begin as
those of a usual speaker and are corrected by each end that is observed (recursive least squares with a prior, that is,
a Kalman filter whose state are the weights). So each estimate knows how sure it is, text by text: a speaker that has
only spoken Chinese is known for Chinese.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, sqrt
import re
from typing import Any, NamedTuple, Self

LATEST_SHOWN_S = 3.2
"""The play status shows the beginning of speech up to so much late (mi-gpt waits 3 s)."""

# Seconds at the usual rate of 5 hanzi a second. What follows was weighed against it: a digit of a longer number
# brings a unit with it (三百二十), a Latin letter alone is spelt, a word is not.
_HANZI = 1 / 5
_DIGIT = 0.22
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

# What a text is made of, in this order: characters, digits, Latin, pauses inside, the pause after the last word.
_KINDS = 5
_USUAL = (1.0, 1.0, 1.0, 1.0, 0.6)
# All of a speaker is quicker or slower by this (4 to 6.5 hanzi a second are two of it) ...
_TEMPO = 0.12
# ... and each kind by itself: what a pause is differs most.
_OWN = (0.0, 0.15, 0.2, 0.35, 0.5)
# Two sayings of one text differ by this share of it, until observation tells better; and never by less.
_UNSTEADY = 0.03
_STEADY = 0.004
# How much the newest observation counts in that judgement; the first ones tell about the pace itself.
_FRESH = 0.25
_FIRST_LESSONS = 3
# The moment of looking is known to so many seconds.
_BLUR_S = 0.03
# A voice can be changed, so nothing is known for ever: the doubt grows by this share of the first one each time, and
# much more when an end is seen that should not be.
_DRIFT = 0.0002
_SURPRISE = 0.1
# Weights beyond this are no speaker's: between 3 and 9 hanzi a second.
_BELIEVABLE = (0.55, 1.7)
_SAMPLE, _TIMES = "说话的时候，大概是这样的节奏，", 4
# Shorter speech tells more about the network than about the speaker.
_SHORTEST_LESSON_S = 0.6


def compose(text: str) -> tuple[float, ...]:
    """Return what a text is made of, each kind in seconds at the usual rate."""
    parts = [0.0] * _KINDS
    body = text.rstrip("".join(_PAUSES))
    for token in _TOKEN.finditer(body):
        chars = token.group()
        if token.lastgroup == "number":
            digits = sum(map(str.isdigit, chars))
            parts[1] += _DIGIT * digits
            parts[0] += _HANZI * (len(chars) - digits)
        elif token.lastgroup == "word":
            spelt = len(chars) == 1 or (chars.isupper() and len(chars) <= 4)
            parts[2] += len(chars) * _SPELT if spelt else _WORD + len(chars) * _LETTER
        elif chars.isalnum():
            parts[0] += _HANZI
        elif chars in _PAUSES:
            parts[3] += _PAUSES[chars]
        else:
            parts[0] += _READ_OUT.get(chars, 0.0)
    if any(parts):
        parts[4] = _PAUSES.get(text[len(body) :][:1], 0.0)
    return tuple(parts)


class Estimate(NamedTuple):
    """How long something will take."""

    seconds: float
    deviation: float
    """By how many seconds it will be off, usually (one standard deviation)."""


def _prior() -> list[list[float]]:
    return [
        [_TEMPO**2 * _USUAL[i] * _USUAL[j] + (_OWN[i] ** 2 if i == j else 0.0) for j in range(_KINDS)]
        for i in range(_KINDS)
    ]


@dataclass
class SpeechRate:
    """The pace of one speaker.

    Attributes:
        weights: its seconds per second at the usual rate, by kind; more is slower.
        doubt: their covariance.
        unsteadiness: by which share of it a text takes longer or less long from one time to the next.
        lessons: how many ends taught this.
        shown_after: by how many seconds into speech its play status shows it; before that "silent" proves nothing.
    """

    weights: list[float] = field(default_factory=lambda: list(_USUAL))
    doubt: list[list[float]] = field(default_factory=_prior)
    unsteadiness: float = _UNSTEADY
    lessons: int = 0
    shown_after: float = LATEST_SHOWN_S

    @classmethod
    def at(cls, hanzi_per_second: float) -> Self:
        """Return a pace that someone has set by ear."""
        tempo = _bounded(1 / (_HANZI * hanzi_per_second), _BELIEVABLE)
        doubt = [[value / 25 for value in row] for row in _prior()]
        return cls([usual * tempo for usual in _USUAL], doubt, 0.02)

    def estimate(self, text: str) -> Estimate:
        """Return how many seconds the speaker will need to say a text."""
        parts = compose(text)
        seconds = _dot(parts, self.weights)
        variance = _dot(parts, _times(self.doubt, parts)) + (self.unsteadiness * seconds) ** 2
        return Estimate(seconds, sqrt(max(0.0, variance)))

    def reach(self, tolerance: float) -> int:
        """Return how many characters can be said such that the deviation of their end is not more seconds than this."""
        short, long = (self.estimate(_SAMPLE * times).deviation ** 2 for times in (1, _TIMES))
        # A part of it is the same for every text, such as what the last pause is; the other grows with the length.
        growing = (long - short) / (_TIMES**2 - 1)
        return int(len(_SAMPLE) * sqrt(max(0.0, tolerance**2 - (short - growing)) / growing)) if growing > 0 else 0

    def observe(self, text: str, earliest: float, latest: float) -> None:
        """Learn from a text that took between so many seconds, unless that is beyond belief."""
        parts = compose(text)
        usual = sum(parts)
        seconds = (earliest + latest) / 2
        if usual < _SHORTEST_LESSON_S or not _BELIEVABLE[0] <= seconds / usual <= _BELIEVABLE[1]:
            return
        expected = _dot(parts, self.weights)
        cross = _times(self.doubt, parts)
        known = _dot(parts, cross) + (latest - earliest) ** 2 / 12 + _BLUR_S**2
        variance = known + (self.unsteadiness * expected) ** 2
        bound = 3 * sqrt(variance)
        surprised = abs(seconds - expected) > bound
        error = _bounded(seconds - expected, (-bound, bound))  # one odd end hardly moves a learned pace
        gain = [value / variance for value in cross]
        first, growth = _prior(), _SURPRISE if surprised else _DRIFT
        for i in range(_KINDS):
            self.weights[i] = _bounded(self.weights[i] + gain[i] * error, (0.0, 3.0))
            for j in range(_KINDS):
                self.doubt[i][j] += growth * first[i][j] - gain[i] * cross[j]
        if self.lessons >= _FIRST_LESSONS and expected and not surprised:
            # What looking itself and the weights do not explain is the speaker's own.
            own = max(0.0, error**2 - known) / expected**2
            steadiness = sqrt((1 - _FRESH) * self.unsteadiness**2 + _FRESH * own)
            self.unsteadiness = _bounded(steadiness, (_STEADY, 4 * _UNSTEADY))
        self.lessons += 1

    def observe_status(self, shown: float, silent: float | None) -> None:
        """Learn from speech that the status first showed after so many seconds.

        Args:
            shown: when it was seen.
            silent: when it was not seen yet; None if nobody had looked before.
        """
        if silent is not None and silent >= self.shown_after:
            self.shown_after = min(shown, LATEST_SHOWN_S)
        self.shown_after = min(self.shown_after, shown)

    def as_dict(self) -> dict[str, Any]:
        """Return the pace as data to store."""
        return {
            "weights": list(self.weights),
            "doubt": [list(row) for row in self.doubt],
            "unsteadiness": self.unsteadiness,
            "lessons": self.lessons,
            "shown_after": self.shown_after,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return a stored pace; one that is spoilt is learned anew."""
        try:
            weights = [float(value) for value in data["weights"]]
            doubt = [[float(value) for value in row] for row in data["doubt"]]
            unsteadiness, lessons = float(data["unsteadiness"]), int(data["lessons"])
            shown_after = float(data["shown_after"])
        except KeyError, TypeError, ValueError, OverflowError:
            return cls()
        if len(weights) != _KINDS or [len(row) for row in doubt] != [_KINDS] * _KINDS or lessons < 0:
            return cls()
        if not all(map(isfinite, (*weights, unsteadiness, shown_after, *(value for row in doubt for value in row)))):
            return cls()
        if not _BELIEVABLE[0] <= weights[0] <= _BELIEVABLE[1] or any(doubt[i][i] < 0 for i in range(_KINDS)):
            return cls()
        shown_after = _bounded(shown_after, (0.0, LATEST_SHOWN_S))
        return cls(weights, doubt, _bounded(unsteadiness, (_STEADY, 4 * _UNSTEADY)), lessons, shown_after)


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    return [_dot(row, vector) for row in matrix]


def _bounded(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])
