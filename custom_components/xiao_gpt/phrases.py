"""What this integration itself says at a speaker."""

from enum import Enum


class Phrase(Enum):
    """A sentence in Chinese and English."""

    TURNED_ON = ("高级对话已打开，有什么想聊的，尽管问我。", "Advanced dialogue is on. Ask me anything.")
    TURNED_OFF = ("高级对话已关闭。", "Advanced dialogue is off.")
    SORRY = ("抱歉，我刚才出了点问题，请稍后再问我一次。", "Sorry, something went wrong. Please ask me again later.")

    def in_language(self, language: str) -> str:
        """Return the sentence in Chinese, or in English where `language` is that."""
        chinese, english = self.value
        return english if language.startswith("en") else chinese
