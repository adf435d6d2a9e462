"""How often a model is right."""

from hypothesis import given, strategies as st
import numpy as np
import pytest

from training.corpus import Utterance
from training.measuring import Share, accuracy, answered, by, truths

UTTERANCES = [
    Utterance("开灯", "device", "a"),
    Utterance("关灯", "device", "b"),
    Utterance("你好", "chat", "a"),
    Utterance("黑洞是什么", "knowledge", "b"),
]
ODDS = np.array([-3.0, 1.0, 2.0, -0.5])


def test_a_model_is_right_where_the_sign_is_the_labels() -> None:
    assert truths(UTTERANCES).tolist() == [False, False, True, True]
    assert accuracy(ODDS, UTTERANCES) == Share(2, 4)
    assert by("source", ODDS, UTTERANCES) == {"a": Share(2, 2), "b": Share(0, 2)}
    assert by("intent", ODDS, UTTERANCES) == {"chat": Share(1, 1), "device": Share(1, 2), "knowledge": Share(0, 1)}


def test_what_lies_between_the_borders_is_not_answered() -> None:
    assert answered(ODDS, UTTERANCES, -1.0, 1.5) == (0.5, Share(2, 2))
    assert answered(ODDS, UTTERANCES, 0.0, 0.0) == (1.0, Share(2, 4))


@pytest.mark.parametrize(
    ("share", "low", "high"), [(Share(50, 100), 0.4038, 0.5962), (Share(0, 10), 0.0, 0.2775), (Share(0, 0), 0.0, 1.0)]
)
def test_the_interval_is_wilsons(share: Share, low: float, high: float) -> None:
    assert share.interval == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_the_share_is_within_its_interval(right: int, more: int) -> None:
    share = Share(right, right + more)
    low, high = share.interval
    assert -1e-9 <= low <= share.value + 1e-9
    assert share.value <= high + 1e-9
    assert high <= 1


def test_a_share_is_written_with_its_interval() -> None:
    assert str(Share(50, 100)) == "0.500 (0.404–0.596)"
