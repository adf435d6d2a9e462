"""An utterance as the classifiers see it: cut into tokens."""

import re
import unicodedata

LONGEST = 200
"""Characters after these are not read: nobody says more in one breath."""

_WAKE_WORD = re.compile(r"^\W*(?>小爱同学|小爱)\W*(?=\w)")
_TOKEN = re.compile(r"[a-z]+|[^\W_]")


def tokens(utterance: str) -> list[str]:
    """Return Latin words in lower case and every other letter, character or digit by itself.

    Punctuation is left out: a recogniser adds it as it likes, so there is nothing to be learned from it. So are a
    wake word at the beginning, symbols and control characters.
    """
    text = unicodedata.normalize("NFKC", utterance[:LONGEST])[:LONGEST].lower()
    return _TOKEN.findall(_WAKE_WORD.sub("", text))
