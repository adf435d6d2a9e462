"""The one place where talking waits for time to pass."""

import asyncio


class Clock:
    """The event loop's time."""

    def now(self) -> float:
        """Return the time in seconds."""
        return asyncio.get_running_loop().time()

    async def wait(self, event: asyncio.Event, seconds: float | None = None) -> bool:
        """Wait for an event, for some seconds at most, and tell whether it has happened."""
        try:
            async with asyncio.timeout(seconds):
                return await event.wait()
        except TimeoutError:
            return False
