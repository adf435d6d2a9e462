"""A model's reply without what is not to be heard: by a list of phrases, and by the service's own moderation."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

from openai import AsyncOpenAI

from .errors import translated_errors
from .moderation import PhraseList, Screen

MODERATION_MODEL = "omni-moderation-latest"
MODERATION_TIMEOUT_S = 3.0
"""A sentence waits for its verdict: a service that takes longer counts as one that cannot be reached."""

type Judge = Callable[[str], Awaitable[bool]]
"""Returns whether a sentence is not to be heard."""


class FlaggedError(Exception):
    """The reply comes to a sentence that is not to be heard."""


async def ask_moderation(client: AsyncOpenAI, text: str) -> bool:
    """Return whether the service's moderation flags a text.

    Raises:
        GptError: it cannot be reached, or has no moderation.
    """
    with translated_errors():
        verdict = await client.with_options(max_retries=0, timeout=MODERATION_TIMEOUT_S).moderations.create(
            model=MODERATION_MODEL, input=text
        )
    return any(result.flagged for result in verdict.results or ())


async def moderated[T](
    stream: AsyncGenerator[str | T],
    phrases: PhraseList,
    instead: str,
    *,
    judge: Judge | None = None,
    stop: asyncio.Event | None = None,
) -> AsyncGenerator[str | T]:
    """Yield the stream up to the first sentence that is not to be heard, then what is said instead of the rest.

    The stream is closed in any case. What is no text (tool calls, usage) waits for the text before it.

    Args:
        stream: the reply.
        phrases: what no sentence may hold.
        instead: what is said in place of the first such sentence and all that follows.
        judge: asked about every sentence while the next ones come.
        stop: when set, verdicts are no longer waited for: nobody listens any more.
    """
    parts = stream
    if phrases:
        parts = _screened(parts, phrases)
    elif judge is not None:
        parts = _screened(parts, PhraseList())
    if judge is not None:
        parts = _judged(parts, judge, stop or asyncio.Event())
    said = False
    async with aclosing(parts):
        try:
            async for part in parts:
                said = said or isinstance(part, str)
                yield part
        except FlaggedError:
            yield f"\n{instead}" if said else instead


async def _screened[T](stream: AsyncGenerator[str | T], phrases: PhraseList) -> AsyncGenerator[str | T]:
    """Yield sentence by sentence as long as they are clean.

    Raises:
        FlaggedError: one is not.
    """
    screen = Screen(phrases)
    async with aclosing(stream):
        async for part in stream:
            if not isinstance(part, str):
                if rest := screen.finish():
                    yield rest
                if screen.flagged:
                    raise FlaggedError
                screen = Screen(phrases)
                yield part
                continue
            for sentence in screen.feed(part):
                yield sentence
            if screen.flagged:
                raise FlaggedError
        if rest := screen.finish():
            yield rest
        if screen.flagged:
            raise FlaggedError


async def _judged[T](parts: AsyncGenerator[str | T], judge: Judge, stop: asyncio.Event) -> AsyncGenerator[str | T]:
    """Yield the parts in their order once those that are text have been judged; reading goes on meanwhile.

    Raises:
        FlaggedError: one was flagged.
    """

    async def read() -> str | T:
        return await anext(parts)

    async def verdict(part: str | T) -> bool:
        return isinstance(part, str) and any(map(str.isalnum, part)) and await judge(part)

    waiting: deque[tuple[str | T, asyncio.Task[bool]]] = deque()
    reading: asyncio.Task[str | T] | None = asyncio.ensure_future(read())
    stopped = asyncio.ensure_future(stop.wait())
    failure: Exception | None = None
    try:
        while reading is not None or (waiting and not stop.is_set()):
            # A stopped stream ends by itself; only the verdicts need not be waited for then.
            awaited: set[asyncio.Future[Any]] = {stopped if reading is None else reading}
            await asyncio.wait(awaited | {task for _, task in list(waiting)[:1]}, return_when=asyncio.FIRST_COMPLETED)
            if reading is not None and reading.done():
                try:
                    part = reading.result()
                except StopAsyncIteration:
                    reading = None
                except Exception as err:  # noqa: BLE001 (raised below, after what came before it)
                    reading, failure = None, err
                else:
                    waiting.append((part, asyncio.ensure_future(verdict(part))))
                    reading = asyncio.ensure_future(read())
            while waiting and waiting[0][1].done():
                part, judged = waiting.popleft()
                if judged.result():
                    raise FlaggedError
                yield part
        if failure is not None:
            raise failure
    finally:
        left: list[asyncio.Future[Any]] = [stopped, *(judged for _, judged in waiting)]
        await _end([*left, reading] if reading else left)
        await parts.aclose()


async def _end(tasks: Sequence[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
