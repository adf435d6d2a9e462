"""The simulator as one server: all hosts of the clouds, the LLM endpoint and the control API on one port.

A request is for a host if its Host header names it; else if the first segment of its path does, which is then cut off
(the gateway: ``http://127.0.0.1:PORT/account.xiaomi.com/pass/serviceLogin``). Replies hold the real addresses all the
same; a client that uses the gateway maps them.
"""

import asyncio
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from simulator import spec, tls
from simulator.cloud import Handler, Routes, reply
from simulator.control import Control
from simulator.llm import LLMEndpoint
from simulator.llm_settings import LLMSettings
from simulator.mina import Mina
from simulator.miot import Miot
from simulator.passport import Passport
from simulator.profile import Profile
from simulator.search import SearchEngine
from simulator.settings import Settings
from simulator.spec import Specs
from simulator.timeline import Timeline
from simulator.world import DEFAULT_HOME, Home, World

LLM_HOST = "api.openai.com"

# Long polls and hanging requests are told to end; what has not ended by then is cut.
_SHUTDOWN_SECONDS = 1.0


class _ConnectionCutError(Exception):
    """The connection ends here."""


class Simulator:
    """Xiaomi's clouds with their speakers, and an LLM endpoint, on loopback.

    Use it as an asynchronous context manager; everything runs in the event loop that enters it.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        port: int = 0,
        home: tuple[Home, ...] = DEFAULT_HOME,
        world: World | None = None,
        llm_settings: LLMSettings | None = None,
        tls_dir: Path | None = None,
        tls_port: int = 443,
    ) -> None:
        """Prepare a simulator.

        Args:
            settings: The world's settings.
            port: Where plain HTTP listens on 127.0.0.1; 0: any free port.
            home: The speakers.
            world: A prepared world instead of one of `settings` and `home`.
            llm_settings: The settings of the LLM endpoint.
            tls_dir: Where the certificates are kept (made at the first use); None: no TLS.
            tls_port: Where TLS listens on 127.0.0.1; 0: any free port.
        """
        self.world = world or World(settings, Timeline(), home)
        self.llm = LLMEndpoint(self.world.timeline, llm_settings)
        self.search = SearchEngine(self.world.timeline)
        self._port = port
        self._tls_dir = tls_dir
        self._tls_port = tls_port
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._hosts = _hosts(self.world)

    @property
    def timeline(self) -> Timeline:
        """Everything that happens."""
        return self.world.timeline

    @property
    def settings(self) -> Settings:
        """The world's settings; change them with `update` while it runs."""
        return self.world.settings

    @property
    def url(self) -> str:
        """The address of plain HTTP: the gateway, the LLM endpoint and the control API."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def llm_url(self) -> str:
        """The base URL for an OpenAI client."""
        return f"{self.url}/v1"

    @property
    def tls_port(self) -> int:
        """The port of TLS."""
        return self._tls_port

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await self._runner.setup()
        try:
            await self._listen(self._runner)
        except BaseException:
            await self._runner.cleanup()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self.llm.close()
        self.world.close()
        if self._runner is not None:
            await self._runner.cleanup()
        # What was still being carried out while the server closed may have started timers.
        self.world.close()

    async def _listen(self, runner: web.AppRunner) -> None:
        plain = web.TCPSite(runner, "127.0.0.1", self._port)
        await plain.start()
        self._port = _port(plain)
        if self._tls_dir is not None:
            context = await asyncio.to_thread(tls.server_context, self._tls_dir)
            secure = web.TCPSite(runner, "127.0.0.1", self._tls_port, ssl_context=context)
            await secure.start()
            self._tls_port = _port(secure)

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._by_host])
        app.router.add_routes(Control(self.world, self._closing).routes())
        llm = self.llm.routes()
        app.router.add_routes(llm)
        app.router.add_routes([_prefixed(route) for route in llm if route.path.startswith("/v1/")])
        app.router.add_routes(self.search.routes())
        app.router.add_route("*", "/{host}/{path:.*}", self._gateway)
        return app

    @web.middleware
    async def _by_host(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve a request whose Host header names a host of the clouds as that host, whatever its path."""
        host = request.host.partition(":")[0]
        if host in self._hosts:
            return await self._serve(host, request.path, request)
        return await handler(request)

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        host = request.match_info["host"]
        if host not in self._hosts:
            return reply({"error": f"no such host here: {host}"}, status=404)
        return await self._serve(host, request.path.removeprefix(f"/{host}"), request)

    async def _serve(self, host: str, path: str, request: web.Request) -> web.StreamResponse:
        """Answer as a host of the clouds: after half a round trip, and half a round trip before the reply is there."""
        half = self.world.settings.round_trip / 2
        await asyncio.sleep(half)
        try:
            response = await self._answer(host, path, request)
        except _ConnectionCutError:
            self._record(host, path, request, None)
            if request.transport is not None:
                request.transport.abort()
            # Nobody will get it: aiohttp wants something to send all the same.
            return web.Response(status=499)
        await asyncio.sleep(half)
        self._record(host, path, request, response.status)
        response.headers["Date"] = formatdate(self.world.clock(), usegmt=True)
        return response

    async def _answer(self, host: str, path: str, request: web.Request) -> web.StreamResponse:
        """Answer, or let a fault happen."""
        fault = self.world.faults.take(host, path)
        if fault is None:
            return await self._truth(host, path, request)
        self.timeline.record("fault", host=host, path=path)
        await asyncio.sleep(fault.delay)
        if fault.hang:
            await self._closing.wait()
            raise _ConnectionCutError
        if fault.disconnect:
            raise _ConnectionCutError
        if fault.status is not None:
            return web.Response(status=fault.status, text=fault.body, content_type=fault.content_type)
        response = await self._truth(host, path, request)
        if fault.truncate is not None:
            await self._truncate(response, fault.truncate, request)
        return response

    async def _truth(self, host: str, path: str, request: web.Request) -> web.StreamResponse:
        handler = self._hosts[host].get(path)
        if handler is None:
            return reply({"code": 404, "message": "Not Found"}, status=404)
        return await handler(request)

    async def _truncate(self, response: web.StreamResponse, length: int, request: web.Request) -> None:
        """Send the headers and a part of the body, and cut the connection."""
        if isinstance(response, web.Response) and isinstance(response.body, bytes):
            body = response.body
            partial = web.StreamResponse(status=response.status, headers=response.headers)
            partial.content_length = len(body)
            await partial.prepare(request)
            await partial.write(body[:length])
        raise _ConnectionCutError

    def _record(self, host: str, path: str, request: web.Request, status: int | None) -> None:
        self.timeline.record("http", host=host, method=request.method, path=path, status=status)


def _hosts(world: World) -> dict[str, Routes]:
    mina, miot = Mina(world), Miot(world)
    return {
        "account.xiaomi.com": Passport(world).routes(),
        "api2.mina.mi.com": mina.routes(),
        "api.mina.mi.com": mina.routes(),
        "userprofile.mina.mi.com": Profile(world).routes(),
        "api.io.mi.com": miot.routes(),
        "sts.api.io.mi.com": miot.sts_routes(),
        spec.HOST: Specs().routes(),
    }


def _prefixed(route: web.RouteDef) -> web.RouteDef:
    """Return a route of the LLM endpoint as the gateway has it."""
    return web.route(route.method, f"/{LLM_HOST}{route.path}", route.handler)


def _port(site: web.TCPSite) -> int:
    """Return the port that a site listens on."""
    server = site._server  # noqa: SLF001 - aiohttp tells it in no other way when the port was 0
    if not isinstance(server, asyncio.Server):
        raise TypeError("the site has not started")
    port: int = server.sockets[0].getsockname()[1]
    return port
