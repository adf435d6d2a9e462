"""Whether XiaoAI's own answer is worth hearing, where ours fails."""

import re

_REFUSAL = re.compile(
    "没学会|没有学会|还在学|正在学习|[我还也]不知道|^不知道|不清楚|没听懂|听不懂|没有?听清|不明白|没明白|不太懂|换个(?:问法|说法|问题)|"
    "我不会|还不会|暂时不支持|还不支持|没有?找到|无法回答|回答不了|答不上|再说一遍"
)


def is_good(answer: str) -> bool:
    """Return whether an answer of XiaoAI's says anything, as far as its words tell."""
    return sum(map(str.isalnum, answer)) >= 2 and _REFUSAL.search(answer) is None
