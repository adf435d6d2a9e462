"""A streamed reply of the chat completions API."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from openai import APIStatusError, AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk, ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from openai.types.chat.chat_completion_chunk import ChoiceDelta

from .errors import GptError, Reason, translated_errors
from .parameters import Parameters, sent_names
from .thinking import ThoughtFilter
from .tool_calls import ToolCall, ToolCalls
from .vendors import vendor_of

_ASK_FOR_USAGE: dict[str, Any] = {"stream_options": {"include_usage": True}}
_REFUSALS = frozenset({400, 422})
"""How services refuse a parameter that they do not know."""
_silent_about_usage: set[str] = set()
"""Base URLs of services that refuse to be asked for usage: they are not asked again until Home Assistant restarts."""


@dataclass(frozen=True, slots=True)
class Thought:
    """What the model thinks before it speaks or calls a tool: nothing to be said, but it may want it back."""

    text: str


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
    parameters: Parameters = field(default_factory=Parameters)
    response_format: Mapping[str, Any] | None = None
    """Asks for data instead of words; see `structure.py`."""

    def options(self, base_url: str) -> dict[str, Any]:
        """Return what a service is sent beside the model and the messages."""
        vendor = vendor_of(base_url)
        options = self.parameters.options(self.model, vendor)
        if tools := [*self.tools, *self.parameters.tools(vendor)]:
            options["tools"] = tools
        if self.response_format is not None:
            options["response_format"] = self.response_format
        return options


class _InterruptedError(Exception):
    """The stop event was set while something was waited for."""


type Part = str | Thought | ToolCall | Usage
"""What a reply consists of."""


async def stream_reply(client: AsyncOpenAI, request: Request, stop: asyncio.Event) -> AsyncGenerator[Part]:
    """Yield the reply as it comes: thoughts and text, the tool calls once they are whole, at last the usage if told.

    When `stop` is set the connection is closed and the generator ends, so that what was said so far stands.

    Raises:
        GptError: the service failed.
    """
    options = request.options(str(client.base_url))
    calls, thoughts = ToolCalls(), ThoughtFilter()
    answered = False
    usage: Usage | None = None
    try:
        with translated_errors(sent_names(options)):
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
                    for part in _parts(chunk, thoughts, calls):
                        yield part
    except _InterruptedError:
        return
    if not answered:
        raise GptError(Reason.EMPTY)
    if rest := thoughts.end():
        yield rest
    # Not tied to the finish reason: some services end a reply that has tool calls with "stop".
    for call in calls.whole():
        yield call
    if usage is not None:
        yield usage


def _parts(chunk: ChatCompletionChunk, thoughts: ThoughtFilter, calls: ToolCalls) -> Iterator[str | Thought]:
    """Yield what a chunk says; what it has of a call is added to the calls."""
    # Azure sends choices that hold the verdict of its content filter and no delta.
    delta: ChoiceDelta | None = getattr(chunk.choices[0], "delta", None)
    if delta is None:
        return
    if thought := getattr(delta, "reasoning_content", None):
        yield Thought(thought)
    if delta.content and (words := thoughts.feed(delta.content)):
        yield words
    for part in delta.tool_calls or ():
        calls.add(part)


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
