"""The timeline: everything that happens in the simulated world, with its time, in order.

The demo, the tests and the benchmarks measure by it and never by their own clock.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
import time
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    seq: int
    """Position in the timeline, from 0."""
    t: float
    """Seconds since the simulator started (monotonic clock)."""
    event: str
    """What happened, for example ``speech_started``."""
    fields: dict[str, Any] = field(default_factory=dict)
    """What is known about it (JSON values only)."""

    def as_json(self) -> dict[str, Any]:
        """Return the event as one flat JSON object."""
        return {"seq": self.seq, "t": round(self.t, 4), "event": self.event, **self.fields}


class Timeline:
    """An append-only list of events that can be waited on."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._events: list[Event] = []
        self._grown = asyncio.Event()

    def now(self) -> float:
        """Return the seconds since the simulator started."""
        return time.monotonic() - self._start

    def record(self, event: str, /, **fields: Any) -> Event:
        """Append an event that happens now and wake everyone who waits for one."""
        entry = Event(len(self._events), self.now(), event, fields)
        self._events.append(entry)
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()
        return entry

    def since(self, seq: int = 0, event: str | None = None) -> list[Event]:
        """Return the events from position `seq` on, of one kind if `event` names it."""
        return [entry for entry in self._events[seq:] if event in (None, entry.event)]

    def __len__(self) -> int:
        return len(self._events)

    async def wait_for(
        self,
        matches: Callable[[Event], bool],
        *,
        since: int = 0,
        timeout: float = 30,
    ) -> Event:
        """Return the first event from position `since` on that `matches`, waiting for it if need be.

        Raises:
            TimeoutError: none came within `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            while True:
                grown = self._grown
                for entry in self._events[since:]:
                    if matches(entry):
                        return entry
                since = len(self._events)
                await grown.wait()
