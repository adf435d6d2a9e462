"""A streamed reply of the chat completions API."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk, ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from openai.types.chat.chat_completion_chunk import ChoiceDelta

from .errors import GptError, Reason, translated_errors
from .parameters import Parameters, sent_names
from .thinking import ThoughtFilter
from .tool_calls import ToolCall, ToolCalls
from .vendors import vendor_of


@dataclass(frozen=True, slots=True)
class Thought:
    """What the model thinks before it speaks or calls a tool: nothing to be said, but it may want it back."""

    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked."""

    model: str
    messages: Sequence[ChatCompletionMessageParam]
    tools: Sequence[ChatCompletionFunctionToolParam] = ()
    parameters: Parameters = field(default_factory=Parameters)

    def options(self, base_url: str) -> dict[str, Any]:
        """Return what a service is sent beside the model and the messages."""
        vendor = vendor_of(base_url)
        tools = [*self.tools, *self.parameters.tools(vendor)]
        return self.parameters.options(self.model, vendor) | ({"tools": tools} if tools else {})


class _InterruptedError(Exception):
    """The stop event was set while something was waited for."""


async def stream_reply(
    client: AsyncOpenAI, request: Request, stop: asyncio.Event
) -> AsyncGenerator[str | Thought | ToolCall]:
    """Yield the reply as it comes: thoughts, pieces of text, and the tool calls once they are whole.

    When `stop` is set the connection is closed and the generator ends, so that what was said so far stands.

    Raises:
        GptError: the service failed.
    """
    options = request.options(str(client.base_url))
    calls, thoughts = ToolCalls(), ThoughtFilter()
    answered = False
    try:
        with translated_errors(sent_names(options)):
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
                    if thought := getattr(delta, "reasoning_content", None):
                        yield Thought(thought)
                    if delta.content and (words := thoughts.feed(delta.content)):
                        yield words
                    for part in delta.tool_calls or ():
                        calls.add(part)
    except _InterruptedError:
        return
    if not answered:
        raise GptError(Reason.EMPTY)
    if rest := thoughts.end():
        yield rest
    # Not tied to the finish reason: some services end a reply that has tool calls with "stop".
    for call in calls.whole():
        yield call


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
