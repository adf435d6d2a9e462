"""Home Assistant's websocket: commands with results, and subscriptions with events."""

import asyncio
from collections.abc import AsyncIterator, Mapping
import contextlib
import itertools
from typing import Any, Self

import aiohttp


class HouseError(Exception):
    """Home Assistant refused, failed or went away; the message says which call and why."""


class HouseSocket:
    """One authenticated websocket connection."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self._results: dict[int, asyncio.Future[Any]] = {}
        self._events: dict[int, asyncio.Queue[Any]] = {}
        self._closed = False
        self._reader = asyncio.create_task(self._read(), name="house websocket")

    @classmethod
    async def connect(cls, session: aiohttp.ClientSession, url: str, token: str) -> Self:
        """Connect and authenticate."""
        # Registries and the list of actions are larger than aiohttp's limit of 4 MiB may allow.
        connection = await session.ws_connect(f"{url}/api/websocket", max_msg_size=0)
        await connection.receive_json()  # auth_required
        await connection.send_json({"type": "auth", "access_token": token})
        answer = await connection.receive_json()
        if answer["type"] != "auth_ok":
            await connection.close()
            raise HouseError(f"websocket: {answer.get('message', answer['type'])}")
        return cls(connection)

    async def request(self, kind: str, /, **fields: Any) -> Any:
        """Send one command and return its result."""
        return await self._send(next(self._ids), kind, fields)

    @contextlib.asynccontextmanager
    async def subscribe(self, kind: str, /, **fields: Any) -> AsyncIterator[AsyncIterator[Any]]:
        """Send a command that answers with events; the block gets an iterator of them."""
        number = next(self._ids)
        queue = self._events[number] = asyncio.Queue()
        try:
            await self._send(number, kind, fields)
            yield self._drain(queue)
        finally:
            del self._events[number]
            if not self._closed:
                # Home Assistant forgets finished subscriptions by itself and then answers with an error.
                with contextlib.suppress(HouseError):
                    await self.request("unsubscribe_events", subscription=number)

    async def close(self) -> None:
        """Close the connection; whoever still waits on it gets a `HouseError`."""
        await self._connection.close()
        await self._reader

    async def _send(self, number: int, kind: str, fields: Mapping[str, Any]) -> Any:
        if self._closed:
            raise HouseError(f"{kind}: the websocket is closed")
        future = self._results[number] = asyncio.get_running_loop().create_future()
        try:
            await self._connection.send_json({"id": number, "type": kind, **fields})
            answer = await future
        except aiohttp.ClientConnectionError as err:
            raise HouseError(f"{kind}: {err}") from err
        finally:
            del self._results[number]
        if answer["type"] == "pong":
            return None
        if not answer["success"]:
            raise HouseError(f"{kind}: {answer['error']['code']}: {answer['error']['message']}")
        return answer["result"]

    @staticmethod
    async def _drain(queue: asyncio.Queue[Any]) -> AsyncIterator[Any]:
        while True:
            try:
                yield await queue.get()
            except asyncio.QueueShutDown:
                raise HouseError("the websocket was closed while events were awaited") from None

    async def _read(self) -> None:
        try:
            async for message in self._connection:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._dispatch(message.json())
        finally:
            self._closed = True
            for future in self._results.values():
                if not future.done():
                    future.set_exception(aiohttp.ClientConnectionError("the websocket was closed"))
            for queue in self._events.values():
                queue.shutdown()

    def _dispatch(self, message: dict[str, Any]) -> None:
        if message["type"] == "event":
            if queue := self._events.get(message["id"]):
                queue.put_nowait(message["event"])
        elif (future := self._results.get(message["id"])) and not future.done():
            future.set_result(message)
