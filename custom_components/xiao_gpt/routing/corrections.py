"""What the people of a home have said about who should answer what: a layer over the shipped model."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
import math
from typing import Any, Self

from .text import tokens

type Grams = Mapping[str, float]

MOST = 500
"""So many corrections are kept, the newest."""
_ALIKE = 0.45
"""Utterances less alike than this have nothing to do with each other."""
_SAME = 0.75
"""Utterances as alike as this are the same thing said again."""
STRENGTH = 12.0
"""Log odds that a correction of an utterance almost as alike is worth: more than any model is ever sure of."""
DECISIVE = 50.0
"""Log odds that a correction of the same thing is worth: more than a model and XiaoAI's answer together."""


class Corrections:
    """Remembers utterances with their right label, and finds the one that a new utterance is most like.

    Two utterances are alike by the cosine of their characters and pairs of characters, the rare ones counting more.
    """

    def __init__(self, rarity: Callable[[str], float], known: Iterable[tuple[str, bool]] = ()) -> None:
        """Take how much a token says and what was remembered: utterances, and whether they are the language model's."""
        self._rarity = rarity
        self._grams: dict[str, Grams] = {}
        self._llm: dict[str, bool] = {}
        for utterance, llm in known:
            self.add(utterance, llm=llm)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._llm)

    def __iter__(self) -> Iterator[tuple[str, bool]]:
        """Yield utterances and whether they are the language model's, the oldest first."""
        return iter(self._llm.items())

    def add(self, utterance: str, *, llm: bool) -> None:
        """Remember who should have answered an utterance; the newest word counts."""
        found = tokens(utterance)
        if not found:
            return
        key = " ".join(found)
        self._llm.pop(key, None)
        self._llm[key] = llm
        self._grams[key] = self._of(found)
        while len(self._llm) > MOST:
            oldest = next(iter(self._llm))
            del self._llm[oldest], self._grams[oldest]

    def clear(self) -> None:
        """Forget all."""
        self._grams.clear()
        self._llm.clear()

    def shift(self, utterance: str) -> float:
        """Return what the most similar correction adds to the log odds of the language model; 0 if none is similar."""
        grams = self._of(tokens(utterance))
        alike, llm = max(
            ((_cosine(grams, self._grams[key]), llm) for key, llm in reversed(self._llm.items())),
            key=lambda found: found[0],
            default=(0.0, False),
        )
        strength = DECISIVE if alike >= _SAME else STRENGTH * max(0.0, (alike - _ALIKE) / (_SAME - _ALIKE))
        return strength if llm else -strength

    def as_list(self) -> list[dict[str, Any]]:
        """Return them as data to store."""
        return [{"utterance": utterance, "llm": llm} for utterance, llm in self]

    @classmethod
    def from_list(cls, rarity: Callable[[str], float], data: Any) -> Self:
        """Return what was stored; whatever is no correction is left out."""
        known = data if isinstance(data, list) else []
        return cls(
            rarity,
            [
                (item["utterance"], item["llm"])
                for item in known
                if isinstance(item, dict)
                and isinstance(item.get("utterance"), str)
                and isinstance(item.get("llm"), bool)
            ],
        )

    def _of(self, found: Sequence[str]) -> Grams:
        """Return the weights of an utterance's tokens and their pairs, of length 1 together."""
        weights = {token: self._rarity(token) for token in found}
        for first, second in pairwise(found):
            weights[f"{first} {second}"] = (self._rarity(first) + self._rarity(second)) / 2
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {gram: weight / length for gram, weight in weights.items()}


def _cosine(one: Grams, other: Grams) -> float:
    return sum(weight * other[gram] for gram, weight in one.items() if gram in other)
