"""The encoder on small random weights, against the same computation number by number."""

from collections.abc import Sequence
import math

from hypothesis import given, strategies as st
import numpy as np
import numpy.typing as npt
import pytest

from custom_components.xiao_gpt.routing.encoder import Encoder
from custom_components.xiao_gpt.routing.text import tokens

HIDDEN, HEADS, FEED, POSITIONS, INTENTS, LAYERS = 32, 2, 64, 8, 5, 2
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[MASK]", "开", "灯", "关", "tv", "1"]

type Row = list[float]


def arrays(seed: int) -> dict[str, npt.NDArray[np.generic]]:
    """Return weights of the shapes that training writes."""
    rng = np.random.default_rng(seed)

    def integers(*shape: int) -> npt.NDArray[np.int8]:
        return rng.integers(-127, 128, shape).astype(np.int8)

    def floats(*shape: int) -> npt.NDArray[np.float32]:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    found: dict[str, npt.NDArray[np.generic]] = {
        "heads": np.array(HEADS, np.int32),
        "tokens": integers(len(VOCABULARY), HIDDEN),
        "token_scales": np.full(len(VOCABULARY), 0.01, np.float32) + rng.random(len(VOCABULARY), np.float32) / 100,
        "positions": floats(POSITIONS, HIDDEN).astype(np.float16),
        "head": floats(2 * HIDDEN, INTENTS),
        "head_bias": floats(INTENTS),
    }
    sizes = {"qkv": (HIDDEN, 3 * HIDDEN), "out": (HIDDEN, HIDDEN), "up": (HIDDEN, FEED), "down": (FEED, HIDDEN)}
    for number in range(LAYERS):
        for name, (inputs, outputs) in sizes.items():
            prefix = f"layer{number}.{name}"
            found[f"{prefix}.weights"] = integers(inputs, outputs)
            found[f"{prefix}.scales"] = (rng.random(outputs) / 500).astype(np.float32)
            found[f"{prefix}.bias"] = floats(outputs)
    return found


class ByHand:
    """The encoder in Python's own numbers, without quantising what a layer gets."""

    def __init__(self, known: dict[str, npt.NDArray[np.generic]]) -> None:
        self.known = {name: array.astype(np.float64).tolist() for name, array in known.items()}

    def logits(self, utterance: str) -> Row:
        ids = [2, *(VOCABULARY.index(token) if token in VOCABULARY else 1 for token in tokens(utterance))][:POSITIONS]
        rows = [
            [
                value * self.known["token_scales"][token] + there
                for value, there in zip(self.known["tokens"][token], self.known["positions"][place], strict=True)
            ]
            for place, token in enumerate(ids)
        ]
        for layer in range(LAYERS):
            rows = added(rows, self.attended(layer, [normal(row) for row in rows]))
            inner = [[max(value, 0.0) for value in self.linear(layer, "up", normal(row))] for row in rows]
            rows = added(rows, [self.linear(layer, "down", row) for row in inner])
        rows = [normal(row) for row in rows]
        pooled = rows[0] + [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        return product(pooled, self.known["head"], [1.0] * INTENTS, self.known["head_bias"])

    def attended(self, layer: int, rows: list[Row]) -> list[Row]:
        size = HIDDEN // HEADS
        qkv = [self.linear(layer, "qkv", row) for row in rows]
        found: list[Row] = [[] for _ in rows]
        for head in range(HEADS):
            q, k, v = (
                [row[part * HIDDEN + head * size : part * HIDDEN + (head + 1) * size] for row in qkv]
                for part in range(3)
            )
            for place, query in enumerate(q):
                scores = [sum(a * b for a, b in zip(query, key, strict=True)) for key in k]
                weights = [math.exp(score - max(scores)) for score in scores]
                found[place] += [
                    sum(weight * value for weight, value in zip(weights, column, strict=True)) / sum(weights)
                    for column in zip(*v, strict=True)
                ]
        return [self.linear(layer, "out", row) for row in found]

    def linear(self, layer: int, name: str, row: Row) -> Row:
        prefix = f"layer{layer}.{name}"
        return product(
            row, self.known[f"{prefix}.weights"], self.known[f"{prefix}.scales"], self.known[f"{prefix}.bias"]
        )


def product(row: Row, weights: Sequence[Row], scales: Row, bias: Row) -> Row:
    return [
        sum(value * weight for value, weight in zip(row, column, strict=True)) * scale + more
        for column, scale, more in zip(zip(*weights, strict=True), scales, bias, strict=True)
    ]


def normal(row: Row) -> Row:
    mean = sum(row) / len(row)
    variance = sum((value - mean) ** 2 for value in row) / len(row)
    return [(value - mean) / math.sqrt(variance + 1e-5) for value in row]


def added(rows: list[Row], more: list[Row]) -> list[Row]:
    return [[a + b for a, b in zip(row, other, strict=True)] for row, other in zip(rows, more, strict=True)]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("utterance", ["", "开", "开灯", "关tv1", "没见过的字", "开灯关灯开灯关灯开灯关灯"])
def test_logits_are_those_of_a_computation_by_hand_but_for_the_steps_of_eight_bits(utterance: str, seed: int) -> None:
    known = arrays(seed)
    # The logits are of a size of about 2; 256 steps for each layer's input move them by hundredths.
    assert Encoder(known, VOCABULARY).logits(utterance) == pytest.approx(ByHand(known).logits(utterance), abs=0.06)


def test_what_has_no_layers_is_embedding_and_head_alone_and_exact() -> None:
    known = {name: array for name, array in arrays(4).items() if not name.startswith("layer")}
    ids = [2, 4, 5]
    rows = [
        normal(
            [
                float(value) * float(known["token_scales"][token]) + float(there)
                for value, there in zip(known["tokens"][token], known["positions"][place], strict=True)
            ]
        )
        for place, token in enumerate(ids)
    ]
    pooled = rows[0] + [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    expected = product(pooled, known["head"].tolist(), [1.0] * INTENTS, known["head_bias"].tolist())
    assert Encoder(known, VOCABULARY).logits("开灯") == pytest.approx(expected, abs=1e-4)


def test_the_same_words_in_another_order_are_something_else() -> None:
    encoder = Encoder(arrays(1), VOCABULARY)
    assert not np.allclose(encoder.logits("开灯"), encoder.logits("灯开"))


def test_what_does_not_fit_the_positions_is_not_read() -> None:
    encoder = Encoder(arrays(1), VOCABULARY)
    assert encoder.logits("开" * (POSITIONS - 1)).tolist() == encoder.logits("开" * 100 + "灯").tolist()


def test_an_utterance_leaves_nothing_behind_for_the_next() -> None:
    encoder = Encoder(arrays(1), VOCABULARY)
    before = encoder.logits("开灯").tolist()
    encoder.logits("关tv1没见过")
    assert encoder.logits("开灯").tolist() == before


@given(st.text())
def test_any_text_has_finite_logits(utterance: str) -> None:
    logits = Encoder(arrays(1), VOCABULARY).logits(utterance)
    assert logits.shape == (INTENTS,)
    assert np.isfinite(logits).all()


def test_weights_of_nothing_but_zeros_do_no_harm() -> None:
    known = {name: array if name == "heads" else np.zeros_like(array) for name, array in arrays(1).items()}
    assert Encoder(known, VOCABULARY).logits("开灯").tolist() == [0.0] * INTENTS


@pytest.mark.parametrize(
    "name",
    ["heads", "tokens", "token_scales", "positions", "head", "head_bias", "layer0.up.weights", "layer1.out.bias"],
)
def test_a_missing_array_is_told(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Encoder({known: array for known, array in arrays(1).items() if known != name}, VOCABULARY)
