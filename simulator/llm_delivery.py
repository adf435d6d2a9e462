"""An answer on its way: the objects that wrap its tokens, and the pace at which they leave."""

import asyncio
import json
import secrets
import time
from types import TracebackType
from typing import Self

from aiohttp import web

from .llm_profile import Profile
from .llm_protocol import ApiError, ChatRequest, Json
from .llm_replies import ToolCall
from .llm_settings import LLMSettings
from .timeline import Timeline


class Completion:
    """One answer: its tokens as a stream carries them, and the objects that wrap them."""

    def __init__(
        self, chat: ChatRequest, text: str, calls: list[ToolCall], profile: Profile, *, thinks: bool = False
    ) -> None:
        self.id = f"chatcmpl-{secrets.token_hex(12)}"
        self._chat = chat
        self._profile = profile
        self._created = int(time.time())
        deltas = [*(profile.thoughts() if thinks else ()), *profile.deltas(text, calls)]
        self.finish = profile.finish("tool_calls" if calls else "stop")
        if chat.max_tokens is not None and len(deltas) > chat.max_tokens:
            deltas = deltas[: chat.max_tokens]
            self.finish = profile.finish("length")
        self.deltas: list[Json] = deltas
        """What the stream says, one token each."""
        self.opening: list[Json] = profile.opening(calls=bool(calls))
        """What the stream says before its first token."""
        self.preamble: Json | None = None
        """A chunk before all others, without a choice: Azure's verdict on the question."""

    def chunk(self, delta: Json, finish: str | None = None) -> Json:
        """Return one chunk of the stream."""
        chunk = self._chunk(delta, finish) | ({"usage": None} if self._chat.include_usage else {})
        return self._profile.shape(chunk)

    def closing(self) -> list[Json]:
        """Return the chunks that end the stream."""
        last = self._profile.shape(self._chunk({}, self.finish))
        return self._profile.closing(last, self.usage(), asked=self._chat.include_usage)

    def _chunk(self, delta: Json, finish: str | None) -> Json:
        choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": finish}
        return self._object("chat.completion.chunk", [choice])

    def whole(self) -> Json:
        """Return the answer in one piece."""
        message: Json = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
        calls: list[Json] = []
        for delta in self.deltas:
            if delta.get("content"):
                message["content"] = (message["content"] or "") + delta["content"]
            if delta.get("reasoning_content"):
                message["reasoning_content"] = message.get("reasoning_content", "") + delta["reasoning_content"]
            for part in delta.get("tool_calls", ()):
                if "name" in part["function"]:
                    calls.append({"id": part["id"], "type": "function", "function": dict(part["function"])})
                else:
                    calls[part["index"]]["function"]["arguments"] += part["function"]["arguments"]
        if calls:
            message["tool_calls"] = calls
        elif message["content"] is None:
            message["content"] = ""
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish}
        return self._object("chat.completion", [choice]) | {"usage": self.usage()}

    def text(self, tokens: int) -> str:
        """Return the words in the first `tokens` tokens."""
        return "".join(delta.get("content") or "" for delta in self.deltas[:tokens])

    def usage(self) -> Json:
        """Return how many tokens the question and the answer hold."""
        answer = len(self.deltas)
        return {
            "prompt_tokens": self._chat.prompt_tokens,
            "completion_tokens": answer,
            "total_tokens": self._chat.prompt_tokens + answer,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    def _object(self, kind: str, choices: list[Json]) -> Json:
        return {
            "id": self.id,
            "object": kind,
            "created": self._created,
            "model": self._chat.model,
            "service_tier": "default",
            "system_fingerprint": "fp_simulator",
            "choices": choices,
        }


class _ClientGoneError(Exception):
    """The client has closed its connection."""


class _BrokenOffError(Exception):
    """The simulated server has closed the connection itself, or ended the stream with an error."""


class _HangUpWatch(asyncio.Protocol):
    """Stands between a connection and aiohttp's protocol to announce at once that the client is gone.

    aiohttp lets a handler know when it writes, or cancels it where the runner was told so; an answer that waits for
    its next token, or stalls, would not know.
    """

    def __init__(self, request: web.Request) -> None:
        self.gone = asyncio.Event()
        self._transport = request.transport
        if self._transport is None:
            self.gone.set()
            return
        inner = self._transport.get_protocol()
        assert isinstance(inner, asyncio.Protocol)  # noqa: S101 - aiohttp's is
        self._inner = inner

    def __enter__(self) -> Self:
        if self._transport is not None:
            self._transport.set_protocol(self)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # A kept-alive connection goes on to its next request without the watch.
        if self._transport is not None and not self.gone.is_set():
            self._transport.set_protocol(self._inner)

    def abort(self) -> None:
        """Close the connection without another word."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone.set()
        self._inner.connection_lost(exc)


class Delivery:
    """Sends one answer at the pace of its settings, and tells the timeline how it ended."""

    def __init__(
        self,
        request: web.Request,
        chat: ChatRequest,
        completion: Completion,
        settings: LLMSettings,
        timeline: Timeline,
        began: float,
        break_at: int | None,
        break_with: ApiError | None = None,
    ) -> None:
        self._request = request
        self._chat = chat
        self._completion = completion
        self._settings = settings
        self._timeline = timeline
        self._first_due = began + settings.first_token
        self._break_at = break_at
        self._break_with = break_with
        self._watch = _HangUpWatch(request)
        self._sent = 0
        self._failed = False

    async def run(self) -> web.StreamResponse:
        """Send the answer as the request wants it."""
        response: web.StreamResponse = web.Response()
        reason = "failed"
        try:
            with self._watch:
                response = await (self._stream() if self._chat.stream else self._send_whole())
            reason = "failed" if self._failed else self._completion.finish
        except _ClientGoneError, ConnectionError:
            reason = "closed_by_client"
        except _BrokenOffError:
            self._watch.abort()
        except asyncio.CancelledError:
            if self._watch.gone.is_set():
                reason = "closed_by_client"
            raise
        finally:
            self._timeline.record(
                "llm_finished",
                id=self._completion.id,
                tokens=self._sent,
                reason=reason,
                text=self._completion.text(self._sent),
            )
        return response

    async def _stream(self) -> web.StreamResponse:
        completion = self._completion
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-cache",
                "x-request-id": request_id(),
            }
        )
        # The status, too, comes when the model begins to speak: OpenAI's time to first byte is that of the first token.
        await self._sleep_until(self._first_due)
        await response.prepare(self._request)
        if completion.preamble is not None:
            await response.write(_event(completion.preamble))
        for delta in completion.opening:
            await response.write(_event(completion.chunk(delta)))
        try:
            for index, delta in enumerate(completion.deltas):
                await self._await_token(index)
                await response.write(_event(completion.chunk(delta)))
                self._count_sent(1)
            await self._pass(len(completion.deltas))
        except _BrokenOffError:
            if self._break_with is None:
                raise
            await response.write(_event(self._break_with.body()))
            await response.write_eof()
            self._failed = True
            return response
        for chunk in completion.closing():
            await response.write(_event(chunk))
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def _send_whole(self) -> web.StreamResponse:
        await self._sleep_until(self._first_due)
        for index in range(len(self._completion.deltas)):
            await self._await_token(index)
        await self._pass(len(self._completion.deltas))
        response = web.json_response(self._completion.whole(), headers={"x-request-id": request_id()})
        await response.prepare(self._request)
        await response.write_eof()
        self._count_sent(len(self._completion.deltas))
        return response

    def _count_sent(self, count: int) -> None:
        if not self._sent:
            self._timeline.record("llm_first_token", id=self._completion.id)
        self._sent += count

    async def _pass(self, count: int) -> None:
        """Return if the answer goes on after `count` tokens."""
        if count == self._settings.stall_after:
            await self._watch.gone.wait()
            raise _ClientGoneError
        if count == self._break_at:
            raise _BrokenOffError

    async def _await_token(self, index: int) -> None:
        """Return when token `index` is due, if it comes at all."""
        await self._pass(index)
        # Due times count from the beginning: a late token delays no other, and those that are late come in one burst.
        first_of_burst = index - index % self._settings.burst
        await self._sleep_until(self._first_due + first_of_burst / self._settings.tokens_per_second)

    async def _sleep_until(self, due: float) -> None:
        if due <= asyncio.get_running_loop().time():
            await asyncio.sleep(0)
        else:
            try:
                async with asyncio.timeout_at(due):
                    await self._watch.gone.wait()
            except TimeoutError:
                return
        if self._watch.gone.is_set():
            raise _ClientGoneError


def _event(data: Json) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def request_id() -> str:
    """Return a new value for the header by which OpenAI's support finds a request."""
    return f"req_{secrets.token_hex(16)}"
