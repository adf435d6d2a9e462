"""Distillation: what two teachers together make of texts without labels is learned by the encoder that is shipped.

An encoder that has read as little as this one knows turns of phrase less well than the linear machine, which in turn
cannot put words together. Their mean is right more often than either; it labels more text than people have labelled.
"""

from collections.abc import Sequence
import random

import numpy as np
import numpy.typing as npt
import torch

from .corpus import LLM, NATIVE
from .encoder import Classifier
from .finetuning import Example, label_log_odds, predict
from .svm import LinearMachine
from .vocabulary import Tokenizer

WEIGHT = 0.5
"""What a text that the teachers have labelled counts; chosen on `validation.jsonl`, as is their number."""
_COUNT = 40_000
_LENGTHS = range(4, 31)
"""In tokens, [CLS] included: an utterance is no longer."""
_MARGIN = 2.0
"""Log odds of one unit of the linear machine's distance from the border, as far as it is trusted beside the encoder."""
_INTENT_MARGIN = 3.0


def distilled(
    texts: Sequence[str], teacher: Classifier, tokenizer: Tokenizer, machine: LinearMachine, seed: int
) -> list[Example]:
    """Return texts that were chosen at random, with the probabilities that the teachers give to each intent."""
    fitting = [text for text in texts if len(tokenizer.ids(text)) in _LENGTHS]
    chosen = random.Random(seed).sample(fitting, min(_COUNT, len(fitting)))
    targets = together(predict(teacher, tokenizer, chosen), machine.scores(chosen))
    return [Example(text, target, WEIGHT) for text, target in zip(chosen, targets, strict=True)]


def together(logits: npt.NDArray[np.float32], scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the probability of each intent, shape (texts, intents), by both teachers.

    Args:
        logits: the encoder's, shape (texts, intents).
        scores: the linear machine's, shape (texts, 1 + intents), the label's first.
    """
    odds = label_log_odds(torch.from_numpy(logits)).numpy() + _MARGIN * scores[:, 0]
    llm = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    intents = (_softmax(logits) + _softmax(_INTENT_MARGIN * scores[:, 1:])) / 2
    for side, share in ((slice(len(NATIVE)), 1 - llm), (slice(-len(LLM), None), llm)):
        intents[:, side] *= (share / intents[:, side].sum(1))[:, None]
    return intents.astype(np.float32)


def _softmax(values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    exponents = np.exp(values - values.max(1, keepdims=True))
    return np.asarray(exponents / exponents.sum(1, keepdims=True))
