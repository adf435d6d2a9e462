"""Listening to one speaker: a task that asks the cloud for new records for as long as the entry is loaded."""

import asyncio
from collections.abc import Callable
import random

from .const import LOGGER
from .xiaomi import AuthError, Record, Speaker, Unheard, XiaomiError

BATCH = 5
"""Records asked for at once; more are asked for when all of them are new."""
MAX_BATCH = 40
MAX_BACK_OFF_S = 60.0
FAILURES_TO_REPORT = 3
"""A single request that fails is no news; so many in a row are."""


class Listener:
    """Hears what is said to one speaker, each utterance once, in order, none from before the start."""

    def __init__(
        self,
        speaker: Speaker,
        *,
        interval: Callable[[], float],
        heard: Callable[[Record], None],
        failing: Callable[[XiaomiError], None],
        recovered: Callable[[], None],
    ) -> None:
        """Take whom to listen to and whom to tell.

        Args:
            speaker: the speaker.
            interval: returns the seconds between the starts of two requests, asked before each wait.
            heard: called with each new record.
            failing: called once when the cloud cannot be asked for a while, and with an `AuthError` before `run` ends.
            recovered: called once when it can be asked again.
        """
        self._speaker = speaker
        self._interval = interval
        self._heard = heard
        self._failing = failing
        self._recovered = recovered
        self._unheard = Unheard()

    async def run(self) -> None:
        """Listen until cancelled, or until the account must be logged in again."""
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            started = loop.time()
            wait = 0.0
            if self._speaker.info.online:
                try:
                    await self._poll()
                except AuthError as err:
                    self._failing(err)
                    return
                except XiaomiError as err:
                    failures += 1
                    wait = min(MAX_BACK_OFF_S, 2.0 ** (failures - 1)) * random.uniform(0.75, 1.25)  # noqa: S311
                    LOGGER.debug("%s could not be listened to: %s", self._speaker.info.name, err)
                    if failures == FAILURES_TO_REPORT:
                        self._failing(err)
                else:
                    if failures >= FAILURES_TO_REPORT:
                        self._recovered()
                    failures = 0
            await asyncio.sleep(max(wait, self._interval() - (loop.time() - started)))

    async def _poll(self) -> None:
        """Ask once and tell what is new."""
        limit = BATCH
        records, server_time = await self._speaker.records(limit)
        while self._unheard.primed and limit < MAX_BATCH and self._unheard.all_new(records, limit):
            limit *= 2
            records, server_time = await self._speaker.records(limit)
        for record in self._unheard.select(records, server_time):
            self._heard(record)
