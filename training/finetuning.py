"""Fine-tuning: the pre-trained encoder learns what utterances want, and with that who answers."""

from collections.abc import Sequence
from dataclasses import dataclass
import logging
import random
import time

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from .batches import batches
from .corpus import INTENTS, NATIVE, Utterance
from .encoder import Classifier, Encoder, Shape, state
from .noise import Noise
from .schedule import warm_then_cosine
from .vocabulary import Tokenizer, padded

_LOG = logging.getLogger(__name__)
_TOKENS = 2048
_NOISY = 0.35
_SMOOTHING = 0.05
_AVERAGE = 0.996
_LAYER_DECAY = 0.85


@dataclass(frozen=True, slots=True)
class Example:
    """A text to learn from."""

    text: str
    target: npt.NDArray[np.float32]
    """The probability of each intent."""
    weight: float = 1.0


def labelled(utterance: Utterance, weight: float = 1.0) -> Example:
    """Return an example of what a person has labelled: nearly, but not quite, certain."""
    target = np.full(len(INTENTS), _SMOOTHING / len(INTENTS), np.float32)
    target[INTENTS.index(utterance.intent)] += 1 - _SMOOTHING
    return Example(utterance.text, target, weight)


def finetune(
    encoder_state: tuple[Shape, dict[str, torch.Tensor]],
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    *,
    noise: Noise,
    epochs: int,
    rate: float,
    seed: int,
) -> Classifier:
    """Return a classifier with the average of the weights of its last steps."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    shape, weights = encoder_state
    encoder = Encoder(shape, dropout=0.1)
    encoder.load_state_dict(weights)
    model = Classifier(encoder, len(INTENTS))
    optimizer = torch.optim.AdamW(_groups(model, rate), weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    lengths = [len(tokenizer.ids(example.text)) for example in examples]
    steps = epochs * sum(1 for _ in batches(lengths, _TOKENS, random.Random(seed)))
    schedule = warm_then_cosine(optimizer, steps, warm=16)
    average = state(model)
    began = time.monotonic()
    for epoch in range(epochs):
        total = count = 0.0
        for batch in batches(lengths, _TOKENS, rng):
            chosen = [examples[index] for index in batch]
            texts = [noise(example.text, rng) if rng.random() < _NOISY else example.text for example in chosen]
            loss = _loss(model(padded([tokenizer.ids(text) for text in texts])), chosen)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            torch._foreach_lerp_(list(average.values()), list(model.state_dict().values()), 1 - _AVERAGE)
            total, count = total + loss.item(), count + 1
        _LOG.info("epoch %d of %d: loss %.3f, %.0f s", epoch + 1, epochs, total / count, time.monotonic() - began)
    model.load_state_dict(average)
    return model.eval()


def label_log_odds(logits: torch.Tensor) -> torch.Tensor:
    """Return the log odds of llm against native, which are those of all its intents together."""
    return torch.logsumexp(logits[:, len(NATIVE) :], 1) - torch.logsumexp(logits[:, : len(NATIVE)], 1)


@torch.no_grad()
def predict(model: Classifier, tokenizer: Tokenizer, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return the logits, shape (texts, intents), in full precision."""
    rows = [tokenizer.ids(text) for text in texts]
    result = np.zeros((len(rows), len(INTENTS)), np.float32)
    for batch in batches([len(row) for row in rows], 4096, random.Random(0)):
        result[batch] = model(padded([rows[index] for index in batch])).numpy()
    return result


def _loss(logits: torch.Tensor, examples: Sequence[Example]) -> torch.Tensor:
    """Return the mean loss of intent and label, by the examples' weights."""
    weights = torch.tensor([example.weight for example in examples])
    targets = torch.from_numpy(np.stack([example.target for example in examples]))
    llm = targets[:, len(NATIVE) :].sum(1)
    loss = functional.cross_entropy(logits, targets, reduction="none")
    loss = loss + 2 * functional.binary_cross_entropy_with_logits(label_log_odds(logits), llm, reduction="none")
    return (loss * weights).sum() / weights.sum()


def _groups(model: Classifier, rate: float) -> list[dict[str, object]]:
    """Return the parameters with their rates: the lower a layer, the less it changes."""
    layers = len(model.encoder.layers)
    groups: list[dict[str, object]] = [
        {"params": list(model.head.parameters()) + list(model.encoder.norm.parameters()), "lr": rate}
    ]
    for number, layer in enumerate(model.encoder.layers):
        groups.append({"params": list(layer.parameters()), "lr": rate * _LAYER_DECAY ** (layers - number)})
    below = [*model.encoder.tokens.parameters(), *model.encoder.positions.parameters()]
    groups.append({"params": below, "lr": rate * _LAYER_DECAY ** (layers + 1)})
    return groups
