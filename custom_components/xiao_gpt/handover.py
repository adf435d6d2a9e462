"""What XiaoAI was told to do in a person's place: its records of that are no person's words."""

import asyncio
from dataclasses import dataclass
import time

from .routing import normal
from .xiaomi import Record

SEEN_WITHIN_S = 30.0
"""So soon XiaoAI's record of what it was told to do is seen."""


@dataclass(slots=True)
class _Told:
    when: float
    record: asyncio.Future[Record]


class Handover:
    """What XiaoAI was told to do at one speaker, until its record of it is seen or no longer to be expected."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._told: dict[str, _Told] = {}

    def add(self, text: str) -> asyncio.Future[Record]:
        """Expect the record of `text`; return what becomes it, if it ever comes."""
        now = time.monotonic()
        self._told = {words: told for words, told in self._told.items() if now < told.when + SEEN_WITHIN_S}
        told = self._told[normal(text)] = _Told(now, asyncio.get_running_loop().create_future())
        return told.record

    def expects(self, query: str) -> bool:
        """Return whether it is not a person who says this, but what XiaoAI was told to do in a person's place."""
        told = self._told.get(normal(query))
        return told is not None and time.monotonic() < told.when + SEEN_WITHIN_S

    def seen(self, record: Record) -> None:
        """Give the record to who waits for it."""
        told = self._told.get(normal(record.query))
        if told is not None and not told.record.done():
            told.record.set_result(record)
