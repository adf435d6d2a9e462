"""How a turn at a speaker tells the agent that nobody listens any more.

Cancelling a turn would lose what was said so far and leave an error in the history; the agent's stream ends instead.
"""

import asyncio
from contextvars import ContextVar

current_interruption: ContextVar[asyncio.Event | None] = ContextVar("xiao_gpt_interruption", default=None)
"""Set around a turn by whoever may interrupt it; unset in the Assist dialog and in automations."""


def interruption() -> asyncio.Event:
    """Return the event that ends the current turn's reply; one that is never set where nobody interrupts."""
    return current_interruption.get() or asyncio.Event()
