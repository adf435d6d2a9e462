"""Silencing XiaoAI's own answer, so that it does not talk over ours."""

import asyncio
from contextlib import suppress

from .const import LOGGER
from .phrases import Phrase
from .turn import Turn
from .xiaomi import Speaker, XiaomiError

CHECK_S = 0.6
"""The play status follows what the speaker does by up to half a second or more (mi-gpt waits 3 s)."""
HUM_AFTER_S = 0.15
"""So soon an answer of the home's would come; whatever takes longer is preceded by a hum where nothing else helps."""


async def silence(speaker: Speaker, turn: Turn) -> None:
    """Silence XiaoAI's own answer, and make sure of it, once, where the speaker tells.

    Raises nothing: where it cannot be done, our first words replace it anyway.
    """
    if turn.interrupted:
        return  # what XiaoAI says now is about something newer
    try:
        if not speaker.model.pausable:
            await _replace(speaker, turn)
            return
        await speaker.pause()
        if not speaker.reports_status:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(CHECK_S):
                await turn.talk.begun.wait()
        # What comes next may be our own words, and must not be stopped.
        if not turn.talk.begun.is_set() and await speaker.is_speaking() and not turn.talk.begun.is_set():
            await speaker.stop()
    except XiaomiError as err:
        LOGGER.debug("%s could not be silenced: %s", speaker.info.name, err)


async def _replace(speaker: Speaker, turn: Turn) -> None:
    """Have the speaker hum in place of what XiaoAI says: what cannot be paused can be replaced."""
    with suppress(TimeoutError):
        async with asyncio.timeout(HUM_AFTER_S):
            await turn.talk.begun.wait()
    # An audio of ours replaces no words.
    if not (turn.talk.begun.is_set() and not turn.talk.by_address) and not turn.interrupted:
        await speaker.say(Phrase.HUM)
