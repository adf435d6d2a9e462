"""What events, triggers and the like tell of what happens at a speaker."""

from typing import Any

from .exchange import Exchange
from .routing import Decision
from .xiaomi import Record


def of_heard(record: Record, decision: Decision) -> dict[str, Any]:
    """Return what is told of an utterance."""
    return {
        "utterance": record.query,
        "xiaoai": record.answer,
        "route": decision.route,
        "reason": decision.reason,
        "intent": decision.intent,
        "score": round(decision.score, 3),
    }


def of_exchange(exchange: Exchange) -> dict[str, Any]:
    """Return what is told of an exchange."""
    first = exchange.first_words_s
    return {
        "utterance": exchange.question,
        "answer": exchange.answer,
        "by": exchange.by,
        "reason": exchange.reason,
        "first_words": None if first is None else round(first, 3),
        "interrupted": exchange.interrupted,
    }
