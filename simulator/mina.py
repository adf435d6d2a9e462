"""api2.mina.mi.com: the device list, and the ubus calls that are handed through to a speaker."""

from collections.abc import Callable
import json
from typing import Any, Literal
import zlib

from aiohttp import web

from simulator.account import CALLBACKS
from simulator.cloud import Routes, compact, form, reply
from simulator.errors import InvalidInput
from simulator.passport import Sts
from simulator.speaker import PLAYING, Speaker, Track
from simulator.world import World
from simulator.xiaoai import Record

_PROXIED = (
    "Msg has been successfully proxy to the device, this service is a simple proxy, "
    "if you encounter any problems pls contact ROM's developers directly!!!"
)
_REFUSED = {"code": 1, "info": ""}

type Message = dict[str, Any]
type Data = dict[str, Any]


class Mina:
    """The host of MiNA."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sts = Sts(world, CALLBACKS["micoapi"])
        self._methods: dict[tuple[str, str], Callable[[Speaker, Message], Data]] = {
            ("mibrain", "text_to_speech"): self._tts,
            ("mibrain", "nlp_result_get"): self._nlp_results,
            ("mibrain", "ai_service"): self._ai_service,
            ("mediaplayer", "player_play_tts"): self._tts,
            ("mediaplayer", "player_get_play_status"): self._play_status,
            ("mediaplayer", "player_get_context"): self._play_status,
            ("mediaplayer", "player_play_operation"): self._operation,
            ("mediaplayer", "player_play_url"): self._play_url,
            ("mediaplayer", "player_play_music"): self._play_music,
            ("mediaplayer", "player_set_volume"): self._set_volume,
            ("mediaplayer", "player_set_loop"): self._set_loop,
        }

    def routes(self) -> Routes:
        """Return the paths of the host."""
        return {
            "/sts": self._sts.handle,
            "/admin/v2/device_list": self._device_list,
            "/remote/ubus": self._ubus,
        }

    async def _device_list(self, request: web.Request) -> web.Response:
        if not self._authorized(request):
            return _unauthorized()
        return reply({"code": 0, "message": "Success", "data": [_device(speaker) for speaker in self._world.speakers]})

    async def _ubus(self, request: web.Request) -> web.Response:
        if not self._authorized(request):
            return _unauthorized()
        if request.method != "POST":
            wrong = f"HttpRequestMethodNotSupportedException: Request method '{request.method}' not supported"
            return _illegal_argument(wrong)
        data = await form(request)
        speaker = self._world.by_device_id(data.get("deviceId", ""))
        try:
            message = json.loads(data.get("message", ""))
        except ValueError:
            message = None
        if speaker is None or not isinstance(message, dict):
            return _illegal_argument("IllegalArgumentException: ubus call format illegal!")
        if not speaker.online:
            return reply(
                {
                    "code": 101,
                    "message": "ubus server or device returned invalid result",
                    "data": {
                        "device_data": compact({"msg": "ROM端未响应", "code": 3012}),
                        "reqID": data.get("requestId", ""),
                    },
                }
            )
        method = self._methods.get((data.get("path", ""), data.get("method", "")))
        if method is None:
            return reply({"code": 100, "message": "ubus error", "data": {"msg": "Method not found", "code": -3}})
        return reply({"code": 0, "message": _PROXIED, "data": method(speaker, message)})

    def _authorized(self, request: web.Request) -> bool:
        return is_authorized(self._world, request)

    # The speaker's ubus. `code` other than 0: the speaker refuses.

    def _tts(self, speaker: Speaker, message: Message) -> Data:
        text = message.get("text")
        if not isinstance(text, str):
            return _REFUSED
        speaker.tts(text, "ubus")
        return {"code": 0}

    def _nlp_results(self, speaker: Speaker, _: Message) -> Data:
        records = self._world.xiaoai(speaker).remembered()[:10]
        return {
            "code": 0,
            "info": compact({"code": 0, "result": [{"nlp": compact(_nlp(record))} for record in records]}),
        }

    def _ai_service(self, speaker: Speaker, message: Message) -> Data:
        text = message.get("nlp_text")
        if not isinstance(text, str):
            return _REFUSED
        silent = message.get("tts") != 1
        speaker.note("execute", "ubus", text=text, silent=silent)
        try:
            self._world.xiaoai(speaker).ask(text, silent=silent, origin="ubus")
        except InvalidInput:
            return _REFUSED
        return {"code": 0}

    def _play_status(self, speaker: Speaker, _: Message) -> Data:
        state = speaker.read_status("ubus")
        info: dict[str, Any] = {"status": state.status, "volume": speaker.volume, "loop_type": speaker.loop_type}
        if state.media_type is not None:
            info["media_type"] = state.media_type
            info |= _song(speaker, playing=state.status == PLAYING)
        return {"code": 0, "info": compact(info)}

    def _operation(self, speaker: Speaker, message: Message) -> Data:
        match message.get("action"):
            case "play":
                speaker.play("ubus")
            case "pause":
                speaker.pause("ubus")
            case "stop":
                speaker.stop("ubus")
            case "toggle":
                speaker.toggle("ubus")
            case "next" | "prev" as step:
                speaker.skip(_step(step), "ubus")
            case _:
                return _REFUSED
        return {"code": 0}

    def _play_url(self, speaker: Speaker, message: Message) -> Data:
        url = message.get("url")
        if not isinstance(url, str) or not url:
            return _REFUSED
        track = Track("", url=url, seconds=self._world.settings.url_seconds)
        speaker.play_track(track, "play_url", "ubus", audible=speaker.model.plays_urls)
        return {"code": 0}

    def _play_music(self, speaker: Speaker, message: Message) -> Data:
        try:
            items = json.loads(message["music"])["payload"]["audio_items"]
            url = items[0]["stream"]["url"]
        except KeyError, IndexError, TypeError, ValueError:
            return _REFUSED
        if not isinstance(url, str) or not url:
            return _REFUSED
        track = Track("", url=url, seconds=self._world.settings.url_seconds)
        speaker.play_track(track, "play_music", "ubus")
        return {"code": 0}

    def _set_volume(self, speaker: Speaker, message: Message) -> Data:
        volume = message.get("volume")
        if type(volume) is not int or not 0 <= volume <= 100:
            return _REFUSED
        speaker.set_volume(volume, "ubus")
        return {"code": 0}

    def _set_loop(self, speaker: Speaker, message: Message) -> Data:
        loop = message.get("type")
        if type(loop) is not int or loop not in (0, 1, 3):
            return _REFUSED
        speaker.loop_type = loop
        speaker.note("loop", "ubus", value=loop)
        return {"code": 0}


def is_authorized(world: World, request: web.Request) -> bool:
    """Tell whether the cookies hold a good serviceToken of micoapi."""
    token, user_id = request.cookies.get("serviceToken", ""), request.cookies.get("userId", "")
    return world.account.service(token, user_id, frozenset({"micoapi"})) is not None


def _unauthorized() -> web.Response:
    return reply({"code": 401, "message": "Unauthorized", "data": None}, status=401)


def _illegal_argument(what: str) -> web.Response:
    return reply({"code": 601, "message": "illegal argument exception", "data": what}, status=400)


def _step(text: str) -> Literal["next", "prev"]:
    return "next" if text == "next" else "prev"


def _device(speaker: Speaker) -> dict[str, Any]:
    model = speaker.model
    return {
        "deviceID": speaker.device_id,
        "serialNumber": speaker.serial,
        "name": f"{model.title}-{speaker.did[-4:]}",
        "alias": speaker.name,
        "current": False,
        "presence": "online" if speaker.online else "offline",
        "address": "192.0.2.15",
        "miotDID": speaker.did,
        "hardware": model.hardware,
        "romVersion": "1.88.51",
        "romChannel": "release",
        "capabilities": {"ai_protocol_3_0": 1, "yunduantts": 1, "continuous_dialogue": 1, "dialog_h5": 1},
        "remoteCtrlType": "",
        "deviceSNProfile": "",
        "deviceProfile": "",
        "brokerEndpoint": "",
        "brokerIndex": 0,
        "mac": speaker.mac,
        "ssid": "home",
    }


def _song(speaker: Speaker, *, playing: bool) -> dict[str, Any]:
    """Return what the status says of the music. The song may be over already: the status lags."""
    if speaker.music is None:
        return {}
    track, position = speaker.music
    audio_id = str(10**17 + zlib.crc32(f"{track.title}{track.url}".encode()))
    return {
        "play_song_detail": {
            "audio_id": audio_id,
            "title": track.title,
            "artist": track.artist,
            "cover": "",
            "duration": int(track.seconds * 1000) or 240_000,
            "position": int(position * 1000) % (int(track.seconds * 1000) or 240_000),
            "status": int(playing),
        },
        "track_list": [audio_id],
    }


def _nlp(record: Record) -> dict[str, Any]:
    """Return a record as a speaker without conversation API remembers it."""
    return {
        "meta": {"request_id": record.request_id, "timestamp": str(record.time)},
        "response": {
            "answer": [
                {
                    "domain": "chat",
                    "action": "query",
                    "content": {"to_speak": record.spoken},
                    "intention": {"query": record.query},
                }
            ]
        },
    }
