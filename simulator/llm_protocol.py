"""The Chat Completions protocol as OpenAI documents it: what a request may hold, and how errors look."""

from collections.abc import Iterable
from dataclasses import dataclass
import json
import re
from typing import Any

from .llm_replies import tokens

type Json = dict[str, Any]

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TYPE_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    str: "a string",
    list: "an array",
    dict: "an object",
}

# Roles and separators cost tokens too: the figures that OpenAI's cookbook gives for counting by hand.
_TOKENS_PER_MESSAGE = 3
_TOKENS_PER_REPLY = 3


class ApiError(Exception):
    """A request that is answered with an error body."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.param = param
        self.code = code
        self.retry_after = retry_after

    def body(self) -> Json:
        """Return the documented error body, which is also what an event in the middle of a stream says."""
        return {"error": {"message": str(self), "type": self.kind, "param": self.param, "code": self.code}}


def wrong_key(key: str) -> ApiError:
    """Return the refusal of `key`, of which it shows no more than the kind."""
    if not key:
        return ApiError(
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY).",
            code="invalid_api_key",
        )
    shown = "sk-****" if key.startswith("sk-") else "****"
    return ApiError(401, f"Incorrect API key provided: {shown}.", code="invalid_api_key")


def unknown_model(model: str) -> ApiError:
    """Return the refusal of a model that is not served."""
    return ApiError(
        404,
        f"The model `{model}` does not exist or you do not have access to it.",
        param="model",
        code="model_not_found",
    )


def _missing(param: str) -> ApiError:
    return ApiError(400, f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def _wrong_type(param: str, expected: str, value: object) -> ApiError:
    found = _TYPE_NAMES.get(type(value), "something else")
    return ApiError(
        400,
        f"Invalid type for '{param}': expected {expected}, but got {found} instead.",
        param=param,
        code="invalid_type",
    )


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request for a chat completion that has been found correct."""

    model: str
    messages: list[Json]
    stream: bool
    include_usage: bool
    """Whether the stream ends with a chunk that counts its tokens."""
    max_tokens: int | None
    """Most tokens of the answer."""
    tools: list[str]
    """Names of the functions that the request describes."""
    may_call: bool
    """Whether the model may call them."""
    prompt_tokens: int
    response_format: object = None
    """What the answer must look like; see `llm_structure.py`."""

    @property
    def words(self) -> str:
        """What all messages say."""
        return " ".join(map(_text, self.messages))

    @property
    def question(self) -> str:
        """The last thing the user said."""
        return next((_text(message) for message in reversed(self.messages) if message["role"] == "user"), "")

    @property
    def brings_results(self) -> bool:
        """Whether tools have been run since the last thing the user said."""
        for message in reversed(self.messages):
            if message["role"] in ("tool", "user"):
                return bool(message["role"] == "tool")
        return False


def parse_chat(body: bytes, models: Iterable[str]) -> ChatRequest:
    """Read the body of a request for a chat completion.

    Raises:
        ApiError: OpenAI would refuse it, and this is how.
    """
    try:
        data = json.loads(body)
    except ValueError as err:
        raise ApiError(400, "We could not parse the JSON body of your request.") from err
    if not isinstance(data, dict):
        raise ApiError(400, "We could not parse the JSON body of your request: expected an object.")
    if not isinstance(model := data.get("model"), str) or not model:
        raise ApiError(400, "you must provide a model parameter")
    if model not in models:
        raise unknown_model(model)
    messages = _messages(data)
    tools = _tools(data)
    stream = _flag(data, "stream")
    if (options := data.get("stream_options")) is not None:
        if not stream:
            raise ApiError(
                400,
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                param="stream_options",
            )
        if not isinstance(options, dict):
            raise _wrong_type("stream_options", "an object", options)
    if data.get("n") not in (None, 1):
        raise ApiError(400, "Only one choice is simulated: 'n' must be 1.", param="n", code="unsupported_value")
    return ChatRequest(
        model=model,
        messages=messages,
        stream=stream,
        include_usage=_flag(options or {}, "include_usage", "stream_options."),
        max_tokens=_limit(data),
        tools=tools,
        may_call=data.get("tool_choice") != "none",
        prompt_tokens=_count_prompt(messages, data.get("tools")),
        response_format=data.get("response_format"),
    )


def _flag(data: Json, name: str, prefix: str = "") -> bool:
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise _wrong_type(prefix + name, "a boolean", value)
    return bool(value)


def _limit(data: Json) -> int | None:
    given = [name for name in ("max_tokens", "max_completion_tokens") if data.get(name) is not None]
    if len(given) > 1:
        raise ApiError(
            400,
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            code="invalid_parameter_combination",
        )
    if not given:
        return None
    name = given[0]
    limit = data[name]
    if not isinstance(limit, int) or isinstance(limit, bool):
        raise _wrong_type(name, "an integer", limit)
    if limit < 1:
        raise ApiError(
            400,
            f"Invalid '{name}': integer below minimum value. Expected a value >= 1, but got {limit} instead.",
            param=name,
            code="integer_below_min_value",
        )
    return limit


def _tools(data: Json) -> list[str]:
    if (tools := data.get("tools")) is None:
        return []
    if not isinstance(tools, list):
        raise _wrong_type("tools", "an array of objects", tools)
    if not tools:
        raise ApiError(400, "[] is too short - 'tools'", param="tools", code="empty_array")
    names = []
    for index, tool in enumerate(tools):
        if isinstance(tool, dict) and isinstance(kind := tool.get("type"), str) and kind != "function":
            # The vendor's own, which its profile knows; what the model calls of them has a name.
            names += [tool["function"]["name"]] if isinstance(tool.get("function"), dict) else []
            continue
        function = tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
        if not isinstance(function, dict) or not isinstance(name := function.get("name"), str):
            raise _missing(f"tools[{index}].function.name")
        if not _TOOL_NAME.fullmatch(name):
            param = f"tools[{index}].function.name"
            raise ApiError(
                400,
                f"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern "
                "'^[a-zA-Z0-9_-]+$', of at most 64 characters.",
                param=param,
                code="invalid_value",
            )
        names.append(name)
    return names


def _messages(data: Json) -> list[Json]:
    messages = data.get("messages")
    if messages is None:
        raise _missing("messages")
    if not isinstance(messages, list):
        raise _wrong_type("messages", "an array of objects", messages)
    if not messages:
        raise ApiError(
            400,
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param="messages",
            code="empty_array",
        )
    for index, message in enumerate(messages):
        _check_message(message, f"messages[{index}]")
    _check_tool_order(messages)
    return messages


def _check_message(message: object, where: str) -> None:
    if not isinstance(message, dict):
        raise _wrong_type(where, "an object", message)
    if (role := message.get("role")) is None:
        raise _missing(f"{where}.role")
    if role not in _ROLES:
        supported = ", ".join(f"'{known}'" for known in _ROLES[:-1])
        raise ApiError(
            400,
            f"Invalid value: '{role}'. Supported values are: {supported}, and '{_ROLES[-1]}'.",
            param=f"{where}.role",
            code="invalid_value",
        )
    calls = message.get("tool_calls")
    if role == "assistant" and calls is not None:
        _check_calls(calls, f"{where}.tool_calls")
    elif role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise _missing(f"{where}.tool_call_id")
    content = message.get("content")
    if content is None and role == "assistant" and calls:
        return
    if isinstance(content, list):
        for index, part in enumerate(content):
            if not isinstance(part, dict) or not isinstance(part.get("type"), str):
                raise _missing(f"{where}.content[{index}].type")
            if part["type"] == "text" and not isinstance(part.get("text"), str):
                raise _missing(f"{where}.content[{index}].text")
    elif not isinstance(content, str):
        raise _wrong_type(f"{where}.content", "one of a string or array of objects", content)


def _check_calls(calls: object, where: str) -> None:
    if not isinstance(calls, list):
        raise _wrong_type(where, "an array of objects", calls)
    if not calls:
        raise ApiError(
            400,
            f"Invalid '{where}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param=where,
            code="empty_array",
        )
    for index, call in enumerate(calls):
        if not isinstance(call, dict) or not isinstance(call.get("id"), str):
            raise _missing(f"{where}[{index}].id")
        if not isinstance(function := call.get("function"), dict) or not isinstance(function.get("name"), str):
            raise _missing(f"{where}[{index}].function.name")
        if not isinstance(arguments := function.get("arguments"), str):
            raise _wrong_type(f"{where}[{index}].function.arguments", "a string", arguments)


def _check_tool_order(messages: list[Json]) -> None:
    """Check that the results of tools follow their calls, each of which has one."""
    called: set[str] = set()
    open_calls: set[str] = set()
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            if not called:
                raise ApiError(
                    400,
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    "'tool_calls'.",
                    param=f"messages.[{index}].role",
                )
            if (call_id := message["tool_call_id"]) not in called:
                raise ApiError(
                    400,
                    f"Invalid parameter: 'tool_call_id' of '{call_id}' not found in 'tool_calls' of previous message.",
                    param=f"messages.[{index}].tool_call_id",
                )
            open_calls.discard(call_id)
            continue
        _check_answered(open_calls, index)
        calls = message.get("tool_calls") if message["role"] == "assistant" else None
        called = {call["id"] for call in calls or ()}
        open_calls = set(called)
    _check_answered(open_calls, len(messages))


def _check_answered(open_calls: set[str], index: int) -> None:
    if open_calls:
        raise ApiError(
            400,
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            "'tool_call_id'. The following tool_call_ids did not have response messages: "
            f"{', '.join(sorted(open_calls))}",
            param=f"messages.[{index}].role",
        )


def _text(message: Json) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content if part["type"] == "text")


def _count_prompt(messages: list[Json], tools: list[Json] | None) -> int:
    count = _TOKENS_PER_REPLY
    for message in messages:
        count += _TOKENS_PER_MESSAGE + len(tokens(_text(message)))
        for call in message.get("tool_calls") or ():
            count += 1 + len(tokens(call["function"]["arguments"]))
    if tools:
        count += len(tokens(json.dumps(tools, ensure_ascii=False)))
    return count
