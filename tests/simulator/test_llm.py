"""The simulated model, over real loopback HTTP: by the wire, and with OpenAI's own client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
import logging
from typing import Any

import aiohttp
from aiohttp import web
import openai
import pytest

from simulator.llm import LLMEndpoint, LLMSettings, ScriptedReply, ToolCall
from simulator.llm_replies import own_answer, tokens
from simulator.timeline import Event, Timeline

pytestmark = pytest.mark.usefixtures("socket_enabled")

KEY = "sk-simulator"
MODEL = "gpt-4o-mini"
LIGHT_TOOL = {
    "type": "function",
    "function": {
        "name": "turn_on",
        "parameters": {"type": "object", "properties": {"name": {"type": "string"}}},
        "strict": True,  # OpenAI's client reads the stream of no other tool
    },
}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def call(call_id: str, arguments: str = "{}") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "turn_on", "arguments": arguments}}


class Server:
    """An endpoint that runs, and ways to talk to it."""

    def __init__(self, endpoint: LLMEndpoint, timeline: Timeline, session: aiohttp.ClientSession, url: str) -> None:
        self.endpoint = endpoint
        self.timeline = timeline
        self.session = session
        self.url = url

    def client(self, key: str = KEY) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(base_url=f"{self.url}/v1", api_key=key, max_retries=0)

    async def send(
        self, method: str, path: str, body: Any = None, *, key: str | None = KEY
    ) -> tuple[int, Any, aiohttp.ClientResponse]:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        async with self.session.request(method, self.url + path, data=data, headers=headers) as response:
            return response.status, await response.json(), response

    async def chat(self, *messages: dict[str, Any], **options: Any) -> tuple[int, Any]:
        body = {"model": MODEL, "messages": list(messages), **options}
        status, answer, _ = await self.send("POST", "/v1/chat/completions", body)
        return status, answer

    async def stream(self, *messages: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
        """Return the chunks of a stream, having checked how it is framed."""
        body = {"model": MODEL, "messages": list(messages), "stream": True, **options}
        async with self.session.post(
            f"{self.url}/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {KEY}"}
        ) as response:
            assert response.status == 200
            assert response.content_type == "text/event-stream"
            *events, rest = (await response.text()).split("\n\n")
        assert rest == ""
        assert all(event.startswith("data: ") for event in events)
        assert events.pop() == "data: [DONE]"
        return [json.loads(event.removeprefix("data: ")) for event in events]

    async def event(self, name: str) -> Event:
        return await self.timeline.wait_for(lambda entry: entry.event == name, timeout=5)


@asynccontextmanager
async def serve(*, handler_cancellation: bool = False) -> AsyncIterator[Server]:
    timeline = Timeline()
    endpoint = LLMEndpoint(timeline, LLMSettings(first_token=0.005, tokens_per_second=5000))
    app = web.Application()
    app.add_routes(endpoint.routes())
    runner = web.AppRunner(app, handler_cancellation=handler_cancellation)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with aiohttp.ClientSession() as session:
            yield Server(endpoint, timeline, session, f"http://127.0.0.1:{port}")
    finally:
        endpoint.close()
        await runner.cleanup()


@pytest.fixture
async def server(socket_enabled: None) -> AsyncIterator[Server]:
    async with serve() as running:
        yield running


@pytest.fixture(params=[False, True], ids=["handler runs on", "handler is cancelled"])
async def any_server(socket_enabled: None, request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """A server of either kind: aiohttp cancels the handler of a lost connection only when asked to."""
    async with serve(handler_cancellation=request.param) as running:
        yield running


def text_of(chunks: list[dict[str, Any]]) -> str:
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


# The form of an answer


async def test_a_stream_opens_with_the_role_and_ends_with_the_reason(server: Server) -> None:
    server.endpoint.replies.append(ScriptedReply("天气", "晴。最高26.5度。"))
    chunks = await server.stream(user("今天天气怎么样"))
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert chunks[-1]["choices"][0] == {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert text_of(chunks) == "晴。最高26.5度。"
    assert len(chunks) == 2 + len(tokens("晴。最高26.5度。"))
    assert not any("usage" in chunk for chunk in chunks)


async def test_usage_comes_in_a_last_chunk_of_its_own_and_agrees_with_the_whole_form(server: Server) -> None:
    chunks = await server.stream(user("你好"), stream_options={"include_usage": True})
    assert all(chunk["usage"] is None for chunk in chunks[:-1])
    assert chunks[-1]["choices"] == []
    usage = chunks[-1]["usage"]
    assert usage["completion_tokens"] == len(chunks) - 3
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    _, whole = await server.chat(user("你好"))
    assert whole["usage"] == usage
    assert whole["object"] == "chat.completion"
    assert whole["choices"][0]["message"]["content"] == text_of(chunks)
    assert whole["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
async def test_a_limit_cuts_the_answer(server: Server, name: str) -> None:
    chunks = await server.stream(user("讲个故事"), **{name: 3})
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"
    assert len(chunks) == 5
    finished = await server.event("llm_finished")
    assert (finished.fields["tokens"], finished.fields["reason"]) == (3, "length")


async def test_an_answer_that_just_fits_its_limit_is_whole(server: Server) -> None:
    server.endpoint.replies.append(ScriptedReply("", "好。"))
    _, whole = await server.chat(user("行吗"), max_tokens=2)
    assert whole["choices"][0]["finish_reason"] == "stop"


# What is said


@pytest.mark.parametrize("question", ["你好", "今天天气如何？", "讲个故事", "怎么煮面", "天为什么蓝", "推荐一部电影"])
async def test_an_unscripted_answer_mentions_the_question_and_stays_the_same(server: Server, question: str) -> None:
    first, second = await server.stream(user(question)), await server.stream(user(question))
    assert question.rstrip("？") in text_of(first)
    assert text_of(first) == text_of(second)


def test_an_english_question_gets_an_english_answer() -> None:
    for question in ("Why is the sky blue?", "How do I cook rice?", "Hello", "Tell me about the Great Wall 长城"):
        assert question.rstrip("?") in own_answer(question)
        assert "。" not in own_answer(question)


def test_own_answers_differ_between_questions() -> None:
    assert len({own_answer(f"问题{n}").replace(f"问题{n}", "") for n in range(40)}) >= 4


def test_a_long_question_is_mentioned_shortly() -> None:
    question = "很长" * 200
    assert question not in own_answer(question)
    assert len(own_answer(question)) < 300


@pytest.mark.parametrize("text", ["", "今天26.5℃。", "Hello, world!\n\n1. it's 👍🏽", "\u0000a b  c\t𠮷"])
def test_tokens_lose_nothing(text: str) -> None:
    assert "".join(tokens(text)) == text


async def test_the_first_fitting_script_answers_as_often_as_it_may(server: Server) -> None:
    server.endpoint.replies[:] = [ScriptedReply("灯", "一次。", times=1), ScriptedReply("灯|门", "总是。")]
    said = [text_of(await server.stream(user(text))) for text in ("门", "开灯", "开灯")]
    assert said == ["总是。", "一次。", "总是。"]


async def test_a_script_looks_at_the_last_user_message_only(server: Server) -> None:
    server.endpoint.replies.append(ScriptedReply("灯", "错。"))
    history = [user("灯"), {"role": "assistant", "content": "嗯"}]
    parts = {"role": "user", "content": [{"type": "text", "text": "窗"}, {"type": "text", "text": "帘"}]}
    assert "窗帘" in text_of(await server.stream(*history, parts))
    requested = await server.event("llm_request")
    assert requested.fields["question"] == "窗帘"
    assert requested.fields["messages"] == 3


# Tools


async def test_a_tool_is_called_in_pieces_and_its_result_answered(server: Server) -> None:
    arguments = {"name": "客厅的大灯", "brightness": 80}
    server.endpoint.replies.append(
        ScriptedReply("开灯", "开好了。", [ToolCall("turn_on", json.dumps(arguments)), ToolCall("turn_on")], times=1)
    )
    chunks = await server.stream(user("开灯"), tools=[LIGHT_TOOL])
    assert chunks[0]["choices"][0]["delta"]["content"] is None
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    parts = [part for chunk in chunks[1:-1] for part in chunk["choices"][0]["delta"]["tool_calls"]]
    heads = [part for part in parts if "id" in part]
    assert [(head["index"], head["type"], head["function"]["name"]) for head in heads] == [
        (0, "function", "turn_on"),
        (1, "function", "turn_on"),
    ]
    pieces = [part["function"]["arguments"] for part in parts if part["index"] == 0]
    assert len(pieces) > 3
    assert json.loads("".join(pieces)) == arguments

    results = [{"role": "tool", "tool_call_id": head["id"], "content": "ok"} for head in heads]
    asked = [user("开灯"), {"role": "assistant", "content": None, "tool_calls": [call(head["id"]) for head in heads]}]
    assert text_of(await server.stream(*asked, *results, tools=[LIGHT_TOOL])) == "开好了。"
    assert text_of(await server.stream(user("开灯"), tools=[LIGHT_TOOL])) != "开好了。"


@pytest.mark.parametrize("options", [{}, {"tools": [LIGHT_TOOL], "tool_choice": "none"}], ids=["none", "forbidden"])
async def test_a_tool_that_is_not_offered_is_not_called(server: Server, options: dict[str, Any]) -> None:
    server.endpoint.replies.append(ScriptedReply("开灯", "我开不了。", [ToolCall("turn_on")]))
    assert text_of(await server.stream(user("开灯"), **options)) == "我开不了。"


async def test_the_whole_form_carries_the_same_calls(server: Server) -> None:
    server.endpoint.replies.append(ScriptedReply("开灯", "", [ToolCall("turn_on", '{"name": "灯"}')]))
    _, whole = await server.chat(user("开灯"), tools=[LIGHT_TOOL])
    choice = whole["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    assert choice["message"]["tool_calls"][0]["function"] == {"name": "turn_on", "arguments": '{"name": "灯"}'}
    assert whole["usage"]["completion_tokens"] == 1 + len(tokens('{"name": "灯"}'))


# Refusals


@pytest.mark.parametrize("key", ["sk-very-secret-key-of-someone", "nonsense", None])
async def test_a_wrong_key_is_refused_and_not_shown(server: Server, key: str | None) -> None:
    status, body, response = await server.send("GET", "/v1/models", key=key)
    assert status == 401
    assert body["error"]["code"] == "invalid_api_key"
    assert body["error"]["type"] == "invalid_request_error"
    assert key is None or key not in body["error"]["message"]
    assert response.headers["x-request-id"].startswith("req_")
    assert (await server.event("llm_refused")).fields == {"status": 401, "code": "invalid_api_key"}


async def test_no_key_is_asked_for_where_none_is_set(server: Server) -> None:
    server.endpoint.settings.api_key = None
    status, _, _ = await server.send("GET", "/v1/models", key=None)
    assert status == 200


async def test_models_are_listed_unless_the_provider_does_not(server: Server) -> None:
    server.endpoint.settings.models = ["gpt-5-mini", "qwen/qwen3"]
    _, listed, _ = await server.send("GET", "/v1/models")
    assert [model["id"] for model in listed["data"]] == ["gpt-5-mini", "qwen/qwen3"]
    _, model, _ = await server.send("GET", "/v1/models/qwen/qwen3")
    assert model == listed["data"][1]
    status, body, _ = await server.send("GET", "/v1/models/gpt-1")
    assert (status, body["error"]["code"]) == (404, "model_not_found")
    server.endpoint.settings.list_models = False
    status, body, _ = await server.send("GET", "/v1/models")
    assert (status, body["error"]["type"]) == (404, "invalid_request_error")


async def test_an_unknown_model_is_refused(server: Server) -> None:
    status, body = await server.chat(user("你好"), model="gpt-1")
    assert (status, body["error"]["code"], body["error"]["param"]) == (404, "model_not_found", "model")


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[]", b"{}", b""])
async def test_a_body_that_is_no_request_is_refused(server: Server, body: bytes) -> None:
    status, answer, _ = await server.send("POST", "/v1/chat/completions", body)
    assert status == 400
    assert answer["error"].keys() == {"message", "type", "param", "code"}


RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "ok"}
CALLING = {"role": "assistant", "content": None, "tool_calls": [call("call_1"), call("call_2")]}


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        (None, "messages"),
        ("你好", "messages"),
        ([], "messages"),
        (["你好"], "messages[0]"),
        ([{"content": "你好"}], "messages[0].role"),
        ([user("你好"), {"role": "robot", "content": "你好"}], "messages[1].role"),
        ([{"role": "user"}], "messages[0].content"),
        ([{"role": "user", "content": [{"text": "你好"}]}], "messages[0].content[0].type"),
        ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0].text"),
        ([{"role": "assistant", "content": None}], "messages[0].content"),
        ([{"role": "assistant", "tool_calls": []}], "messages[0].tool_calls"),
        ([{"role": "assistant", "tool_calls": [{}]}], "messages[0].tool_calls[0].id"),
        (
            [{"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "b", "arguments": {}}}]}],
            "messages[0].tool_calls[0].function.arguments",
        ),
        ([user("你好"), {"role": "tool", "content": "ok"}], "messages[1].tool_call_id"),
        ([user("你好"), RESULT], "messages.[1].role"),
        ([CALLING, RESULT, user("?")], "messages.[2].role"),
        ([CALLING, RESULT], "messages.[2].role"),
        ([CALLING, user("?"), RESULT], "messages.[1].role"),
        ([CALLING, RESULT | {"tool_call_id": "call_3"}], "messages.[1].tool_call_id"),
    ],
)
async def test_wrong_messages_are_refused(server: Server, messages: Any, param: str) -> None:
    body = {"model": MODEL} if messages is None else {"model": MODEL, "messages": messages}
    status, answer, _ = await server.send("POST", "/v1/chat/completions", body)
    assert status == 400
    assert answer["error"]["param"] == param
    assert answer["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": 1}, "stream_options"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": True}, "max_completion_tokens"),
        ({"max_tokens": 1, "max_completion_tokens": 1}, None),
        ({"n": 2}, "n"),
        ({"tools": {}}, "tools"),
        ({"tools": []}, "tools"),
        ({"tools": [{"type": "function"}]}, "tools[0].function.name"),
        ({"tools": [{"type": "function", "function": {"name": "light.on"}}]}, "tools[0].function.name"),
    ],
)
async def test_wrong_options_are_refused(server: Server, options: dict[str, Any], param: str | None) -> None:
    status, answer = await server.chat(user("你好"), **options)
    assert status == 400
    assert answer["error"]["param"] == param


# Failures


@pytest.mark.parametrize(
    ("fail", "status", "code"),
    [
        ("auth", 401, "invalid_api_key"),
        ("quota", 429, "insufficient_quota"),
        ("rate", 429, "rate_limit_exceeded"),
        ("server", 500, None),
        ("overloaded", 503, "server_is_overloaded"),
    ],
)
async def test_requests_fail_as_often_as_they_shall(server: Server, fail: str, status: int, code: str | None) -> None:
    server.endpoint.settings.update({"fail": fail, "fail_times": 2})
    request = {"model": MODEL, "messages": [user("?")]}
    answers = [await server.send("POST", "/v1/chat/completions", request) for _ in range(3)]
    assert [answer[0] for answer in answers] == [status, status, 200]
    assert answers[0][1]["error"]["code"] == code
    assert ("Retry-After" in answers[0][2].headers) == (fail == "rate")
    assert len(server.timeline.since(event="llm_refused")) == 2
    assert (server.endpoint.settings.fail, server.endpoint.settings.fail_times) == (None, None)


@pytest.mark.parametrize(("fail", "status"), [("auth", 401), ("quota", 200), ("disconnect", 200), ("server", 500)])
async def test_only_failures_of_the_whole_service_reach_the_models(server: Server, fail: str, status: int) -> None:
    server.endpoint.settings.fail = fail
    assert (await server.send("GET", "/v1/models"))[0] == status


async def test_a_connection_breaks_in_the_middle_of_an_answer(
    any_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    any_server.endpoint.settings.update({"fail": "disconnect", "fail_times": 2})
    with pytest.raises(aiohttp.ClientPayloadError):
        await any_server.stream(user("讲个故事"))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await any_server.chat(user("讲个故事"))
    streamed, whole = any_server.timeline.since(event="llm_finished")
    assert streamed.fields["reason"] == whole.fields["reason"] == "failed"
    assert streamed.fields["tokens"] == len(tokens(own_answer("讲个故事"))) // 2
    assert whole.fields["tokens"] == 0
    assert text_of(await any_server.stream(user("讲个故事"))) == own_answer("讲个故事")
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


# Pace, and clients that hang up


async def test_the_timeline_tells_the_course_of_an_answer(server: Server) -> None:
    await server.stream(user("你好"), tools=[LIGHT_TOOL])
    await server.event("llm_finished")
    events = server.timeline.since()
    assert [entry.event for entry in events] == ["llm_request", "llm_first_token", "llm_finished"]
    assert len({entry.fields["id"] for entry in events}) == 1
    assert events[0].fields | {"id": ""} == {
        "id": "",
        "model": MODEL,
        "stream": True,
        "messages": 1,
        "tools": ["turn_on"],
        "question": "你好",
        "key": KEY[-4:],
    }
    assert events[2].fields["tokens"] == len(tokens(own_answer("你好")))
    assert events[2].fields["reason"] == "stop"


async def test_tokens_are_never_early_even_after_a_hold_up(server: Server) -> None:
    server.endpoint.settings.update({"first_token": 0.02, "tokens_per_second": 400})
    server.endpoint.replies.append(ScriptedReply("", "好" * 40))
    loop = asyncio.get_running_loop()
    asked = server.timeline.now()
    reader = asyncio.create_task(server.stream(user("说")))
    await server.event("llm_first_token")
    # While the whole loop is held up, more tokens fall due than are left: all of them may come at once.
    held_until = loop.time() + 0.1
    while loop.time() < held_until:
        pass
    await reader
    _, first, finished = server.timeline.since()
    assert first.t - asked >= 0.0199
    assert finished.t - asked >= 0.02 + 19 / 400 - 0.0001
    assert finished.fields["tokens"] == 20


async def test_tokens_come_in_bursts_at_the_same_pace(server: Server) -> None:
    server.endpoint.settings.update({"tokens_per_second": 10, "burst": 15})
    server.endpoint.replies.append(ScriptedReply("", "好" * 40))
    await server.stream(user("说"))
    request, first, finished = server.timeline.since()
    assert first.t - request.t < 1.4
    assert 1.5 <= finished.t - request.t < 1.9  # 15 tokens at once, and the last five when the second burst begins


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("settings", [{"first_token": 60}, {"tokens_per_second": 0.01}, {"stall_after": 1}])
async def test_a_client_that_hangs_up_is_noticed_without_waiting_for_a_token(
    any_server: Server, settings: dict[str, Any], stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    any_server.endpoint.settings.update(settings)
    asking = asyncio.create_task(any_server.stream(user("讲个故事")) if stream else any_server.chat(user("讲个故事")))
    await any_server.event("llm_first_token" if stream and "first_token" not in settings else "llm_request")
    asking.cancel()
    finished = await any_server.event("llm_finished")
    assert finished.fields["reason"] == "closed_by_client"
    assert finished.fields["tokens"] == (1 if stream and "first_token" not in settings else 0)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("stall_after", [0, 3, len(tokens(own_answer("你好")))])
async def test_a_stalled_answer_keeps_its_connection(server: Server, stall_after: int) -> None:
    server.endpoint.settings.stall_after = stall_after
    client = server.client()
    stream = await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "你好"}], stream=True
    )
    for _ in range(1 + stall_after):
        await anext(stream)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(stream), 0.05)
    await client.close()
    assert (await server.event("llm_finished")).fields["tokens"] == stall_after


async def test_a_server_that_closes_breaks_off_a_stalled_answer(server: Server) -> None:
    server.endpoint.settings.stall_after = 1
    asking = asyncio.create_task(server.stream(user("你好")))
    await server.event("llm_first_token")
    server.endpoint.close()
    assert (await server.event("llm_finished")).fields["reason"] == "failed"
    with pytest.raises(aiohttp.ClientPayloadError):
        await asking


async def test_a_connection_serves_one_answer_after_another(server: Server) -> None:
    async with aiohttp.TCPConnector(limit=1) as connector, aiohttp.ClientSession(connector=connector) as session:
        server.session, outer = session, server.session
        try:
            for _ in range(3):
                await server.stream(user("你好"))
                assert (await server.chat(user("你好")))[0] == 200
        finally:
            server.session = outer


# Control


async def test_settings_are_shown_and_changed(server: Server) -> None:
    status, shown, _ = await server.send("PATCH", "/_sim/llm/settings", {"fail": "rate", "first_token": 0})
    assert status == 200
    assert (shown["fail"], shown["first_token"], shown["tokens_per_second"]) == ("rate", 0, 5000)
    assert (await server.send("GET", "/_sim/llm/settings"))[1] == shown
    assert server.endpoint.settings.fail == "rate"


@pytest.mark.parametrize(
    "change",
    [
        [],
        {"colour": 1},
        {"tokens_per_second": 0},
        {"first_token": -1},
        {"first_token": "1"},
        {"fail": "sometimes"},
        {"fail": []},
        {"fail_times": 0},
        {"models": [1]},
        {"list_models": 1},
        {"stall_after": True},
        {"burst": 0},
        {"api_key": 1},
    ],
)
async def test_a_wrong_setting_changes_nothing(server: Server, change: Any) -> None:
    before = (await server.send("GET", "/_sim/llm/settings"))[1]
    wrong = {"first_token": 9} | change if isinstance(change, dict) else change
    status, body, _ = await server.send("PATCH", "/_sim/llm/settings", wrong)
    assert status == 400
    assert isinstance(body["error"], str)
    assert (await server.send("GET", "/_sim/llm/settings"))[1] == before


async def test_replies_are_replaced_put_in_front_and_cleared(server: Server) -> None:
    path = "/_sim/llm/replies"
    call_json = {"name": "turn_on", "arguments": {"name": "灯"}}
    await server.send("PUT", path, [{"match": "a", "text": "A"}])
    await server.send("POST", path, {"match": "b", "text": "B", "tool_calls": [call_json], "times": 2})
    _, shown, _ = await server.send("GET", path)
    assert [reply["match"] for reply in shown] == ["b", "a"]
    assert server.endpoint.replies[0] == ScriptedReply("b", "B", [ToolCall("turn_on", '{"name": "灯"}')], 2)
    assert (await server.send("PUT", path, shown))[1] == shown
    assert (await server.send("DELETE", path))[1] == []


@pytest.mark.parametrize(
    "reply",
    [
        1,
        {},
        {"match": "(", "text": "A"},
        {"match": 1, "text": "A"},
        {"text": "A", "times": 0},
        {"text": "A", "colour": 1},
        {"text": "A", "tool_calls": [{}]},
        {"text": "A", "tool_calls": [{"name": "b", "arguments": 1}]},
    ],
)
async def test_a_wrong_reply_changes_nothing(server: Server, reply: Any) -> None:
    assert (await server.send("POST", "/_sim/llm/replies", reply))[0] == 400
    assert (await server.send("PUT", "/_sim/llm/replies", [{"text": "A"}, reply]))[0] == 400
    assert (await server.send("PUT", "/_sim/llm/replies", reply))[0] == 400
    assert server.endpoint.replies == []


# OpenAI's own client


async def test_the_openai_client_streams_text_and_usage(server: Server) -> None:
    async with server.client() as client:
        stream = await client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "讲个故事"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == own_answer("讲个故事")
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == len(tokens(text))


async def test_the_openai_client_calls_tools(server: Server) -> None:
    server.endpoint.replies.append(ScriptedReply("开灯", "开好了。", [ToolCall("turn_on", '{"name": "灯"}')]))
    async with server.client() as client:
        messages: list[Any] = [{"role": "user", "content": "开灯"}]
        tools: list[Any] = [LIGHT_TOOL]
        async with client.chat.completions.stream(model=MODEL, messages=messages, tools=tools) as stream:
            first = (await stream.get_final_completion()).choices[0]
        assert first.finish_reason == "tool_calls"
        assert first.message.tool_calls is not None
        called = first.message.tool_calls[0]
        assert called.function.arguments == '{"name": "灯"}'
        messages += [
            {"role": "assistant", "content": None, "tool_calls": [call(called.id, called.function.arguments)]},
            {"role": "tool", "tool_call_id": called.id, "content": "ok"},
        ]
        second = await client.chat.completions.create(model=MODEL, messages=messages, tools=tools)
        assert second.choices[0].message.content == "开好了。"


async def test_the_openai_client_lists_models(server: Server) -> None:
    async with server.client() as client:
        assert [model.id async for model in client.models.list()] == ["gpt-5-mini", "gpt-4o-mini"]
        assert (await client.models.retrieve("gpt-5-mini")).id == "gpt-5-mini"


@pytest.mark.parametrize(
    ("settings", "key", "model", "error", "code"),
    [
        ({}, "sk-wrong", MODEL, openai.AuthenticationError, "invalid_api_key"),
        ({}, KEY, "gpt-1", openai.NotFoundError, "model_not_found"),
        ({"fail": "quota"}, KEY, MODEL, openai.RateLimitError, "insufficient_quota"),
        ({"fail": "rate"}, KEY, MODEL, openai.RateLimitError, "rate_limit_exceeded"),
        ({"fail": "server"}, KEY, MODEL, openai.InternalServerError, None),
    ],
)
async def test_the_openai_client_knows_each_refusal(
    server: Server,
    settings: dict[str, Any],
    key: str,
    model: str,
    error: type[openai.APIStatusError],
    code: str | None,
) -> None:
    server.endpoint.settings.update(settings)
    async with server.client(key) as client:
        with pytest.raises(error) as caught:
            await client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": "你好"}], stream=True
            )
    assert caught.value.code == code
    assert caught.value.request_id is not None


async def test_the_openai_client_tries_again_after_a_failure(server: Server) -> None:
    server.endpoint.settings.update({"fail": "overloaded", "fail_times": 1})
    async with server.client().with_options(max_retries=1) as client:
        answer = await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "你好"}])
    assert answer.choices[0].message.content == own_answer("你好")


async def test_the_openai_client_closing_in_mid_stream_is_seen(any_server: Server) -> None:
    any_server.endpoint.settings.tokens_per_second = 0.01
    async with any_server.client() as client:
        stream = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "讲个故事"}], stream=True
        )
        await anext(stream)
        await anext(stream)
        await stream.close()
        finished = await any_server.event("llm_finished")
    assert (finished.fields["tokens"], finished.fields["reason"]) == (1, "closed_by_client")
