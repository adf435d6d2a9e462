"""Post-training quantisation: int8 weights, one scale for each column; activations are quantised as they come."""

import numpy as np
import numpy.typing as npt
import torch

from .encoder import Classifier, Layer

type Arrays = dict[str, npt.NDArray[np.generic]]


def quantised(model: Classifier) -> Arrays:
    """Return what `routing/encoder.py` reads.

    The weights of a normalisation are folded into the layer after it, and attention's 1/sqrt(size of a head) into q's.
    """
    encoder = model.encoder
    arrays: Arrays = {"heads": np.array(encoder.shape.heads, np.int32)}
    embedding, scales = _to_int8(_array(encoder.tokens.weight).T)
    arrays |= {"tokens": embedding.T.copy(), "token_scales": scales, "positions": _half(encoder.positions.weight)}
    for number, layer in enumerate(encoder.layers):
        for name, (weights, bias) in _folded(layer, encoder.shape.hidden // encoder.shape.heads).items():
            integers, scales = _to_int8(weights)
            prefix = f"layer{number}.{name}"
            arrays |= {f"{prefix}.weights": integers, f"{prefix}.scales": scales, f"{prefix}.bias": bias}
    gain, shift = _array(encoder.norm.weight), _array(encoder.norm.bias)
    head = _array(model.head.weight).T
    arrays["head"] = (np.concatenate((gain, gain))[:, None] * head).astype(np.float32)
    arrays["head_bias"] = (_array(model.head.bias) + np.concatenate((shift, shift)) @ head).astype(np.float32)
    return arrays


def _folded(layer: Layer, head: int) -> dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Return weights, shape (inputs, outputs), and bias of each linear layer."""
    qkv, qkv_bias = _fold(layer.qkv, layer.attention_norm)
    hidden = len(qkv)
    qkv[:, :hidden] /= np.sqrt(head)
    qkv_bias[:hidden] /= np.sqrt(head)
    return {
        "qkv": (qkv, qkv_bias),
        "out": (_array(layer.out.weight).T, _array(layer.out.bias)),
        "up": _fold(layer.up, layer.feed_norm),
        "down": (_array(layer.down.weight).T, _array(layer.down.bias)),
    }


def _fold(linear: torch.nn.Linear, norm: torch.nn.LayerNorm) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    weights = _array(linear.weight).T
    return _array(norm.weight)[:, None] * weights, _array(linear.bias) + _array(norm.bias) @ weights


def _to_int8(weights: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return the weights as integers of -127 to 127 and the scale of each column."""
    largest = np.abs(weights).max(0)
    scales = (np.where(largest > 0, largest, 1) / 127).astype(np.float32)
    return np.rint(weights / scales).astype(np.int8), scales


def _half(tensor: torch.Tensor) -> npt.NDArray[np.float16]:
    return _array(tensor).astype(np.float16)


def _array(tensor: torch.Tensor) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = tensor.detach().cpu().float().numpy()
    return array.copy()
