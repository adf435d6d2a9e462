"""How long one utterance takes, numpy and onnxruntime with the same int8 model on one thread, in turns.

python -m training.speed prints one JSON object. It is a process of its own because a thread count is read at the start.
"""

import os

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

from collections.abc import Callable
import json
import sys
import time

import numpy as np
import onnxruntime

from custom_components.xiao_gpt.routing import Context, ModelKind, Router, load
from custom_components.xiao_gpt.routing.encoder import CLS, UNKNOWN, Encoder
from custom_components.xiao_gpt.routing.text import tokens

from . import evidence, onnx_model
from .shipping import MODELS

_UTTERANCES = 300
_ROUNDS = 3


def main() -> None:
    """Measure and print."""
    with np.load(MODELS / "bert.npz", allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    vocabulary = arrays["names"].tobytes().decode().split("\n")
    ids = {token: number for number, token in enumerate(vocabulary)}
    encoder = Encoder(arrays, vocabulary)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        onnx_model.build(arrays).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )

    def onnx(text: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        row = [CLS, *(ids.get(token, UNKNOWN) for token in tokens(text))][: len(arrays["positions"])]
        result: np.ndarray[tuple[int], np.dtype[np.float32]] = session.run(None, {"ids": np.array(row)})[0]
        return result

    texts = [case.text for case in evidence.read()][:_UTTERANCES]
    difference = max(float(np.abs(encoder.logits(text) - onnx(text)).max()) for text in texts)
    router = Router(load(ModelKind.BOTH))
    ways: dict[str, Callable[[str], object]] = {
        "numpy": encoder.logits,
        "onnxruntime": onnx,
        "svm": load(ModelKind.SVM).classify,
        "bert": load(ModelKind.BERT).classify,
        "router": lambda text: router.decide(text, Context(enabled=True)),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_ROUNDS):
        for name, way in ways.items():
            for text in texts:
                began = time.perf_counter()
                way(text)
                times[name].append((time.perf_counter() - began) * 1000)
    figures = {
        name: {"p50": float(np.median(found)), "p95": float(np.percentile(found, 95))} for name, found in times.items()
    }
    ratio = figures["numpy"]["p50"] / figures["onnxruntime"]["p50"]
    json.dump({"ms": figures, "ratio": ratio, "difference": difference}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
