# mypy: disable-error-code="no-untyped-call"
"""A time of its own for talks, and speakers that live in it."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
import random
from typing import Any


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer instead of passing."""

    def __init__(self):
        super().__init__()
        self._now = 0.0
        selector: Any = vars(self)["_selector"]
        real = selector.select

        def select(timeout):
            if timeout:
                self._now += timeout
            return real(0)

        selector.select = select

    def time(self):
        return self._now


def in_virtual_time[T](main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def flat(cps: float) -> Callable[[str], float]:
    """Every character takes the same time, punctuation too."""
    return lambda text: len(text) / cps


def with_pauses(cps: float) -> Callable[[str], float]:
    """Characters are said, clauses and sentences pause, the last stop is silent; other weights than the product's."""

    def seconds(text: str) -> float:
        body = text.rstrip("。！？…，；.!?,")
        said = sum(char.isalnum() for char in body)
        return (
            said + 0.8 * sum(char in "，、,：" for char in body) + 1.5 * sum(char in "。！？；" for char in body)
        ) / cps

    return seconds


@dataclass
class Piece:
    text: str
    start: float
    length: float
    asked: list[float] = field(default_factory=list)
    cut_at: float | None = None

    @property
    def end(self):
        return self.start + self.length


class FakeSpeaker:
    """A speaker as seen through its cloud: the status runs behind its mouth."""

    def __init__(
        self,
        seconds,
        *,
        reports=True,
        lag=0.4,
        tail=0.3,
        trip=0.04,
        limit=150,
        sticky=False,
        wobble=0.0,
        fails_at=None,
        filtered="",
    ):
        self.reports_status = reports
        self.limit = limit
        self.pieces: list[Piece] = []
        self._seconds, self._lag, self._tail, self._trip = seconds, lag, tail, trip
        self._sticky, self._fails_at = sticky, fails_at
        self._filtered = filtered
        self.swallowed: list[str] = []
        self._stuck = False
        self._wobble = wobble
        self._random = random.Random(7)

    async def say(self, text):
        await asyncio.sleep(self._trip / 2)
        now = asyncio.get_running_loop().time()
        if len(self.pieces) == self._fails_at:
            raise OSError("offline")
        if self._filtered and self._filtered in text:
            self.swallowed.append(text)
            return
        if self.pieces and now < self.pieces[-1].end:
            self.pieces[-1].cut_at = now
        length = self._seconds(text) * (1 + self._random.uniform(-self._wobble, self._wobble))
        self.pieces.append(Piece(text, now, length))
        await asyncio.sleep(self._trip / 2)

    async def is_speaking(self):
        loop = asyncio.get_running_loop()
        piece = self.pieces[-1]
        piece.asked.append(loop.time())
        await asyncio.sleep(self._trip / 2)
        status = self._status(loop.time())
        await asyncio.sleep(self._trip / 2)
        return status

    def _status(self, now: float) -> bool:
        if any(p.start + self._lag <= now < min(p.end, p.cut_at or p.end) + self._tail for p in self.pieces):
            self._stuck = self._sticky
            return True
        stuck, self._stuck = self._stuck, False
        return stuck

    @property
    def silences(self):
        return [after.start - before.end for before, after in zip(self.pieces, self.pieces[1:], strict=False)]

    @property
    def cuts(self):
        return [p for p in self.pieces if p.cut_at is not None]

    @property
    def words(self):
        return "".join(p.text for p in self.pieces)

    @property
    def reads(self):
        return [len(p.asked) for p in self.pieces]


async def stream(talk, deltas: Iterable[str], *, per_second=40.0, first=0.0, gaps=None):
    """Feed a talk like a model does."""
    await asyncio.sleep(first)
    for index, delta in enumerate(deltas):
        talk.feed(delta)
        await asyncio.sleep((gaps or {}).get(index, 1 / per_second))
    talk.finish()


def tokens(text, size=2):
    return [text[i : i + size] for i in range(0, len(text), size)]
