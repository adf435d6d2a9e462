"""One audio while it is being made, and how much of it can have been heard."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from .clock import Clock
from .mp3 import Mp3

STARTUP_S = 0.4
"""From when a speaker has the first audio until it sounds, at the least."""


class Sound:
    """An MP3 that grows; whoever fetches it gets it from its beginning, as soon as there is any of it."""

    def __init__(self, on_change: Callable[[], None], clock: Clock | None = None) -> None:
        """Take who is told when something comes, or it is fetched.

        Args:
            on_change: called then.
            clock: the time.
        """
        self._on_change = on_change
        self._clock = clock or Clock()
        self._frames = Mp3()
        self._data: list[bytes] = []
        self._grown = asyncio.Event()
        self._ends: float | None = None
        self.seconds = 0.0
        """How long it is by now."""
        self.complete = False
        """Whether nothing more of it will come."""
        self.failure: str | None = None
        """Why it is not the whole, if it is not."""
        self.fetched = False
        """Whether anybody has come for it."""
        self.last_came = self._clock.now()
        """When the last of it came."""

    def add(self, data: bytes) -> None:
        """Add what has just been made."""
        now = self._clock.now()
        for frame in self._frames.feed(data):
            if self.complete:
                return
            self._data.append(frame.data)
            self.seconds += frame.seconds
            if self._ends is not None:  # what comes too late is heard when it comes
                self._ends = max(self._ends, now) + frame.seconds
            self.last_came = now
        self._stir()

    def end(self, failure: str | None = None) -> None:
        """Say that it is complete, or why the rest will not come."""
        if not self.complete:
            self.complete, self.failure = True, failure
            self._stir()

    def cut(self) -> None:
        """Give out nothing more, not even what has been made."""
        self._data.clear()
        self.end()
        self._stir()

    async def fetch(self) -> AsyncGenerator[bytes]:
        """Yield what there is and what comes."""
        if not self.fetched:
            self.fetched = True
            self._play_from_now()
        at = 0
        while True:
            grown = self._grown
            if data := b"".join(self._data[at:]):
                at = len(self._data)
                yield data
            elif self.complete:
                return
            else:
                await grown.wait()

    @property
    def left(self) -> float:
        """Seconds of it that have not been heard yet, of what there is by now; negative: so long ago it was over."""
        return self.seconds if self._ends is None else self._ends - self._clock.now()

    @property
    def position(self) -> float:
        """How many seconds of it have been heard, as far as can be known."""
        return max(0.0, min(self.seconds, self.seconds - self.left)) if self.fetched else 0.0

    def _play_from_now(self) -> None:
        self._ends = self._clock.now() + STARTUP_S + self.seconds
        self._stir()

    def _stir(self) -> None:
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()
        self._on_change()
