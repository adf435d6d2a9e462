"""How the endpoints of other vendors differ from OpenAI's: what they refuse and how, and the shape of their streams.

From their documentation, and from what users of their interfaces have reported; each difference stands at the vendor.
"""

import secrets
from typing import Any, ClassVar, override

from .llm_profile import THOUGHTS, Profile, whole_call
from .llm_protocol import ApiError, Json
from .llm_replies import ToolCall, tokens


def _thinking_switch(data: Json) -> bool:
    """Return whether a model thinks that does so unless it is told not to."""
    return bool((data.get("thinking") or {}).get("type") != "disabled")


def _check_thoughts(data: Json, message: str) -> None:
    """Refuse a conversation whose tool calls have lost the thoughts that led to them."""
    for index, said in enumerate(data["messages"]):
        if said["role"] == "assistant" and said.get("tool_calls") and not said.get("reasoning_content"):
            raise ApiError(400, message.format(index=index), code="invalid_request_error")


class DeepSeek(Profile):
    """Thinks by default and wants its thoughts back with tool calls; no role "developer"; 402 for an empty balance."""

    ranges: ClassVar = Profile.ranges | {"max_tokens": (1, 8192)}

    @override
    def check_parameters(self, data: Json) -> None:
        for index, said in enumerate(data["messages"]):
            if said["role"] == "developer":
                raise ApiError(
                    422,
                    "Failed to deserialize the JSON body into the target type: "
                    f"messages[{index}].role: unknown variant `developer`",
                    code="invalid_request_error",
                )
        if self.thinks(data):
            _check_thoughts(data, "The `reasoning_content` in the thinking mode must be passed back to the API.")

    @override
    def out_of_range(self, name: str, value: float, least: float, most: float) -> ApiError:
        return ApiError(
            400,
            f"Invalid {name} value, the valid range of {name} is [{least}, {most}]",
            code="invalid_request_error",
        )

    @override
    def thinks(self, data: Json) -> bool:
        return _thinking_switch(data)

    @override
    def opening(self, *, calls: bool) -> list[Json]:
        return [{"role": "assistant", "content": None, "reasoning_content": ""}]

    @override
    def error(self, error: ApiError) -> tuple[int, Any]:
        status, message, kind = error.status, str(error), error.kind
        match error.code:
            case "insufficient_quota":
                status, message, kind = 402, "Insufficient Balance", "unknown_error"
            case "model_not_found":
                status, message = 400, "Model Not Exist"
            case "invalid_api_key":
                kind = "authentication_error"
        return status, {"error": {"message": message, "type": kind, "param": None, "code": "invalid_request_error"}}


class Qwen(Profile):
    """Thinks when asked to; ranges without their upper end; a spent account is in arrears."""

    ranges: ClassVar = Profile.ranges | {"temperature": (0, 1.999), "max_tokens": (1, 8192)}

    @override
    def check_parameters(self, data: Json) -> None:
        if self.thinks(data) and not data.get("stream"):
            raise ApiError(400, "parameter.enable_thinking must be set to false for non-streaming calls")

    @override
    def out_of_range(self, name: str, value: float, least: float, most: float) -> ApiError:
        word = f"Range of {name} should be [{least}, {most}]" if name == "max_tokens" else ""
        word = word or f"{name.capitalize()} should be in [{least:.1f}, {round(most, 1):.1f})"
        return ApiError(400, f"<400> InternalError.Algo.InvalidParameter: {word}", code="invalid_parameter_error")

    @override
    def thinks(self, data: Json) -> bool:
        return bool(data.get("enable_thinking"))

    @override
    def opening(self, *, calls: bool) -> list[Json]:
        return [{"role": "assistant", "content": None}]

    @override
    def deltas(self, text: str, calls: list[ToolCall]) -> list[Json]:
        deltas = super().deltas(text, calls)
        for delta in deltas:
            for part in delta.get("tool_calls", ()):
                part.setdefault("id", "")
                delta["content"] = None
        return deltas

    @override
    def error(self, error: ApiError) -> tuple[int, Any]:
        status, message, code = error.status, str(error), error.code
        if code == "insufficient_quota":
            status, code = 400, "Arrearage"
            message = "Access denied, please make sure your account is in good standing."
        body = {"message": message, "type": error.kind, "param": None, "code": code}
        return status, {"error": body, "request_id": secrets.token_hex(8)}


class Moonshot(Profile):
    """Temperatures to 1; the tokens are counted within the last choice; a search that the client hands back."""

    ranges: ClassVar = Profile.ranges | {"temperature": (0, 1)}
    built_in_tools = frozenset({"builtin_function"})

    @override
    def check_parameters(self, data: Json) -> None:
        if self.thinks(data):
            _check_thoughts(
                data,
                "thinking is enabled but reasoning_content is missing in assistant tool call message at index {index}",
            )

    @override
    def out_of_range(self, name: str, value: float, least: float, most: float) -> ApiError:
        return ApiError(400, f"invalid {name}: only values between {least} and {most} are allowed")

    @override
    def thinks(self, data: Json) -> bool:
        return "k2" in data["model"] and _thinking_switch(data)

    @override
    def opening(self, *, calls: bool) -> list[Json]:
        return [{"role": "assistant", "content": ""}]

    @override
    def closing(self, last: Json, usage: Json, *, asked: bool) -> list[Json]:
        (choice,) = last["choices"]
        return super().closing(last | {"choices": [choice | {"usage": usage}]}, usage, asked=asked)

    @override
    def error(self, error: ApiError) -> tuple[int, Any]:
        kinds = {
            "insufficient_quota": "exceeded_current_quota_error",
            "rate_limit_exceeded": "rate_limit_reached_error",
            "invalid_api_key": "invalid_authentication_error",
            "model_not_found": "resource_not_found_error",
        }
        message = str(error)
        if error.code == "model_not_found":
            message = "Not found the model or Permission denied"
        return error.status, {"error": {"message": message, "type": kinds.get(error.code or "", error.kind)}}


class Zhipu(Profile):
    """Errors are a number and a Chinese sentence; a role in each delta; its own words for an end; a search of its own.

    It takes `max_tokens` only.
    """

    ranges: ClassVar = Profile.ranges | {"temperature": (0, 1), "max_tokens": (1, 131072)}
    built_in_tools = frozenset({"web_search", "retrieval"})

    @override
    def check_parameters(self, data: Json) -> None:
        for tool in data.get("tools") or ():
            if tool["type"] == "web_search" and not tool.get("web_search", {}).get("search_engine"):
                raise ApiError(400, "web_search.search_engine参数非法。请检查文档。", code="1214")

    @override
    def out_of_range(self, name: str, value: float, least: float, most: float) -> ApiError:
        return ApiError(400, f"{name}参数非法。请检查文档。", code="1214")

    @override
    def thinks(self, data: Json) -> bool:
        return _thinking_switch(data)

    @override
    def opening(self, *, calls: bool) -> list[Json]:
        return []

    @override
    def thoughts(self) -> list[Json]:
        return [{"reasoning_content": token} for token in tokens(THOUGHTS)]

    @override
    def deltas(self, text: str, calls: list[ToolCall]) -> list[Json]:
        if not calls:
            return super().deltas(text, calls)
        return [{"tool_calls": [{"index": index, **whole_call(call)}]} for index, call in enumerate(calls)]

    @override
    def finish(self, reason: str) -> str:
        return {"content_filter": "sensitive"}.get(reason, reason)

    @override
    def shape(self, chunk: Json) -> Json:
        for choice in chunk["choices"]:
            choice["delta"] = {"role": "assistant", **choice["delta"]}
            if choice["finish_reason"] is None:
                del choice["finish_reason"]
        return chunk

    @override
    def closing(self, last: Json, usage: Json, *, asked: bool) -> list[Json]:
        return [last | {"usage": usage}]

    @override
    def error(self, error: ApiError) -> tuple[int, Any]:
        known = {
            "insufficient_quota": (429, "1113", "您的账户已欠费，请充值后重试。"),
            "rate_limit_exceeded": (429, "1302", "您的账户已达到速率限制，请控制请求频率。"),
            "invalid_api_key": (401, "1002", "Authorization Token非法。"),
            "model_not_found": (400, "1211", "模型不存在，请检查模型代码。"),
        }
        status, code, message = known.get(error.code or "", (error.status, error.code or "1210", str(error)))
        return status, {"error": {"code": code, "message": message}}


class Doubao(Profile):
    """A model may be an endpoint (ep-...); errors have a code in words and name the parameter."""

    ranges: ClassVar = Profile.ranges | {"max_tokens": (1, 12288)}

    @override
    def check_parameters(self, data: Json) -> None:
        """Take whatever there is."""

    @override
    def out_of_range(self, name: str, value: float, least: float, most: float) -> ApiError:
        return ApiError(
            400, f"The parameter `{name}` specified in the request is not valid: got {value} instead.", param=name
        )

    @override
    def thinks(self, data: Json) -> bool:
        return _thinking_switch(data)

    @override
    def opening(self, *, calls: bool) -> list[Json]:
        return [{"role": "assistant", "content": ""}]

    @override
    def thoughts(self) -> list[Json]:
        return [{"content": "", "reasoning_content": token} for token in tokens(THOUGHTS)]

    @override
    def error(self, error: ApiError) -> tuple[int, Any]:
        known = {
            "insufficient_quota": (403, "AccountOverdueError", "Forbidden"),
            "rate_limit_exceeded": (429, "RateLimitExceeded.EndpointRPMExceeded", "TooManyRequests"),
            "invalid_api_key": (401, "AuthenticationError", "Unauthorized"),
            "model_not_found": (404, "InvalidEndpointOrModel.NotFound", "NotFound"),
        }
        other = (error.status, "InvalidParameter" if error.status == 400 else "InternalServiceError", "BadRequest")
        status, code, kind = known.get(error.code or "", other)
        body = {"code": code, "message": f"{error} Request id: 02", "param": error.param or "", "type": kind}
        return status, {"error": body}


class Ollama(Profile):
    """A role in each delta, tool calls whole and all with one index, an end by "stop"; takes parameters as they come.

    Thoughts, where a model has them, are in `reasoning`.
    """

    ranges: ClassVar = {}

    @override
    def check_parameters(self, data: Json) -> None:
        if data.get("reasoning_effort") not in (None, "none") and "qwen3" not in data["model"]:
            raise ApiError(400, f'"{data["model"]}" does not support thinking')

    @override
    def thinks(self, data: Json) -> bool:
        return "qwen3" in data["model"] and data.get("reasoning_effort") != "none"

    @override
    def opening(self, *, calls: bool) -> list[Json]:
        return []

    @override
    def thoughts(self) -> list[Json]:
        return [{"content": "", "reasoning": token} for token in tokens(THOUGHTS)]

    @override
    def deltas(self, text: str, calls: list[ToolCall]) -> list[Json]:
        if not calls:
            return super().deltas(text, calls)
        return [{"content": "", "tool_calls": [{"index": 0, **whole_call(call)}]} for call in calls]

    @override
    def finish(self, reason: str) -> str:
        return "stop" if reason == "tool_calls" else reason  # as its older versions

    @override
    def shape(self, chunk: Json) -> Json:
        for choice in chunk["choices"]:
            choice["delta"] = {"role": "assistant", "content": "", **choice["delta"]}
        return chunk

    @override
    def error(self, error: ApiError) -> tuple[int, Any]:
        kind = {400: "invalid_request_error", 404: "not_found_error"}.get(error.status, "api_error")
        message = f"model {error} not found" if error.code == "model_not_found" else str(error)
        return error.status, {"error": {"message": message, "type": kind, "param": None, "code": None}}


class Vllm(Profile):
    """An empty first delta, a `stop_reason`, an id made up anew for each part of a call, errors by their class's name.

    Fields that it does not know are passed over; thoughts are in the text where no parser takes them out.
    """

    ranges: ClassVar = Profile.ranges | {"temperature": (0, float("inf"))}

    @override
    def check_parameters(self, data: Json) -> None:
        """Take whatever there is."""

    @override
    def out_of_range(self, name: str, value: float, least: float, most: float) -> ApiError:
        return ApiError(400, f"{name} must be in [{least}, {most}], got {value}.")

    @override
    def thinks(self, data: Json) -> bool:
        return bool((data.get("chat_template_kwargs") or {}).get("enable_thinking"))

    @override
    def opening(self, *, calls: bool) -> list[Json]:
        return [{"role": "assistant", "content": ""}, {}]

    @override
    def thoughts(self) -> list[Json]:
        return [{"content": token} for token in ("<th", "ink>\n", *tokens(THOUGHTS), "\n</", "think>\n\n")]

    @override
    def deltas(self, text: str, calls: list[ToolCall]) -> list[Json]:
        deltas = super().deltas(text, calls)
        for delta in deltas:
            for part in delta.get("tool_calls", ()):
                part["id"] = f"chatcmpl-tool-{secrets.token_hex(8)}"
        return deltas

    @override
    def shape(self, chunk: Json) -> Json:
        for choice in chunk["choices"]:
            if choice["finish_reason"]:
                choice["stop_reason"] = None
        return chunk

    @override
    def error(self, error: ApiError) -> tuple[int, Any]:
        kind = {400: "BadRequestError", 401: "Unauthorized", 404: "NotFoundError"}.get(error.status, "InternalError")
        return error.status, {
            "error": {"message": str(error), "type": kind, "param": error.param, "code": error.status}
        }


class Gemini(Profile):
    """Google's compatible endpoint: parallel calls, each whole, all with index 0; errors in a list."""

    @override
    def check_parameters(self, data: Json) -> None:
        """Take whatever there is."""

    @override
    def out_of_range(self, name: str, value: float, least: float, most: float) -> ApiError:
        return ApiError(400, f"Unable to submit request because it has a {name} value of {value}.")

    @override
    def opening(self, *, calls: bool) -> list[Json]:
        return []

    @override
    def deltas(self, text: str, calls: list[ToolCall]) -> list[Json]:
        if not calls:
            return super().deltas(text, calls)
        return [{"tool_calls": [{"index": 0, **whole_call(call)}]} for call in calls]

    @override
    def shape(self, chunk: Json) -> Json:
        for choice in chunk["choices"]:
            choice["delta"] = {"role": "assistant", **choice["delta"]}
        return chunk

    @override
    def error(self, error: ApiError) -> tuple[int, Any]:
        status, message = error.status, str(error)
        if error.code == "invalid_api_key":
            status, message = 400, "API key not valid. Please pass a valid API key."
        names = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
        body = {"code": status, "message": message, "status": names.get(status, "INTERNAL")}
        return status, [{"error": body}]


PROFILES: dict[str, Profile] = {
    "openai": Profile(),
    "deepseek": DeepSeek(),
    "qwen": Qwen(),
    "moonshot": Moonshot(),
    "zhipu": Zhipu(),
    "doubao": Doubao(),
    "ollama": Ollama(),
    "vllm": Vllm(),
    "gemini": Gemini(),
}
