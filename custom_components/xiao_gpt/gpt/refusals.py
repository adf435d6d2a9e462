"""Which parameter a service has refused: some say it in a field, the others somewhere in their sentence."""

from collections.abc import Iterable
import json
import re
from typing import Any

_WORDS = {
    # A word of every day, unlike the others.
    "stop": r"['\"`]stop\\?['\"`]|stop (?:sequence|word|list|参数)|stop参数",
    # Ollama says what a model cannot do instead of what it was sent.
    "reasoning_effort": r"reasoning_effort|reasoning\.effort|supports? (?:thinking|reasoning)",
    # Not the mode, of which DeepSeek speaks when something else is wrong.
    "thinking": r"thinking\.type|['\"`]thinking\\?['\"`]|supports? (?:thinking|reasoning)|thinking参数",
    "tools": r"web_search",
}
"""How a parameter is spoken of, where it is not simply by its name."""


def refused_parameter(body: Any, sent: Iterable[str]) -> str | None:
    """Return the one of the parameters that were sent that an error body complains about, or None.

    Args:
        body: the error, as the service sent it.
        sent: the names of the parameters.
    """
    names = list(sent)
    param = body.get("param") if isinstance(body, dict) else None
    if isinstance(param, str):
        # "stop[0]" and "thinking.type" are about their first word.
        return next((name for name in names if re.fullmatch(rf"{re.escape(name)}(?:[.\[].*)?", param)), None)
    text = json.dumps(body, ensure_ascii=False)
    found = {name: match.start() for name in names if (match := re.search(_pattern(name), text, re.IGNORECASE))}
    return min(found, key=lambda name: found[name], default=None)


def _pattern(name: str) -> str:
    # No \b: Chinese characters, which may follow at once, are letters to it.
    return rf"(?<![A-Za-z0-9_])(?:{_WORDS.get(name, re.escape(name))})(?![A-Za-z0-9_])"
