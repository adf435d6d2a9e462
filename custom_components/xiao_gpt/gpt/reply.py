"""A streamed reply of the chat completions API."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
import json
from typing import Any

from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk, ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from openai.types.chat.chat_completion_chunk import ChoiceDelta, ChoiceDeltaToolCall

from .errors import GptError, Reason, translated_errors


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants to be called."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked."""

    model: str
    messages: Sequence[ChatCompletionMessageParam]
    tools: Sequence[ChatCompletionFunctionToolParam] = ()
    response_format: Mapping[str, Any] | None = None
    """Asks for data instead of words; see `structure.py`."""


class _InterruptedError(Exception):
    """The stop event was set while something was waited for."""


async def stream_reply(client: AsyncOpenAI, request: Request, stop: asyncio.Event) -> AsyncGenerator[str | ToolCall]:
    """Yield the reply as it comes: pieces of text, and the tool calls once they are whole.

    When `stop` is set the connection is closed and the generator ends, so that what was said so far stands.

    Raises:
        GptError: the service failed.
    """
    options: dict[str, Any] = {"tools": request.tools} if request.tools else {}
    if request.response_format is not None:
        options["response_format"] = request.response_format
    calls: dict[int, _PartialCall] = {}
    answered = False
    try:
        with translated_errors():
            async with AsyncExitStack() as connection:

                async def connect() -> AsyncStream[ChatCompletionChunk]:
                    stream: AsyncStream[ChatCompletionChunk] = await client.chat.completions.create(
                        model=request.model, messages=request.messages, stream=True, **options
                    )
                    # Here and not by who waits for it: that one may be interrupted or cancelled in this very moment.
                    connection.push_async_callback(stream.close)
                    return stream

                async for chunk in _chunks(await _unless(stop, connect()), stop):
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
