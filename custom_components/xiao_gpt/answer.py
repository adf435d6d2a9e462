"""Giving one answer: XiaoAI is silenced while the agent begins to think, its words are spoken while they come."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import Enum, auto
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


class Said(Enum):
    """Whose answer was given."""

    BY_AGENT = auto()
    BY_US = auto()
    """The agent failed, and we said so, or said what XiaoAI had answered."""
    BY_XIAOAI = auto()
    """The agent failed, and XiaoAI is answering by itself, undisturbed."""


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
    ) -> Said:
        """Give the answer, and return when the last word is over.

        Args:
            ask: asks the agent, whose words go to the turn's talk. Returns what there is to say if it fails.
            instead: what XiaoAI answered, said by us if the agent fails without a word.
            patient: leave XiaoAI alone until the first words: a person wants that, or the agent has failed lately.

        Raises:
            XiaomiError: the speaker could not be spoken through.
        """
        turn = self._turn
        helpers = [asyncio.create_task(self._silence(patient=patient))]
        if self._thinking_after_s and not (patient and instead):
            helpers.append(asyncio.create_task(self._think_aloud()))
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
        if failure is None:
            return Said.BY_AGENT
        return Said.BY_XIAOAI if patient and instead and not self._words.any else Said.BY_US

    async def _ask(self, ask: Callable[[], Awaitable[str | None]]) -> str | None:
        """Ask the agent; give up a stream that has stalled. Return what there is to say about a failure."""
        asking = asyncio.ensure_future(ask())
        try:
            stalled = await self._stalls(asking)
            if stalled:
                LOGGER.warning("The answer at %s stopped coming and was given up", self._speaker.info.name)
                self._turn.enough.set()
            # Ours ends when it has been told that it is enough; others may not know how to be told.
            failure = None
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSING_S):
                    failure = await asking
        except Exception:  # noqa: BLE001 (an agent may be anybody's code; the person must not wait in vain)
            LOGGER.exception("The agent failed at %s", self._speaker.info.name)
            return Phrase.SORRY
        else:
            return Phrase.STALLED if stalled else failure
        finally:
            asking.cancel()

    async def _stalls(self, asking: asyncio.Future[str | None]) -> bool:
        """Wait until the agent has ended or need not go on; return whether its words began to come and stopped."""
        enough = asyncio.ensure_future(self._turn.enough.wait())
        came = asyncio.ensure_future(self._words.came.wait())
        try:
            while not asking.done() and not enough.done():
                timeout = STALL_S if self._words.any else None
                awaited: set[asyncio.Future[Any]] = {asking, came, enough}
                done, _ = await asyncio.wait(awaited, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    return True
                if came.done():
                    self._words.came.clear()
                    came = asyncio.ensure_future(self._words.came.wait())
        finally:
            enough.cancel()
            came.cancel()
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
            if self._speaker.model.pausable or not self._turn.talk.by_address:
                return  # or it is paused before
        await silence(self._speaker, self._turn)

    async def _think_aloud(self) -> None:
        """Say, once, that an answer is being thought of, if nothing else can be said for a while."""
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
