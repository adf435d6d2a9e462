"""What Home Assistant keeps of a conversation and the tools it lends, in the shape of the chat completions API."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from homeassistant.components import conversation
from homeassistant.helpers import llm
from homeassistant.helpers.json import json_dumps
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam
import probatio

from .attachments import Parts
from .gpt import WEB_SEARCH_TOOL


def as_tool(tool: llm.Tool, api: llm.APIInstance) -> ChatCompletionFunctionToolParam:
    """Return a tool as the service wants it described."""
    schema = probatio.to_openapi(tool.parameters, custom_serializer=api.custom_serializer, openapi_version="3.1.0")
    # Services refuse these at the top level.
    parameters = {key: value for key, value in schema.items() if key not in ("oneOf", "anyOf", "allOf", "enum", "not")}
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description or "", "parameters": parameters},
    }


def as_message(content: conversation.Content, files: Parts | None = None) -> ChatCompletionMessageParam | None:
    """Return an entry of the chat log as a message, or None if it says nothing.

    Args:
        content: the entry.
        files: what comes along with the messages of the log, read.
    """
    match content:
        case conversation.ToolResultContent(tool_name=tool) if tool == WEB_SEARCH_TOOL:
            # The service searches by itself, once it is given its own words back.
            return {"role": "tool", "tool_call_id": content.tool_call_id, "content": json_dumps(content.result.data)}
        case conversation.ToolResultContent():
            result: dict[str, Any] = {"data": content.result.data, "error": content.result.error}
            return {"role": "tool", "tool_call_id": content.tool_call_id, "content": json_dumps(result)}
        case conversation.AssistantContent(tool_calls=[*calls]):
            return {
                "role": "assistant",
                "content": content.content,
                "tool_calls": [
                    {
                        "type": cast("Any", "builtin_function" if call.tool_name == WEB_SEARCH_TOOL else "function"),
                        "id": call.id,
                        "function": {"name": call.tool_name, "arguments": json_dumps(call.tool_args)},
                    }
                    for call in calls
                ],
            }
        case conversation.AssistantContent() if content.content:
            return {"role": "assistant", "content": content.content}
        case conversation.UserContent(attachments=[*attached]) if attached:
            parts = [(files or {})[attachment.path] for attachment in attached]
            return {"role": "user", "content": [{"type": "text", "text": content.content}, *parts]}
        case conversation.UserContent():
            return {"role": "user", "content": content.content}
        case conversation.SystemContent() if content.content:
            return {"role": "system", "content": content.content}
    return None


def as_messages(
    content: Sequence[conversation.Content],
    agent_id: str,
    *,
    wants_thoughts: bool = False,
    files: Parts | None = None,
) -> list[ChatCompletionMessageParam]:
    """Return the chat log as messages.

    A model that has thought of a tool wants its thoughts back, for as long as the call can be seen.

    Args:
        content: of the chat log.
        agent_id: who is to answer.
        wants_thoughts: whether the service refuses calls of tools without thoughts. Those that Home Assistant made by
            itself have none, and are left out; what was said of them stays.
        files: what comes along with the messages, read.
    """
    messages: list[ChatCompletionMessageParam] = []
    left_out: set[str] = set()
    for turn in _turns(content):
        used_tools = any(isinstance(said, conversation.AssistantContent) and said.tool_calls for said in turn)
        for said in turn:
            if isinstance(said, conversation.ToolResultContent) and said.tool_call_id in left_out:
                continue
            if wants_thoughts and isinstance(said, conversation.AssistantContent) and _is_homes(said):
                left_out.update(call.id for call in said.tool_calls or ())
                said = replace(said, tool_calls=None)
            own = getattr(said, "agent_id", agent_id) == agent_id
            if (message := as_message(said, files)) is None:
                continue
            if used_tools and own and isinstance(said, conversation.AssistantContent) and said.thinking_content:
                message = cast("ChatCompletionMessageParam", {**message, "reasoning_content": said.thinking_content})
            messages.append(message)
    return messages


def _is_homes(said: conversation.AssistantContent) -> bool:
    """Return whether Home Assistant itself called the tools, in the name of whichever agent was to answer."""
    return (
        bool(said.tool_calls)
        and not said.thinking_content
        and all(call.external and call.tool_name != WEB_SEARCH_TOOL for call in said.tool_calls or ())
    )


def recent(content: Sequence[conversation.Content], past_turns: int | None) -> list[conversation.Content]:
    """Return what the system says, so many past turns, and the one that is being taken; None: all turns.

    A turn is whole: what a person said, with all tool calls, their results and the answer.
    """
    system = [said for said in content if isinstance(said, conversation.SystemContent)]
    turns = _turns([said for said in content if not isinstance(said, conversation.SystemContent)])
    kept = turns if past_turns is None else turns[-1 - past_turns :]
    return [*system, *(said for turn in kept for said in turn)]


def _turns(content: Sequence[conversation.Content]) -> list[list[conversation.Content]]:
    """Return the content in turns, each of which begins with what a person said."""
    turns: list[list[conversation.Content]] = []
    for said in content:
        if isinstance(said, conversation.UserContent) or not turns:
            turns.append([])
        turns[-1].append(said)
    return turns
