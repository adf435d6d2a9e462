"""An LLM service as an entry uses it: its address, its kind, and its keys, one taking over from another."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
import logging
import ssl
import time
from typing import Any, Self

import httpx2
from openai import AsyncOpenAI

from .client import list_models, make_client, make_http_client, probe
from .errors import GptError, Reason
from .keys import Fault, Key, KeyRing, fault_of
from .parameters import Parameters
from .reply import Part, Request, Thought, stream_reply
from .seam import Seam, continuing
from .tool_calls import ToolCall

_LOGGER = logging.getLogger(__name__)

DEFAULT_AZURE_VERSION = "2024-10-21"
"""The newest that is not a preview, of those with deployments in their paths."""

PATIENCE_S = 3.0
"""How long a listener may wait for a key that was asked too often, where there is no other."""
RETRY_AFTER_S = 0.5
"""How long after a failure that may pass the service is asked once more."""

_MAY_PASS = (Reason.CANNOT_CONNECT, Reason.SERVICE)
_TELLING = (Fault.RATE, Fault.QUOTA, Fault.AUTH)
"""What is said where the keys fail for several reasons: what ends soonest."""


class Kind(StrEnum):
    """How a service is spoken to. The values are translation keys."""

    OPENAI = "openai"
    """OpenAI, and all that speak as it does."""
    AZURE = "azure"


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """Where a service is and what opens it."""

    base_url: str
    """Of OpenAI's kind with the ``/v1``; of Azure the resource's endpoint."""
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    """In the order in which they are used; none for a service that asks for none."""
    kind: Kind = Kind.OPENAI
    api_version: str = ""
    """Azure's; empty for the default."""
    proxy: str = field(default="", repr=False)
    """Address of an HTTP proxy, which may hold a password."""

    @property
    def needs_own_http_client(self) -> bool:
        """Whether a borrowed HTTP client will not do: Azure's client adds a hook to the one that it is given."""
        return bool(self.proxy) or self.kind is Kind.AZURE


class Service:
    """An LLM service. One key after another answers for it, unnoticed as long as one is left."""

    def __init__(
        self,
        config: ServiceConfig,
        http_client: Any,
        *,
        own_http_client: httpx2.AsyncClient | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make the clients. Blocks.

        Args:
            config: what to connect to.
            http_client: sends the requests and stays the caller's.
            own_http_client: used instead, and closed with the service.
            clock: in seconds, for the keys' rests.
        """
        self.config = config
        self.ring = KeyRing(config.api_keys, clock)
        self._own_http_client = own_http_client
        azure = (config.api_version or DEFAULT_AZURE_VERSION) if config.kind is Kind.AZURE else ""
        # The retries are ours: the client's own would wait for a limited key while another one could answer.
        self._clients = {
            key.id: make_client(
                key.reveal(), config.base_url, own_http_client or http_client, azure_version=azure, retries=0
            )
            for key in self.ring.keys
        }
        self._errors: dict[str, GptError] = {}

    @classmethod
    def make(
        cls,
        config: ServiceConfig,
        http_client: Any,
        verify: ssl.SSLContext,
        clock: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Return the service on an HTTP client of its own where it needs one. Blocks."""
        own = make_http_client(config.proxy, verify) if config.needs_own_http_client else None
        return cls(config, http_client, own_http_client=own, clock=clock)

    async def close(self) -> None:
        """Close what belongs to the service."""
        if self._own_http_client is not None:
            await self._own_http_client.aclose()

    @property
    def client(self) -> AsyncOpenAI:
        """The client of the key whose turn it is; `call` is better, since it goes on with the next key."""
        return self._clients[(self.ring.next() or self.ring.keys[0]).id]

    async def reply(
        self, request: Request, stop: asyncio.Event, on_used: Callable[[Key], None] | None = None
    ) -> AsyncGenerator[Part]:
        """Yield what `stream_reply` yields, with one key after another.

        Before the first word another key goes on with the same request. Later it is asked for the rest of the answer:
        what was said is sent along, and whatever of it comes again is left out. The words may then join less well than
        those of one model in one breath, and what the second one says in other words is not recognised; the same words
        are not said twice. Tool calls come at the end of an answer; nothing is asked anew after one.

        Args:
            request: what is asked.
            stop: when set, the connection is closed and the generator ends.
            on_used: told which key answers, before its first item; more than once where keys take turns.

        Raises:
            GptError: no key is left, or something failed that another key could not mend.
        """
        said, acted = "", False
        turn = _Turn(self, stop)
        while (key := await turn.next_key()) is not None:
            answers = False
            try:
                async with aclosing(self._answer(key, request, said, stop)) as parts:
                    async for part in parts:
                        if not answers:
                            answers = True
                            self._worked(key)
                            if on_used is not None:
                                on_used(key)
                        if isinstance(part, str):
                            said += part
                        acted = acted or isinstance(part, ToolCall)
                        yield part
            except GptError as err:
                if said and err.reason is Reason.EMPTY:
                    return  # nothing was left to be said
                if acted:
                    raise
                await turn.failed(key, err, answering=answers)
            else:
                return

    async def _answer(self, key: Key, request: Request, said: str, stop: asyncio.Event) -> AsyncGenerator[Part]:
        """Yield the answer of one key, or its rest where something was said already."""
        if said:
            request = replace(request, messages=continuing(request.messages, said))
        seam = Seam(said)
        async with aclosing(stream_reply(self._clients[key.id], request, stop)) as parts:
            async for part in parts:
                if isinstance(part, Thought):
                    yield part
                    continue
                for text in seam.feed(part) if isinstance(part, str) else seam.end():
                    yield text
                if not isinstance(part, str):
                    yield part
        if not stop.is_set():
            for text in seam.end():
                yield text

    async def call[T](
        self,
        ask: Callable[[AsyncOpenAI], Awaitable[T]],
        on_used: Callable[[Key], None] | None = None,
    ) -> T:
        """Return what `ask` returns, given the client of one key after another until one will do.

        Args:
            ask: sends a request of any kind; raises `GptError` (see `translated_errors`) where it fails.
            on_used: told which key it was.

        Raises:
            GptError: no key is left, or something failed that another key could not mend.
        """
        turn = _Turn(self, asyncio.Event())
        while (key := await turn.next_key()) is not None:
            try:
                result = await ask(self._clients[key.id])
            except GptError as err:
                await turn.failed(key, err)
            else:
                self._worked(key)
                if on_used is not None:
                    on_used(key)
                return result
        raise AssertionError("only an event ends the turn without an error")

    async def list_models(self, key: Key | None = None) -> list[str]:
        """Return the ids of the service's models, or none where the service has no list.

        Azure's list is of the models that could be deployed, not of the deployments: it is read, which tells whether
        endpoint and key are right, and not returned.

        Args:
            key: the only one to be tried; otherwise all of them, those that rest as well: a person is waiting.

        Raises:
            GptError: the service could not be used.
        """
        models = await self._try([key] if key else self.ring.in_order(), list_models)
        return [] if self.config.kind is Kind.AZURE else models

    async def probe(self, model: str, key: Key | None = None, parameters: Parameters | None = None) -> None:
        """Ask the model for a first word, as a real question does, and hang up.

        Args:
            model: its name; of Azure, that of the deployment.
            key: the only one to be tried; otherwise all of them, those that rest as well: a person is waiting.
            parameters: what is set beside the model.

        Raises:
            GptError: a question to this model would fail.
        """
        for one in [key] if key else self.ring.in_order():
            try:
                await self._try([one], partial(probe, model=model, parameters=parameters))
            except GptError as err:
                if not self.blame(one, err):
                    raise
            else:
                self._worked(one)
                return
        raise self.exhausted([key] if key else self.ring.keys)

    async def _try[T](self, keys: list[Key], ask: Callable[[AsyncOpenAI], Awaitable[T]]) -> T:
        """Return what the first key of these gets; that it gets it says nothing about its quota."""
        for key in keys[:-1]:
            try:
                return await self._patiently(key, ask)
            except GptError as err:
                if fault_of(err.reason) is None:
                    raise
        return await self._patiently(keys[-1], ask)

    async def _patiently[T](self, key: Key, ask: Callable[[AsyncOpenAI], Awaitable[T]]) -> T:
        client = self._clients[key.id]
        try:
            return await ask(client)
        except GptError as err:
            if err.reason not in _MAY_PASS:
                raise _hidden(err, key) from err
        await asyncio.sleep(RETRY_AFTER_S)
        try:
            return await ask(client)
        except GptError as err:
            raise _hidden(err, key) from err

    def exhausted(self, keys: list[Key]) -> GptError:
        """Return the most telling of the errors that these keys met."""
        for fault in _TELLING:
            for key in keys:
                if self.ring.last_fault(key) is fault and (error := self._errors.get(key.id)):
                    return error
        raise AssertionError("each key that rests has met an error")

    def _worked(self, key: Key) -> None:
        self._errors.pop(key.id, None)
        self.ring.worked(key)

    def blame(self, key: Key, error: GptError) -> bool:
        """Let a key rest if it is to blame for an error; return whether it is."""
        if (fault := fault_of(error.reason)) is None:
            return False
        kept = self._errors[key.id] = _hidden(error, key)
        news = logging.INFO if fault is Fault.RATE else logging.WARNING
        level = logging.DEBUG if self.ring.last_fault(key) is fault else news
        _LOGGER.log(level, "The API key %s cannot be used now: %s", key.shown, kept)
        self.ring.failed(key, fault, error.retry_after)
        return True


def _hidden(error: GptError, key: Key) -> GptError:
    """Return an error without the key: services tell which one they refuse, some the whole of it."""
    detail = "" if error.reason is Reason.INVALID_KEY else key.hide(error.detail)
    return GptError(error.reason, detail, error.retry_after, parameter=error.parameter)


class _Turn:
    """The keys that one request goes through."""

    def __init__(self, service: Service, stop: asyncio.Event) -> None:
        self._service = service
        self._stop = stop
        self._tried: set[str] = set()
        self._patient = True
        self._again = True

    async def next_key(self) -> Key | None:
        """Return the key to ask with, or None once nobody listens any more.

        Raises:
            GptError: none is left.
        """
        ring = self._service.ring
        key = ring.next()
        if key is None or key.id in self._tried:
            wait = ring.back_in()
            if not self._patient or wait is None or wait > PATIENCE_S:
                raise self._service.exhausted(ring.keys)
            # A moment's silence is better than an excuse; once.
            self._patient = False
            self._tried.clear()
            if await self._stopped_within(wait):
                return None
            key = ring.next()
            if key is None:
                raise self._service.exhausted(ring.keys)
        self._tried.add(key.id)
        return key

    async def failed(self, key: Key, error: GptError, *, answering: bool = False) -> None:
        """Let the key rest if it is to blame, or wait a moment if the failure may pass.

        Raises:
            GptError: neither would help.
        """
        if self._service.blame(key, error):
            return
        if answering or error.reason not in _MAY_PASS or not self._again:
            raise _hidden(error, key) from error
        self._again = False
        self._tried.discard(key.id)
        await self._stopped_within(RETRY_AFTER_S)

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return False
        return True
