"""The endpoint with several keys, failures in the middle of an answer, and Azure's way of speaking."""

from collections.abc import AsyncIterator
import json
from typing import Any

import openai
import pytest

from simulator.llm_replies import own_answer, tokens

from .test_llm import KEY, MODEL, Server, serve, text_of, user

SPARE = "sk-another"
CHAT = "/v1/chat/completions"
AZURE_CHAT = f"/openai/deployments/{MODEL}/chat/completions"
VERSION = "?api-version=2024-10-21"


@pytest.fixture
async def server(socket_enabled: None) -> AsyncIterator[Server]:
    async with serve() as running:
        running.endpoint.settings.more_keys = [SPARE]
        yield running


async def ask(server: Server, key: str) -> tuple[int, str | None]:
    """Return the status and the error's code."""
    status, body, _ = await server.send("POST", CHAT, {"model": MODEL, "messages": [user("你好")]}, key=key)
    return status, body.get("error", {}).get("code")


async def events(server: Server, path: str = CHAT, **headers: str) -> list[Any]:
    """Return the events of a stream, whatever they are."""
    body = {"model": MODEL, "messages": [user("你好")], "stream": True}
    headers = headers or {"Authorization": f"Bearer {KEY}"}
    async with server.session.post(server.url + path, json=body, headers=headers) as response:
        assert response.status == 200
        *lines, rest = (await response.text()).split("\n\n")
    assert rest == ""
    return [json.loads(line.removeprefix("data: ")) if line != "data: [DONE]" else None for line in lines]


async def test_each_key_that_is_known_is_accepted(server: Server) -> None:
    assert [(await ask(server, key))[0] for key in (KEY, SPARE, "sk-third")] == [200, 200, 401]
    assert [event.fields["key"] for event in server.timeline.since(0, "llm_request")] == [KEY[-4:], SPARE[-4:]]


@pytest.mark.parametrize(
    ("failure", "refusal"),
    [
        ("auth", (401, "invalid_api_key")),
        ("quota", (429, "insufficient_quota")),
        ("rate", (429, "rate_limit_exceeded")),
    ],
)
async def test_one_key_fails_and_the_other_works(server: Server, failure: str, refusal: tuple[int, str]) -> None:
    server.endpoint.settings.fail_keys = {KEY: failure}
    assert await ask(server, KEY) == refusal
    assert await ask(server, SPARE) == (200, None)
    assert await ask(server, KEY) == refusal
    listed = (await server.send("GET", "/v1/models"))[0]
    assert listed == (401 if failure == "auth" else 200)


@pytest.mark.parametrize("failure", ["auth", "quota", "rate"])
@pytest.mark.parametrize("whose", ["all", "one"])
async def test_a_stream_ends_with_an_error_event(server: Server, failure: str, whose: str) -> None:
    server.endpoint.settings.update({"fail_after": 3})
    server.endpoint.settings.update({"fail": failure} if whose == "all" else {"fail_keys": {KEY: failure}})
    *chunks, last = await events(server)
    assert text_of(chunks) == "".join(tokens(own_answer("你好"))[:3])
    assert last["error"].keys() == {"message", "type", "param", "code"}
    finished = await server.event("llm_finished")
    assert (finished.fields["tokens"], finished.fields["reason"]) == (3, "failed")
    assert server.timeline.since(0, "llm_refused") == []


async def test_an_answer_in_one_piece_is_refused_at_once(server: Server) -> None:
    server.endpoint.settings.update({"fail": "quota", "fail_after": 3})
    assert await ask(server, KEY) == (429, "insufficient_quota")


async def test_a_short_answer_fails_at_its_end(server: Server) -> None:
    server.endpoint.settings.update({"fail": "quota", "fail_after": 10_000})
    *chunks, last = await events(server)
    assert text_of(chunks) == own_answer("你好")
    assert "error" in last


@pytest.mark.parametrize(
    "change",
    [{"more_keys": "sk"}, {"more_keys": [""]}, {"fail_keys": []}, {"fail_keys": {KEY: "server"}}, {"fail_after": 0}],
)
async def test_a_wrong_setting_changes_nothing(server: Server, change: dict[str, Any]) -> None:
    assert (await server.send("PATCH", "/_sim/llm/settings", change))[0] == 400
    assert server.endpoint.settings.more_keys == [SPARE]


# Azure


def azure(server: Server, key: str = KEY, version: str = "2024-10-21") -> openai.AsyncAzureOpenAI:
    return openai.AsyncAzureOpenAI(azure_endpoint=server.url, api_key=key, api_version=version, max_retries=0)


async def test_azures_own_client_is_answered(server: Server) -> None:
    async with azure(server) as client:
        stream = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "你好"}], stream=True
        )
        chunks = [chunk async for chunk in stream]
        assert len([model async for model in client.models.list()]) == 2
    assert chunks[0].choices == []
    assert "prompt_filter_results" in (chunks[0].model_extra or {})
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == own_answer("你好")


async def test_azure_knows_the_key_by_its_own_header_alone(server: Server) -> None:
    first, *_ = await events(server, AZURE_CHAT + VERSION, **{"api-key": KEY})
    assert first["choices"] == []
    status, body, _ = await server.send("POST", AZURE_CHAT + VERSION, {"messages": [user("你好")]})
    assert (status, body["error"].keys(), body["error"]["code"]) == (401, {"code", "message"}, "401")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (AZURE_CHAT, "404"),
        (AZURE_CHAT + "?api-version=newest", "404"),
        (f"/openai/deployments/none/chat/completions{VERSION}", "DeploymentNotFound"),
    ],
)
async def test_azure_refuses_paths_that_it_does_not_have(server: Server, path: str, code: str) -> None:
    async with server.session.post(
        server.url + path, json={"messages": [user("你好")]}, headers={"api-key": KEY}
    ) as response:
        assert response.status == 404
        assert (await response.json())["error"]["code"] == code


@pytest.mark.parametrize(("failure", "error"), [("auth", openai.AuthenticationError), ("rate", openai.RateLimitError)])
async def test_azures_client_knows_each_refusal(
    server: Server, failure: str, error: type[openai.APIStatusError]
) -> None:
    server.endpoint.settings.fail = failure
    async with azure(server) as client:
        with pytest.raises(error) as caught:
            await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "你好"}])
    assert ("retry-after" in caught.value.response.headers) == (failure == "rate")
