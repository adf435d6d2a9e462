"""The part of a conversation that a model is told again: whole turns, as many as a budget of tokens has room for."""

from collections.abc import Mapping, Sequence
from typing import Any

from .tokens import CountTokens, count_message

DEFAULT_HISTORY_TOKENS = 8000
"""Some dozens of turns at a speaker; a service's smallest context is 8 k, most have 128 k."""

_INSTRUCTIONS = frozenset({"system", "developer"})


def trim[M: Mapping[str, Any]](messages: Sequence[M], budget: int, count: CountTokens) -> list[M]:
    """Return the messages without the oldest turns that the budget has no room for.

    A turn is what a user says and all that answers it: words, calls of tools, their results. The turn that is being
    taken stays whatever it costs, and so do the instructions at the beginning, which the budget does not count.

    Args:
        messages: of the chat completions API, oldest first.
        budget: tokens of all turns together.
        count: counts the tokens of a text.
    """
    begin = next((at for at, said in enumerate(messages) if said["role"] not in _INSTRUCTIONS), len(messages))
    starts = [at for at in range(begin, len(messages)) if messages[at]["role"] == "user"]
    if not starts:
        return list(messages)
    kept, left, end = starts[-1], budget, len(messages)
    for start in reversed(starts):
        left -= sum(count_message(message, count) for message in messages[start:end])
        if left < 0 and start != starts[-1]:
            break
        kept = end = start
    # What was said before the first user spoke (an announcement) goes with the first turn.
    everything = kept == starts[0] and left - sum(count_message(said, count) for said in messages[begin:kept]) >= 0
    return [*messages[:begin], *messages[begin if everything else kept :]]
