"""Speaks an answer while it is still being written, as one audio that the speaker fetches."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from itertools import accumulate
import logging
import time
from typing import Protocol

from .clock import Clock
from .pacing import LATEST_SHOWN_S, SpeechRate
from .sound import Sound
from .speakable import speakable_piece
from .splitter import Splitter
from .talk import Spoken, Talk

_LOGGER = logging.getLogger(__name__)

FETCH_S = 8.0
"""A speaker that has not come for the audio after so long will not: it cannot reach the address."""
STALL_S = 20.0
"""A voice that has all the words and makes nothing of them for so long has failed."""
LOOK_S = 0.5
"""Between two looks at the status when the end is near, or nothing has been seen yet."""
GLANCE_S = 6.0
"""Between two looks in the middle: somebody may have silenced the speaker by hand. The cloud counts."""
BLIND_S = 1.0
"""A speaker that does not tell when it is silent is given so much more: nobody knows how late it began."""
LATE_S = 6.0
"""So long after its expected end an audio is over, whatever the status says: some models repeat what they play."""
_CERTAIN = 1.3
"""A piece is taken for heard, when its voice has failed, if there is audio for so many times its length: one that is
heard twice is better than one that is lost."""
_PIECE = 200
"""Voices of Home Assistant have no limit of their own: so many characters are a very long sentence."""


class Reader(Protocol):
    """A voice that reads out."""

    @property
    def streams(self) -> bool:
        """Whether it begins before it has all the words; else it is given one sentence at a time."""

    def read(self, words: AsyncGenerator[str]) -> AsyncGenerator[bytes]:
        """Yield the MP3 of some words. May raise whatever a voice raises."""


class Player(Protocol):
    """A speaker that plays what it can fetch."""

    @property
    def reports_status(self) -> bool:
        """Whether it can be asked if it plays."""

    async def play(self, sound: Sound) -> None:
        """Begin to play an audio, in place of what XiaoAI says.

        Raises:
            NarrationError: it cannot be played.
        """

    async def is_playing(self) -> bool | None:
        """Tell whether it plays, or None where that cannot be known just now."""

    async def stop(self) -> None:
        """Silence it, as far as that can be done. Raises nothing."""

    def leave(self, sound: Sound, failure: NarrationError | None) -> None:
        """Take note that an audio is over, or why it could not be heard: nobody may fetch it any more."""


class NarrationError(Exception):
    """An answer cannot be heard in a voice of Home Assistant's, or not all of it.

    Attributes:
        reason: a key of the text that says what a person can do about it; empty where that is nothing.
        details: what the text needs.
    """

    def __init__(self, message: str, reason: str = "", **details: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.details = details


class Narration:
    """One answer on its way to one speaker, as a `Talk` is: `feed`, `finish`, `run` at the same time.

    All of it is one audio, which begins with the first clause and grows while the answer comes, so there are no gaps
    between the sentences. It does not replace what XiaoAI says, as its own speech does, and what has been fetched of it
    goes on after an interruption: `by_address` tells so to who has to silence the speaker.

    When the voice fails, XiaoAI's own says what has not been heard.
    """

    def __init__(
        self, reader: Reader, player: Player, by_xiaoai: Callable[[], Talk], clock: Clock | None = None
    ) -> None:
        """Take who reads, who plays, and who speaks if that fails.

        Args:
            reader: the voice.
            player: the speaker.
            by_xiaoai: makes a talk in XiaoAI's own voice.
            clock: the time.
        """
        self._reader = reader
        self._player = player
        self._by_xiaoai = by_xiaoai
        self._clock = clock or Clock()
        self._made = time.monotonic()
        self._first_words_s: float | None = None
        self._splitter = Splitter(_PIECE)
        self.begun = asyncio.Event()
        """Set when the first words are about to be said: from now on it may be us who speaks."""
        self._stirred = asyncio.Event()
        self._wants_words = False
        self._gave_words = 0.0
        self._closed = False
        self._over = False
        self._interrupted = False
        self._hushed = False
        self._pieces: list[tuple[str, str]] = []
        self._ends: list[float] = []
        self._heard = 0
        self._sound: Sound | None = None
        self._talk: Talk | None = None
        self._talk_made = self._made

    @property
    def by_address(self) -> bool:
        """Whether it is an audio that the speaker fetches."""
        return self._talk is None

    @property
    def over(self) -> bool:
        """Whether nothing more will be said, for whatever reason."""
        return self._over

    @property
    def spoken(self) -> Spoken:
        """What has been said so far, as well as can be known; stands after an error too."""
        said, pieces = "".join(written for written, _ in self._pieces[: self._heard]), self._heard
        first_words_s, hushed = self._first_words_s, self._hushed
        if self._talk is not None:
            rest = self._talk.spoken
            said, pieces, hushed = said + rest.said, pieces + rest.pieces, rest.hushed
            if first_words_s is None and rest.first_words_s is not None:
                first_words_s = rest.first_words_s + self._talk_made - self._made
        return Spoken(said, pieces, self._interrupted, hushed, first_words_s)

    def feed(self, delta: str) -> None:
        """Add what has just arrived. After the end it is of no use and is dropped."""
        if self._talk is not None:
            self._talk.feed(delta)
        elif not self._over:
            self._splitter.feed(delta)
            self._stirred.set()

    def finish(self) -> None:
        """Say that the answer is complete."""
        if self._talk is not None:
            self._talk.finish()
        self._splitter.finish()
        self._stirred.set()

    def interrupt(self) -> None:
        """Say nothing more: the audio ends here. What the speaker has fetched of it is for the caller to stop."""
        if self._over:
            return
        self._over = self._interrupted = True
        if self._talk is not None:
            self._talk.interrupt()
        elif self._sound is not None:
            self._note_heard(self._begun_by(self._sound.position))
            self._sound.cut()
        self._stirred.set()

    async def run(self) -> Spoken:
        """Speak until the answer is over or interrupted.

        A request to play that is under way is waited for even after an interruption: given up, it could still reach
        the speaker.

        Raises:
            Exception: Whatever XiaoAI's own voice raises, where that had to speak.
        """
        try:
            if (first := await self._next_words()) is not None:
                self.begun.set()
                try:
                    await self._narrate(first)
                except NarrationError as err:
                    if not self._interrupted:
                        await self._let_xiaoai(err)
        finally:
            self._over = True
        return self.spoken

    # The words

    async def _next_words(self) -> str | None:
        """Return the next words to be read, waiting for them; None if there are no more."""
        splitter = self._splitter
        while not (self._over or self._closed):
            self._stirred.clear()
            in_code = splitter.in_code
            # A complete short answer sounds best in one piece; else the first clause is enough to begin with.
            short = splitter.finished and len(splitter.pending) <= _PIECE
            first = not short and not any(words for _, words in self._pieces)
            if (piece := splitter.take(first=first)) is None:
                if splitter.done:
                    return None
                self._wants_words = True
                await self._clock.wait(self._stirred)
                self._wants_words = False
                continue
            words = speakable_piece(piece, in_code=in_code, goes_on_in_code=splitter.in_code)
            self._pieces.append((piece, words))
            if words:
                self._gave_words = self._clock.now()
                return words
        return None

    async def _words(self, first: str) -> AsyncGenerator[str]:
        words: str | None = first
        while words is not None:
            yield words
            words = await self._next_words()

    # The audio

    async def _narrate(self, first: str) -> None:
        """Have an audio made and played, and return when it is over.

        Raises:
            NarrationError: not all of it can be heard; it is silent now.
        """
        changed = asyncio.Event()
        sound = self._sound = Sound(changed.set, self._clock)
        making = asyncio.create_task(self._make(sound, self._words(first)))
        failure: NarrationError | None = None
        try:
            await self._player.play(sound)
            await self._follow(sound, changed)
        except NarrationError as err:
            failure = err
            raise
        finally:
            self._closed = True  # the voice may still ask for words, which are XiaoAI's to say now
            self._stirred.set()
            making.cancel()
            sound.cut()
            self._player.leave(sound, failure)

    async def _make(self, sound: Sound, words: AsyncGenerator[str]) -> None:
        """Let the voice read the words as they come."""
        try:
            if self._reader.streams:
                await _pour(self._reader.read(words), sound)
            else:
                async for sentence in words:
                    await _pour(self._reader.read(_once(sentence)), sound)
                    while len(self._ends) < len(self._pieces):  # those without a sound, too
                        self._ends.append(sound.seconds)
        except Exception as err:  # noqa: BLE001 (a voice may be anybody's code; the answer must not be lost)
            sound.end(f"{type(err).__name__}: {err}")
        else:
            sound.end(None if sound.seconds else "it made no sound")

    async def _follow(self, sound: Sound, changed: asyncio.Event) -> None:
        """Wait for the end of an audio, and look after it where the speaker tells.

        Raises:
            NarrationError: not all of it can be heard.
        """
        if not await self._until(lambda: sound.fetched or _is_lost(sound), changed, FETCH_S):
            if self._over:
                return
            raise NarrationError("The speaker did not fetch the audio", "not_fetched")
        await self._until(lambda: sound.seconds > 0 or sound.complete, changed, None, sound)
        if sound.seconds and self._first_words_s is None:
            self._first_words_s = time.monotonic() - self._made
        if sound.seconds and not self._over:
            await self._see_it_out(sound, changed)
        if sound.failure is not None and not self._over:
            self._note_heard(self._ended_by(sound.seconds))
            raise NarrationError(f"The voice failed: {sound.failure}")
        if not self._over:
            self._note_heard(len(self._pieces))

    async def _see_it_out(self, sound: Sound, changed: asyncio.Event) -> None:
        """Return when an audio that has begun is over, or the talk is.

        Raises:
            NarrationError: it is not heard.
        """
        began, seen, silent, ever = self._clock.now(), False, 0, False
        blind = not self._player.reports_status
        while True:
            patience = self._until_next_look(sound, hurry=bool(silent) or not seen, blind=blind)
            await self._until(_never if sound.complete else lambda: sound.complete, changed, patience, sound)
            if self._over or (sound.complete and -sound.left >= (BLIND_S if blind else LATE_S)):
                return
            playing = None if blind else await self._player.is_playing()
            if self.over:
                return
            if playing:
                seen, silent, ever = True, 0, True
            if playing is not False:
                continue
            if sound.complete and sound.left <= LOOK_S:
                return
            if sound.left <= 0:  # it waits for more, which is a new beginning
                began, seen, silent = self._clock.now(), False, 0
                continue
            silent += 1
            if silent > 1 and (seen or self._clock.now() - began >= LATEST_SHOWN_S + LOOK_S):
                # One look alone may be a slip of the status.
                if not ever:
                    raise NarrationError("The speaker does not play the audio", "not_played")
                self._hush(sound)
                return

    @staticmethod
    def _until_next_look(sound: Sound, *, hurry: bool, blind: bool) -> float:
        """Return after how many seconds to look again: the beginning and the end are looked at more closely."""
        if blind:
            return max(LOOK_S, sound.left + BLIND_S)
        if sound.complete:
            return max(LOOK_S, min(sound.left, LOOK_S if hurry else GLANCE_S))
        return LOOK_S if hurry and sound.left > 0 else GLANCE_S

    def _hush(self, sound: Sound) -> None:
        """Take note that somebody has silenced the speaker itself."""
        self._note_heard(self._begun_by(sound.position))
        self._over = self._hushed = True

    async def _until(
        self,
        condition: Callable[[], bool],
        changed: asyncio.Event,
        seconds: float | None,
        sound: Sound | None = None,
    ) -> bool:
        """Wait until something is so, the talk is over or the time is up; return whether it is so.

        Args:
            condition: what is waited for.
            changed: set when it may be so.
            seconds: how long.
            sound: fails if nothing more comes of it although its voice has all the words.
        """
        deadline = None if seconds is None else self._clock.now() + seconds
        while not condition() and not self._over:
            now = self._clock.now()
            left = None if deadline is None else deadline - now
            if left is not None and left <= 0:
                break
            if sound is not None and not sound.complete:
                stalls = max(sound.last_came, self._gave_words) + STALL_S - now
                if stalls <= 0 and not self._wants_words:
                    sound.end("it stopped in the middle")
                    continue
                left = min(stalls if stalls > 0 else STALL_S, STALL_S if left is None else left)
            changed.clear()
            await self._clock.wait(changed, left)
        return condition()

    # What was heard

    def _note_heard(self, pieces: int) -> None:
        self._heard = max(self._heard, pieces)

    def _begun_by(self, position: float) -> int:
        """Return how many pieces have begun by a position, as well as can be known."""
        begins = [0.0, *self._lengths()]
        return sum(begin < position for begin in begins[: len(self._pieces)])

    def _ended_by(self, seconds: float) -> int:
        """Return how many pieces an audio holds for sure."""
        if not self._reader.streams:
            return len(self._ends)
        return sum(end * _CERTAIN <= seconds for end in self._lengths())

    def _lengths(self) -> list[float]:
        """Return where each piece ends."""
        usual = SpeechRate()
        ends = list(accumulate(usual.estimate(words).seconds if words else 0.0 for _, words in self._pieces))
        sound = self._sound
        if self._ends:
            known, last = len(self._ends), ends[len(self._ends) - 1]
            return [*self._ends, *(self._ends[-1] + end - last for end in ends[known:])]
        if sound is not None and sound.complete and sound.failure is None and ends[-1]:
            return [end * sound.seconds / ends[-1] for end in ends]
        return ends

    # If it fails

    async def _let_xiaoai(self, failure: NarrationError) -> None:
        """Let XiaoAI's own voice say what has not been heard, and what comes."""
        if not self._heard:
            await self._player.stop()  # whatever it may be doing
            if self._interrupted:
                return
        _LOGGER.debug("XiaoAI says the rest: %s", failure)
        talk = self._by_xiaoai()
        self._talk_made = time.monotonic()
        talk.feed("".join(written for written, _ in self._pieces[self._heard :]) + self._splitter.pending)
        if self._splitter.finished:
            talk.finish()
        self._talk = talk
        await talk.run()


def _never() -> bool:
    return False


def _is_lost(sound: Sound) -> bool:
    return sound.complete and not sound.seconds


async def _once(words: str) -> AsyncGenerator[str]:
    yield words


async def _pour(audio: AsyncGenerator[bytes], sound: Sound) -> None:
    async with aclosing(audio):
        async for data in audio:
            sound.add(data)
