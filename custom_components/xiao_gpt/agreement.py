"""What a person means who is asked whether something is to be done. Whoever speaks of something else has not agreed."""

from collections.abc import Mapping
import re
from typing import Final

_LONGEST_REPLY = 16
_NOISE = re.compile(r"[^\w]|_")
_WAKE_WORD = "(?:小爱同学|小爱)?"
_YES = "确认|确定|是的?|对的?|没错|好的?|可以的?|行|同意|执行|嗯+|yes|yep|okay|ok|sure|confirm"
# Whole words are never given up again (possessive): many words of one letter could be cut in too many ways.
_NO = re.compile(
    f"{_WAKE_WORD}(?>(?:还是|先|那|我|嗯)?(?:不确认|不要|不用|不行|不是|不对|不可以|不打开|不开|不关|不|别打开|别开|别关|别|甭"
    "|取消|算|没事|停止|停|nope|nevermind|no|cancel|stop)(?:了|啦|吧|啊|呀|谢谢)*)++"
)
_VERBS: Final[Mapping[str, str]] = {
    "打开": "打开|开门|开",
    "解锁": "打开|解锁|开锁|开门|开",
    "关上": "关上|关闭|关门|关",
    "锁上": "锁上|上锁|锁门|锁",
}
"""How people repeat what they were asked about: the wrong one is no agreement."""


def agrees(words: str, action: str = "") -> bool | None:
    """Return whether a person agrees (True) or declines (False); None: they speak of something else.

    Args:
        words: the whole of what was said.
        action: the verb that was asked about.
    """
    said = _NOISE.sub("", words).lower()
    if not 0 < len(said) <= _LONGEST_REPLY:
        return None
    if _NO.fullmatch(said):
        return False
    yes = "|".join(filter(None, (_YES, _VERBS.get(action, ""))))
    agreed = re.fullmatch(f"{_WAKE_WORD}(?>(?:嗯+|啊|那|我)?(?:{yes})(?:吧|啊|呀|哦|它)?)++", said)
    return True if agreed else None
