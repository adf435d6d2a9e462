"""How many tokens a text is: by a real tokenizer where there is one, else an estimate by kinds of characters."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
import json
import re
from typing import Any

type CountTokens = Callable[[str], int]
"""Returns how many tokens a text is."""

O200K = "o200k_base"
CL100K = "cl100k_base"
_OLD_MODELS = re.compile(r"(ft:)?gpt-(4(-|$)|4-turbo|3\.5|35)")
_NEW_MODELS = re.compile(r"(ft:)?(gpt-\d|chatgpt|o\d)")

PER_MESSAGE = 4
"""Tokens that the role and the borders of a message take (OpenAI's cookbook says 3 to 4)."""

LONG_WORD = 6
"""Letters that most words of one token have at most."""

_PARTS = re.compile(
    r"(?P<han>[\u3400-\u9fff\uf900-\ufaff])"
    r"|(?P<word>[A-Za-z\u00c0-\u024f]+)"
    r"|(?P<digits>[0-9]{1,3})"
    r"|(?P<mark>[!-/:-@\[-`{-~]+)"
    r"|(?P<chinese_mark>[、。，！？：；“”‘’（）《》【】…—·～「」])"
    r"|(?P<lines>\s*\n\s*)"
    r"|(?P<gap>\s{2,})"
    r"|(?P<letter>\w)"
    r"|(?P<symbol>\S)"
)
FEATURES = ("han", "word", "long", "digits", "mark", "marks", "chinese_mark", "lines", "gap", "letter", "symbol")

# Fitted by `benchmarks/tokens.py`, which also tells how far off they are.
_WEIGHTS: dict[str, tuple[float, ...]] = {
    O200K: (0.84, 1.03, 0.00, 1.46, 0.77, 0.19, 1.19, 1.25, 0.80, 0.42, 0.82),
    CL100K: (1.26, 1.07, 0.00, 1.53, 0.65, 0.24, 1.31, 1.47, 0.58, 0.74, 2.41),
    "": (0.56, 1.05, 0.03, 1.69, 0.76, 0.24, 1.59, 1.58, 0.91, 0.50, 0.24),  # DeepSeek's, which others are like
}


def encoding_of(model: str) -> str | None:
    """Return the name of the encoding of an OpenAI model, or None: the other vendors' are their own."""
    name = model.rpartition("/")[2].lower()
    if _OLD_MODELS.match(name):
        return CL100K
    return O200K if _NEW_MODELS.match(name) else None


def features(text: str) -> list[int]:
    """Return how often each of `FEATURES` is in a text."""
    found: Counter[str] = Counter()
    for part in _PARTS.finditer(text):
        kind = str(part.lastgroup)
        found[kind] += 1
        if kind == "word":
            found["long"] += max(0, part.end() - part.start() - LONG_WORD)
        elif kind == "mark":  # a run of them is seldom one token each
            found["marks"] += part.end() - part.start() - 1
    return [found[name] for name in FEATURES]


def estimate(text: str, encoding: str | None = None) -> int:
    """Return about how many tokens a text is: within 15 % on the usual mixture of texts.

    Args:
        text: the text.
        encoding: as `encoding_of` returns it.
    """
    weights = _WEIGHTS[encoding or ""]
    return round(sum(weight * times for weight, times in zip(weights, features(text), strict=True)))


def count_message(message: Mapping[str, Any], count: CountTokens) -> int:
    """Return how many tokens a message of the chat completions API is."""
    content = message.get("content") or ""
    texts = [content] if isinstance(content, str) else [str(part.get("text", "")) for part in content]
    for call in message.get("tool_calls") or ():
        texts += (call["function"]["name"], call["function"]["arguments"])
    return PER_MESSAGE + sum(map(count, texts))


def count_prompt(messages: Iterable[Mapping[str, Any]], tools: Iterable[Mapping[str, Any]], count: CountTokens) -> int:
    """Return how many tokens a request is; of its tools, which services rewrite, about how many."""
    described = [json.dumps(tool, ensure_ascii=False, separators=(",", ":")) for tool in tools]
    return sum(count_message(message, count) for message in messages) + sum(map(count, described))
