"""The control API under /_sim/: what happens to the simulated world, and what has happened in it."""

import asyncio
from collections.abc import Awaitable, Callable
import json
from typing import Any

from aiohttp import web

from simulator import faults
from simulator.cloud import reply
from simulator.errors import InvalidInput
from simulator.speaker import Track
from simulator.world import Home, World

_LONGEST_WAIT = 300.0


class Control:
    """The control API."""

    def __init__(self, world: World, closing: asyncio.Event) -> None:
        self._world = world
        self._closing = closing

    def routes(self) -> list[web.RouteDef]:
        """Return its routes."""
        return [
            web.get("/_sim/timeline", _checked(self._timeline)),
            web.get("/_sim/state", _checked(self._state)),
            web.post("/_sim/ask", _checked(self._ask)),
            web.patch("/_sim/settings", _checked(self._settings)),
            web.get("/_sim/faults", _checked(self._faults)),
            web.post("/_sim/faults", _checked(self._add_fault)),
            web.delete("/_sim/faults", _checked(self._clear_faults)),
            web.post("/_sim/expire", _checked(self._expire)),
            web.post("/_sim/scan", _checked(self._scan)),
            web.post("/_sim/verify", _checked(self._verify)),
            web.post("/_sim/pass_token", _checked(self._pass_token)),
            web.post("/_sim/records", _checked(self._records)),
            web.post("/_sim/speakers", _checked(self._add_speaker)),
            web.post("/_sim/speakers/{which}", _checked(self._change_speaker)),
            web.delete("/_sim/speakers/{which}", _checked(self._remove_speaker)),
        ]

    async def _timeline(self, request: web.Request) -> web.Response:
        since = int(_number(request.query.get("since", "0"), "since"))
        wait = min(_number(request.query.get("wait", "0"), "wait"), _LONGEST_WAIT)
        name = request.query.get("event")
        timeline = self._world.timeline
        if wait and not timeline.since(since, name):
            await self._growth(since, name, wait)
        events = [event.as_json() for event in timeline.since(since, name)]
        return reply({"events": events, "next": len(timeline), "now": round(timeline.now(), 4)})

    async def _growth(self, since: int, name: str | None, wait: float) -> None:
        """Return when there is an event, the time is over or the simulator ends."""
        grown = asyncio.ensure_future(
            self._world.timeline.wait_for(lambda event: name in (None, event.event), since=since, timeout=wait)
        )
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait({grown, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            grown.cancel()
            closing.cancel()
            await asyncio.gather(grown, closing, return_exceptions=True)

    async def _state(self, _: web.Request) -> web.Response:
        return reply(self._world.as_json())

    async def _ask(self, request: web.Request) -> web.Response:
        body = await _body(
            request,
            {
                "speaker": str,
                "text": str,
                "answer": str,
                "kind": str,
                "title": str,
                "artist": str,
                "recorded": bool,
                "late_edit": float,
            },
            required=("speaker", "text"),
        )
        track = Track(body["title"], body.get("artist") or "") if body.get("title") else None
        record = self._world.ask(
            body["speaker"],
            body["text"],
            body.get("answer"),
            body.get("kind") or "TTS",
            track=track,
            recorded=body.get("recorded") is not False,
            late_edit=body.get("late_edit"),
        )
        return reply({"time": record.time, "requestId": record.request_id})

    async def _settings(self, request: web.Request) -> web.Response:
        self._world.settings.update(await _json(request))
        return reply(self._world.settings.as_json())

    async def _faults(self, _: web.Request) -> web.Response:
        return reply(self._world.faults.as_json())

    async def _add_fault(self, request: web.Request) -> web.Response:
        self._world.faults.add(faults.parse(await _json(request)))
        return reply(self._world.faults.as_json())

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self._world.faults.clear()
        return reply([])

    async def _expire(self, request: web.Request) -> web.Response:
        body = await _body(request, {"what": str}, required=("what",))
        self._world.account.expire(body["what"])
        return reply(self._world.account.as_json())

    async def _records(self, request: web.Request) -> web.Response:
        body = await _body(request, {"hidden": bool}, required=("hidden",))
        self._world.hide_records(body["hidden"])
        return reply({})

    async def _scan(self, request: web.Request) -> web.Response:
        body = await _body(request, {"confirm": bool})
        self._world.account.scan(confirm=body.get("confirm") is not False)
        return reply({})

    async def _verify(self, request: web.Request) -> web.Response:
        await _body(request, {})
        self._world.account.verify_in_browser()
        return reply({})

    async def _pass_token(self, request: web.Request) -> web.Response:
        body = await _body(request, {"device_id": str})
        account = self._world.account
        return reply({"userId": account.user_id, "passToken": account.log_in(body.get("device_id"))})

    async def _add_speaker(self, request: web.Request) -> web.Response:
        body = await _body(request, {"name": str, "hardware": str, "room": str}, required=("name", "hardware", "room"))
        self._world.add_speaker(Home(body["name"], body["hardware"], body["room"]))
        return reply(self._world.as_json()["speakers"])

    async def _change_speaker(self, request: web.Request) -> web.Response:
        body = await _body(request, {"online": bool, "room": str, "name": str})
        speaker = self._world.speaker(request.match_info["which"])
        if body.get("name"):
            self._world.rename_speaker(speaker, body["name"])
        if body.get("online") is not None:
            self._world.set_online(speaker, body["online"])
        if body.get("room"):
            speaker.room = body["room"]
        return reply(self._world.as_json()["speakers"])

    async def _remove_speaker(self, request: web.Request) -> web.Response:
        self._world.remove_speaker(request.match_info["which"])
        return reply(self._world.as_json()["speakers"])


def _checked(
    handler: Callable[[web.Request], Awaitable[web.Response]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Answer bad input with 400 and the reason."""

    async def checked(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except InvalidInput as err:
            return reply({"error": str(err)}, status=400)

    return checked


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except json.JSONDecodeError as err:
        raise InvalidInput(f"the body is no JSON: {err}") from err
    if not isinstance(body, dict):
        raise InvalidInput("the body must be a JSON object")
    return body


async def _body(request: web.Request, kinds: dict[str, type], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the body if its fields are known and of their kinds; null stands for absent."""
    body = await _json(request)
    if unknown := sorted(set(body) - set(kinds)):
        raise InvalidInput(f"unknown fields: {', '.join(unknown)}; known: {', '.join(kinds)}")
    if missing := [name for name in required if body.get(name) is None]:
        raise InvalidInput(f"missing: {', '.join(missing)}")
    for name, value in body.items():
        allowed = (int, float) if kinds[name] is float else (kinds[name],)
        if value is not None and type(value) not in allowed:
            raise InvalidInput(f"{name} must be of type {kinds[name].__name__}")
    return body


def _number(text: str, name: str) -> float:
    try:
        number = float(text)
    except ValueError as err:
        raise InvalidInput(f"{name} must be a number") from err
    if not 0 <= number < float("inf"):
        raise InvalidInput(f"{name} must not be negative")
    return number
