"""Finds unwanted words in a text that is still coming.

A sentence is handed on once it has ended and is found clean: a speaker waits for the end of a sentence anyway. Phrases
are found whatever the case, the width or the accents of their letters, and across whatever is not heard (spaces,
dashes, stars, zero-width characters), but never across the end of a sentence. A word of Latin letters or digits is
only found as a whole: "class" holds no "ass".
"""

from collections.abc import Iterable, Iterator
import unicodedata

LONGEST_HELD = 100
"""Of a longer sentence what is clean is handed on: nobody should wait for what never ends. A slow model (7 characters a
second) takes 14 s for so many, and a stream that brings nothing for 15 s is given up."""

COARSE_WORDS = (
    *(
        "傻逼",
        "傻屄",
        "煞笔",
        "傻叉",
        "装逼",
        "操你妈",
        "草泥马",
        "肏",
        "日你妈",
        "他妈的",
        "妈了个逼",
        "妈逼",
        "王八蛋",
    ),
    *("狗日的", "狗娘养", "婊子", "贱人", "贱货", "鸡巴", "畜生", "混蛋", "脑残", "TMD", "NMSL"),
    *("fuck", "fucks", "fucking", "fucked", "fucker", "motherfucker", "shit", "shitty", "bullshit", "bitch", "bitches"),
    *("asshole", "assholes", "bastard", "cunt", "whore", "slut"),
)
"""What parents do not want to hear, in Chinese and English. Few, and none that everyday talk holds by chance, as
"去死海旅游" holds "去死"."""

_ENDS = frozenset("。｡！!？?；;…\n\r\u2028\u2029")
_DOTS = frozenset(".．")
_UNHEARD = frozenset({"Mn", "Me", "Cf"})
"""Categories of characters that do not even end a word: accents (split off their letters) and what has no width."""


class _Node(dict[str, "_Node"]):
    """A place in the tree of phrases, whose steps are tokens."""

    ends = False
    """Whether a phrase ends here."""


class PhraseList:
    """Phrases to be found in texts. An empty one finds nothing."""

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        """Take the phrases as a person writes them; what has neither a letter nor a digit is none."""
        self.root = _Node()
        for phrase in phrases:
            node = self.root
            tokens = _Tokens()
            for _, token in [*(found for char in phrase for found in tokens.take(char)), *tokens.end()]:
                node = node.setdefault(token, _Node())
            node.ends = node is not self.root

    def __bool__(self) -> bool:
        """Return whether there is anything to be found."""
        return bool(self.root)

    def found_in(self, text: str) -> bool:
        """Return whether a sentence of the text holds one of the phrases."""
        screen = Screen(self)
        screen.feed(text)
        screen.finish()
        return screen.flagged


class Screen:
    """Lets the clean sentences of a text through while it comes, however it is cut into deltas."""

    def __init__(self, phrases: PhraseList) -> None:
        """Take what must not be let through."""
        self.flagged = False
        """Whether a sentence was kept back, and with it all that follows."""
        self._root = phrases.root
        self._tokens = _Tokens()
        self._matching: list[tuple[_Node, int]] = []
        """How far phrases have been found, and where each begins."""
        self._held = ""
        self._dot = False
        """Whether the last character was a full stop, or a dot within a number or a name."""

    def feed(self, delta: str) -> list[str]:
        """Take what has just arrived; return the sentences that may be handed on."""
        return [clean for char in delta if not self.flagged and (clean := self._take(char))]

    def finish(self) -> str:
        """Return what is left, now that nothing follows."""
        if not self.flagged:
            self._step(self._tokens.end())
        rest, self._held = self._held, ""
        return "" if self.flagged else rest

    def _take(self, char: str) -> str:
        # Of a dot only what follows tells whether it ends a sentence: "3.14", "example.com".
        ends = char in _ENDS or (self._dot and char.isspace())
        self._dot = char in _DOTS
        self._step(self._tokens.end() if ends else self._tokens.take(char))
        if self.flagged:
            return ""
        self._held += char
        if ends:
            self._matching.clear()
            return self._release(len(self._held))
        return self._release(self._clean) if len(self._held) > LONGEST_HELD else ""

    def _step(self, tokens: Iterable[tuple[int, str]]) -> None:
        for start, token in tokens:
            begun = [*self._matching, (self._root, start)]
            self._matching = [(node[token], first) for node, first in begun if token in node]
            self.flagged = self.flagged or any(node.ends for node, _ in self._matching)

    @property
    def _clean(self) -> int:
        """How many of the held characters belong to nothing that may yet become a phrase."""
        starts = [first for _, first in self._matching]
        return min([*starts, self._tokens.open]) - (self._tokens.at - len(self._held))

    def _release(self, count: int) -> str:
        released, self._held = self._held[:count], self._held[count:]
        return released


class _Tokens:
    """Cuts a text into Latin words, numbers and single other letters, each with the place where it begins."""

    def __init__(self) -> None:
        self.at = 0
        """How many characters there were."""
        self._word = ""
        self._start = 0

    @property
    def open(self) -> int:
        """Where the word begins that is not over yet, or the end of the text."""
        return self._start if self._word else self.at

    def take(self, char: str) -> Iterator[tuple[int, str]]:
        """Take the next character; return the tokens that are whole now."""
        found: list[tuple[int, str]] = []
        for part in unicodedata.normalize("NFKD", char).casefold():
            if unicodedata.category(part) in _UNHEARD:
                continue
            if part.isalnum() and unicodedata.east_asian_width(part) != "W":
                self._start = self._start if self._word else self.at
                self._word += part
                continue
            found += self._whole()
            if part.isalnum():
                found.append((self.at, part))
        self.at += 1
        return iter(found)

    def end(self) -> Iterator[tuple[int, str]]:
        """Take a character that ends a sentence, or the end of the text; return the last token."""
        found = self._whole()
        self.at += 1
        return iter(found)

    def _whole(self) -> list[tuple[int, str]]:
        word, self._word = self._word, ""
        return [(self._start, word)] if word else []
