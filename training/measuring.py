"""How often a model is right, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
import numpy.typing as npt

from .corpus import Utterance

type Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Share:
    """A share of utterances, with its 95 % interval (Wilson's)."""

    right: int
    of: int

    @property
    def value(self) -> float:
        """Return the share itself; 0 of nothing."""
        return self.right / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return the bounds."""
        if not self.of:
            return 0.0, 1.0
        z = 1.96
        middle = (self.value + z * z / (2 * self.of)) / (1 + z * z / self.of)
        half = z * math.sqrt(self.value * (1 - self.value) / self.of + z * z / (4 * self.of**2)) / (1 + z * z / self.of)
        return middle - half, middle + half

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} ({low:.3f}–{high:.3f})"


def truths(utterances: Sequence[Utterance]) -> npt.NDArray[np.bool_]:
    """Return which utterances are the language model's."""
    return np.array([utterance.label == "llm" for utterance in utterances], bool)


def accuracy(odds: Numbers, utterances: Sequence[Utterance]) -> Share:
    """Return how often the likelier label is right."""
    right = (odds > 0) == truths(utterances)
    return Share(int(right.sum()), len(right))


def by(what: str, odds: Numbers, utterances: Sequence[Utterance]) -> dict[str, Share]:
    """Return the accuracy for each "source" or "intent"."""
    right = (odds > 0) == truths(utterances)
    values = np.array([getattr(utterance, what) for utterance in utterances])
    return {
        str(value): Share(int(right[values == value].sum()), int((values == value).sum()))
        for value in sorted(set(values.tolist()))
    }


def answered(odds: Numbers, utterances: Sequence[Utterance], native: float, llm: float) -> tuple[float, Share]:
    """Return the share that is answered without being unsure, and how often that is right."""
    sure = (odds < native) | (odds > llm)
    right = ((odds > 0) == truths(utterances)) & sure
    return float(sure.mean()), Share(int(right.sum()), int(sure.sum()))
