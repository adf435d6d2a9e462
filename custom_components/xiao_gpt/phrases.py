"""What this integration itself says at a speaker: in Chinese, the language that XiaoAI is spoken to in."""

from enum import StrEnum


class Phrase(StrEnum):
    """A sentence to be spoken."""

    TURNED_ON = "高级对话已打开，有什么想聊的，尽管问我。"
    TURNED_OFF = "高级对话已关闭。"
    SORRY = "抱歉，我刚才出了点问题，请稍后再问我一次。"
    FILTERED = "这里有句话小爱不让说，我先跳过。"
