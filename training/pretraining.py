"""Masked-language pre-training: the encoder learns how Chinese goes before it learns who answers."""

from collections.abc import Sequence
import logging
import random
import time

import torch
from torch.nn import functional

from .batches import batches
from .encoder import Encoder, LanguageModel, Shape
from .schedule import warm_then_cosine
from .vocabulary import MASK, Tokenizer, padded

_LOG = logging.getLogger(__name__)
_TOKENS = 4096
_RATE = 1.2e-3
_MASKED = 0.2
_REPORT = 100


def pretrain(shape: Shape, tokenizer: Tokenizer, texts: Sequence[str], epochs: int, seed: int) -> Encoder:
    """Return an encoder that has filled in masked tokens of the texts."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    rows = [ids for text in texts if len(ids := tokenizer.ids(text)) > 3]
    model = LanguageModel(Encoder(shape, dropout=0.05))
    optimizer = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    steps = epochs * sum(1 for _ in batches([len(row) for row in rows], _TOKENS, random.Random(seed)))
    schedule = warm_then_cosine(optimizer, steps, warm=20)
    began, step, total = time.monotonic(), 0, 0.0
    for _ in range(epochs):
        for batch in batches([len(row) for row in rows], _TOKENS, rng):
            ids, masked, truth = mask(padded([rows[index] for index in batch]), shape.vocabulary)
            if not masked.any():
                continue
            loss = functional.cross_entropy(model(ids, masked), truth)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            step, total = step + 1, total + loss.item()
            if step % _REPORT == 0:
                _LOG.info("step %d of %d: loss %.3f, %.0f s", step, steps, total / _REPORT, time.monotonic() - began)
                total = 0.0
    return model.encoder


def mask(ids: torch.Tensor, vocabulary: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Hide a fifth of the tokens: eight of ten behind [MASK], one behind another token, one not at all.

    Returns:
        the ids as the model sees them, where something is hidden, and what.
    """
    masked = (torch.rand(ids.shape) < _MASKED) & (ids > MASK)
    truth = ids[masked]
    chance = torch.rand(truth.shape)
    seen = torch.where(chance < 0.8, torch.full_like(truth, MASK), truth)
    seen = torch.where(chance > 0.9, torch.randint(MASK + 1, vocabulary, truth.shape), seen)
    hidden = ids.clone()
    hidden[masked] = seen
    return hidden, masked, truth
