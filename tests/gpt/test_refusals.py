"""Which parameter a refusal is about, from what the services really say."""

from typing import Any

import pytest

from custom_components.xiao_gpt.gpt import GptError, Reason
from custom_components.xiao_gpt.gpt.refusals import refused_parameter

from .conftest import Connect, Oddity
from .test_errors import failure

SENT = ["temperature", "top_p", "max_tokens", "stop", "reasoning_effort", "thinking", "tools", "top_k"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        # OpenAI
        ({"message": "Unsupported value", "param": "temperature", "code": "unsupported_value"}, "temperature"),
        ({"message": "Invalid 'stop'", "param": "stop[4]"}, "stop"),
        ({"message": "Unrecognized request argument supplied: top_k", "param": None}, "top_k"),
        # A field says which: the sentence is not looked at any more.
        ({"message": "temperature of the messages", "param": "messages[0].content"}, None),
        # DeepSeek
        (
            {"message": "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", "param": None},
            "max_tokens",
        ),
        ({"message": "temperature: invalid type: string, expected f32 at line 1 column 66"}, "temperature"),
        ({"message": "The `reasoning_content` in the thinking mode must be passed back to the API."}, None),
        # Qwen
        (
            {"message": "<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]"},
            "max_tokens",
        ),
        ({"message": "Temperature should be in [0.0, 2.0)", "code": "invalid_parameter_error"}, "temperature"),
        # Zhipu
        ({"code": "1214", "message": "temperature参数非法。请检查文档。"}, "temperature"),
        ({"code": "1214", "message": "stop参数非法。请检查文档。"}, "stop"),
        ({"code": "1210", "message": "API 调用参数有误，请检查文档。"}, None),
        # Moonshot
        ({"message": "invalid temperature: only 1 is allowed for this model"}, "temperature"),
        # Doubao
        ({"code": "InvalidParameter", "message": "x", "param": "thinking.type", "type": "BadRequest"}, "thinking"),
        # Ollama
        ({"message": '"llama3.2" does not support thinking', "param": None}, "reasoning_effort"),
        # FastAPI, with which many serve models
        ({"detail": [{"loc": ["body", "top_p"], "msg": "Input should be less than or equal to 1"}]}, "top_p"),
        # Gemini
        ([{"error": {"message": "it has a temperature value of 3", "status": "INVALID_ARGUMENT"}}], "temperature"),
        # Others
        ({"message": "the stop sequence is too long"}, "stop"),
        ({"message": "Please stop asking, the prompt is too long"}, None),
        ({"message": "top_priority is not known"}, None),
        ("temperature", "temperature"),
        (None, None),
    ],
)
def test_the_parameter_is_found(body: Any, name: str | None) -> None:
    assert refused_parameter(body, SENT) == name


def test_the_first_that_is_named_counts() -> None:
    assert refused_parameter({"message": "top_p or temperature, not both"}, SENT) == "top_p"


def test_what_was_not_sent_cannot_be_refused() -> None:
    assert refused_parameter({"message": "temperature", "param": "temperature"}, []) is None


async def test_only_a_bad_request_is_about_a_parameter(oddity: Oddity, connect: Connect) -> None:
    oddity.says({"error": {"message": "max_tokens"}}, 500)
    error: GptError = await failure(connect(oddity.url))
    assert (error.reason, error.parameter) == (Reason.SERVICE, None)
