"""What this integration itself says at a speaker: in Chinese, the language that XiaoAI is spoken to in."""

from enum import StrEnum


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
    FILTERED = "这里有句话小爱不让说，我先跳过。"
