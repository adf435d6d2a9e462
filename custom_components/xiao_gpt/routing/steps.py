"""Utterances that cannot be understood, or must not be obeyed twice, without what was before them."""

import re

from .commands import normal
from .text import tokens

_ELLIPSIS = re.compile(
    "^(?:那|那么|还有|再|也|换|改|另外|其他|其它|继续|然后|接着|不是|不对|下一?个|上一?个|第[一二三四五六七八九十两几\\d]+)"
    "|(?:呢|也一样|也是|的也|一样|一点儿?|一些)$"
)
_POINTS_BACK = re.compile("^(?:把|给我|帮我)?它|[开关]掉?它")
_LONGEST_ELLIPSIS = 10
_STEP = re.compile(
    "切换|反转|反过来|[调变弄][高低亮暗大小冷热暖快慢强弱]|[高低亮暗大小冷热暖快慢强弱](?:一)?[点些度档格]"
    "|[加减升降](?:[高低大小快慢亮暗]|[一二三四五六七八九十两\\d])|提高|降低|增加|减少"
)
_GOAL = re.compile("(?:[调设定开升降加减变换弄]|提高|降低|增加|减少)(?:到|成|为|至)|最[高低亮暗大小冷热]")
_SPEAKERS = re.compile("声音|音量|声|歌|曲|首|集|章|播|放|快进|后退|闹钟|提醒|计时")


def goes_on(utterance: str) -> bool:
    """Return whether a short utterance goes on with something: "那卧室呢", "再暗一点"."""
    words = normal(utterance)
    if len(tokens(utterance)) > _LONGEST_ELLIPSIS:
        return False
    return _ELLIPSIS.search(words) is not None or _POINTS_BACK.search(words) is not None


def is_step(utterance: str) -> bool:
    """Return whether it makes a difference if an order is obeyed once or twice: "切换客厅灯", "再亮一点"."""
    words = normal(utterance)
    return _STEP.search(words) is not None and _GOAL.search(words) is None


def is_the_speakers(utterance: str) -> bool:
    """Return whether it is about what the speaker itself plays or keeps: "声音大一点"."""
    return _SPEAKERS.search(normal(utterance)) is not None
