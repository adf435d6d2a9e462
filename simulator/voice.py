"""How long the speakers' voice needs for a text."""

import re

# In characters, so that all scales with the speed. A comma is about 0.2 s and a full stop about 0.4 s at 5 per second.
_SHORT_PAUSE = 1.0
_LONG_PAUSE = 2.0
# An English word takes about a syllable per three letters, and no less than one.
_LETTERS_PER_SYLLABLE = 3.0

_TOKEN = re.compile(
    r"(?P<word>[A-Za-zÀ-ɏ']+)|(?P<long>[。！？!?…\n]+|\.(?!\d))|(?P<short>[，、；：,;:—]+)|(?P<point>[.%])|(?P<char>\w)"
)


def weight(text: str) -> float:
    """Return how many spoken characters `text` is worth; a character of Chinese and a digit are 1 each."""
    total = 0.0
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "word":
                total += max(1.0, len(token.group()) / _LETTERS_PER_SYLLABLE)
            case "long":
                total += _LONG_PAUSE
            case "short":
                total += _SHORT_PAUSE
            case _:  # a digit, a character, or a sign that is read aloud ("点", "百分之")
                total += 1.0
    return total


def seconds(text: str, characters_per_second: float) -> float:
    """Return how long the speakers need to say `text`."""
    return weight(text) / characters_per_second
