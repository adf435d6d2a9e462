"""What Home Assistant keeps of a conversation and the tools it lends, in the shape of the chat completions API."""

from typing import Any

from homeassistant.components import conversation
from homeassistant.helpers import llm
from homeassistant.helpers.json import json_dumps
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam
import probatio

from .attachments import Parts


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
        case conversation.UserContent(attachments=[*attached]) if attached:
            parts = [(files or {})[attachment.path] for attachment in attached]
            return {"role": "user", "content": [{"type": "text", "text": content.content}, *parts]}
        case conversation.UserContent():
            return {"role": "user", "content": content.content}
        case conversation.SystemContent() if content.content:
            return {"role": "system", "content": content.content}
    return None
