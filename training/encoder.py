"""The transformer encoder, as PyTorch trains it."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Shape:
    """How large an encoder is."""

    vocabulary: int
    hidden: int = 256
    layers: int = 4
    heads: int = 4
    feed_forward: int = 768
    positions: int = 64
    """Tokens of the longest utterance, [CLS] included."""

    def as_dict(self) -> dict[str, int]:
        """Return the sizes by name."""
        return asdict(self)


class Layer(nn.Module):
    """Self-attention and feed-forward with normalisation before each (pre-LN trains without a long warm-up)."""

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.heads = shape.heads
        self.attention_norm = nn.LayerNorm(shape.hidden)
        self.qkv = nn.Linear(shape.hidden, 3 * shape.hidden)
        self.out = nn.Linear(shape.hidden, shape.hidden)
        self.feed_norm = nn.LayerNorm(shape.hidden)
        self.up = nn.Linear(shape.hidden, shape.feed_forward)
        self.down = nn.Linear(shape.feed_forward, shape.hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the hidden states after this layer."""
        batch, length, hidden = x.shape
        qkv = self.qkv(self.attention_norm(x)).view(batch, length, 3, self.heads, hidden // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.dropout(self.out(attended.transpose(1, 2).reshape(batch, length, hidden)))
        # ReLU: as good as GELU at this size, and numpy has it.
        return x + self.dropout(self.down(functional.relu(self.up(self.feed_norm(x)))))


class Encoder(nn.Module):
    """Token ids, shape (batch, length) with 0 as padding, to hidden states, shape (batch, length, hidden)."""

    def __init__(self, shape: Shape, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.tokens = nn.Embedding(shape.vocabulary, shape.hidden, padding_idx=0)
        self.positions = nn.Embedding(shape.positions, shape.hidden)
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.hidden)
        self.dropout = nn.Dropout(dropout)
        self.apply(self._initialise)

    @staticmethod
    def _initialise(module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the hidden states."""
        mask = (ids != 0)[:, None, None, :]
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1], device=ids.device))
        x = self.dropout(x)
        for layer in self.layers:
            x = layer(x, mask)
        normed: torch.Tensor = self.norm(x)
        return normed


class LanguageModel(nn.Module):
    """Predicts masked tokens; the output weights are the embedding's."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.transform = nn.Linear(encoder.shape.hidden, encoder.shape.hidden)
        self.norm = nn.LayerNorm(encoder.shape.hidden)
        self.bias = nn.Parameter(torch.zeros(encoder.shape.vocabulary))

    def forward(self, ids: torch.Tensor, masked: torch.Tensor) -> torch.Tensor:
        """Return logits for the masked positions only, shape (number of masked, vocabulary)."""
        hidden = self.encoder(ids)[masked]
        hidden = self.norm(functional.relu(self.transform(hidden)))
        return functional.linear(hidden, self.encoder.tokens.weight, self.bias)


class Classifier(nn.Module):
    """Intent logits from [CLS] and the mean of all tokens."""

    def __init__(self, encoder: Encoder, intents: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * encoder.shape.hidden, intents)
        nn.init.normal_(self.head.weight, std=0.02)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the logits, shape (batch, intents)."""
        hidden = self.encoder(ids)
        present = (ids != 0).unsqueeze(-1)
        mean = (hidden * present).sum(1) / present.sum(1)
        logits: torch.Tensor = self.head(self.dropout(torch.cat([hidden[:, 0], mean], -1)))
        return logits


def state(module: nn.Module) -> dict[str, Any]:
    """Return a copy of the weights that training no longer changes."""
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
