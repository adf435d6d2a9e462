"""Why a request failed, by what the user can do about it: each reason from a real answer."""

import asyncio
from typing import Any

import httpx
import httpx2
import openai
from openai import AsyncOpenAI
import pytest

from custom_components.xiao_gpt.gpt import GptError, Reason, Request, stream_reply
from custom_components.xiao_gpt.gpt.errors import translated_errors
from simulator.app import Simulator

from .conftest import Connect, Oddity


async def failure(client: AsyncOpenAI, model: str = "gpt-5-mini", *, messages: Any = None) -> GptError:
    """Ask, and return how it failed."""
    question: Any = [{"role": "user", "content": "你好"}] if messages is None else messages
    with pytest.raises(GptError) as caught:
        async for _ in stream_reply(client, Request(model, question), asyncio.Event()):
            pass
    return caught.value


@pytest.mark.parametrize(
    ("fail", "reason", "detail"),
    [
        ("auth", Reason.INVALID_KEY, "Incorrect API key provided: sk-****."),
        ("quota", Reason.QUOTA, "You exceeded your current quota"),
        ("rate", Reason.RATE_LIMITED, "Rate limit reached"),
        ("server", Reason.SERVICE, "The server had an error"),
        ("overloaded", Reason.SERVICE, "Our servers are currently overloaded"),
        ("disconnect", Reason.SERVICE, "the answer broke off"),
    ],
)
async def test_what_the_service_says_is_understood(
    sim: Simulator, client: AsyncOpenAI, fail: str, reason: Reason, detail: str
) -> None:
    sim.llm.settings.fail = fail
    error = await failure(client)
    assert error.reason is reason
    assert error.detail.startswith(detail)
    assert str(error).startswith(f"{reason}: {detail}")


async def test_a_limit_says_when_it_ends(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.fail = "rate"
    assert (await failure(client)).retry_after == 1
    sim.llm.settings.fail = "quota"
    assert (await failure(client)).retry_after is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "20"}, 20.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "-1"}, 0.0),
        ({}, None),
    ],
)
def test_the_header_is_read_in_seconds(headers: dict[str, str], seconds: float | None) -> None:
    response = httpx2.Response(429, headers=headers, request=httpx2.Request("POST", "http://127.0.0.1"))
    with pytest.raises(GptError) as caught, translated_errors():
        raise openai.RateLimitError("x", response=response, body=None)
    assert caught.value.retry_after == seconds


async def test_a_wrong_key_is_called_one(connect: Connect) -> None:
    error = await failure(connect(key="sk-wrong-and-secret"))
    assert error.reason is Reason.INVALID_KEY
    assert "secret" not in str(error)


@pytest.mark.parametrize("key", ["密钥", "sk-ａｂｃ"])
async def test_a_key_of_letters_that_no_key_has_is_a_wrong_one(connect: Connect, key: str) -> None:
    assert (await failure(connect(key=key))).reason is Reason.INVALID_KEY


async def test_a_model_that_is_not_there_is_called_so(client: AsyncOpenAI) -> None:
    error = await failure(client, "gpt-9")
    assert error.reason is Reason.NO_SUCH_MODEL
    assert "gpt-9" in error.detail


async def test_an_address_without_the_api_is_called_so(sim: Simulator, connect: Connect) -> None:
    assert (await failure(connect(f"{sim.url}/nowhere"))).reason is Reason.NOT_FOUND


async def test_a_service_that_is_not_there_is_called_so(connect: Connect, unused_tcp_port: int) -> None:
    assert (await failure(connect(f"http://127.0.0.1:{unused_tcp_port}/v1"))).reason is Reason.CANNOT_CONNECT


async def test_a_service_that_never_begins_is_given_up(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.first_token = 60
    assert (await failure(client.with_options(timeout=0.05))).reason is Reason.TIMEOUT


async def test_a_service_that_falls_silent_in_its_answer_is_given_up(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.stall_after = 3
    assert (await failure(client.with_options(timeout=0.5))).reason is Reason.TIMEOUT
    finished = await sim.timeline.wait_for(lambda event: event.event == "llm_finished")
    assert (finished.fields["tokens"], finished.fields["reason"]) == (3, "closed_by_client")


async def test_a_question_that_makes_no_sense_is_refused(client: AsyncOpenAI) -> None:
    error = await failure(client, messages=[])
    assert error.reason is Reason.REFUSED
    assert "empty array" in error.detail


def _body(message: str = "x", **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, **fields}}


@pytest.mark.parametrize(
    ("status", "body", "reason", "detail"),
    [
        (402, _body("Insufficient Balance"), Reason.QUOTA, "Insufficient Balance"),  # DeepSeek
        (403, _body("not in your country"), Reason.FORBIDDEN, "not in your country"),
        (404, _body("model 'x' not found, try pulling it first"), Reason.NO_SUCH_MODEL, None),  # Ollama
        (404, _body(code="model_not_found"), Reason.NO_SUCH_MODEL, None),
        (400, _body(code="model_not_found"), Reason.NO_SUCH_MODEL, None),
        (404, "<html>nginx</html>", Reason.NOT_FOUND, "HTTP 404"),
        (404, {}, Reason.NOT_FOUND, "HTTP 404"),
        (429, _body(code="insufficient_balance"), Reason.QUOTA, None),
        (429, _body(type="insufficient_quota"), Reason.QUOTA, None),
        (429, _body(code=1302), Reason.RATE_LIMITED, None),  # Zhipu
        (429, _body(code="1113"), Reason.QUOTA, None),  # Zhipu
        (429, _body(type="exceeded_current_quota_error"), Reason.QUOTA, None),  # Moonshot
        (400, _body(code="Arrearage"), Reason.QUOTA, None),  # Qwen
        (403, _body(code="AccountOverdueError"), Reason.QUOTA, None),  # Doubao
        (403, _body(code="insufficient_user_quota"), Reason.QUOTA, None),  # gateways
        (403, _body(code="account_deactivated"), Reason.INVALID_KEY, None),
        (404, _body("The deployment is not there", code="DeploymentNotFound"), Reason.NO_SUCH_MODEL, None),  # Azure
        (429, "", Reason.RATE_LIMITED, "HTTP 429"),
        (400, _body(), Reason.REFUSED, "x"),
        (400, {"error": "no object"}, Reason.REFUSED, "HTTP 400"),
        (413, [], Reason.REFUSED, "HTTP 413"),
        (422, _body(""), Reason.REFUSED, "HTTP 422"),
        (302, "", Reason.REFUSED, "HTTP 302"),
        (502, "<html>Bad Gateway</html>", Reason.SERVICE, "HTTP 502"),
        (529, _body("overloaded"), Reason.SERVICE, "overloaded"),
    ],
)
async def test_other_services_are_understood_too(
    oddity: Oddity, odd_client: AsyncOpenAI, status: int, body: Any, reason: Reason, detail: str | None
) -> None:
    oddity.says(body, status)
    error = await failure(odd_client)
    assert error.reason is reason
    assert detail in (None, error.detail)


@pytest.mark.parametrize(
    ("events", "reason", "detail"),
    [
        ([_body("the model has crashed")], Reason.SERVICE, "the model has crashed"),
        (["{broken"], Reason.SERVICE, "the answer is not JSON"),
        (["[DONE]"], Reason.EMPTY, ""),
        ([], Reason.EMPTY, ""),
    ],
)
async def test_a_stream_that_goes_wrong_is_understood(
    oddity: Oddity, odd_client: AsyncOpenAI, events: list[Any], reason: Reason, detail: str
) -> None:
    oddity.streams(*events)
    error = await failure(odd_client)
    assert (error.reason, error.detail) == (reason, detail)


async def test_a_web_page_instead_of_a_stream_is_an_empty_reply(oddity: Oddity, odd_client: AsyncOpenAI) -> None:
    oddity.says("<html>Welcome</html>")
    assert (await failure(odd_client)).reason is Reason.EMPTY


async def test_letters_that_are_none_are_an_error_of_the_service(oddity: Oddity, odd_client: AsyncOpenAI) -> None:
    oddity.body, oddity.content_type = b"data: \xff\xfe\n\n", "text/event-stream"
    assert (await failure(odd_client)).reason is Reason.SERVICE


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (openai.OpenAIError("no"), Reason.REFUSED),
        (httpx.ReadTimeout("late"), Reason.TIMEOUT),
        (httpx2.ReadTimeout("late"), Reason.TIMEOUT),
        (httpx2.ReadError("gone"), Reason.SERVICE),
    ],
)
def test_errors_of_either_http_client_are_understood(raised: Exception, reason: Reason) -> None:
    with pytest.raises(GptError) as caught, translated_errors():
        raise raised
    assert caught.value.reason is reason
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize("raised", [KeyError("a bug"), asyncio.CancelledError(), GptError(Reason.EMPTY)])
def test_what_is_no_failure_of_the_service_stays_what_it_is(raised: BaseException) -> None:
    with pytest.raises(type(raised)) as caught, translated_errors():
        raise raised
    assert caught.value is raised


def test_an_error_without_a_detail_is_its_reason() -> None:
    error = GptError(Reason.EMPTY)
    assert (str(error), error.detail) == ("llm_empty_reply", "")
