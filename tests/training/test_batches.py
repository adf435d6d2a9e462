"""Batches of sequences of about equal length."""

from itertools import pairwise
import random

from hypothesis import given, strategies as st

from training.batches import batches

LENGTHS = st.lists(st.integers(1, 64), min_size=1, max_size=100)


@given(LENGTHS, st.integers(1, 500), st.integers(0, 100))
def test_each_sequence_is_in_one_batch_that_is_not_too_large(lengths: list[int], tokens: int, seed: int) -> None:
    cut = list(batches(lengths, tokens, random.Random(seed)))
    assert sorted(index for batch in cut for index in batch) == list(range(len(lengths)))
    for batch in cut:
        assert len(batch) == 1 or max(lengths[index] for index in batch) * len(batch) <= tokens


@given(st.lists(st.integers(1, 64), min_size=1), st.integers(64, 500), st.integers(0, 100))
def test_batches_are_of_neighbouring_lengths(lengths: list[int], tokens: int, seed: int) -> None:
    spans = sorted(
        (min(lengths[index] for index in batch), max(lengths[index] for index in batch))
        for batch in batches(lengths, tokens, random.Random(seed))
    )
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_a_seed_gives_the_same_order_again_and_another_seed_another() -> None:
    lengths = [1 + index % 9 for index in range(200)]
    first, again, other = (list(batches(lengths, 40, random.Random(seed))) for seed in (1, 1, 2))
    assert first == again != other


def test_of_nothing_there_is_no_sequence() -> None:
    assert [index for batch in batches([], 10, random.Random(1)) for index in batch] == []
