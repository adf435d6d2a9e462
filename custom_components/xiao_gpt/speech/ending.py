"""Waits for a speaker to come to the end of what it was told to say."""

import asyncio
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Protocol

from .clock import Clock
from .pacing import LATEST_SHOWN_S, Estimate, SpeechRate

# An end that is known this well is not waited for to be seen: seeing it takes longer. So many must have been seen.
_KNOWN_S = 0.35
_KNOWN_LESSONS = 4
# Never ask more often: the cloud counts.
_INTERVAL = 0.25
# Speech that goes on longer than expected is looked at less often.
_LATE_INTERVAL = 0.5
# The status may still show the speech before this one.
_SETTLE = 0.5
# How much later than ever seen the status may show speech all the same.
_SLACK = 0.5
# A request that takes longer says nothing about now any more.
_PATIENCE = 2.0
# The status may show speech this much longer than there is any.
_TAIL = 0.2
# The last glance before a known end: "silent" so early is no end.
_GLANCE = 0.6
# Long speech is glanced at this often: somebody may have silenced the speaker by hand.
_GLANCES = 6.0
# After a known end so many deviations are waited.
_MARGIN = 1.8
# A speaker without a status is given so many deviations more than expected.
_BLIND_MARGIN, _BLIND_LEAST_S = 1.8, 0.12
# Looking begins so many deviations before the expected end, and is over so many after it.
_EARLY, _LATE = 1.2, 2.0
# At a speaker that is not known at all, earlier: of a quick one whose speech is never seen nothing would be learned.
_EARLY_AT_FIRST = 3.5
_LOOKS = 3
_LEAST_DEVIATION = 0.1
# Speech that was not taken: how long to wait before it is said so. Somebody may just be talking to the speaker.
_GRACE = 2.0


class Mouth(Protocol):
    """The part of a voice that can be watched."""

    @property
    def reports_status(self) -> bool:
        """Whether it can be asked if it speaks."""

    async def is_speaking(self) -> bool | None:
        """Tell whether it speaks, or None where that cannot be known just now."""


class End(Enum):
    """How a piece of speech ended."""

    OVER = auto()
    """All was said, or nobody can tell."""
    SWALLOWED = auto()
    """It never began: the cloud's word filter takes a text and says that all is well (mi-gpt#5, #176)."""
    HUSHED = auto()
    """It began, and the speaker fell silent much too early: someone silenced it, or speaks to it."""


class Ending:
    """The end of one piece of speech, which begins when this is made."""

    def __init__(self, mouth: Mouth, rate: SpeechRate, clock: Clock, stopped: asyncio.Event) -> None:
        self._mouth = mouth
        self._rate = rate
        self._clock = clock
        self._stopped = stopped
        self._start = clock.now()
        self._last_heard: float | None = None
        self._last_silent: float | None = None
        self._punctual = True

    async def wait(
        self,
        words: str,
        *,
        punctual: bool = True,
        lead: float = 0.0,
        more: Callable[[], bool] = lambda: False,
        make_sure: bool = False,
    ) -> End:
        """Return when the next words should be sent, or at once when the talk is stopped.

        Args:
            words: what the speaker was told to say.
            punctual: whether it surely began just now; else nothing is concluded from when it is silent.
            lead: seconds that the next words need on their way to the speaker.
            more: whether there are next words; if not, there is time to see the end and to learn from it.
            make_sure: look if it begins, too.
        """
        estimate = self._rate.estimate(words)
        if not self._mouth.reports_status:
            margin = max(_BLIND_MARGIN * estimate.deviation, _BLIND_LEAST_S)
            await self._pass(estimate.seconds + margin - (lead if more() else 0.0))
            return End.OVER
        self._punctual = punctual
        known = self._rate.lessons >= _KNOWN_LESSONS and _MARGIN * estimate.deviation <= _KNOWN_S
        if not known or not punctual:
            return await self._observe(words, estimate, make_sure and punctual)
        if (end := await self._glance(estimate, make_sure=make_sure)) is not End.OVER or self._stopped.is_set():
            return end
        if not more():
            return await self._observe(words, estimate, make_sure=False)
        await self._pass(estimate.seconds + _MARGIN * estimate.deviation - lead)
        return End.OVER

    async def _glance(self, estimate: Estimate, *, make_sure: bool) -> End:
        """Look now and then, up to shortly before a known end, if the speaker still speaks."""
        for at in self._glances(estimate):
            if not await self._pass(at) or not await self._is_silent(at):
                continue
            if self._since() >= estimate.seconds - estimate.deviation:
                return End.OVER  # the looks were late: this may well be the end
            if self._last_heard is not None:
                return End.HUSHED
            if make_sure and at >= LATEST_SHOWN_S:
                await self._pass(at + _GRACE)
                return End.SWALLOWED
        return End.OVER

    def _glances(self, estimate: Estimate) -> Iterator[float]:
        """Yield when to glance at speech of a known length; "silent" must mean something by then."""
        last = estimate.seconds - max(_GLANCE, 3 * estimate.deviation)
        if last < LATEST_SHOWN_S:
            return  # over before anybody could tell
        at = self._shown  # whoever has been heard to begin cannot have been swallowed later
        while at < last - _GLANCE:
            yield at
            at += _GLANCES
        yield last

    async def _is_silent(self, at: float) -> bool:
        """Tell whether two looks in a row find silence: one alone may be a slip of the status."""
        for again in (False, True):
            if again and not await self._pass(at + _INTERVAL):
                return False
            speaking = await self._read()
            self._note(self._since(), speaking)
            if speaking is not False or self._stopped.is_set():
                return False
        return True

    async def _observe(self, words: str, estimate: Estimate, make_sure: bool) -> End:
        """Look now and then, from the earliest likely end on, until the speaker is silent."""
        expected = estimate.seconds + _TAIL
        deviation = max(estimate.deviation, _LEAST_DEVIATION)
        early = _EARLY if self._rate.lessons else _EARLY_AT_FIRST
        earliest = max(expected - early * deviation, _INTERVAL)
        latest = expected + _LATE * deviation
        step = max((latest - earliest) / _LOOKS, _INTERVAL)
        if (
            make_sure
            and self._rate.lessons
            and earliest > LATEST_SHOWN_S + _LATE_INTERVAL
            and await self._never_began()
        ):
            return End.SWALLOWED
        # Nothing is known of a new speaker's status: find out whether it can be relied upon.
        at = earliest if self._rate.lessons else min(LATEST_SHOWN_S, earliest)
        while await self._pass(at):
            asked = self._since()
            speaking = await self._read()
            seen = (asked + self._since()) / 2
            if self._stopped.is_set() or (speaking is None and seen >= latest):
                return End.OVER
            if speaking is False and self._is_over(at, latest):
                self._learn(words, seen, expected, deviation)
                return End.OVER
            self._note(seen, speaking)
            if at >= 3 * expected + 5:
                return End.OVER
            at = max(at + (step if at < latest else _LATE_INTERVAL), self._since(), earliest)
        return End.OVER

    async def _never_began(self) -> bool:
        """Tell whether the speech has not begun by the time at which any has; if in doubt, it has."""
        for at in (self._shown, LATEST_SHOWN_S):
            if not await self._pass(at) or not await self._is_silent(at):
                return False
        await self._pass(LATEST_SHOWN_S + _GRACE)
        return not self._stopped.is_set()

    def _is_over(self, at: float, latest: float) -> bool:
        """Tell whether silence at this time is the end, not speech that the status does not show yet."""
        if self._last_heard is not None or at >= latest:
            return True
        # A speaker whose ends have been seen before does report its speech; by now it would have.
        return self._rate.lessons > 0 and at >= self._shown

    @property
    def _shown(self) -> float:
        """By when the status shows speech, to be sure."""
        return min(self._rate.shown_after + _SLACK, LATEST_SHOWN_S)

    def _note(self, seen: float, speaking: bool | None) -> None:
        """Note what the status was so many seconds into the speech."""
        if speaking and seen >= _SETTLE:
            if self._last_heard is None and self._punctual:
                self._rate.observe_status(seen, self._last_silent)
            self._last_heard = seen
        elif speaking is False:
            self._last_silent = seen

    def _learn(self, words: str, silent: float, expected: float, deviation: float) -> None:
        """Learn that the words ended between the last look that found speech and this one."""
        if not self._punctual:
            return
        if self._last_heard is not None:
            self._rate.observe(words, self._last_heard - _TAIL, silent - _TAIL)
        elif silent < expected:
            # It was over before the first look: how long before is unknown.
            self._rate.observe(words, max(0.0, silent - _TAIL - 2 * deviation), silent - _TAIL)

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
