"""How loud answers are, where a person wants that to differ from everything else the speaker says and plays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .const import LOGGER
from .xiaomi import Speaker, XiaomiError


class Loudness:
    """The volume of one speaker's answers."""

    def __init__(self, speaker: Speaker) -> None:
        """Take whose it is."""
        self.percent: int | None = None
        """What was set; None: answers are as loud as the speaker is."""
        self._speaker = speaker

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Answer as loud as was set, and leave the speaker as loud as it was, unless a person changes it meanwhile.

        Nobody waits for it: the words may begin before. A speaker whose volume is not known is left as it is, and
        nothing is raised.
        """
        if self.percent is None:
            yield
            return
        percent = max(self.percent, self._speaker.model.min_volume)
        changing = asyncio.create_task(self._change(percent))
        try:
            yield
        finally:
            before = await changing
            if before is not None:
                await self._change_back(percent, before)

    async def _change(self, percent: int) -> int | None:
        """Set the volume; return what it was, or None if nothing was changed."""
        try:
            before = await self._speaker.volume()
            if before is None or before == percent:
                return None
            await self._speaker.set_volume(percent)
        except XiaomiError as err:
            LOGGER.debug("%s does not answer at a volume of its own: %s", self._speaker.info.name, err)
            return None
        return before

    async def _change_back(self, percent: int, before: int) -> None:
        try:
            if await self._speaker.volume() == percent:
                await self._speaker.set_volume(before)
        except XiaomiError as err:
            LOGGER.warning("%s stays as loud as its answers: %s", self._speaker.info.name, err)
