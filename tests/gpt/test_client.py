"""The connection to a service: made, asked for its models, tried out."""

import asyncio
from typing import Any

import httpx
from openai import AsyncOpenAI
import pytest

from custom_components.xiao_gpt.gpt import (
    DEFAULT_BASE_URL,
    GptError,
    Reason,
    list_models,
    make_client,
    preferred,
    probe,
)
from custom_components.xiao_gpt.gpt.client import PREFERRED_MODELS, TIMEOUT_S
from simulator.app import Simulator
from simulator.timeline import Event

from .conftest import Connect, Oddity

CHUNK = {"id": "1", "choices": [{"index": 0, "delta": {"content": "好"}}]}


# Making one


def test_a_client_needs_no_more_than_a_key(http_client: httpx.AsyncClient) -> None:
    client = make_client("sk-1", "", http_client)
    assert str(client.base_url) == f"{DEFAULT_BASE_URL}/"
    assert client.timeout == TIMEOUT_S
    assert client.max_retries == 1


async def test_a_service_at_home_may_ask_for_no_key(sim: Simulator, http_client: httpx.AsyncClient) -> None:
    sim.llm.settings.api_key = None
    client = make_client("", sim.llm_url, http_client)
    assert await list_models(client) == ["gpt-4o-mini", "gpt-5-mini"]


async def test_the_http_client_stays_the_callers(client: AsyncOpenAI, http_client: httpx.AsyncClient) -> None:
    await list_models(client)
    assert not http_client.is_closed


async def test_key_and_model_reach_the_service(oddity: Oddity, connect: Connect) -> None:
    oddity.streams(CHUNK, "[DONE]")
    await probe(connect(oddity.url, "sk-mine"), "some-model")
    (asked,) = oddity.asked
    assert asked["path"] == "/v1/chat/completions"
    assert asked["headers"]["authorization"] == "Bearer sk-mine"
    assert asked["body"]["model"] == "some-model"
    assert asked["body"]["stream"] is True


# Its models


async def test_the_models_are_listed_in_order(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.models = ["b", "c", "a"]
    assert await list_models(client) == ["a", "b", "c"]


async def test_a_service_may_have_no_list(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.list_models = False
    assert await list_models(client) == []


async def test_a_service_may_list_no_models(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.models = []
    assert await list_models(client) == []


@pytest.mark.parametrize(
    ("body", "models"),
    [
        ([{"id": "b", "type": "chat"}, {"id": "a"}], ["a", "b"]),  # together.ai
        ({"object": "list", "data": [{"id": "models/gemini"}]}, ["models/gemini"]),
        ({"object": "list", "data": None}, []),
        ({"ok": True}, []),
        ({"data": {"a": 1}}, []),
        ({"data": ["a"]}, []),
        ({"data": [{"id": 1}]}, []),
        (None, []),
        (5, []),
    ],
)
async def test_a_list_of_every_shape_is_read(
    oddity: Oddity, odd_client: AsyncOpenAI, body: Any, models: list[str]
) -> None:
    oddity.says(body)
    assert await list_models(odd_client) == models


@pytest.mark.parametrize("page", ["<html>Welcome</html>", "", "hello"])
async def test_a_web_page_is_no_service(oddity: Oddity, odd_client: AsyncOpenAI, page: str) -> None:
    oddity.says(page)
    with pytest.raises(GptError) as caught:
        await list_models(odd_client)
    assert caught.value.reason is Reason.NOT_FOUND


@pytest.mark.parametrize(
    ("fail", "reason"),
    [("auth", Reason.INVALID_KEY), ("server", Reason.SERVICE), ("overloaded", Reason.SERVICE)],
)
async def test_a_list_that_is_refused_is_an_error(
    sim: Simulator, client: AsyncOpenAI, fail: str, reason: Reason
) -> None:
    sim.llm.settings.fail = fail
    with pytest.raises(GptError) as caught:
        await list_models(client)
    assert caught.value.reason is reason


async def test_a_service_that_fails_once_is_asked_again(sim: Simulator, http_client: httpx.AsyncClient) -> None:
    sim.llm.settings.update({"fail": "server", "fail_times": 1})
    client = make_client(str(sim.llm.settings.api_key), sim.llm_url, http_client)
    assert len(await list_models(client)) == 2


# Trying it out


async def test_a_probe_hears_the_first_word_and_hangs_up(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.stall_after = 1
    await probe(client, "gpt-5-mini")
    finished = await sim.timeline.wait_for(_ended)
    assert finished.fields["reason"] == "closed_by_client"
    assert finished.fields["tokens"] <= 1


async def test_a_probe_that_is_cancelled_hangs_up(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.first_token = 60
    probing = asyncio.create_task(probe(client, "gpt-5-mini"))
    await sim.timeline.wait_for(lambda event: event.event == "llm_request")
    probing.cancel()
    assert (await sim.timeline.wait_for(_ended)).fields["reason"] == "closed_by_client"
    assert (await asyncio.gather(probing, return_exceptions=True))[0].__class__ is asyncio.CancelledError


async def test_a_probe_of_a_model_that_is_not_there_fails(client: AsyncOpenAI) -> None:
    with pytest.raises(GptError) as caught:
        await probe(client, "gpt-9")
    assert caught.value.reason is Reason.NO_SUCH_MODEL


@pytest.mark.parametrize("events", [[], ["[DONE]"]])
async def test_a_probe_that_hears_nothing_fails(oddity: Oddity, odd_client: AsyncOpenAI, events: list[str]) -> None:
    oddity.streams(*events)
    with pytest.raises(GptError) as caught:
        await probe(odd_client, "m")
    assert caught.value.reason is Reason.EMPTY


# Which to suggest


@pytest.mark.parametrize(
    ("models", "suggested"),
    [
        ([], None),
        (["llama3"], "llama3"),
        (["llama3", "qwen-plus"], "qwen-plus"),
        (["gpt-4o-mini", "gpt-4.1-mini", "gpt-5-mini"], "gpt-5-mini"),
        (list(reversed(PREFERRED_MODELS)), PREFERRED_MODELS[0]),
    ],
)
def test_a_quick_model_is_suggested(models: list[str], suggested: str | None) -> None:
    assert preferred(models) == suggested


def _ended(event: Event) -> bool:
    return event.event == "llm_finished"
