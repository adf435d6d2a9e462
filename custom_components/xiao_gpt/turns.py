"""The turns at one speaker: one after the other, and whoever speaks ends them all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from homeassistant.core import callback

from .turn import Turn


class Turns:
    """The turns that are being taken, and those that wait."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """Take who is told when one begins or ends."""
        self._on_change = on_change
        self._turns: list[Turn] = []
        self._urgent: set[Turn] = set()
        self._one_at_a_time = asyncio.Lock()

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self._turns)

    @property
    def answering(self) -> bool:
        """Whether there is one that somebody listens to."""
        return any(not turn.interrupted for turn in self._turns)

    @property
    def questions(self) -> list[str]:
        """What was asked and has not been answered to its end."""
        return [turn.utterance for turn in self._turns if turn.asked]

    @property
    def by_address(self) -> bool:
        """Whether what is being said is an audio that the speaker fetches: see `Narration`."""
        return any(turn.talk.by_address and turn.talk.begun.is_set() and not turn.talk.over for turn in self._turns)

    @callback
    def interrupt(self) -> None:
        """End what is being said: nothing more of it is asked for or spoken."""
        for turn in self._turns:
            turn.interrupt()

    @callback
    def add(self, turn: Turn) -> None:
        """Add one that can be interrupted from now on; `take` is its time."""
        self._turns.append(turn)
        self._on_change()

    @callback
    def remove(self, turn: Turn) -> None:
        """Take one away that is over."""
        self._turns.remove(turn)
        self._urgent.discard(turn)
        self._on_change()

    def take(self) -> asyncio.Lock:
        """Return what is held while a turn is taken: it waits for those before."""
        return self._one_at_a_time

    @asynccontextmanager
    async def ours(self, turn: Turn, *, urgent: bool = False) -> AsyncIterator[None]:
        """Hold a turn that nobody at the speaker asked for; it can be interrupted as any other can.

        Args:
            turn: it waits for those before it.
            urgent: whether these are ended, but for those that are urgent themselves.
        """
        if urgent:  # the words that come replace what is being said
            for other in self._turns:
                if other not in self._urgent:
                    other.interrupt()
        async with self._one_at_a_time:
            # Only now: what somebody says before it has begun is no reason not to say it.
            if urgent:
                self._urgent.add(turn)
            self.add(turn)
            try:
                yield
            finally:
                self.remove(turn)
