"""Speaks an answer while it is still being written."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import Protocol

from .clock import Clock
from .ending import End, Ending
from .pacing import SpeechRate
from .speakable import speakable_piece
from .splitter import Splitter

# Pieces should be such that their end is known to so many seconds (one deviation), the best that still gives them
# so many characters ...
_KNOWN_TO_S = (0.05, 0.1, 0.18)
_WORTHWHILE_REACH = 30
# ... else such that a few looks find it; and never shorter than this, or the answer would sound chopped.
_LOOKED_FOR_S = 0.3
_SHORTEST_REACH = 12
# The same for a speaker that cannot be looked at.
_BLIND_S = 0.13
# A way that takes longer would be a guess too bold: what is sent too early cuts the words before it.
_LONGEST_LEAD_S = 0.4
# When speech began that was asked for in vain at first, or by a request that took so much longer than the quickest
# one, is not known.
_UNPUNCTUAL_S = 0.8


class Voice(Protocol):
    """A speaker, as far as talking goes."""

    @property
    def reports_status(self) -> bool:
        """Whether it can be asked if it speaks."""

    @property
    def limit(self) -> int:
        """The most characters that it says at once."""

    async def say(self, text: str) -> None:
        """Start to say something, in place of what is being said. May raise."""

    async def is_speaking(self) -> bool | None:
        """Tell whether it speaks, or None where that cannot be known just now."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of an answer."""

    said: str
    """The answer as it was written, up to the end of the last piece that the speaker was given."""
    pieces: int
    interrupted: bool
    hushed: bool = False
    """Whether it was ended at the speaker itself: by its own stop, or by someone who began to speak to it."""
    first_words_s: float | None = None
    """Seconds from the beginning of the talk until the speaker had been given the first words."""


class Talk:
    """One answer on its way to one speaker.

    Whoever receives the answer calls `feed` and `finish`; `run` speaks it at the same time and returns when the last
    word is over. A piece is as much as has arrived when the piece before it ends, so no piece is ever cut or dropped.
    """

    def __init__(
        self,
        voice: Voice,
        rate: SpeechRate,
        *,
        on_first_words: Callable[[], None] | None = None,
        substitute: str = "",
        clock: Clock | None = None,
    ) -> None:
        """Take who speaks and how.

        Args:
            voice: the speaker.
            rate: its pace, which is learned by the way.
            on_first_words: called when the speaker has been given the first words.
            substitute: said, once, in place of a piece that the speaker took and did not speak.
            clock: the time.
        """
        self._voice = voice
        self._rate = rate
        self._on_first_words = on_first_words
        self._substitute = substitute
        self._clock = clock or Clock()
        self._made = time.monotonic()
        self._first_words_s: float | None = None
        self._splitter = Splitter(voice.limit)
        self.begun = asyncio.Event()
        """Set when the first words are about to be said: from now on it may be us who speaks."""
        self._stirred = asyncio.Event()
        self._stopped = asyncio.Event()
        self._over = False
        self._taken = ""
        self._said = ""
        self._pieces = 0
        self._hushed = False
        self._trips: list[float] = []

    @property
    def by_address(self) -> bool:
        """Whether it is an audio that the speaker fetches: see `Narration`."""
        return False

    @property
    def over(self) -> bool:
        """Whether nothing more will be said, for whatever reason."""
        return self._over

    @property
    def spoken(self) -> Spoken:
        """What has been said so far; stands after an error too."""
        return Spoken(self._said, self._pieces, self._stopped.is_set(), self._hushed, self._first_words_s)

    def feed(self, delta: str) -> None:
        """Add what has just arrived. After the end of the talk it is of no use and is dropped."""
        if not self._over:
            self._splitter.feed(delta)
            self._stirred.set()

    def finish(self) -> None:
        """Say that the answer is complete."""
        self._splitter.finish()
        self._stirred.set()

    def interrupt(self) -> None:
        """Say nothing more. What the speaker is saying now is for the caller to stop."""
        if not self._over:
            self._over = True
            self._stopped.set()
            self._stirred.set()

    async def run(self) -> Spoken:
        """Speak until the answer is over or interrupted.

        A request to speak that is under way is waited for even after an interruption: given up, it could still reach
        the speaker, after whatever the interruption was for.

        Raises:
            Exception: Whatever the voice raises; the talk is over then.
        """
        try:
            while not self._over:
                self._stirred.clear()
                if words := self._next():
                    await self._speak(words)
                elif self._splitter.done:
                    break
                else:
                    await self._clock.wait(self._stirred)
        finally:
            self._over = True
        return self.spoken

    def _next(self) -> str:
        """Return the next words, or nothing while there are none."""
        while (piece := self._take()) is not None:
            self._taken += piece[0]
            if piece[1]:
                return piece[1]
        return ""

    def _take(self) -> tuple[str, str] | None:
        """Take a piece and turn it into words. Nobody is speaking now, so a clause is better than silence."""
        splitter = self._splitter
        opening, in_code = not self._pieces, splitter.in_code
        # A complete short answer is one piece: a border inside it could only add a pause.
        piece = splitter.take(first=True) if opening and not splitter.finished else None
        piece = piece or splitter.take(hurry=True, reach=self._reach())
        if piece is None:
            return None
        return piece, speakable_piece(piece, in_code=in_code, goes_on_in_code=splitter.in_code)

    def _reach(self) -> int:
        """Return how many characters to say at once, so that the speaker's end is known well enough."""
        if not self._voice.reports_status:
            return max(_SHORTEST_REACH, self._rate.reach(_BLIND_S))
        for known_to in _KNOWN_TO_S:
            if (reach := self._rate.reach(known_to)) >= _WORTHWHILE_REACH:
                return reach
        return max(_SHORTEST_REACH, self._rate.reach(_LOOKED_FOR_S))

    async def _speak(self, words: str) -> None:
        self.begun.set()
        end = await self._pronounce(words)
        self._pieces += 1
        if end is End.SWALLOWED and not self._over:
            end = await self._pronounce(words)  # it may have been lost on its way
        if end is End.SWALLOWED and self._substitute and not self._over:
            excuse, self._substitute = self._substitute, ""
            end = await self._pronounce(excuse)
        if end is End.HUSHED and not self._over:
            self._over = self._hushed = True

    async def _pronounce(self, words: str) -> End:
        """Have the speaker say something, and return when the next words should be sent."""
        ending, punctual = await self._say(words)
        if self._first_words_s is None:
            self._first_words_s = time.monotonic() - self._made
        if self._on_first_words:
            self._on_first_words()
            self._on_first_words = None
        return await ending.wait(
            words, punctual=punctual, lead=self._lead, more=self._more, make_sure=bool(self._substitute)
        )

    @property
    def _lead(self) -> float:
        """How long words are on their way to the speaker: about half of what the quickest request took.

        A single request may have been slow by chance, and tells nothing.
        """
        return min(min(self._trips) / 2, _LONGEST_LEAD_S) if len(self._trips) > 1 else 0.0

    async def _say(self, words: str) -> tuple[Ending, bool]:
        """Have the speaker begin to say something; return its end, and whether the speech began just now."""
        asked = self._clock.now()
        await self._voice.say(words)
        self._said = self._taken
        took = self._clock.now() - asked
        self._trips.append(took)
        ending = Ending(self._voice, self._rate, self._clock, self._stopped)
        return ending, took <= min(self._trips) + _UNPUNCTUAL_S

    def _more(self) -> bool:
        """Whether something will follow."""
        return not self._splitter.done
