"""api.io.mi.com: MIoT actions and properties, in the unencrypted variant of the protocol."""

import asyncio
import base64
import binascii
from collections.abc import Callable
import hashlib
import hmac
import json
import struct
import time
from typing import Any, Literal

from aiohttp import web

from simulator.account import CALLBACKS, MIOT_SIDS, ServiceToken
from simulator.cloud import Routes, form, reply
from simulator.errors import InvalidInput
from simulator.models import Silent
from simulator.passport import Sts
from simulator.speaker import Speaker
from simulator.world import World

# The official codes (ha_xiaomi_home's miot/i18n/en.json).
NOT_READABLE = -704030013
NOT_WRITABLE = -704030023
NO_SERVICE = -704040002
NO_PROPERTY = -704040003
NO_ACTION = -704040005
NO_DEVICE = -704042001
OFFLINE = -704042011
ARGUMENT_COUNT = -704220025
BAD_VALUE = -704220043

# How far a nonce's clock may be off. The real bound is unknown; clients whose clock is off by minutes do work.
_NONCE_MINUTES = 15


class _WrongTypeError(Exception):
    """An argument has another type than the spec says."""


class Miot:
    """The host of MIoT."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> Routes:
        """Return the paths of the host."""
        return {
            "/app/home/device_list": self._device_list,
            "/app/homeroom/gethome": self._homes,
            "/app/miotspec/action": self._action,
            "/app/miotspec/prop/get": self._get,
            "/app/miotspec/prop/set": self._set,
        }

    def sts_routes(self) -> Routes:
        """Return the paths of sts.api.io.mi.com."""
        return {"/sts": Sts(self._world, CALLBACKS["xiaomiio"]).handle}

    # Who asks, and what

    async def _params(self, request: web.Request) -> Any:
        """Return the signed JSON of a request, or the reply that refuses it."""
        cookies = request.cookies
        service = self._world.account.service(cookies.get("serviceToken", ""), cookies.get("userId", ""), MIOT_SIDS)
        if service is None:
            return reply({"code": 3, "message": "auth err", "result": None}, status=401)
        data = await form(request)
        uri = request.path[request.path.index("/app") + len("/app") :]
        if not _is_signed(service, uri, data, self._world.clock()):
            return reply({"code": 3, "message": "auth err", "result": None})
        try:
            return json.loads(data["data"])
        except ValueError:
            return reply({"code": -6, "message": "invalid request", "result": None})

    async def _device_list(self, request: web.Request) -> web.Response:
        params = await self._params(request)
        if isinstance(params, web.Response):
            return params
        return reply(
            {"code": 0, "message": "ok", "result": {"list": [_device(speaker) for speaker in self._world.speakers]}}
        )

    async def _homes(self, request: web.Request) -> web.Response:
        params = await self._params(request)
        if isinstance(params, web.Response):
            return params
        rooms: dict[str, list[str]] = {}
        for speaker in self._world.speakers:
            rooms.setdefault(speaker.room, []).append(speaker.did)
        home = {
            "id": "100000000001",
            "name": "我的家",
            "dids": [],
            "roomlist": [
                {"id": str(200000000001 + place), "name": name, "dids": dids}
                for place, (name, dids) in enumerate(rooms.items())
            ],
        }
        return reply({"code": 0, "message": "ok", "result": {"homelist": [home], "has_more": False}})

    # Actions

    async def _action(self, request: web.Request) -> web.Response:
        body = await self._params(request)
        if isinstance(body, web.Response):
            return body
        params = body.get("params") if isinstance(body, dict) else None
        if not isinstance(params, dict) or not isinstance(params.get("in", []), list):
            return _wrong_type()
        began = time.monotonic()
        await asyncio.sleep(self._world.settings.miot_delay)  # the way to the speaker: it acts only then
        siid, aiid = params.get("siid"), params.get("aiid")
        try:
            code = self._act(str(params.get("did")), siid, aiid, params.get("in", []))
        except _WrongTypeError:
            return _wrong_type()
        took = int((time.monotonic() - began) * 1000)
        result = {"did": params.get("did"), "miid": 0, "siid": siid, "aiid": aiid, "code": code, "exe_time": took}
        return reply({"code": 0, "message": "ok", "result": result | {"net_cost": took, "ot_cost": 0}})

    def _act(self, did: str, siid: Any, aiid: Any, arguments: list[Any]) -> int:
        """Carry out an action and return its code."""
        speaker = self._world.by_did(did)
        if speaker is None:
            return NO_DEVICE
        if siid not in _services(speaker):
            return NO_SERVICE
        known = self._actions(speaker).get((siid, aiid))
        if known is None:
            return NO_ACTION
        kinds, act = known
        if len(arguments) != len(kinds):
            return ARGUMENT_COUNT
        if any(type(argument) is not kind for argument, kind in zip(arguments, kinds, strict=True)):
            raise _WrongTypeError
        return act(*arguments) if speaker.online else OFFLINE

    def _actions(self, speaker: Speaker) -> dict[tuple[int, int], tuple[tuple[type, ...], Callable[..., int]]]:
        """Return the types of the arguments of each action, and what it does."""
        model = speaker.model
        actions: dict[tuple[int, int], tuple[tuple[type, ...], Callable[..., int]]] = {
            (model.play_control_siid, aiid): ((), lambda name=name: _operate(speaker, name))
            for aiid, name in model.play_actions
        }
        if model.play_text:
            actions[model.play_text] = ((str,), lambda text: self._play_text(speaker, text))
        if model.wake_up:
            kinds = (str,) if model.wake_up_takes_text else ()
            actions[model.wake_up] = (kinds, lambda *_: self._wake_up(speaker))
        if model.execute:
            silent = bool if model.silent is Silent.BOOL else int
            actions[model.execute] = ((str, silent), lambda text, flag: self._execute(speaker, text, flag))
        return actions

    def _play_text(self, speaker: Speaker, text: str) -> int:
        speaker.tts(text, "miot")
        return 0

    def _wake_up(self, speaker: Speaker) -> int:
        speaker.note("wake", "miot")
        self._world.xiaoai(speaker).wake()
        return 0

    def _execute(self, speaker: Speaker, text: str, flag: bool | int) -> int:
        if speaker.model.silent is Silent.UINT8 and flag not in (0, 1):
            return BAD_VALUE
        silent = flag is True if speaker.model.silent is Silent.BOOL else flag == 0
        effect = bool(text.strip()) and (not silent or speaker.model.silent_execute_works)
        speaker.note("execute", "miot", effect=effect, text=text, silent=silent)
        if effect:
            try:
                self._world.xiaoai(speaker).ask(text, silent=silent, origin="miot")
            except InvalidInput:
                return OFFLINE
        return 0

    # Properties

    async def _get(self, request: web.Request) -> web.Response:
        body = await self._params(request)
        if isinstance(body, web.Response):
            return body
        params = body.get("params") if isinstance(body, dict) else None
        if not isinstance(params, list) or not all(isinstance(item, dict) for item in params):
            return _wrong_type()
        return reply({"code": 0, "message": "ok", "result": [self._read(item) for item in params]})

    def _read(self, item: dict[str, Any]) -> dict[str, Any]:
        siid, piid = item.get("siid"), item.get("piid")
        result = {"did": item.get("did"), "iid": f"0.{siid}.{piid}", "siid": siid, "piid": piid}
        speaker = self._world.by_did(str(item.get("did")))
        if speaker is None:
            return result | {"code": NO_DEVICE}
        if siid not in _services(speaker):
            return result | {"code": NO_SERVICE}
        known = _property(speaker, siid, piid)
        if known is None:
            return result | {"code": NO_PROPERTY}
        read, _ = known
        if read is None:
            return result | {"code": NOT_READABLE}
        if not speaker.online:
            return result | {"code": OFFLINE}
        return result | {"code": 0, "value": read(), "updateTime": int(self._world.clock()), "exe_time": 0}

    async def _set(self, request: web.Request) -> web.Response:
        body = await self._params(request)
        if isinstance(body, web.Response):
            return body
        params = body.get("params") if isinstance(body, dict) else None
        if not isinstance(params, list) or not all(isinstance(item, dict) for item in params):
            return _wrong_type()
        await asyncio.sleep(self._world.settings.miot_delay)  # the way to the speaker: it acts only then
        results = [
            {"did": item.get("did"), "siid": item.get("siid"), "piid": item.get("piid"), "code": self._write(item)}
            for item in params
        ]
        return reply({"code": 0, "message": "ok", "result": results})

    def _write(self, item: dict[str, Any]) -> int:
        speaker = self._world.by_did(str(item.get("did")))
        if speaker is None:
            return NO_DEVICE
        if item.get("siid") not in _services(speaker):
            return NO_SERVICE
        known = _property(speaker, item["siid"], item.get("piid"))
        if known is None:
            return NO_PROPERTY
        _, write = known
        if write is None:
            return NOT_WRITABLE
        if not speaker.online:
            return OFFLINE
        return write(item.get("value"))


type _Property = tuple[Callable[[], Any] | None, Callable[[Any], int] | None]


def _services(speaker: Speaker) -> set[int]:
    """Return the services that the model has; 1 is the device information."""
    model = speaker.model
    return {1, model.speaker_siid, model.play_control_siid} | ({model.speech_siid} if model.speech_siid else set())


def _property(speaker: Speaker, siid: Any, piid: Any) -> _Property | None:
    """Return how a property is read and written, each None if it cannot be done; None if there is no such property."""
    model = speaker.model

    def playing_state() -> int:
        state = speaker.read_status("miot")
        return int(state.sounding)

    def set_volume(value: Any) -> int:
        if type(value) is not int or not 0 <= value <= 100:
            return BAD_VALUE
        speaker.set_volume(value, "miot")
        return 0

    def set_mute(value: Any) -> int:
        if type(value) is not bool:
            return BAD_VALUE
        speaker.set_mute(value, "miot")
        return 0

    known: dict[tuple[Any, Any], _Property] = {
        (1, 1): (lambda: "xiaomi", None),
        (1, 2): (lambda: model.miot_model, None),
        (1, 3): (lambda: speaker.serial, None),
        (1, 4): (lambda: "1.88.51", None),
        (model.speaker_siid, 1): (lambda: speaker.volume, set_volume),
        (model.speaker_siid, 2): (lambda: speaker.muted, set_mute),
        (model.play_control_siid, 1): (playing_state if model.state_readable else None, None),
    }
    return known.get((siid, piid))


def _operate(speaker: Speaker, action: str) -> int:
    match action:
        case "play":
            speaker.play("miot")
        case "pause":
            speaker.pause("miot")
        case "stop":
            speaker.stop("miot")
        case _:
            step: Literal["next", "prev"] = "next" if action == "next" else "prev"
            speaker.skip(step, "miot")
    return 0


def _is_signed(service: ServiceToken, uri: str, data: dict[str, str], now: float) -> bool:
    """Check a request's nonce and signature."""
    nonce = data.get("_nonce", "")
    try:
        raw = base64.b64decode(nonce, validate=True)
        (minutes,) = struct.unpack(">8xI", raw)
    except binascii.Error, struct.error:
        return False
    if abs(minutes - now / 60) > _NONCE_MINUTES:
        return False
    key = hashlib.sha256(base64.b64decode(service.ssecurity) + raw).digest()
    signed = "&".join((uri, base64.b64encode(key).decode(), nonce, "data=" + data.get("data", "")))
    expected = base64.b64encode(hmac.digest(key, signed.encode(), "sha256")).decode()
    return hmac.compare_digest(expected.encode(), data.get("signature", "").encode())


def _wrong_type() -> web.Response:
    return reply({"code": -8, "message": "data type not valid", "result": None})


def _device(speaker: Speaker) -> dict[str, Any]:
    return {
        "did": speaker.did,
        "name": speaker.name,
        "model": speaker.model.miot_model,
        "token": hashlib.md5(speaker.did.encode()).hexdigest(),
        "localip": "192.168.31.15",
        "mac": speaker.mac,
        "isOnline": speaker.online,
        "extra": {"fw_version": "1.88.51", "isSetPincode": 0},
    }
