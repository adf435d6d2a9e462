"""What all entities of a speaker share, and the language model behind an assistant."""

from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, override

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_MODEL
from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr, llm
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.json import json_dumps
from homeassistant.helpers.update_coordinator import CoordinatorEntity
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam
import probatio

from .const import DOMAIN
from .coordinator import XiaoGptConfigEntry, XiaoGptCoordinator
from .dialogue import Dialogue
from .gpt import GptError, Reason, ToolCall, stream_reply
from .interruption import interruption

MAX_TOOL_ROUNDS = 10
"""How often one question may go back and forth between the model and the tools."""


class SpeakerEntity(CoordinatorEntity[XiaoGptCoordinator]):
    """An entity of one speaker."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: XiaoGptCoordinator, did: str, key: str) -> None:
        """Take the speaker's did and what the entity is called within it."""
        super().__init__(coordinator)
        self._did = did
        self._attr_unique_id = f"{did}-{key}"
        self._attr_translation_key = key
        self._attr_device_info = dr.DeviceInfo(identifiers={(DOMAIN, did)})

    @property
    @override
    def available(self) -> bool:
        """Whether the speaker can be reached."""
        return super().available and self.coordinator.is_available(self._did)


class DialogueEntity(SpeakerEntity):
    """An entity of one speaker that is about the dialogue there."""

    def __init__(self, coordinator: XiaoGptCoordinator, dialogue: Dialogue, key: str) -> None:
        """Take the dialogue and what the entity is called within the speaker."""
        super().__init__(coordinator, dialogue.speaker.info.did, key)
        self.dialogue = dialogue

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what changes by voice or by itself."""
        await super().async_added_to_hass()
        self.async_on_remove(self.dialogue.observe(self.async_write_ha_state))


def add_for_each_speaker(
    entry: XiaoGptConfigEntry,
    add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[XiaoGptCoordinator, Dialogue], Iterable[Entity]],
) -> None:
    """Add the entities that `make` returns for each speaker, and for those that appear later."""
    coordinator = entry.runtime_data.coordinator
    known: set[str] = set()

    @callback
    def check_speakers() -> None:
        new = coordinator.data.keys() - known
        known.update(new)
        for did in new:
            add_entities(make(coordinator, entry.runtime_data.dialogues[did]))

    check_speakers()
    entry.async_on_unload(coordinator.async_add_listener(check_speakers))


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
        tools = [_tool(tool, chat_log.llm_api) for tool in chat_log.llm_api.tools] if chat_log.llm_api else []
        for _ in range(MAX_TOOL_ROUNDS):
            messages = [message for content in chat_log.content if (message := _message(content))]
            said_anything = False
            async for _ in chat_log.async_add_delta_content_stream(self.entity_id, self._deltas(messages, tools)):
                said_anything = True
            if interruption().is_set():
                return
            if not said_anything:
                raise GptError(Reason.EMPTY)
            if not chat_log.unresponded_tool_results:
                return
        raise GptError(Reason.REFUSED, "too many rounds of tools")

    async def _deltas(
        self, messages: list[ChatCompletionMessageParam], tools: list[ChatCompletionFunctionToolParam]
    ) -> AsyncGenerator[conversation.AssistantContentDeltaDict]:
        """Yield the model's reply in the shape that the chat log takes."""
        yield {"role": "assistant"}
        async for part in stream_reply(
            self.entry.runtime_data.client, self.subentry.data[CONF_MODEL], messages, tools, interruption()
        ):
            if isinstance(part, ToolCall):
                yield {"tool_calls": [llm.ToolInput(id=part.id, tool_name=part.name, tool_args=part.arguments)]}
            else:
                yield {"content": part}


def _tool(tool: llm.Tool, api: llm.APIInstance) -> ChatCompletionFunctionToolParam:
    """Return a tool as the service wants it described."""
    schema = probatio.to_openapi(tool.parameters, custom_serializer=api.custom_serializer, openapi_version="3.1.0")
    # Services refuse these at the top level.
    parameters = {key: value for key, value in schema.items() if key not in ("oneOf", "anyOf", "allOf", "enum", "not")}
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description or "", "parameters": parameters},
    }


def _message(content: conversation.Content) -> ChatCompletionMessageParam | None:
    """Return an entry of the chat log as a message, or None if it says nothing."""
    match content:
        case conversation.ToolResultContent():
            result: dict[str, Any] = {"data": content.result.data, "error": content.result.error}
            return {"role": "tool", "tool_call_id": content.tool_call_id, "content": json_dumps(result)}
        case conversation.AssistantContent(tool_calls=[*calls]):
            return {
                "role": "assistant",
                "content": content.content,
                "tool_calls": [
                    {
                        "type": "function",
                        "id": call.id,
                        "function": {"name": call.tool_name, "arguments": json_dumps(call.tool_args)},
                    }
                    for call in calls
                ],
            }
        case conversation.AssistantContent() if content.content:
            return {"role": "assistant", "content": content.content}
        case conversation.UserContent():
            return {"role": "user", "content": content.content}
        case conversation.SystemContent() if content.content:
            return {"role": "system", "content": content.content}
    return None
