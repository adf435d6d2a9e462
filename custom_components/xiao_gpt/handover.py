"""What XiaoAI is told to do in a person's place: its record of it is nobody's utterance."""

import asyncio
from difflib import SequenceMatcher
import time

from homeassistant.core import callback

from .routing import normal
from .xiaomi import Kind, Record, Speaker, XiaomiError

HANDED_OVER_S = 30.0
"""So soon XiaoAI's record of what it was told to do is seen."""
RECORD_S = 12.0
"""How long somebody waits for it."""
EDITED_S = 3.0
"""A record may come without XiaoAI's answer, which is written into it while XiaoAI answers, so much later at most."""
LOOK_S = 0.4
"""Between two looks at a record."""
_ALIKE = 0.8
"""What was told comes back as the recogniser's, with 26 for 二十六 perhaps."""


class Handover:
    """What XiaoAI was told at one speaker."""

    def __init__(self, speaker: Speaker) -> None:
        """Take the speaker."""
        self._speaker = speaker
        self._told: tuple[str, float] | None = None
        self._awaited: dict[asyncio.Future[Record], str] = {}
        self._one_at_a_time = asyncio.Lock()

    @callback
    def tell(self, words: str) -> None:
        """Remember that XiaoAI is told something that it answers by itself at the speaker."""
        self._told = words, time.monotonic()

    def was_told(self, query: str) -> bool:
        """Return whether it is not a person who says this."""
        if self._told is None:
            return False
        words, when = self._told
        return _same(query, words) and time.monotonic() < when + HANDED_OVER_S

    async def ask(self, words: str, *, silent: bool) -> Record | None:
        """Let XiaoAI do something, and return its record; None if that does not come.

        Args:
            words: what to do, as a person would say it.
            silent: whether XiaoAI shall not speak, where the model can do it so.

        Raises:
            XiaomiError: the speaker could not be told.
        """
        async with self._one_at_a_time:
            record: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
            self._awaited[record] = words
            try:
                await self._speaker.execute(words, silent=silent)
                async with asyncio.timeout(RECORD_S):
                    return await settled(self._speaker, await record)
            except TimeoutError:
                # It may come yet, and is no person's then either.
                self.tell(words)
                return None
            finally:
                del self._awaited[record]

    @callback
    def take(self, record: Record) -> bool:
        """Return whether somebody waits for this record, who gets it: it is not to be answered."""
        for waiting, words in self._awaited.items():
            if not waiting.done() and _same(record.query, words):
                waiting.set_result(record)
                return True
        return False


async def settled(speaker: Speaker, record: Record) -> Record:
    """Return the record as it is once XiaoAI's answer is in it; as it was, if none comes."""
    loop = asyncio.get_running_loop()
    end = loop.time() + EDITED_S
    while record.kind is Kind.EMPTY and loop.time() < end:
        await asyncio.sleep(LOOK_S)  # nothing tells of an edit
        try:
            newer, _ = await speaker.records()
        except XiaomiError:
            continue  # whoever listens reports it
        record = next((one for one in newer if one.time == record.time), record)
    return record


def _same(said: str, words: str) -> bool:
    one, other = normal(said), normal(words)
    return one == other or SequenceMatcher(None, one, other).ratio() >= _ALIKE
