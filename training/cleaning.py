"""Cleaning: what says the same twice is kept once, what contradicts itself is left out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from custom_components.xiao_gpt.routing.text import tokens

from .corpus import Utterance

_ALIKE = 0.85
"""Cosine of characters and pairs of characters from which on two utterances count as one."""
_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Utterances worth learning from, and how many were left out why."""

    utterances: list[Utterance]
    repeated: int
    near: int
    contradicting: int


def clean(utterances: Iterable[Utterance]) -> Cleaned:
    """Leave out empty and repeated utterances, near repetitions, and those that occur with both labels."""
    by_key: dict[str, list[Utterance]] = defaultdict(list)
    count = 0
    for utterance in utterances:
        count += 1
        if utterance.key:
            by_key[utterance.key].append(utterance)
    agreeing = [same[0] for same in by_key.values() if len({one.label for one in same}) == 1]
    near = _near(agreeing)
    return Cleaned(
        [utterance for index, utterance in enumerate(agreeing) if index not in near],
        repeated=count - len(by_key),
        near=len(near),
        contradicting=len(by_key) - len(agreeing),
    )


def without(utterances: Iterable[Utterance], measured: Iterable[Utterance]) -> list[Utterance]:
    """Return the utterances that are not among those that the models are measured on."""
    keys = {utterance.key for utterance in measured}
    return [utterance for utterance in utterances if utterance.key not in keys]


def _near(utterances: Sequence[Utterance]) -> set[int]:
    """Return the indices of utterances that are almost the same as an earlier one of the same intent."""
    if not utterances:  # scikit-learn refuses to learn no words
        return set()
    vectorizer = TfidfVectorizer(analyzer=_pairs, dtype=np.float32)
    matrix = vectorizer.fit_transform([utterance.text for utterance in utterances])
    left_out: set[int] = set()
    for start in range(0, matrix.shape[0], _ROWS):
        alike = (matrix[start : start + _ROWS] @ matrix.T).tocoo()
        close = alike.data >= _ALIKE
        for row, other in zip((alike.row[close] + start).tolist(), alike.col[close].tolist(), strict=True):
            if other < row and other not in left_out and utterances[other].intent == utterances[row].intent:
                left_out.add(row)
    return left_out


def _pairs(text: str) -> Iterator[str]:
    found = tokens(text)
    yield from found
    yield from map("".join, pairwise(found))
