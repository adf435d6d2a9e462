"""What tokens cost: the list prices of common models, and what a reply has cost."""

from collections.abc import Mapping
from dataclasses import dataclass
import re
from typing import Any, Self

from .reply import Usage

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Money per million tokens."""

    input: float
    output: float
    cached: float | None = None
    """For the part of the prompt that was in the service's cache; None: as the rest."""
    currency: str = "USD"
    """ISO 4217."""

    def cost(self, usage: Usage) -> float:
        """Return what a reply has cost, in the price's currency."""
        cached = min(usage.cached_tokens, usage.prompt_tokens)
        cached_price = self.input if self.cached is None else self.cached
        paid = (usage.prompt_tokens - cached) * self.input + cached * cached_price
        return (paid + usage.completion_tokens * self.output) / _MILLION

    @classmethod
    def from_data(cls, data: Mapping[str, Any], known: Self | None = None) -> Self | None:
        """Return the price that a person has typed, or the known one where nothing was typed.

        Args:
            data: with the keys "input" and "output", and, if need be, "cached" and "currency".
            known: the list price; where only a part was typed, the rest is taken of it.
        """
        if data.get("input") is None and data.get("output") is None:
            return known
        typed = {key: float(data[key]) for key in ("input", "output", "cached") if data.get(key) is not None}
        currency = str(data.get("currency") or (known.currency if known else "USD")).upper()
        rest = known if known is not None and known.currency == currency else cls(0.0, 0.0)
        # A typed price of input with a cached price of the list would be no price at all.
        return cls(
            typed.get("input", rest.input), typed.get("output", rest.output), typed.get("cached"), currency=currency
        )


def _usd(price_in: float, cached: float | None, price_out: float) -> Price:
    return Price(price_in, price_out, cached, "USD")


def _cny(price_in: float, cached: float | None, price_out: float) -> Price:
    return Price(price_in, price_out, cached, "CNY")


# Only what is sure, and costs the same whatever the length of the prompt: a wrong price is worse than none.
PRICES: dict[str, Price] = {
    # OpenAI and DeepSeek, November 2026 (as litellm 1.109's table has them).
    "gpt-5.6": _usd(4.0, 0.4, 20.0),
    "gpt-5.5": _usd(5.0, 0.5, 30.0),
    "gpt-5.4": _usd(2.5, 0.25, 15.0),
    "gpt-5.4-mini": _usd(0.75, 0.075, 4.5),
    "gpt-5.4-nano": _usd(0.2, 0.02, 1.25),
    "gpt-5.2": _usd(1.75, 0.175, 14.0),
    "gpt-5.1": _usd(1.25, 0.125, 10.0),
    "gpt-5": _usd(1.25, 0.125, 10.0),
    "gpt-5-mini": _usd(0.25, 0.025, 2.0),
    "gpt-5-nano": _usd(0.05, 0.005, 0.4),
    "gpt-4.1": _usd(2.0, 0.5, 8.0),
    "gpt-4.1-mini": _usd(0.4, 0.1, 1.6),
    "gpt-4.1-nano": _usd(0.1, 0.025, 0.4),
    "gpt-4o": _usd(2.5, 1.25, 10.0),
    "gpt-4o-mini": _usd(0.15, 0.075, 0.6),
    "gpt-4-turbo": _usd(10.0, None, 30.0),
    "gpt-3.5-turbo": _usd(0.5, None, 1.5),
    "o3": _usd(2.0, 0.5, 8.0),
    "o3-mini": _usd(1.1, 0.55, 4.4),
    "o4-mini": _usd(1.1, 0.275, 4.4),
    "deepseek-chat": _usd(0.28, 0.028, 0.42),
    "deepseek-reasoner": _usd(0.28, 0.028, 0.42),
    "deepseek-v4-flash": _usd(0.3, 0.006, 1.2),
    "deepseek-v4-pro": _usd(1.32, 0.044, 3.96),
    # Qwen, Moonshot, Zhipu and Doubao at their Chinese sites, December 2025.
    "qwen-max": _cny(2.4, None, 9.6),
    "qwen-plus": _cny(0.8, None, 2.0),
    "qwen-turbo": _cny(0.3, None, 0.6),
    "moonshot-v1-8k": _cny(2.0, None, 10.0),
    "moonshot-v1-32k": _cny(5.0, None, 20.0),
    "moonshot-v1-128k": _cny(10.0, None, 30.0),
    "glm-4-plus": _cny(5.0, None, 5.0),
    "glm-4-air": _cny(0.5, None, 0.5),
    "glm-4-flash": _cny(0.0, None, 0.0),
    "glm-4.5-flash": _cny(0.0, None, 0.0),
    "glm-4.7-flash": _cny(0.0, None, 0.0),
    "doubao-1-5-pro-32k": _cny(0.8, 0.16, 2.0),
    "doubao-1-5-lite-32k": _cny(0.3, 0.06, 0.6),
}

_VERSION = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{4,8}|latest)$")
"""A version of a model, at the same price: gpt-4o-2024-08-06, glm-4-flash-250414, qwen-plus-latest."""


def price_of(model: str) -> Price | None:
    """Return the list price of a model, or None where it is not known."""
    name = model.lower().removeprefix("openai/")
    return PRICES.get(name) or PRICES.get(_VERSION.sub("", name))
