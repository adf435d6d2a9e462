"""Batches of about equally many tokens, of sequences of about equal length: little is padding."""

from collections.abc import Iterator, Sequence
import random


def batches(lengths: Sequence[int], tokens: int, rng: random.Random) -> Iterator[list[int]]:
    """Yield the indices of each batch, in random order; every sequence once.

    Args:
        lengths: tokens of each sequence.
        tokens: of one batch at most, padding included.
        rng: the order's source.
    """
    order = sorted(range(len(lengths)), key=lambda index: (lengths[index], rng.random()))
    cut: list[list[int]] = [[]]
    for index in order:
        if cut[-1] and lengths[index] * (len(cut[-1]) + 1) > tokens:
            cut.append([])
        cut[-1].append(index)
    rng.shuffle(cut)
    yield from filter(None, cut)
