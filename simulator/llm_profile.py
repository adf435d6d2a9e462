"""OpenAI's endpoint: what it refuses and how, and the shape of its streams; what other vendors' differ from."""

import secrets
from typing import Any, ClassVar

from aiohttp import web

from .llm_protocol import ApiError, Json
from .llm_replies import ToolCall, tokens

THOUGHTS = "用户问了一个问题，我先想一想，再简短地回答。"

# What OpenAI's chat completions take.
_OPENAI_FIELDS = frozenset(
    {
        *("audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs"),
        *("max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "model", "moderation", "n"),
        *("parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options"),
        *("prompt_cache_retention", "reasoning_effort", "response_format", "safety_identifier", "seed"),
        *("service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools"),
        *("top_logprobs", "top_p", "user", "verbosity", "web_search_options"),
    }
)
_REASONING_MODELS = ("gpt-5", "o1", "o3", "o4")


class Profile:
    """OpenAI's own ways, which the other vendors' start from."""

    ranges: ClassVar[dict[str, tuple[float, float]]] = {
        "temperature": (0, 2),
        "top_p": (0, 1),
        "presence_penalty": (-2, 2),
        "frequency_penalty": (-2, 2),
    }
    """The least and the most of each parameter."""
    built_in_tools: frozenset[str] = frozenset()
    """Types of tools beside functions."""

    # What is asked

    def check(self, data: Json) -> None:
        """Look at a request that is otherwise correct.

        Raises:
            ApiError: the vendor refuses it.
        """
        for tool in data.get("tools") or ():
            if tool["type"] not in {"function", *self.built_in_tools}:
                param = "tools[0].type"
                raise ApiError(400, f"Invalid value: '{tool['type']}'.", param=param, code="invalid_value")
        self.check_parameters(data)
        for name, (least, most) in self.ranges.items():
            value = data.get(name)
            if value is not None and not least <= value <= most:
                raise self.out_of_range(name, value, least, most)

    def check_parameters(self, data: Json) -> None:
        """Look at the parameters.

        Raises:
            ApiError: one is refused.
        """
        if unknown := sorted(data.keys() - _OPENAI_FIELDS):
            raise ApiError(400, f"Unknown parameter: '{unknown[0]}'.", param=unknown[0], code="unknown_parameter")
        if data.get("web_search_options") is not None and "search" not in data["model"]:
            raise ApiError(400, "Unknown parameter: 'web_search_options'.", param="web_search_options")
        if not data["model"].startswith(_REASONING_MODELS):
            return
        for name in ("max_tokens", "top_p", "presence_penalty", "frequency_penalty", "stop"):
            if data.get(name) is not None:
                raise ApiError(
                    400,
                    f"Unsupported parameter: '{name}' is not supported with this model.",
                    param=name,
                    code="unsupported_parameter",
                )
        if data.get("temperature") not in (None, 1):
            raise ApiError(
                400,
                f"Unsupported value: 'temperature' does not support {data['temperature']} with this model. "
                "Only the default (1) value is supported.",
                param="temperature",
                code="unsupported_value",
            )

    def out_of_range(self, name: str, value: float, least: float, most: float) -> ApiError:
        """Return the refusal of a number."""
        high = value > most
        side, word = ("above maximum", f"<= {most}") if high else ("below minimum", f">= {least}")
        return ApiError(
            400,
            f"Invalid '{name}': decimal {side} value. Expected a value {word}, but got {value} instead.",
            param=name,
            code="decimal_above_max_value" if high else "decimal_below_min_value",
        )

    # What is answered

    def thinks(self, data: Json) -> bool:  # noqa: ARG002 (others look)
        """Return whether the model tells its thoughts before it answers."""
        return False

    def opening(self, *, calls: bool) -> list[Json]:
        """Return what a stream says before its first token."""
        return [{"role": "assistant", "content": None if calls else "", "refusal": None}]

    def deltas(self, text: str, calls: list[ToolCall]) -> list[Json]:
        """Return what a stream says, one token each."""
        if not calls:
            return [{"content": token} for token in tokens(text)]
        deltas: list[Json] = []
        for index, call in enumerate(calls):
            head = {"index": index, **whole_call(call), "function": {"name": call.name, "arguments": ""}}
            deltas.append({"tool_calls": [head]})
            deltas += [
                {"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in tokens(call.arguments)
            ]
        return deltas

    def thoughts(self) -> list[Json]:
        """Return the thoughts, one token each."""
        return [{"content": None, "reasoning_content": token} for token in tokens(THOUGHTS)]

    def finish(self, reason: str) -> str:
        """Return what an end is called."""
        return reason

    def shape(self, chunk: Json) -> Json:
        """Return a chunk of a stream as the vendor sends it."""
        return chunk

    def closing(self, last: Json, usage: Json, *, asked: bool) -> list[Json]:
        """Return the chunks that end a stream.

        Args:
            last: the one that says why it ends.
            usage: how many tokens it took.
            asked: whether the request wants to know.
        """
        if not asked:
            return [last]
        return [last | {"usage": None}, last | {"choices": [], "usage": usage}]

    # How it refuses

    def refuse(self, error: ApiError) -> web.Response:
        """Return the answer to what is refused."""
        status, body = self.error(error)
        response = web.json_response(body, status=status)
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    def error(self, error: ApiError) -> tuple[int, Any]:
        """Return the status and the body of a refusal."""
        return error.status, error.body()


def whole_call(call: ToolCall) -> Json:
    """Return a call in one piece, with an id."""
    return {
        "id": f"call_{secrets.token_hex(12)}",
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }
