"""Timers of the event loop that are cancelled together when their owner goes away."""

import asyncio
from collections.abc import Callable


class Timers:
    """A set of pending timers."""

    def __init__(self) -> None:
        self._pending: set[asyncio.TimerHandle] = set()

    def after(self, seconds: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        """Call `action` in `seconds`, unless the handle or all timers are cancelled before."""
        loop = asyncio.get_running_loop()

        def fire() -> None:
            self._pending.discard(handle)
            action()

        handle = loop.call_at(loop.time() + seconds, fire)
        # Cancelled handles would pile up otherwise: every cut sentence leaves one.
        self._pending = {pending for pending in self._pending if not pending.cancelled()}
        self._pending.add(handle)
        return handle

    def cancel(self) -> None:
        """Cancel all that are pending."""
        for handle in self._pending:
            handle.cancel()
        self._pending.clear()
