"""The linear model, against sums done by hand."""

from collections import Counter
import math

from hypothesis import given, strategies as st
import numpy as np
import numpy.typing as npt
import pytest

from custom_components.xiao_gpt.routing.linear import LinearModel, grams

FEATURES = ["开", "灯", "开 灯", "^ 开", "灯 $", "^ 开 灯 $"]
ARRAYS: dict[str, npt.NDArray[np.generic]] = {
    "idf": np.array([1.0, 2.0, 3.0, 1.5, 2.5, 4.0], np.float16),
    "weights": np.array([[127, -3], [-50, 7], [20, -100], [-1, 1], [0, 64], [99, -127]], np.int8),
    "scales": np.array([0.01, 0.5], np.float32),
    "bias": np.array([0.25, -1.0], np.float32),
}


def test_grams_are_runs_of_one_to_four_tokens_with_beginning_and_end() -> None:
    assert list(grams("开灯")) == ["^", "开", "灯", "$", "^ 开", "开 灯", "灯 $", "^ 开 灯", "开 灯 $", "^ 开 灯 $"]
    assert list(grams("")) == ["^", "$", "^ $"]
    assert list(grams("TV开")) == ["^", "tv", "开", "$", "^ tv", "tv 开", "开 $", "^ tv 开", "tv 开 $", "^ tv 开 $"]
    assert max(len(gram.split()) for gram in grams("把客厅的灯打开")) == 4


def by_hand(utterance: str) -> list[float]:
    """Return TF-IDF, of length 1, times the weights, number by number."""
    counts = Counter(gram for gram in grams(utterance) if gram in FEATURES)
    values = {
        gram: float(ARRAYS["idf"][FEATURES.index(gram)]) * (1 + math.log(count)) for gram, count in counts.items()
    }
    length = math.sqrt(sum(value * value for value in values.values())) or 1.0
    return [
        float(ARRAYS["bias"][column])
        + float(ARRAYS["scales"][column])
        * sum(value / length * int(ARRAYS["weights"][FEATURES.index(gram), column]) for gram, value in values.items())
        for column in range(2)
    ]


@pytest.mark.parametrize("utterance", ["开灯", "开", "灯", "灯灯灯开开", "开灯开灯。", "请开灯", "小爱同学，开灯"])
def test_scores_are_those_of_a_sum_by_hand(utterance: str) -> None:
    assert LinearModel(ARRAYS, FEATURES).scores(utterance) == pytest.approx(by_hand(utterance), abs=1e-5)


@given(st.text("开灯关 a，"))
def test_scores_are_those_of_a_sum_by_hand_for_any_text(utterance: str) -> None:
    assert LinearModel(ARRAYS, FEATURES).scores(utterance) == pytest.approx(by_hand(utterance), abs=1e-4)


@pytest.mark.parametrize("utterance", ["", "。", "唱歌", "hello"])
def test_an_utterance_without_a_known_run_scores_the_bias(utterance: str) -> None:
    assert LinearModel(ARRAYS, FEATURES).scores(utterance).tolist() == [0.25, -1.0]


@pytest.mark.parametrize("name", ARRAYS)
def test_a_missing_array_is_told(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        LinearModel({known: array for known, array in ARRAYS.items() if known != name}, FEATURES)
