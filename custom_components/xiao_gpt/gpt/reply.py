"""A streamed reply of the chat completions API."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
import json
from typing import Any

from openai import APIStatusError, AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk, ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from openai.types.chat.chat_completion_chunk import ChoiceDelta, ChoiceDeltaToolCall

from .errors import GptError, Reason, translated_errors

_ASK_FOR_USAGE: dict[str, Any] = {"stream_options": {"include_usage": True}}
_REFUSALS = frozenset({400, 422})
"""How services refuse a parameter that they do not know."""
_silent_about_usage: set[str] = set()
"""Base URLs of services that refuse to be asked for usage: they are not asked again until Home Assistant restarts."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants to be called."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """How many tokens a reply took, as the service counts (and bills) them."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    """Those of the prompt that were in the service's cache, which most services sell for less."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked."""

    model: str
    messages: Sequence[ChatCompletionMessageParam]
    tools: Sequence[ChatCompletionFunctionToolParam] = ()


class _InterruptedError(Exception):
    """The stop event was set while something was waited for."""


async def stream_reply(
    client: AsyncOpenAI, request: Request, stop: asyncio.Event
) -> AsyncGenerator[str | ToolCall | Usage]:
    """Yield the reply as it comes: pieces of text, the tool calls once they are whole, and at last the usage if told.

    When `stop` is set the connection is closed and the generator ends, so that what was said so far stands.

    Raises:
        GptError: the service failed.
    """
    options: dict[str, Any] = {"tools": request.tools} if request.tools else {}
    calls: dict[int, _PartialCall] = {}
    answered = False
    usage: Usage | None = None
    try:
        with translated_errors():
            async with AsyncExitStack() as connection:

                async def connect() -> AsyncStream[ChatCompletionChunk]:
                    stream = await _create(client, request, options)
                    # Here and not by who waits for it: that one may be interrupted or cancelled in this very moment.
                    connection.push_async_callback(stream.close)
                    return stream

                async for chunk in _chunks(await _unless(stop, connect()), stop):
                    usage = _usage(chunk) or usage
                    if not chunk.choices:
                        continue
                    answered = True
                    # Azure sends choices that hold the verdict of its content filter and no delta.
                    delta: ChoiceDelta | None = getattr(chunk.choices[0], "delta", None)
                    if delta is None:
                        continue
                    if delta.content:
                        yield delta.content
                    for part in delta.tool_calls or ():
                        calls.setdefault(part.index or 0, _PartialCall()).add(part)
    except _InterruptedError:
        return
    if not answered:
        raise GptError(Reason.EMPTY)
    # Not tied to the finish reason: some services end a reply that has tool calls with "stop".
    for index in sorted(calls):
        yield calls[index].whole()
    if usage is not None:
        yield usage


async def _create(client: AsyncOpenAI, request: Request, options: dict[str, Any]) -> AsyncStream[ChatCompletionChunk]:
    """Ask for the reply and its usage; for the reply alone where the service refuses to be asked for both."""

    async def create(extra: dict[str, Any]) -> AsyncStream[ChatCompletionChunk]:
        stream: AsyncStream[ChatCompletionChunk] = await client.chat.completions.create(
            model=request.model, messages=request.messages, stream=True, **options, **extra
        )
        return stream

    service = str(client.base_url)
    if service in _silent_about_usage:
        return await create({})
    try:
        return await create(_ASK_FOR_USAGE)
    except APIStatusError as err:
        if err.status_code not in _REFUSALS or "stream_options" not in f"{err.message} {err.body}":
            raise
    _silent_about_usage.add(service)
    return await create({})


def _usage(chunk: ChatCompletionChunk) -> Usage | None:
    """Return the usage that a chunk tells of: by itself, or inside its choice as Moonshot does."""
    told = chunk.usage or next(
        (choice.model_extra.get("usage") for choice in chunk.choices or () if choice.model_extra), None
    )
    if told is None:
        return None
    read: dict[str, Any] = told if isinstance(told, dict) else told.model_dump(warnings=False)
    prompt, completion = read.get("prompt_tokens"), read.get("completion_tokens")
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    details = read.get("prompt_tokens_details")
    inner = details.get("cached_tokens") if isinstance(details, dict) else None
    # OpenAI's place, Moonshot's, DeepSeek's.
    cached = inner or read.get("cached_tokens") or read.get("prompt_cache_hit_tokens")
    return Usage(prompt, completion, cached if isinstance(cached, int) else 0)


class _PartialCall:
    """A tool call while its parts come in."""

    def __init__(self) -> None:
        self._id = ""
        self._name = ""
        self._arguments = ""

    def add(self, part: ChoiceDeltaToolCall) -> None:
        self._id = part.id or self._id
        if part.function is not None:
            self._name = part.function.name or self._name
            self._arguments += part.function.arguments or ""

    def whole(self) -> ToolCall:
        try:
            arguments = json.loads(self._arguments or "{}")
        except ValueError as err:
            raise GptError(Reason.REFUSED, f"arguments of {self._name} are not JSON") from err
        if not isinstance(arguments, dict):
            raise GptError(Reason.REFUSED, f"arguments of {self._name} are not an object")
        return ToolCall(self._id or self._name, self._name, arguments)


async def _chunks(
    stream: AsyncIterator[ChatCompletionChunk], stop: asyncio.Event
) -> AsyncGenerator[ChatCompletionChunk]:
    chunks = aiter(stream)
    while True:
        try:
            yield await _unless(stop, anext(chunks))
        except StopAsyncIteration:
            return


async def _unless[T](stop: asyncio.Event, awaitable: Awaitable[T]) -> T:
    """Return what `awaitable` gives, unless `stop` is set first.

    Whatever happens, what was awaited has ended then.

    Raises:
        _InterruptedError: it was.
    """

    async def run() -> T:
        return await awaitable

    work = asyncio.ensure_future(run())
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            raise _InterruptedError
        return work.result()
    finally:
        stopped.cancel()
        work.cancel()
        # Unlike a plain await, this passes on a cancellation of the caller.
        await asyncio.gather(work, return_exceptions=True)
