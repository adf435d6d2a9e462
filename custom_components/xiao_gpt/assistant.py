"""The language model behind an assistant, whatever kind of entity stands for it."""

from collections.abc import AsyncGenerator, Mapping
from functools import cached_property
from typing import Any

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_MODEL
from homeassistant.helpers import device_registry as dr, llm
from homeassistant.helpers.entity import Entity
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam

from .assistant_settings import CONF_CONFIRM_EFFECTS, history_tokens_of, parameters_of, past_turns_of
from .attachments import async_read_attachments
from .confirmation import Guard
from .const import CONF_BASE_URL, DOMAIN
from .coordinator import XiaoGptConfigEntry
from .gpt import WEB_SEARCH_TOOL, GptError, Key, Reason, Request, Thought, ToolCall, vendor_of, wants_thoughts
from .gpt.history import trim
from .interruption import interruption
from .messages import as_messages, as_tool, recent
from .metering import metered
from .model_issue import watched_model
from .moderation import Moderation
from .phrases import Phrase
from .tokenizers import async_tokenizers

MAX_TOOL_ROUNDS = 10
"""How often one question may go back and forth between the model and the tools."""


def assistant_device(entry: XiaoGptConfigEntry, subentry: ConfigSubentry) -> dr.DeviceInfo:
    """Return the device that stands for an assistant."""
    return dr.DeviceInfo(
        identifiers={(DOMAIN, subentry.subentry_id)},
        name=subentry.title,
        manufacturer=vendor_of(entry.data[CONF_BASE_URL]).value or None,
        model=subentry.data[CONF_MODEL],
        entry_type=dr.DeviceEntryType.SERVICE,
    )


class AssistantEntity(Entity):
    """An entity that stands for an assistant and speaks with its language model."""

    _attr_has_entity_name = True

    def __init__(self, entry: XiaoGptConfigEntry, subentry: ConfigSubentry) -> None:
        """Take the subentry that describes the assistant."""
        self.entry = entry
        self.subentry = subentry
        self._attr_unique_id = subentry.subentry_id
        self._attr_device_info = assistant_device(entry, subentry)

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
        with Guard(self.hass, chat_log, asks=self.subentry.data.get(CONF_CONFIRM_EFFECTS, True)) as guard:
            if (outcome := await guard.settle(self.entity_id)) is not None:
                await self._say(chat_log, outcome)
            elif self.entry.runtime_data.allowance.spent:
                raise GptError(Reason.BUDGET)
            elif await self._moderation.refuses(chat_log):
                await self._say(chat_log, Phrase.UNWANTED_QUESTION)
            else:
                with watched_model(self.hass, self.entry, self.subentry):
                    await self._ask_model(chat_log, guard, response_format)

    async def _ask_model(
        self, chat_log: conversation.ChatLog, guard: Guard, response_format: Mapping[str, Any] | None
    ) -> None:
        """Go back and forth between the model and the tools until it has answered or a person has to be asked."""
        past_turns = past_turns_of(self.subentry.data)
        vendor = vendor_of(self.entry.data[CONF_BASE_URL])
        tools = [as_tool(tool, chat_log.llm_api) for tool in chat_log.llm_api.tools] if chat_log.llm_api else []
        files = await async_read_attachments(self.hass, chat_log.content)
        for _ in range(MAX_TOOL_ROUNDS):
            messages = self._trimmed(
                as_messages(
                    recent(chat_log.content, past_turns),
                    self.entity_id,
                    wants_thoughts=wants_thoughts(vendor),
                    files=files,
                )
            )
            said_anything = False
            deltas = self._deltas(messages, tools, response_format)
            async for said in chat_log.async_add_delta_content_stream(self.entity_id, deltas):
                # Thoughts alone are no answer.
                said_anything |= not isinstance(said, conversation.AssistantContent) or bool(
                    said.content or said.tool_calls
                )
            if interruption().is_set():
                return guard.forget()
            if guard.question is not None:
                return await self._say(chat_log, guard.question)
            if not said_anything:
                raise GptError(Reason.EMPTY)
            if not chat_log.unresponded_tool_results:
                return None
        raise GptError(Reason.REFUSED, "too many rounds of tools")

    def _trimmed(self, messages: list[ChatCompletionMessageParam]) -> list[ChatCompletionMessageParam]:
        """Leave out the oldest turns, if there are more than the model is to be told again."""
        count = async_tokenizers(self.hass).of(self.subentry.data[CONF_MODEL])
        return trim(messages, history_tokens_of(self.subentry.data), count)

    async def _say(self, chat_log: conversation.ChatLog, words: str) -> None:
        """Say something of our own in the model's place."""

        async def deltas() -> AsyncGenerator[conversation.AssistantContentDeltaDict]:
            yield {"role": "assistant"}
            yield {"content": words}

        async for _ in chat_log.async_add_delta_content_stream(self.entity_id, deltas()):
            pass

    @cached_property
    def _moderation(self) -> Moderation:
        return Moderation(self.entry.runtime_data.options, self.entry.runtime_data.service)

    async def _deltas(
        self,
        messages: list[ChatCompletionMessageParam],
        tools: list[ChatCompletionFunctionToolParam],
        response_format: Mapping[str, Any] | None,
    ) -> AsyncGenerator[conversation.AssistantContentDeltaDict | conversation.ToolResultContentDeltaDict]:
        """Yield the model's reply in the shape that the chat log takes."""
        yield {"role": "assistant"}
        parameters = parameters_of(self.subentry.data)
        request = Request(self.subentry.data[CONF_MODEL], messages, tools, parameters, response_format)
        data = self.entry.runtime_data
        used: list[Key] = []
        parts = metered(
            self.hass,
            data.ledger,
            self.subentry,
            request,
            data.service.reply(request, interruption(), used.append),
            key=lambda: used[-1].id if used else data.service.ring.keys[0].id,
        )
        searches: list[ToolCall] = []
        async for part in self._moderation.watch(parts, interruption()):
            match part:
                case ToolCall():
                    external = part.name == WEB_SEARCH_TOOL
                    searches += [part] if external else []
                    tool = llm.ToolInput(id=part.id, tool_name=part.name, tool_args=part.arguments, external=external)
                    yield {"tool_calls": [tool]}
                case Thought():
                    yield {"thinking_content": part.text}
                case str():
                    yield {"content": part}
        for search in searches:
            result = llm.ToolResult(data=search.arguments)
            yield {"role": "tool_result", "tool_call_id": search.id, "tool_name": search.name, "result": result}
