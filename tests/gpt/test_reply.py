"""A reply: its words as they come, its tool calls once they are whole, and its end when nobody listens any more."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionFunctionToolParam
import pytest

from custom_components.xiao_gpt.gpt import (
    GptError,
    Reason,
    Request,
    Thought,
    ToolCall,
    Usage,
    make_client,
    stream_reply,
)
from custom_components.xiao_gpt.gpt.reply import Part
from simulator.app import Simulator
from simulator.llm import ScriptedReply, ToolCall as ScriptedCall
from simulator.llm_replies import own_answer, tokens
from simulator.timeline import Event

from .conftest import Connect, Oddity, StartPicky

MODEL = "gpt-5-mini"
LIGHT: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {
        "name": "turn_on",
        "description": "Turn on a light",
        "parameters": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
}


def ask(
    client: AsyncOpenAI,
    question: str = "你好",
    *,
    tools: list[ChatCompletionFunctionToolParam] | None = None,
    stop: asyncio.Event | None = None,
) -> AsyncGenerator[Part]:
    return stream_reply(
        client, Request(MODEL, [{"role": "user", "content": question}], tools or []), stop or asyncio.Event()
    )


async def whole(reply: AsyncGenerator[Part]) -> list[str | Thought | ToolCall]:
    """Return what is said and called; what it took is for its own tests."""
    return [part async for part in reply if not isinstance(part, Usage)]


async def taken(reply: AsyncGenerator[Part]) -> list[Usage]:
    return [part async for part in reply if isinstance(part, Usage)]


async def happens(sim: Simulator, name: str) -> Event:
    return await sim.timeline.wait_for(lambda event: event.event == name)


async def hung_up(sim: Simulator) -> int:
    """Return how many tokens had been sent when the client closed the connection."""
    finished = await happens(sim, "llm_finished")
    assert finished.fields["reason"] == "closed_by_client"
    return int(finished.fields["tokens"])


# Words


async def test_words_come_as_they_are_made(sim: Simulator, client: AsyncOpenAI) -> None:
    parts = await whole(ask(client))
    assert parts == tokens(own_answer("你好"))
    assert (await happens(sim, "llm_finished")).fields["reason"] == "stop"


async def test_the_first_word_does_not_wait_for_the_last(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.stall_after = 1
    reply = ask(client)
    assert await anext(reply) == tokens(own_answer("你好"))[0]
    await reply.aclose()
    assert await hung_up(sim) == 1


async def test_the_whole_conversation_is_sent(oddity: Oddity, odd_client: AsyncOpenAI) -> None:
    oddity.streams({"id": "1", "choices": [{"index": 0, "delta": {"content": "好"}}]}, "[DONE]")
    await whole(
        stream_reply(
            odd_client,
            Request("m", [{"role": "system", "content": "简短"}, {"role": "user", "content": "你好"}]),
            asyncio.Event(),
        )
    )
    (asked,) = oddity.asked
    assert asked["body"] == {
        "model": "m",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "system", "content": "简短"}, {"role": "user", "content": "你好"}],
    }


# Tools


async def test_tool_calls_come_whole_and_in_order(sim: Simulator, client: AsyncOpenAI) -> None:
    calls = [
        ScriptedCall("turn_on", '{"name": "客厅灯", "level": [1, 2.5]}'),
        ScriptedCall("turn_on", '{"name": "台灯"}'),
    ]
    sim.llm.replies.append(ScriptedReply("开灯", "好了。", calls))
    parts = await whole(ask(client, "开灯", tools=[LIGHT]))
    assert [(part.name, part.arguments) for part in parts if isinstance(part, ToolCall)] == [
        ("turn_on", {"name": "客厅灯", "level": [1, 2.5]}),
        ("turn_on", {"name": "台灯"}),
    ]
    assert len({part.id for part in parts if isinstance(part, ToolCall)}) == len(parts) == 2


async def test_a_tools_result_brings_the_words(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.replies.append(ScriptedReply("开灯", "好了。", [ScriptedCall("turn_on")]))
    (call,) = await whole(ask(client, "开灯", tools=[LIGHT]))
    assert isinstance(call, ToolCall)
    parts = await whole(
        stream_reply(
            client,
            Request(
                MODEL,
                [
                    {"role": "user", "content": "开灯"},
                    {
                        "role": "assistant",
                        "tool_calls": [
                            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": "{}"}}
                        ],
                    },
                    {"role": "tool", "tool_call_id": call.id, "content": "{}"},
                ],
                [LIGHT],
            ),
            asyncio.Event(),
        )
    )
    assert parts == ["好了", "。"]


@pytest.mark.parametrize("arguments", ['{"name": ', "灯", "[1]", '"x"', "null"])
async def test_arguments_that_are_no_object_are_refused(sim: Simulator, client: AsyncOpenAI, arguments: str) -> None:
    sim.llm.replies.append(ScriptedReply("开灯", "", [ScriptedCall("turn_on", arguments)]))
    with pytest.raises(GptError, match="arguments of turn_on are not") as caught:
        await whole(ask(client, "开灯", tools=[LIGHT]))
    assert caught.value.reason is Reason.REFUSED


def _chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"id": "1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _part(name: str | None = None, arguments: str | None = None, **fields: Any) -> dict[str, Any]:
    return _chunk(tool_calls=[{"function": {"name": name, "arguments": arguments}, **fields}])


@pytest.mark.parametrize(
    ("events", "parts"),
    [
        # Words before the call, and an end by "stop".
        (
            [_chunk(content="我看看"), _part("a", "{}", index=0, id="1"), _chunk("stop")],
            ["我看看", ToolCall("1", "a", {})],
        ),
        # No id at all: the name has to do.
        ([_part("a", "{}", index=0)], [ToolCall("a", "a", {})]),
        # No index, no arguments.
        ([_part("a", None, index=None, id="1")], [ToolCall("1", "a", {})]),
        # Everything repeated in each part.
        (
            [_part("a", '{"x"', index=0, id="1"), _part("a", ":1}", index=0, id="1")],
            [ToolCall("1", "a", {"x": 1})],
        ),
        # Two calls whose parts are mixed.
        (
            [
                _part("b", "{", index=1, id="2"),
                _part("a", "{", index=0, id="1"),
                _part(None, "}", index=1),
                _part(None, "}", index=0),
            ],
            [ToolCall("1", "a", {}), ToolCall("2", "b", {})],
        ),
        # A part without a function.
        ([_chunk(tool_calls=[{"index": 0, "id": "1"}]), _part("a", "{}", index=0)], [ToolCall("1", "a", {})]),
    ],
)
async def test_tool_calls_of_other_services_are_understood(
    oddity: Oddity, odd_client: AsyncOpenAI, events: list[Any], parts: list[str | ToolCall]
) -> None:
    oddity.streams(*events, "[DONE]")
    assert await whole(ask(odd_client, tools=[LIGHT])) == parts


# Thoughts


async def test_thoughts_are_told_from_words(oddity: Oddity, odd_client: AsyncOpenAI) -> None:
    oddity.streams(
        _chunk(role="assistant", content=None, reasoning_content=""),
        _chunk(content=None, reasoning_content="他问"),
        _chunk(content="", reasoning_content="候我。"),
        _chunk(content="你好", reasoning_content=None),
        _chunk("stop"),
        "[DONE]",
    )
    assert await whole(ask(odd_client)) == [Thought("他问"), Thought("候我。"), "你好"]


async def test_thoughts_between_tags_are_not_said(oddity: Oddity, odd_client: AsyncOpenAI) -> None:
    oddity.streams(*(_chunk(content=text) for text in ("<thi", "nk>他问候", "</think>", "\n\n", "你好")), "[DONE]")
    assert await whole(ask(odd_client)) == ["你好"]


async def test_an_answer_that_only_looks_like_thoughts_is_said(oddity: Oddity, odd_client: AsyncOpenAI) -> None:
    oddity.streams(_chunk(content="<"), "[DONE]")
    assert await whole(ask(odd_client)) == ["<"]


# Odd streams


async def test_chunks_that_say_nothing_are_passed_over(oddity: Oddity, odd_client: AsyncOpenAI) -> None:
    oddity.streams(
        {"id": "", "choices": [], "prompt_filter_results": []},
        _chunk(role="assistant", content=""),
        _chunk(content=None),
        _chunk(content="好"),
        {"id": "1", "choices": [{"index": 0, "finish_reason": None, "content_filter_results": {}}]},
        {"id": "1", "choices": [{"index": 0, "delta": None}]},
        {"id": "1", "choices": None},
        _chunk("stop"),
        {"id": "1", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}},
        "[DONE]",
    )
    assert await whole(ask(odd_client)) == ["好"]


async def test_a_stream_may_end_without_saying_so(oddity: Oddity, odd_client: AsyncOpenAI) -> None:
    oddity.streams(_chunk(content="好"))
    assert await whole(ask(odd_client)) == ["好"]


async def test_words_that_came_before_a_failure_stand(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.fail = "disconnect"
    answer = tokens(own_answer("你好"))
    reply = ask(client)
    assert [await anext(reply) for _ in range(len(answer) // 2)] == answer[: len(answer) // 2]
    with pytest.raises(GptError) as caught:
        await anext(reply)
    assert caught.value.reason is Reason.SERVICE


async def test_a_stream_of_usage_alone_is_an_empty_reply(oddity: Oddity, odd_client: AsyncOpenAI) -> None:
    oddity.streams({"id": "1", "choices": [], "usage": {"prompt_tokens": 1}}, "[DONE]")
    with pytest.raises(GptError) as caught:
        await whole(ask(odd_client))
    assert caught.value.reason is Reason.EMPTY


# Usage


async def test_the_usage_comes_once_and_last(sim: Simulator, client: AsyncOpenAI) -> None:
    *parts, last = [part async for part in ask(client)]
    assert all(isinstance(part, str) for part in parts)
    finished = await happens(sim, "llm_finished")
    assert isinstance(last, Usage)
    assert last.completion_tokens == finished.fields["tokens"] == len(parts)
    assert last.prompt_tokens > 0


def _used(**usage: Any) -> dict[str, Any]:
    return {"prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27, **usage}


@pytest.mark.parametrize(
    ("events", "usage"),
    [
        ([{"id": "1", "choices": [], "usage": _used()}], Usage(20, 7)),
        # OpenAI's cache, DeepSeek's, Moonshot's (whose usage is inside the choice).
        ([{"id": "1", "choices": [], "usage": _used(prompt_tokens_details={"cached_tokens": 12})}], Usage(20, 7, 12)),
        ([{"id": "1", "choices": [], "usage": _used(prompt_cache_hit_tokens=16)}], Usage(20, 7, 16)),
        ([{"id": "1", "choices": [{"index": 0, "delta": {}, "usage": _used(cached_tokens=8)}]}], Usage(20, 7, 8)),
        # With each chunk, growing: the last one counts.
        (
            [_chunk(content="的") | {"usage": _used(completion_tokens=3)}, _chunk("stop") | {"usage": _used()}],
            Usage(20, 7),
        ),
        # With the last words, as DeepSeek and Zhipu do.
        ([_chunk("stop", content="。") | {"usage": _used()}], Usage(20, 7)),
        # Nothing that can be counted with.
        ([_chunk("stop") | {"usage": None}], None),
        ([_chunk("stop") | {"usage": {"total_tokens": 27}}], None),
        ([_chunk("stop") | {"usage": _used(prompt_tokens_details="none")}], Usage(20, 7)),
    ],
)
async def test_usage_is_found_wherever_a_service_tells_it(
    oddity: Oddity, odd_client: AsyncOpenAI, events: list[Any], usage: Usage | None
) -> None:
    oddity.streams(_chunk(content="好"), *events, "[DONE]")
    assert await taken(ask(odd_client)) == ([usage] if usage else [])


@pytest.mark.parametrize("status", [400, 422])
async def test_a_service_that_refuses_to_tell_usage_is_asked_without_from_then_on(
    start_picky: StartPicky, connect: Connect, status: int
) -> None:
    url, asked = await start_picky(status, "Unknown parameter: 'stream_options'.")
    client = connect(url)
    assert await whole(ask(client)) == ["好"]
    assert ["stream_options" in body for body in asked] == [True, False]
    assert await whole(ask(connect(url))) == ["好"]  # another client of the same service
    assert ["stream_options" in body for body in asked] == [True, False, False]


async def test_another_refusal_is_no_reason_to_ask_again(start_picky: StartPicky, connect: Connect) -> None:
    url, asked = await start_picky(400, "Unknown parameter: 'tools'.")
    with pytest.raises(GptError) as caught:
        await whole(ask(connect(url)))
    assert caught.value.reason is Reason.REFUSED
    assert len(asked) == 1


# Interruptions


async def test_an_interruption_before_the_first_word_hangs_up(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.first_token = 60
    stop = asyncio.Event()
    replying = asyncio.create_task(whole(ask(client, stop=stop)))
    await happens(sim, "llm_request")
    stop.set()
    assert await replying == []
    assert await hung_up(sim) == 0


async def test_an_interruption_in_mid_stream_hangs_up_and_what_was_said_stands(
    sim: Simulator, client: AsyncOpenAI
) -> None:
    sim.llm.settings.stall_after = 3
    stop = asyncio.Event()
    parts = []
    async for part in ask(client, stop=stop):
        parts.append(part)
        if len(parts) == 3:
            stop.set()
    assert parts == tokens(own_answer("你好"))[:3]
    assert await hung_up(sim) == 3


async def test_an_interruption_while_waiting_for_the_next_word_hangs_up(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.stall_after = 2
    stop = asyncio.Event()
    reply = ask(client, stop=stop)
    assert [await anext(reply), await anext(reply)] == tokens(own_answer("你好"))[:2]
    waiting = asyncio.ensure_future(anext(reply, None))
    await asyncio.sleep(0)
    assert not waiting.done()
    stop.set()
    assert await waiting is None
    assert await hung_up(sim) == 2


async def test_no_word_comes_after_an_interruption(oddity: Oddity, odd_client: AsyncOpenAI) -> None:
    oddity.streams(*(_chunk(content=str(number)) for number in range(20)), "[DONE]")  # all there at once
    stop = asyncio.Event()
    parts = []
    async for part in ask(odd_client, stop=stop):
        parts.append(part)
        stop.set()
    assert parts == ["0"]


async def test_tool_calls_are_not_made_after_an_interruption(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.replies.append(ScriptedReply("开灯", "", [ScriptedCall("turn_on", '{"name": "灯"}')]))
    sim.llm.settings.stall_after = 2
    stop = asyncio.Event()
    replying = asyncio.create_task(whole(ask(client, "开灯", tools=[LIGHT], stop=stop)))
    await happens(sim, "llm_first_token")
    stop.set()
    assert await replying == []
    await hung_up(sim)


async def test_nobody_listening_from_the_start_gets_no_reply(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.first_token = 60
    stop = asyncio.Event()
    stop.set()
    assert await whole(ask(client, stop=stop)) == []
    assert [event for event in sim.timeline.since(event="llm_finished") if event.fields["tokens"]] == []


async def test_an_interruption_at_the_moment_of_the_answer_hangs_up_all_the_same(sim: Simulator) -> None:
    sim.llm.settings.stall_after = 2
    stop = asyncio.Event()

    async def interrupt(_: httpx.Response) -> None:
        stop.set()

    async with httpx.AsyncClient(event_hooks={"response": [interrupt]}) as http_client:
        client = make_client(str(sim.llm.settings.api_key), sim.llm_url, http_client)
        assert await whole(ask(client, stop=stop)) == []
        await hung_up(sim)


async def test_an_interruption_at_the_moment_of_a_failure_is_an_interruption(sim: Simulator) -> None:
    sim.llm.settings.fail = "server"
    stop = asyncio.Event()

    async def interrupt(_: httpx.Response) -> None:
        stop.set()

    async with httpx.AsyncClient(event_hooks={"response": [interrupt]}) as http_client:
        client = make_client("sk-simulator", sim.llm_url, http_client).with_options(max_retries=0)
        assert await whole(ask(client, stop=stop)) == []


async def test_whoever_closes_the_reply_hangs_up(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.stall_after = 2
    reply = ask(client)
    await anext(reply)
    await reply.aclose()
    assert await hung_up(sim) <= 2


@pytest.mark.parametrize("first_token", [0.0, 60.0], ids=["in mid-stream", "before the first word"])
async def test_whoever_is_cancelled_hangs_up_and_stays_cancelled(
    sim: Simulator, client: AsyncOpenAI, first_token: float
) -> None:
    sim.llm.settings.first_token = first_token
    sim.llm.settings.stall_after = 2
    replying = asyncio.create_task(whole(ask(client)))
    await happens(sim, "llm_request" if first_token else "llm_first_token")
    replying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await replying
    await hung_up(sim)


async def test_a_cancellation_is_not_swallowed_by_an_interruption(sim: Simulator, client: AsyncOpenAI) -> None:
    sim.llm.settings.first_token = 60
    stop = asyncio.Event()
    replying = asyncio.create_task(whole(ask(client, stop=stop)))
    await happens(sim, "llm_request")
    stop.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    replying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await replying
    await hung_up(sim)


async def test_one_client_serves_several_replies_at_once(sim: Simulator, client: AsyncOpenAI) -> None:
    questions = [f"问题{number}" for number in range(5)]
    replies = await asyncio.gather(*(whole(ask(client, question)) for question in questions))
    assert [tokens(own_answer(question)) for question in questions] == replies
