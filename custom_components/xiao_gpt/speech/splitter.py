"""Cuts an answer that is still arriving into pieces that sound natural on their own."""

from .borders import FENCE, Border, Kind, borders

# A shorter beginning ("好，") is over before the next piece can follow it, and sounds chopped.
_SHORTEST_CLAUSE = 4


class Splitter:
    """Collects the text of one answer and gives it out piece by piece.

    It looks at the text that has arrived, never at where the stream cut it into tokens. The pieces joined are the
    text, whatever the order of calls.
    """

    def __init__(self, limit: int = 150) -> None:
        if limit < 1:
            raise ValueError("A piece needs room for a character")
        self._limit = limit
        self._pending = ""
        self._finished = False
        self._in_code = False

    @property
    def pending(self) -> str:
        """The text that has arrived and was not taken yet."""
        return self._pending

    @property
    def finished(self) -> bool:
        """Whether all text has arrived."""
        return self._finished

    @property
    def done(self) -> bool:
        """Whether all text has arrived and was taken."""
        return self._finished and not self._pending

    @property
    def in_code(self) -> bool:
        """Whether the next piece begins inside a code fence, because the code was longer than the limit."""
        return self._in_code

    def feed(self, delta: str) -> None:
        """Add what has just arrived."""
        if self._finished:
            raise ValueError("The text is finished")
        self._pending += delta

    def finish(self) -> None:
        """Say that nothing follows, so that the rest needs no border to be taken."""
        self._finished = True

    def take(self, *, first: bool = False, hurry: bool = False, reach: int | None = None) -> str | None:
        """Return the next piece that may be spoken now, or None if more text is needed.

        Args:
            first: The listener waits for the first words: a clause is enough.
            hurry: The speaker falls silent: rather a clause than nothing.
            reach: As many characters as should be spoken at once, unless they are the last ones. A clause is not cut
                for its sake.
        """
        if not self._pending:
            return None
        cut = self._cut(first=first, hurry=hurry, reach=self._limit if reach is None else min(reach, self._limit))
        if cut is None:
            return None
        while cut < min(len(self._pending), self._limit) and self._pending[cut].isspace():
            cut += 1
        piece, self._pending = self._pending[:cut], self._pending[cut:]
        self._in_code ^= piece.count(FENCE) % 2 == 1
        return piece

    def _cut(self, *, first: bool, hurry: bool, reach: int) -> int | None:
        rest = len(self._pending)
        full = rest > self._limit
        if self._finished and not full and not first:
            return rest
        found = [
            border
            for border in borders(self._pending, self._limit, final=self._finished, in_code=self._in_code)
            if border.at <= self._limit
        ]
        spoken = [border for border in found if border.spoken]
        if first and (cut := next(filter(_opens_well, spoken), None)):
            return cut.at
        natural = [border for border in spoken if border.kind is Kind.SENTENCE or border.spoken >= _SHORTEST_CLAUSE]
        within = [border for border in natural if border.at <= reach]
        least = Kind.CLAUSE if hurry or full else Kind.SENTENCE
        if near := _last(within, Kind.SENTENCE) or _last(within, least):
            return near
        if beyond := next((border for border in natural if border.kind >= least), None):
            return beyond.at
        if full:
            return self._forced(found, spoken)
        return rest if self._finished else None

    def _forced(self, found: list[Border], spoken: list[Border]) -> int:
        """Cut a text without any border: between words, else between tokens, else in the midst of one."""
        for borders_, kind in ((spoken, Kind.WORD), (found, Kind.TOKEN)):
            cut = _last(borders_, kind)
            if cut is not None:
                return cut
        return self._limit


def _opens_well(border: Border) -> bool:
    return border.kind is Kind.SENTENCE or (border.kind is Kind.CLAUSE and border.spoken >= _SHORTEST_CLAUSE)


def _last(found: list[Border], kind: Kind) -> int | None:
    return next((border.at for border in reversed(found) if border.kind >= kind), None)
