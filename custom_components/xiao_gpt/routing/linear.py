"""A linear support vector machine over TF-IDF features, in plain Python and numpy."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
import math

import numpy as np
import numpy.typing as npt

from .text import tokens

type Floats = npt.NDArray[np.float32]

LONGEST_GRAM = 4
BEGIN, END = "^", "$"


def grams(utterance: str) -> Iterator[str]:
    """Yield the runs of one to four tokens, beginning and end being tokens too."""
    run = [BEGIN, *tokens(utterance), END]
    for length in range(1, LONGEST_GRAM + 1):
        for start in range(len(run) - length + 1):
            yield " ".join(run[start : start + length])


class LinearModel:
    """Turns an utterance into the log odds of its label and of each intent."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]], features: Sequence[str]) -> None:
        """Take the arrays that training has written, see `training/svm.py`, and the runs of tokens by row.

        Raises:
            KeyError: an array is missing.
        """
        self._rows = {feature: row for row, feature in enumerate(features)}
        self._rarity = arrays["idf"].astype(np.float32)
        self._weights = arrays["weights"].astype(np.int8)
        self._scales = arrays["scales"].astype(np.float32)
        self._bias = arrays["bias"].astype(np.float32)

    def scores(self, utterance: str) -> Floats:
        """Return the distances from the label's border and the intents', shape (1 + intents,)."""
        counts = Counter(row for gram in grams(utterance) if (row := self._rows.get(gram)) is not None)
        if not counts:
            return self._bias
        rows = list(counts)
        values = self._rarity[rows] * np.array([1 + math.log(count) for count in counts.values()], np.float32)
        values /= np.sqrt(values @ values)
        result: Floats = values @ self._weights[rows].astype(np.float32) * self._scales + self._bias
        return result
