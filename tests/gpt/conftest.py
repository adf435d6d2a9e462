"""Clients of the simulated service, and services that answer as no simulator should."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
import gc
import json
from typing import Any

from aiohttp import web
import httpx
from openai import AsyncOpenAI
import pytest

from custom_components.xiao_gpt.gpt import make_client
from simulator.app import Simulator

type Connect = Callable[..., AsyncOpenAI]


@pytest.fixture
async def http_client(socket_enabled: None) -> AsyncGenerator[httpx.AsyncClient]:
    """An HTTP client of the kind that Home Assistant lends."""
    async with httpx.AsyncClient() as client:
        yield client
    # At the end of a stream openai's client drops generators, which the event loop closes once they are collected.
    gc.collect()
    await asyncio.sleep(0)
    while closing := [
        task for task in asyncio.all_tasks() if type(task.get_coro()).__name__ == "async_generator_athrow"
    ]:
        await asyncio.wait(closing)
        await asyncio.sleep(0)


@pytest.fixture
def connect(sim: Simulator, http_client: httpx.AsyncClient) -> Connect:
    """Return a client of a service, the simulated one if no other is named; it does not wait for a second try."""

    def connect(base_url: str | None = None, key: str | None = None) -> AsyncOpenAI:
        client = make_client(str(key or sim.llm.settings.api_key), base_url or sim.llm_url, http_client)
        return client.with_options(max_retries=0)

    return connect


@pytest.fixture
def client(connect: Connect) -> AsyncOpenAI:
    """A client of the simulated service."""
    return connect()


@dataclass
class Oddity:
    """A service that gives one answer to everything."""

    url: str = ""
    status: int = 200
    body: str | bytes = ""
    content_type: str = "application/json"
    asked: list[dict[str, Any]] = field(default_factory=list)
    """What it was asked, with the headers' names in lower case."""

    def says(self, body: Any, status: int = 200) -> None:
        """Answer with JSON, or with a web page."""
        page = isinstance(body, str)
        self.status = status
        self.body, self.content_type = (body, "text/html") if page else (json.dumps(body), "application/json")

    def streams(self, *events: Any) -> None:
        """Answer with a stream of these events, each JSON or a text as it stands."""
        lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
        self.body, self.content_type = "".join(f"data: {line}\n\n" for line in lines), "text/event-stream"


@pytest.fixture
async def oddity(socket_enabled: None) -> AsyncGenerator[Oddity]:
    """A service that answers with what a test says."""
    service = Oddity()

    async def answer(request: web.Request) -> web.Response:
        body = await request.text()
        headers = {name.lower(): value for name, value in request.headers.items()}
        service.asked.append({"path": request.path, "headers": headers, "body": json.loads(body) if body else None})
        content = service.body.encode() if isinstance(service.body, str) else service.body
        return web.Response(status=service.status, body=content, content_type=service.content_type)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield service
    finally:
        await runner.cleanup()


@pytest.fixture
def odd_client(oddity: Oddity, connect: Connect) -> AsyncOpenAI:
    """A client of the odd service."""
    return connect(oddity.url)


type StartPicky = Callable[[int, str], Awaitable[tuple[str, list[dict[str, Any]]]]]


@pytest.fixture
async def start_picky(socket_enabled: None) -> AsyncGenerator[StartPicky]:
    """Return a function that starts a service that refuses `stream_options` in the way it is given.

    It returns the base URL and what the service is asked, as it comes in.
    """
    runners: list[web.AppRunner] = []

    async def start(status: int, message: str) -> tuple[str, list[dict[str, Any]]]:
        asked: list[dict[str, Any]] = []

        async def answer(request: web.Request) -> web.Response:
            asked.append(await request.json())
            if "stream_options" in asked[-1]:
                return web.json_response(
                    {"error": {"message": message, "type": "invalid_request_error"}}, status=status
                )
            chunk = json.dumps({"id": "1", "choices": [{"index": 0, "delta": {"content": "好"}}]})
            return web.Response(text=f"data: {chunk}\n\ndata: [DONE]\n\n", content_type="text/event-stream")

        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        runner = web.AppRunner(app)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/v1", asked

    yield start
    for runner in runners:
        await runner.cleanup()
