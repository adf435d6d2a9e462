"""Listening to one speaker: a task that asks the cloud for new records for as long as the entry is loaded."""

import asyncio
from collections.abc import Callable
import time

from .const import LOGGER
from .polling import PollBudget
from .xiaomi import AuthError, Record, Speaker, ThrottledError, Unheard, XiaomiError, spread

BATCH = 5
"""Records asked for at once; those before them are asked for when all of them are new."""
MAX_RECORDS = 40
FIRST_BACK_OFF_S = 1.0
MAX_BACK_OFF_S = 60.0
FAILURES_TO_REPORT = 3
"""A single request that fails is no news; so many in a row are."""


class Listener:
    """Hears what is said to one speaker, each utterance once, in order, none from before the start."""

    def __init__(
        self,
        speaker: Speaker,
        *,
        budget: PollBudget,
        heard: Callable[[Record, float], None],
        failing: Callable[[XiaomiError], None],
        recovered: Callable[[], None],
    ) -> None:
        """Take whom to listen to and whom to tell.

        Args:
            speaker: the speaker.
            budget: says when to ask. The speaker takes part in it by its did.
            heard: called with each new record and its age in seconds, by the server's clock.
            failing: called once when the cloud cannot be asked for a while, or at once if that needs a person.
            recovered: called once when it can be asked again.
        """
        self._speaker = speaker
        self._budget = budget
        self._heard = heard
        self._failing = failing
        self._recovered = recovered
        self._unheard = Unheard()
        self._reported = False

    async def run(self) -> None:
        """Listen until cancelled."""
        did = self._speaker.info.did
        failures = 0
        while True:
            started = time.monotonic()
            if self._speaker.info.online:
                try:
                    await self._poll()
                except XiaomiError as err:
                    failures += 1
                    LOGGER.debug("%s could not be listened to: %s", self._speaker.info.name, err)
                    self._report(failures, err)
                    if isinstance(err, ThrottledError):
                        self._budget.throttled()
                    else:
                        await asyncio.sleep(_back_off(failures))
                else:
                    failures = 0
                    self._budget.served()
                    if self._reported:
                        self._reported = False
                        self._recovered()
            if await self._budget.wait(did, started):
                self._unheard = Unheard()  # what was said while it rested was not for us

    def _report(self, failures: int, error: XiaomiError) -> None:
        if not self._reported and (failures >= FAILURES_TO_REPORT or isinstance(error, AuthError)):
            self._reported = True
            self._failing(error)

    async def _poll(self) -> None:
        """Ask, page by page as long as all is new, and tell what is new."""
        page, server_time = await self._speaker.records(BATCH)
        records = page
        while self._unheard.primed and len(records) < MAX_RECORDS and self._unheard.all_new(page):
            page, _ = await self._speaker.records(BATCH, before_ms=page[0].time - 1)
            records = page + records
        for record in self._unheard.select(records, server_time):
            age = (server_time - record.time) / 1000 if server_time else 0.0
            self._heard(record, max(0.0, age))


def _back_off(failures: int) -> float:
    """Return for how many seconds not to ask after so many failures in a row, at random so that speakers spread."""
    return spread(min(MAX_BACK_OFF_S, FIRST_BACK_OFF_S * 2.0 ** min(failures - 1, 10)))
