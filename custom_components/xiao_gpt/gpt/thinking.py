"""Thoughts in the text of an answer: models at home often think between tags before they speak."""

from enum import Enum, auto

_OPEN, _CLOSE = "<think>", "</think>"


class _Where(Enum):
    BEFORE = auto()
    WITHIN = auto()
    AFTER = auto()
    SPEAKING = auto()


class ThoughtFilter:
    """Takes the thoughts out that an answer begins with, whatever the pieces it comes in."""

    def __init__(self) -> None:
        self._held = ""
        self._where = _Where.BEFORE

    def feed(self, text: str) -> str:
        """Take a piece of the answer; return what of it is to be said."""
        if self._where is _Where.SPEAKING:
            return text
        self._held += text
        if self._where is _Where.BEFORE:
            begun = self._held.lstrip()
            if len(begun) < len(_OPEN) and _OPEN.startswith(begun):
                return ""
            if not begun.startswith(_OPEN):
                return self._release()
            self._where = _Where.WITHIN
        if self._where is _Where.WITHIN:
            _, closed, rest = self._held.partition(_CLOSE)
            if not closed:
                self._held = self._held[-len(_CLOSE) :]
                return ""
            self._where, self._held = _Where.AFTER, rest
        # What follows the thoughts is a new paragraph: nobody hears its empty lines.
        self._held = self._held.lstrip()
        return self._release() if self._held else ""

    def end(self) -> str:
        """Return what was held back, now that nothing more comes."""
        return self._held if self._where is _Where.BEFORE else ""

    def _release(self) -> str:
        text, self._held, self._where = self._held, "", _Where.SPEAKING
        return text
