"""What this integration itself says at a speaker: in Chinese, the language that XiaoAI is spoken to in."""

from collections.abc import Sequence
from enum import StrEnum
import re


class Phrase(StrEnum):
    """A sentence to be spoken."""

    TURNED_ON = "高级对话已打开，有什么想聊的，尽管问我。"
    TURNED_OFF = "高级对话已关闭。"
    CONTINUES = "持续对话已打开，我说完以后，你可以直接接着说。"
    CONTINUES_NOT = "持续对话已结束。"
    CANNOT_CONTINUE = "抱歉，这款音箱不支持持续对话。"
    NEW_TOPIC = "好的，我们换个话题。"
    REMEMBERED = "记住了，这样的话以后交给小爱。"
    NOTHING_BEFORE = "我还没有听到前面的问题。"
    ATTENTION = "请注意。"
    TEST = "能听到这句话，就说明一切正常。"
    HUM = "嗯。"
    THINKING = "让我想想。"
    SORRY = "抱歉，我刚才出了点问题，请稍后再问我一次。"
    STALLED = "抱歉，后面的话没有收到，请再问我一次。"
    BUDGET_SPENT = "今天的大模型额度用完了，明天再陪你聊，先让小爱来吧。"
    FILTERED = "这里有句话小爱不让说，我先跳过。"
    UNWANTED_QUESTION = "这个问题我不方便回答，我们聊点别的吧。"
    UNWANTED_ANSWER = "后面的话我不方便说，我们聊点别的吧。"
    DONE = "好的，办好了。"
    NOT_DONE = "好的，那就不做了。"
    FAILED_TO_DO = "抱歉，没有做成。"


_NAME = re.compile(r"[\w\- ]+")
_LONGEST_NAME = 12
_MOST_THINGS = 3
_MOST_ASSISTANTS = 6
"""More of them nobody remembers."""


def ask_to_confirm(action: str, names: Sequence[str]) -> str:
    """Return the question whether something is to be done that may be dangerous.

    Args:
        action: what would be done, a verb.
        names: of what it would be done to. They are anybody's words: of each only a little is said.
    """
    short = [f"“{''.join(_NAME.findall(name)).strip()[:_LONGEST_NAME] or '未命名'}”" for name in names]
    things = "、".join(short[:_MOST_THINGS]) + (f"等{len(short)}个" if len(short) > _MOST_THINGS else "")
    return f"为了安全，请说确认或者取消：要{action}{things}吗？"


def assistant_chosen(name: str) -> str:
    """Say who answers from now on."""
    return f"好的，现在由{name}来回答。"


def no_such_assistant(said: str, names: Sequence[str]) -> str:
    """Say that nobody is called so, and who there is."""
    refusal = f"没有叫{said}的助手。" if said else ""
    return f"{refusal}可以换成{'、'.join(names[:_MOST_ASSISTANTS])}。"
