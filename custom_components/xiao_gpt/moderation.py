"""What an assistant must neither be asked nor say, as a person has set it for the entry."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial

from homeassistant.components import conversation

from .const import LOGGER
from .gpt import COARSE_WORDS, GptError, PhraseList, Service, ask_moderation, moderated
from .phrases import Phrase
from .settings import Settings

WITHHELD = "（这句话没有转达。）"
"""What stands in the history for a question that the model must not see, later either."""


class Moderation:
    """Judges what people ask, and what the model answers while it comes."""

    def __init__(self, settings: Settings, service: Service) -> None:
        """Take what is unwanted, and the service that may be asked as well."""
        words = (*settings.blocked_words, *(COARSE_WORDS if settings.block_coarse else ()))
        self._phrases = PhraseList(words)
        self._judge = self._ask_service if settings.moderation_service else None
        self._service = service
        self._reachable = True

    async def flags(self, text: str) -> bool:
        """Return whether a text must neither be asked nor said."""
        return self._phrases.found_in(text) or (self._judge is not None and await self._judge(text))

    async def refuses(self, chat_log: conversation.ChatLog) -> bool:
        """Return whether the model must not see the question; then it leaves the history."""
        content = chat_log.content
        at = max((at for at, said in enumerate(content) if isinstance(said, conversation.UserContent)), default=0)
        question = content[at]
        if not isinstance(question, conversation.UserContent):
            return False
        if not await self.flags(question.content):
            return False
        content[at] = conversation.UserContent(WITHHELD)
        return True

    def watch[T](self, reply: AsyncGenerator[str | T], stop: asyncio.Event) -> AsyncGenerator[str | T]:
        """Return the reply up to the first sentence that is not to be heard.

        Args:
            reply: is closed then.
            stop: set when nobody listens any more.
        """
        return moderated(reply, self._phrases, Phrase.UNWANTED_ANSWER, judge=self._judge, stop=stop)

    async def _ask_service(self, text: str) -> bool:
        """Return whether the service flags a text. One that cannot be reached flags nothing; the list holds anyway."""
        try:
            flagged = await self._service.call(partial(ask_moderation, text=text))
        except GptError as err:
            if self._reachable:
                LOGGER.warning("The moderation of the LLM service cannot be asked, only your list applies: %s", err)
            self._reachable = False
            return False
        self._reachable = True
        return flagged
