"""Finds every place where a text could be cut, and how natural a cut would be there."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
import re
import unicodedata

FENCE = "```"

# A quotation or an aside of up to this many characters is heard as one thing. It is also how long the first words
# wait, at most, for a bracket to close: half a second of a usual model's stream.
PASSAGE = 24

_STOPS = "。！？；…!?;．"
_FULL_CLAUSES = "，、："
_HALF_CLAUSES = ",:"
_CLOSERS = "”’」』）】》〉〕｝)]}"
_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "（": "）", "【": "】", "《": "》", "〈": "〉", "〔": "〕"}
_PAIRS |= {"(": ")", "[": "]", "{": "}", '"': '"', "`": "`"}

_STOP_RUN = re.compile(f"[{re.escape(_STOPS)}.]+")
_ATOM = re.compile(
    r"""
      !?\[[^\[\]\n]*\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)            # a markdown link is heard as its text
    | (?:https?://|www\.)[^\s<>"'`|，。！？；：、（）【】《》“”‘’\u3400-\u9fff]*[^\s<>"'`|，。！？；：、（）【】《》“”‘’\u3400-\u9fff.,:;!?)\]}*]
    | [A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+
    | (?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?:[/:?\#][\w/?=&%.\#~+;,!-]*[\w/])?  # a host, a file name, a path
    | &\#?[A-Za-z0-9]{1,8};
    | [+-]?\d+(?:[.,:/-]\d+|[：，、]\d+)*[%‰]?
    | [A-Za-z\u00c0-\u024f]+(?:[0-9]+|['’.-][A-Za-z\u00c0-\u024f]+)*
    | \*+ | _+ | ~+ | `+
    """,
    re.VERBOSE | re.ASCII,
)

_JOINTS = ("", *".,:/@-'’：，、")
_LINK_COMING = re.compile(r"\[[^\[\]\n]{1,80}\](?:\((?:[^\s()]|\([^\s()]*\)?){0,300})?\Z")
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t>*]*\(?(?:\d{1,3}|[A-Za-z]|[一二三四五六七八九十]{1,3})$")
_LAST_WORD = re.compile(r"[A-Za-z](?:[A-Za-z.]*[A-Za-z])?$")
_INITIALS = re.compile(r"[A-Za-z](?:\.[A-Za-z])*$")
_ABBREVIATIONS = re.compile(
    r"approx|capt|cf|co|corp|dept|dr|ed|est|fig|gen|gov|inc|jr|ltd|mr|mrs|ms|mt|no|ph\.d|pp|prof|rev|sgt|sr|st|vol|vs"
)
# These shorten a word as often as they end a sentence; what follows tells.
_OFTEN_LAST = frozenset({"etc", "a.m", "p.m"})


class Kind(IntEnum):
    """How natural a cut is, from a last resort to a full stop."""

    TOKEN = 0
    WORD = 1
    CLAUSE = 2
    SENTENCE = 3


@dataclass(frozen=True, slots=True)
class Border:
    """A place between two characters."""

    at: int
    kind: Kind
    spoken: int
    """How many letters, digits and hanzi stand before it."""


def borders(text: str, limit: int, *, final: bool, in_code: bool = False) -> Iterator[Border]:
    """Yield the borders of a text in order, up to the first one beyond the limit.

    A border is judged by the text on both of its sides, so a stop at the very end of an unfinished text is only a
    border where nothing that may follow could change its meaning.

    Args:
        text: What has arrived and was not taken yet.
        limit: How far to look.
        final: Nothing will follow.
        in_code: The text begins inside a code fence.
    """
    return _Scan(text, limit, final=final).walk(in_code=in_code)


def _is_cjk(char: str) -> bool:
    return "\u2e80" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or "\uff00" <= char <= "\uffef"


class _Scan:
    """One walk over a text."""

    def __init__(self, text: str, limit: int, *, final: bool) -> None:
        self._text = text
        self._limit = limit
        self._final = final
        self._shut = 0  # no cut before this place: a passage is open
        self._quoted = False

    def walk(self, *, in_code: bool) -> Iterator[Border]:
        """See `borders`."""
        text = self._text
        at = spoken = 0
        while at < len(text) and at <= self._limit:
            if in_code or text.startswith(FENCE, at):
                for border in self._code(at, spoken, in_code=in_code):
                    yield border
                    at, spoken = border.at, border.spoken
                in_code = False
                continue
            end, kind = self._step(at)
            spoken += sum(map(str.isalnum, text[at:end]))
            if end < self._shut:
                kind = min(kind, Kind.WORD)
            yield Border(end, kind, spoken)
            at = end

    def _code(self, at: int, spoken: int, *, in_code: bool) -> Iterator[Border]:
        """Walk through a code fence: only its lines may be cut, and only if need be."""
        text = self._text
        at += 0 if in_code else len(FENCE)
        if not in_code:
            yield Border(at, Kind.TOKEN, spoken)
        close = text.find(FENCE, at)
        # The last marks of an unfinished text may be the beginning of the closing fence.
        end = close if close >= 0 else at + len(text[at:].rstrip("`"))
        while at < end and at <= self._limit:
            nxt = min(_cluster(text, at), end)
            spoken += text[at].isalnum()
            yield Border(nxt, Kind.WORD if text[at] == "\n" else Kind.TOKEN, spoken)
            at = nxt
        if at < end:
            return
        if close >= 0:
            yield Border(close + len(FENCE), Kind.SENTENCE, spoken)
        else:
            yield Border(len(text), Kind.TOKEN, spoken)

    def _step(self, at: int) -> tuple[int, Kind]:
        """Return the end of the token that starts here, and what kind of border that end is."""
        text, char = self._text, self._text[at]
        if char == "\n":
            self._quoted = False
            return at + 1, Kind.SENTENCE
        if char.isspace():
            return at + 1, Kind.WORD
        if char in _PAIRS:
            self._open(at)
        if char == '"':
            self._quoted = not self._quoted
        if atom := _ATOM.match(text, at):
            end = _shape_end(text, atom.end())
            # "3." may become 3.14, and "a." a host: what may go on is not over.
            grows = not self._final and text[end:] in _JOINTS
            return len(text) if grows else end, Kind.TOKEN
        if char in _FULL_CLAUSES or char in _HALF_CLAUSES:
            return self._clause(at)
        if run := _STOP_RUN.match(text, at):
            return self._stop(at, run.end())
        return _cluster(text, at), Kind.TOKEN

    def _open(self, at: int) -> None:
        """Keep a short passage together, and wait for one that may yet turn out to be short."""
        if at < self._shut:
            return
        text = self._text
        if not self._final and _LINK_COMING.match(text, at):
            self._shut = len(text) + 1
            return
        reach = text[at + 1 : at + 2 + PASSAGE]
        close = reach.find(_PAIRS[text[at]])
        line = reach.find("\n")
        if close >= 0 and not 0 <= line < close:
            self._shut = at + close + 2
        elif line < 0 and len(reach) <= PASSAGE and not self._final:
            self._shut = len(text) + 1

    def _clause(self, at: int) -> tuple[int, Kind]:
        text, end = self._text, at + 1
        before, after = text[at - 1 : at], text[end : end + 1]
        if not after and not self._final:
            # What follows a digit may be the rest of its number; what follows a half-width comma, anything.
            certain = text[at] in _FULL_CLAUSES and not before.isdecimal()
            return end, Kind.CLAUSE if certain else Kind.TOKEN
        if text[at] in _HALF_CLAUSES and after and not (after.isspace() or _is_cjk(after) or after in _CLOSERS):
            return end, Kind.TOKEN
        if before.isdecimal() and after.isdecimal():
            return end, Kind.TOKEN
        if text[at] == "、" and _LIST_NUMBER.search(text[:at]):
            return end, Kind.TOKEN
        return self._closers(end), Kind.CLAUSE

    def _stop(self, at: int, end: int) -> tuple[int, Kind]:
        text, run = self._text, self._text[at:end]
        before, after = text[at - 1 : at] if at else "", text[end : end + 1]
        if not after and not self._final and self._may_grow(run, before):
            return end, Kind.TOKEN
        if run == ".":
            return self._full_stop(at)
        if set(run) == {"."} and before.isdecimal() and after.isdecimal():
            return end, Kind.TOKEN
        if run[-1] in "!?;" and after and after in "=&/":
            return end, Kind.TOKEN
        return self._ended(end, half_width=run.isascii())

    def _ended(self, at: int, *, half_width: bool) -> tuple[int, Kind]:
        """Take the closers to the stop before them, unless the sentence goes on: "Stop!" he cried."""
        end = self._closers(at)
        after = self._text[end : end + 1]
        rest = self._text[end : end + 8].lstrip() if half_width else after
        goes_on = after in (",", "，", "、") or (half_width and rest[:1].islower()) if rest else not self._final
        return end, Kind.TOKEN if goes_on and end > at else Kind.SENTENCE

    @staticmethod
    def _may_grow(run: str, before: str) -> bool:
        """Tell whether the next character could change what these stops mean."""
        if run[-1] == ".":
            return True
        if run[-1] == "…":
            return (len(run) - len(run.rstrip("…"))) % 2 == 1
        return run[-1] in "!?;" and before.isascii()

    def _full_stop(self, at: int) -> tuple[int, Kind]:
        text = self._text
        end, kind = self._ended(at + 1, half_width=True)
        after = text[end : end + 1]
        if (after and not (after.isspace() or _is_cjk(after))) or (not after and not self._final):
            return at + 1, Kind.TOKEN
        head = text[max(0, at - 24) : at]
        if _LIST_NUMBER.search(head if len(head) < at else text[:at]):
            return at + 1, Kind.TOKEN
        word = _LAST_WORD.search(head)
        if word is None or after == "\n" or not after:
            return end, kind
        name = word.group().lower()
        if name in _OFTEN_LAST:
            rest = text[end:].lstrip()
            ends = bool(rest) and (_is_cjk(rest[0]) or rest[0].isupper())
            return (end, Kind.SENTENCE) if ends else (at + 1, Kind.TOKEN)
        # A single capital is more often someone's initial than the end of a sentence.
        initial = len(name) == 1 and word.group().isupper() and head[: word.start()][-1:] in ("", " ", ".")
        if initial or _ABBREVIATIONS.fullmatch(name) or ("." in name and _INITIALS.fullmatch(name)):
            return at + 1, Kind.TOKEN
        return end, kind

    def _closers(self, at: int) -> int:
        """Skip the quotes and brackets that close what a stop has ended."""
        text = self._text
        while at < len(text):
            if text[at] == '"' and self._quoted:
                self._quoted = False
            elif text[at] not in _CLOSERS:
                break
            at += 1
        return at


def _cluster(text: str, at: int) -> int:
    """Return the end of the character that starts here with all that belongs to its shape."""
    end = at + 1
    if _is_flag(text[at]) and end < len(text) and _is_flag(text[end]):
        end += 1
    return _shape_end(text, end)


def _shape_end(text: str, at: int) -> int:
    """Skip what only changes the shape of the character before it."""
    while at < len(text) and (_extends(text[at]) or text[at - 1] == "\u200d"):
        at += 1
    return at


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _extends(char: str) -> bool:
    return (
        char == "\u200d"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or "\udc00" <= char <= "\udfff"
        or unicodedata.category(char) in ("Mn", "Me", "Mc")
    )
