"""A small BERT with 8-bit weights, in numpy.

Weights are int8, one scale for each column; what a layer gets is quantised as it comes, to 256 steps between its
least and its largest value, as ONNX's DynamicQuantizeLinear does it. The products are computed in float32, which BLAS
is quick at and which holds the sums of such integers exactly (they stay below 2**24): the result is that of integers.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .text import tokens

type Floats = npt.NDArray[np.float32]

UNKNOWN, CLS = 1, 2
_EPSILON = np.float32(1e-5)
# Columns of a weight matrix that are multiplied at once: OpenBLAS copies larger matrices before it multiplies, which
# costs more than the product where an utterance is short.
_COLUMNS = 32


class Linear(NamedTuple):
    """A layer's weights, in blocks of columns, shape (blocks, inputs, columns), as integers in float32."""

    weights: Floats
    scales: Floats
    bias: Floats


class Layer(NamedTuple):
    """One layer of the encoder; what its normalisations multiply and add is part of the weights after them."""

    qkv: Linear
    out: Linear
    up: Linear
    down: Linear


class Encoder:
    """Turns an utterance into the logits of its intents."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]], vocabulary: list[str]) -> None:
        """Take the arrays that training has written, see `training/quantisation.py`, and the tokens by id.

        Raises:
            KeyError: an array is missing.
        """
        self._ids = {token: number for number, token in enumerate(vocabulary)}
        self._tokens = arrays["tokens"].astype(np.int8)
        self._token_scales = _floats(arrays["token_scales"])
        self._positions = _floats(arrays["positions"])
        self._heads = int(arrays["heads"])
        self._layers = list(_layers(arrays))
        self._head = _floats(arrays["head"])
        self._head_bias = _floats(arrays["head_bias"])

    def logits(self, utterance: str) -> Floats:
        """Return the logits, shape (intents,); an utterance that says nothing has some as well."""
        ids = [CLS, *(self._ids.get(token, UNKNOWN) for token in tokens(utterance))][: len(self._positions)]
        x = self._tokens[ids] * self._token_scales[ids, None]
        x += self._positions[: len(ids)]
        for layer in self._layers:
            x += self._attend(layer, _normal(x))
            inner = _linear(layer.up, _normal(x))
            np.maximum(inner, 0, out=inner)
            x += _linear(layer.down, inner)
        x = _normal(x)
        pooled = np.concatenate((x[0], x.mean(0)))
        result: Floats = pooled @ self._head + self._head_bias
        return result

    def _attend(self, layer: Layer, x: Floats) -> Floats:
        """Return what self-attention adds, shape (tokens, hidden)."""
        length, hidden = x.shape
        # To (q k v, heads, tokens, size of a head).
        qkv = _linear(layer.qkv, x).reshape(length, 3, self._heads, -1).transpose(1, 2, 0, 3)
        weights = qkv[0] @ qkv[1].transpose(0, 2, 1)  # 1/sqrt(size of a head) is part of q's weights
        weights -= np.maximum.reduce(weights, -1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= np.add.reduce(weights, -1, keepdims=True)
        attended = (weights @ qkv[2]).transpose(1, 0, 2).reshape(length, hidden)
        return _linear(layer.out, attended)


def _layers(arrays: Mapping[str, npt.NDArray[np.generic]]) -> Iterator[Layer]:
    number = 0
    while f"layer{number}.qkv.weights" in arrays:
        yield Layer(*(_read(arrays, f"layer{number}.{name}") for name in Layer._fields))
        number += 1


def _read(arrays: Mapping[str, npt.NDArray[np.generic]], name: str) -> Linear:
    weights = _floats(arrays[f"{name}.weights"])
    inputs, outputs = weights.shape
    blocks = weights.reshape(inputs, outputs // _COLUMNS, _COLUMNS).transpose(1, 0, 2)
    return Linear(np.ascontiguousarray(blocks), _floats(arrays[f"{name}.scales"]), _floats(arrays[f"{name}.bias"]))


def _floats(array: npt.NDArray[np.generic]) -> Floats:
    return array.astype(np.float32)


def _normal(x: Floats) -> Floats:
    """Return x with mean 0 and variance 1 in each row."""
    share = np.float32(1 / x.shape[1])
    centred = x - np.add.reduce(x, -1, keepdims=True) * share
    variance = np.vecdot(centred, centred) * share
    variance += _EPSILON
    result: Floats = centred / np.sqrt(variance)[:, None]
    return result


def _linear(layer: Linear, x: Floats) -> Floats:
    """Return x, quantised, times the layer's weights."""
    low, high = float(np.minimum.reduce(x, None)), float(np.maximum.reduce(x, None))
    scale = np.float32((max(high, 0.0) - min(low, 0.0)) / 255 or 1.0)
    # A zero point would move all integers by the same one, and the product back again: it is left out.
    quantised = x / scale
    np.rint(quantised, out=quantised)
    blocks, _, columns = layer.weights.shape
    result = np.empty((len(x), blocks * columns), np.float32)
    np.matmul(quantised, layer.weights, out=result.reshape(len(x), blocks, columns).transpose(1, 0, 2))
    result *= layer.scales * scale
    result += layer.bias
    return result
