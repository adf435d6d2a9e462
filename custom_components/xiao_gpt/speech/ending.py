"""Waits for a speaker to come to the end of what it was told to say."""

import asyncio
from typing import Protocol

from .clock import Clock
from .pacing import SpeechRate

# Never ask more often: the cloud counts.
_INTERVAL = 0.25
# Speech that goes on longer than expected is looked at less often.
_LATE_INTERVAL = 0.5
# The status may still show the speech before this one.
_SETTLE = 0.5
# The status shows the beginning of speech up to 3 s late. "Silent" before that proves nothing.
_LAG = 3.2
# A request that takes longer says nothing about now any more.
_PATIENCE = 2.0
# The fastest speakers need this share of the time that an unknown one is expected to need.
_GUESS = 0.62
_GUESS_STEP = 0.03
# The first look at a known speaker comes this far into the doubt: earlier ones would seldom see the end.
_EAGER = 0.75
# From so many seconds of its speech on, a speaker is known well enough to be predicted.
_ACQUAINTED = 3.0
# The status may show speech this much longer than there is any.
_TAIL = 0.25
# Without a status a wide margin would be silence after every sentence, so a blind speaker is trusted to be usual
# unless someone has set its pace.
_BLIND_DOUBT = 0.12
_BLIND_SAFETY = 0.2


class Mouth(Protocol):
    """The part of a voice that can be watched."""

    @property
    def reports_status(self) -> bool:
        """Whether it can be asked if it speaks."""

    async def is_speaking(self) -> bool | None:
        """Tell whether it speaks, or None where that cannot be known just now."""


class Ending:
    """The end of one piece of speech, which begins when this is made."""

    def __init__(self, mouth: Mouth, rate: SpeechRate, clock: Clock, stopped: asyncio.Event) -> None:
        self._mouth = mouth
        self._rate = rate
        self._clock = clock
        self._stopped = stopped
        self._start = clock.now()
        self._last_heard: float | None = None

    async def wait(self, words: str, *, make_sure: bool = False) -> bool | None:
        """Return when the words are over, or at once when the talk is stopped.

        Args:
            words: what the speaker was told to say.
            make_sure: look if it begins, too, where that can be told: the cloud's word filter swallows a text and says
                that all is well (mi-gpt#5, #176).

        Returns:
            Whether it has begun; None if nobody made sure.
        """
        expected = self._rate.estimate(words)
        if self._mouth.reports_status:
            return await self._observe(words, expected, make_sure)
        await self._pass(expected * (1 + min(self._rate.doubt, _BLIND_DOUBT)) + _BLIND_SAFETY)
        return None

    async def _observe(self, words: str, expected: float, make_sure: bool) -> bool | None:
        """Look now and then, from the earliest likely end on, until the speaker is silent."""
        doubt = self._rate.doubt
        begun: bool | None = None
        latest = expected * (1 + doubt) + _TAIL
        if self._rate.heard < _ACQUAINTED:
            # The estimate is a guess: find out whether the status can be relied upon, and look early.
            earliest, step = max(expected * _GUESS, _INTERVAL), max(expected * _GUESS_STEP, _INTERVAL)
            at = min(_LAG, earliest)
        else:
            at = earliest = max(expected * (1 - _EAGER * doubt) + _TAIL - _INTERVAL / 2, _INTERVAL)
            step = _INTERVAL
            if make_sure and earliest > _LAG + _LATE_INTERVAL:
                begun = await self._begins()
                if not begun:
                    return False
        while await self._pass(at):
            speaking = await self._read()
            if self._stopped.is_set():
                return begun
            if speaking is False and self._is_over(at, latest):
                self._learn(words, at, expected)
                return begun
            if speaking and at >= _SETTLE:
                self._last_heard = at
            elif speaking is None and self._since() >= latest:
                return begun
            if at >= 3 * expected + 5:
                return begun
            at = max(at + (step if at < latest + _INTERVAL else _LATE_INTERVAL), self._since(), earliest)
        return begun

    async def _begins(self) -> bool:
        """Tell whether the speech has begun by the time at which any has; if in doubt, it has."""
        for at in (_LAG, _LAG + _LATE_INTERVAL):
            if not await self._pass(at) or await self._read() is not False:
                return True
        return False

    def _is_over(self, at: float, latest: float) -> bool:
        """Tell whether silence at this time is the end, not speech that the status does not show yet."""
        if self._last_heard is not None or at >= latest:
            return True
        # A speaker whose ends have been seen before does report its speech; by now it would have.
        return self._rate.heard > 0 and at >= _LAG

    def _learn(self, words: str, at: float, expected: float) -> None:
        if self._last_heard is not None:
            self._rate.observe(words, (self._last_heard + at) / 2 - _TAIL / 2)
        elif at < expected:
            # It was over before the first look: how long before is unknown, more than thought possible.
            self._rate.observe(words, at - expected * self._rate.doubt)

    async def _read(self) -> bool | None:
        """Ask for the status, unless the talk is stopped or the answer takes too long."""
        read = asyncio.ensure_future(self._mouth.is_speaking())
        woken = asyncio.Event()
        read.add_done_callback(lambda _: woken.set())
        stop = asyncio.ensure_future(self._stopped.wait())
        stop.add_done_callback(lambda _: woken.set())
        try:
            await self._clock.wait(woken, _PATIENCE)
            return read.result() if read.done() else None
        finally:
            read.cancel()
            stop.cancel()

    async def _pass(self, at: float) -> bool:
        """Let time pass until so many seconds into the speech; tell whether the talk goes on."""
        return not await self._clock.wait(self._stopped, max(0.0, at - self._since()))

    def _since(self) -> float:
        return self._clock.now() - self._start
