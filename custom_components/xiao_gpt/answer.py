"""Giving one answer: XiaoAI is silenced while the agent begins to think, its words are spoken while they come."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from .const import LOGGER
from .phrases import Phrase
from .silencing import silence
from .turn import Turn, Words
from .xiaomi import Speaker, XiaomiError

STALL_S = 15.0
"""A stream that has begun and brings nothing for so long is given up. (Before it begins, the service's own time-out
counts: models that think first take longer.)"""
_CLOSING_S = 5.0
"""How long an agent has to end after its answer was given up; one that cannot be told is cancelled then."""


class Answer:
    """One answer at a speaker."""

    def __init__(self, speaker: Speaker, turn: Turn, words: Words, *, thinking_after_s: float = 0.0) -> None:
        """Take who answers what.

        Args:
            speaker: where.
            turn: what is answered.
            words: of the agent, on their way to the turn's talk.
            thinking_after_s: after so long without a word the speaker says that it is thinking; 0: never.
        """
        self._speaker = speaker
        self._turn = turn
        self._words = words
        self._thinking_after_s = thinking_after_s

    async def give(
        self, ask: Callable[[], Awaitable[str | None]], *, instead: str | None = None, patient: bool = False
    ) -> bool:
        """Give the answer, and return when the last word is over.

        Args:
            ask: asks the agent, whose words go to the turn's talk. Returns what there is to say if it fails.
            instead: what XiaoAI answered, said by us if the agent fails without a word.
            patient: leave XiaoAI alone until the agent's first words: it has failed lately.

        Returns:
            Whether the agent did not fail.

        Raises:
            XiaomiError: the speaker could not be spoken through.
        """
        turn = self._turn
        helpers = [asyncio.create_task(self._silence(patient=patient)), asyncio.create_task(self._think_aloud())]
        speaking = asyncio.create_task(self._utter())
        try:
            failure = await self._ask(ask)
            if failure is not None and not turn.interrupted:
                self._excuse(failure, instead, patient=patient)
            turn.talk.finish()
            await speaking
        finally:
            for task in (*helpers, speaking):
                task.cancel()
        return failure is None

    async def _ask(self, ask: Callable[[], Awaitable[str | None]]) -> str | None:
        """Ask the agent; give up a stream that has stalled. Return what there is to say about a failure."""
        asking = asyncio.ensure_future(ask())
        try:
            if await self._stalls(asking):
                LOGGER.warning("The answer at %s stopped coming and was given up", self._speaker.info.name)
                self._turn.enough.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_CLOSING_S):
                        await asking
                return Phrase.STALLED
            return await asking
        except Exception:  # noqa: BLE001 (an agent may be anybody's code; the person must not wait in vain)
            LOGGER.exception("The agent failed at %s", self._speaker.info.name)
            return Phrase.SORRY
        finally:
            asking.cancel()

    async def _stalls(self, asking: asyncio.Future[str | None]) -> bool:
        """Return whether words have begun to come and stopped, before the answer was complete."""
        while not asking.done():
            came = asyncio.ensure_future(self._words.came.wait())
            timeout = STALL_S if self._words.any else None
            either: set[asyncio.Future[Any]] = {asking, came}
            done, _ = await asyncio.wait(either, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            came.cancel()
            if not done:
                return True
            self._words.came.clear()
        return False

    def _excuse(self, failure: str, instead: str | None, *, patient: bool) -> None:
        """Say that the agent failed, unless XiaoAI has a good answer of its own."""
        talk = self._turn.talk
        if self._words.any:
            talk.feed(f"\n{failure}")
        elif not instead:
            talk.feed(failure)
        elif not patient:  # we have silenced it
            talk.feed(instead)

    async def _silence(self, *, patient: bool) -> None:
        if patient:
            await self._turn.talk.begun.wait()  # our first words replace what XiaoAI says
            return
        await silence(self._speaker, self._turn)

    async def _think_aloud(self) -> None:
        """Say, once, that an answer is being thought of, if nothing else can be said for a while."""
        if not self._thinking_after_s:
            return
        talk = self._turn.talk
        with suppress(TimeoutError):
            async with asyncio.timeout(self._thinking_after_s):
                await talk.begun.wait()
        if talk.begun.is_set() or self._turn.interrupted:
            return
        try:
            await self._speaker.say(Phrase.THINKING)
        except XiaomiError as err:
            LOGGER.debug("%s did not think aloud: %s", self._speaker.info.name, err)

    async def _utter(self) -> None:
        """Speak the turn's words as they come; if that ends before they do, the agent need not go on."""
        try:
            spoken = await self._turn.talk.run()
        except XiaomiError:
            self._turn.interrupt()
            raise
        if spoken.hushed:
            LOGGER.debug("%s was silenced at the speaker itself", self._speaker.info.name)
            self._turn.interrupt()
