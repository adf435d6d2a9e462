"""What recognisers and people do to an utterance: homophones, fillers, swallowed and repeated characters."""

from collections import defaultdict
from collections.abc import Iterable
import random

from pypinyin import Style, lazy_pinyin

_FILLERS = ("嗯", "呃", "那个", "就是", "哎", "啊", "额", "这个", "我说", "喂", "诶", "那啥")
_ENDINGS = ("啊", "吧", "呀", "呢", "哈", "嘛", "了", "哦", "谢谢", "好吧", "行吗")
_MERGED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"), ("l", "n"))


class Noise:
    """Changes an utterance a little, as it is changed on its way from a mouth to a line of text."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Take texts whose characters may stand for one another, the frequent ones more often."""
        self._alike: dict[str, list[str]] = defaultdict(list)
        self._sounds: dict[str, str] = {}
        for text in texts:
            for character in text:
                if "\u4e00" <= character <= "\u9fff":
                    if character not in self._sounds:
                        self._sounds[character] = _merged(lazy_pinyin(character, style=Style.NORMAL)[0])
                    self._alike[self._sounds[character]].append(character)

    def __call__(self, text: str, rng: random.Random) -> str:
        """Return the text with one or two of these changes."""
        changes = (self._homophones, self._homophones, _filler, _ending, _drop, _repeat)
        for change in rng.sample(changes, rng.choice((1, 1, 2))):
            text = change(text, rng)
        return text

    def _homophones(self, text: str, rng: random.Random) -> str:
        """Replace one character, or one of ten in a long text, by one that sounds the same."""
        characters = list(text)
        known = [index for index, character in enumerate(characters) if character in self._sounds]
        for index in rng.sample(known, min(len(known), 1 + len(characters) // 10)):
            characters[index] = rng.choice(self._alike[self._sounds[characters[index]]])
        return "".join(characters)


def _merged(sound: str) -> str:
    """Return a syllable as those hear it whose dialect does not tell the two apart."""
    for wide, narrow in _MERGED:
        sound = sound.replace(wide, narrow)
    return sound


def _filler(text: str, rng: random.Random) -> str:
    return rng.choice(_FILLERS) + text


def _ending(text: str, rng: random.Random) -> str:
    return text.rstrip("。？！?!.") + rng.choice(_ENDINGS)


def _drop(text: str, rng: random.Random) -> str:
    """Leave one character out of a text that is long enough to be understood without it."""
    if len(text) < 6:
        return text
    index = rng.randrange(len(text))
    return text[:index] + text[index + 1 :]


def _repeat(text: str, rng: random.Random) -> str:
    """Say the first one to three characters twice."""
    return text[: rng.randint(1, min(3, max(1, len(text))))] + text
