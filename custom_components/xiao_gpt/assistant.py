"""The language model behind an assistant, whatever kind of entity stands for it."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_MODEL
from homeassistant.helpers import device_registry as dr, llm
from homeassistant.helpers.entity import Entity
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam

from .attachments import async_read_attachments
from .const import DOMAIN
from .coordinator import XiaoGptConfigEntry
from .gpt import GptError, Reason, Request, ToolCall, stream_reply
from .interruption import interruption
from .messages import as_message, as_tool

MAX_TOOL_ROUNDS = 10
"""How often one question may go back and forth between the model and the tools."""


class AssistantEntity(Entity):
    """An entity that stands for an assistant and speaks with its language model."""

    _attr_has_entity_name = True

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

    async def _async_reply(
        self, chat_log: conversation.ChatLog, response_format: Mapping[str, Any] | None = None
    ) -> None:
        """Let the model answer the chat log, with as many rounds of tools as it needs.

        Args:
            chat_log: the conversation.
            response_format: asks for data instead of words.

        Raises:
            HomeAssistantError: a file that comes along cannot be sent.
            GptError: the service failed, or the model said nothing or never came to an end.
        """
        tools = [as_tool(tool, chat_log.llm_api) for tool in chat_log.llm_api.tools] if chat_log.llm_api else []
        files = await async_read_attachments(self.hass, chat_log.content)
        for _ in range(MAX_TOOL_ROUNDS):
            messages = [message for content in chat_log.content if (message := as_message(content, files))]
            said_anything = False
            deltas = self._deltas(messages, tools, response_format)
            async for _ in chat_log.async_add_delta_content_stream(self.entity_id, deltas):
                said_anything = True
            if interruption().is_set():
                return
            if not said_anything:
                raise GptError(Reason.EMPTY)
            if not chat_log.unresponded_tool_results:
                return
        raise GptError(Reason.REFUSED, "too many rounds of tools")

    async def _deltas(
        self,
        messages: list[ChatCompletionMessageParam],
        tools: list[ChatCompletionFunctionToolParam],
        response_format: Mapping[str, Any] | None,
    ) -> AsyncGenerator[conversation.AssistantContentDeltaDict]:
        """Yield the model's reply in the shape that the chat log takes."""
        yield {"role": "assistant"}
        request = Request(self.subentry.data[CONF_MODEL], messages, tools, response_format)
        async for part in stream_reply(self.entry.runtime_data.client, request, interruption()):
            if isinstance(part, ToolCall):
                yield {"tool_calls": [llm.ToolInput(id=part.id, tool_name=part.name, tool_args=part.arguments)]}
            else:
                yield {"content": part}
