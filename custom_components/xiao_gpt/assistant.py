"""The language model behind an assistant, whatever kind of entity stands for it."""

from collections.abc import AsyncGenerator
from functools import cached_property

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_MODEL
from homeassistant.helpers import device_registry as dr, llm
from homeassistant.helpers.entity import Entity
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam

from .confirmation import CONF_CONFIRM_EFFECTS, Guard
from .const import DOMAIN
from .coordinator import XiaoGptConfigEntry
from .gpt import GptError, Reason, Request, ToolCall, stream_reply
from .interruption import interruption
from .messages import as_message, as_tool
from .moderation import Moderation
from .phrases import Phrase

MAX_TOOL_ROUNDS = 10
"""How often one question may go back and forth between the model and the tools."""


class AssistantEntity(Entity):
    """An entity that stands for an assistant and speaks with its language model."""

    _attr_has_entity_name = True
    _attr_name = None

    def __init__(self, entry: XiaoGptConfigEntry, subentry: ConfigSubentry) -> None:
        """Take the subentry that describes the assistant."""
        self.entry = entry
        self.subentry = subentry
        self._attr_unique_id = subentry.subentry_id
        self._attr_device_info = dr.DeviceInfo(
            identifiers={(DOMAIN, subentry.subentry_id)},
            name=subentry.title,
            manufacturer="OpenAI",
            model=subentry.data[CONF_MODEL],
            entry_type=dr.DeviceEntryType.SERVICE,
        )

    async def _async_reply(self, chat_log: conversation.ChatLog) -> None:
        """Let the model answer the chat log, with as many rounds of tools as it needs.

        Raises:
            GptError: the service failed, or the model said nothing or never came to an end.
        """
        guard = Guard(self.hass, chat_log) if self.subentry.data.get(CONF_CONFIRM_EFFECTS, True) else None
        if guard is not None and (outcome := await guard.settle(self.entity_id)) is not None:
            return await self._say(chat_log, outcome)
        if await self._moderation.refuses(chat_log):
            return await self._say(chat_log, Phrase.UNWANTED_QUESTION)
        tools = [as_tool(tool, chat_log.llm_api) for tool in chat_log.llm_api.tools] if chat_log.llm_api else []
        for _ in range(MAX_TOOL_ROUNDS):
            messages = [message for content in chat_log.content if (message := as_message(content))]
            said_anything = False
            async for _ in chat_log.async_add_delta_content_stream(self.entity_id, self._deltas(messages, tools)):
                said_anything = True
            if interruption().is_set():
                return guard.forget() if guard is not None else None
            if guard is not None and guard.question is not None:
                return await self._say(chat_log, guard.question)
            if not said_anything:
                raise GptError(Reason.EMPTY)
            if not chat_log.unresponded_tool_results:
                return None
        raise GptError(Reason.REFUSED, "too many rounds of tools")

    async def _say(self, chat_log: conversation.ChatLog, words: str) -> None:
        """Say something of our own in the model's place."""

        async def deltas() -> AsyncGenerator[conversation.AssistantContentDeltaDict]:
            yield {"role": "assistant"}
            yield {"content": words}

        async for _ in chat_log.async_add_delta_content_stream(self.entity_id, deltas()):
            pass

    @cached_property
    def _moderation(self) -> Moderation:
        return Moderation(self.entry.runtime_data.options, self.entry.runtime_data.client)

    async def _deltas(
        self, messages: list[ChatCompletionMessageParam], tools: list[ChatCompletionFunctionToolParam]
    ) -> AsyncGenerator[conversation.AssistantContentDeltaDict]:
        """Yield the model's reply in the shape that the chat log takes."""
        yield {"role": "assistant"}
        request = Request(self.subentry.data[CONF_MODEL], messages, tools)
        reply = stream_reply(self.entry.runtime_data.client, request, interruption())
        async for part in self._moderation.watch(reply, interruption()):
            if isinstance(part, ToolCall):
                yield {"tool_calls": [llm.ToolInput(id=part.id, tool_name=part.name, tool_args=part.arguments)]}
            else:
                yield {"content": part}
