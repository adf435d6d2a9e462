"""The tokens that the encoder knows."""

from collections import Counter
from collections.abc import Iterable, Sequence
import math

import torch

from custom_components.xiao_gpt.routing.text import tokens

PADDING, UNKNOWN, CLS, MASK = range(4)
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[MASK]")
_RAREST = 3


def build(texts: Iterable[str]) -> list[str]:
    """Return the special tokens and every token that occurs at least three times, the most frequent first."""
    counts = Counter(token for text in texts for token in tokens(text))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [*_SPECIAL, *(token for token, count in ordered if count >= _RAREST)]


def rarity(texts: Sequence[str], vocabulary: Sequence[str]) -> dict[str, float]:
    """Return the inverse document frequency of each token of the vocabulary among utterances."""
    counts = Counter(token for text in texts for token in set(tokens(text)))
    return {
        token: round(math.log((1 + len(texts)) / (1 + counts[token])) + 1, 2) for token in vocabulary[len(_SPECIAL) :]
    }


class Tokenizer:
    """Text to token ids and batches of them."""

    def __init__(self, vocabulary: list[str], positions: int) -> None:
        self.vocabulary = vocabulary
        self._ids = {token: number for number, token in enumerate(vocabulary)}
        self._positions = positions

    def ids(self, text: str) -> list[int]:
        """Return [CLS] and the ids of the text's tokens, as many as the encoder has positions for."""
        return [CLS, *(self._ids.get(token, UNKNOWN) for token in tokens(text))][: self._positions]


def padded(rows: list[list[int]]) -> torch.Tensor:
    """Return rows of ids as one tensor, shape (rows, longest), filled up with padding."""
    longest = max(map(len, rows))
    return torch.tensor([row + [PADDING] * (longest - len(row)) for row in rows])
