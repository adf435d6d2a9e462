"""miot-spec.org: the public specs of the models, as far as clients read them.

The numbers in the types are those of the published specs of LX06, LX04 and OH2P.
"""

from typing import Any
import zlib

from aiohttp import web

from simulator.cloud import Routes, reply
from simulator.models import MODELS, Model, Silent

HOST = "miot-spec.org"

_OLDER_VERSIONS = {
    "xiaomi.wifispeaker.lx04": 1,
    "xiaomi.wifispeaker.lx06": 1,
    "xiaomi.wifispeaker.s12": 1,
    "xiaomi.wifispeaker.x08c": 1,
    "xiaomi.wifispeaker.x10a": 1,
    "xiaomi.wifispeaker.l99z": 2,
}
"""How many earlier versions of its spec a model has. Those lack the intelligent-speaker service [our choice], so that a
client notices when it reads an old one."""

_NUMBERS = {
    "service": {
        "device-information": "00007801",
        "speaker": "0000781C",
        "play-control": "0000781D",
        "intelligent-speaker": "0000789B",
    },
    "property": {
        "manufacturer": "00000001",
        "model": "00000002",
        "serial-number": "00000003",
        "firmware-revision": "00000005",
        "volume": "00000013",
        "mute": "00000040",
        "playing-state": "00000041",
        "text-content": "000000FA",
        "silent-execution": "000000FB",
    },
    "action": {
        "play": "0000280B",
        "pause": "0000280C",
        "stop": "0000280D",
        "previous": "0000280E",
        "next": "0000280F",
        "wake-up": "0000283F",
        "play-text": "00002841",
        "execute-text-directive": "00002842",
    },
}

type _Node = dict[str, Any]


class Specs:
    """The host of the specs. It knows models, not speakers, and asks nobody who they are."""

    def routes(self) -> Routes:
        """Return its paths."""
        return {"/miot-spec-v2/instances": self._index, "/miot-spec-v2/instance": self._instance}

    async def _index(self, request: web.Request) -> web.Response:
        wanted = request.query.get("status", "released")
        entries = [_entry(name, version) for name in _public() for version in _versions(name)]
        # In no order that means anything, as the real ones.
        entries.sort(key=lambda entry: zlib.crc32(entry["type"].encode()))
        return reply({"instances": [entry for entry in entries if wanted in ("all", entry["status"])]})

    async def _instance(self, request: web.Request) -> web.Response:
        wanted = request.query.get("type")
        for name, model in _public().items():
            for version in _versions(name):
                if wanted == _urn(name, version):
                    return reply(_document(model, version))
        return web.Response(status=404, text="Not Found")


def _public() -> dict[str, Model]:
    """Return the models that have a public spec, by MIoT name (which several hardware names may share)."""
    return {model.miot_model: model for model in MODELS.values() if model.public_spec}


def _versions(name: str) -> range:
    return range(1, 2 + _OLDER_VERSIONS.get(name, 0))


def _short(name: str) -> str:
    """Return the name of a model as the types have it: ``xiaomi-lx06``."""
    return "-".join((name.split(".")[0], name.split(".")[-1]))


def _urn(name: str, version: int) -> str:
    return f"urn:miot-spec-v2:device:speaker:0000A015:{_short(name)}:{version}"


def _entry(name: str, version: int) -> _Node:
    ts = 1_600_000_000 + version * 10_000_000
    return {"status": "released", "model": name, "version": version, "type": _urn(name, version), "ts": ts}


def _document(model: Model, version: int) -> _Node:
    write = _Writer(f"{_short(model.miot_model)}:{version}")
    services = [
        write.service(1, "device-information", _identity(write), []),
        write.service(model.speaker_siid, "speaker", _loudness(write, model), []),
        write.service(
            model.play_control_siid,
            "play-control",
            [_state(write, model)],
            [write.action(aiid, name) for aiid, name in model.play_actions],
        ),
    ]
    if model.speech_siid is not None and version == max(_versions(model.miot_model)):
        services.append(write.service(model.speech_siid, "intelligent-speaker", *_speech(write, model)))
    services.sort(key=lambda service: int(service["iid"]))
    return {"type": _urn(model.miot_model, version), "description": "Speaker", "services": services}


class _Writer:
    """Writes the nodes of one document."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        """The end of every type: the model and the version."""

    def service(self, iid: int, name: str, properties: list[_Node], actions: list[_Node]) -> _Node:
        """Return a service. One without actions has no list of them."""
        node = self._node("service", iid, name) | {"properties": properties}
        return node | ({"actions": sorted(actions, key=lambda action: int(action["iid"]))} if actions else {})

    def prop(self, iid: int, name: str, form: str, *access: str, **more: Any) -> _Node:
        """Return a property; `more`: value_list or value_range."""
        extra = {key.replace("_", "-"): value for key, value in more.items()}
        return self._node("property", iid, name) | {"format": form, "access": list(access)} | extra

    def action(self, iid: int, name: str, *arguments: int) -> _Node:
        """Return an action whose arguments are these properties of its service."""
        return self._node("action", iid, name) | {"in": list(arguments), "out": []}

    def _node(self, kind: str, iid: int, name: str) -> _Node:
        urn = f"urn:miot-spec-v2:{kind}:{name}:{_NUMBERS[kind][name]}:{self._suffix}"
        return {"iid": iid, "type": urn, "description": name.replace("-", " ").title()}


def _identity(write: _Writer) -> list[_Node]:
    names = ("manufacturer", "model", "serial-number", "firmware-revision")
    return [write.prop(piid, name, "string", "read") for piid, name in enumerate(names, 1)]


def _loudness(write: _Writer, model: Model) -> list[_Node]:
    bounds = [model.min_volume, 100, 1]
    return [
        write.prop(1, "volume", "uint8", "read", "write", "notify", unit="percentage", value_range=bounds),
        write.prop(2, "mute", "bool", "read", "write", "notify"),
    ]


def _state(write: _Writer, model: Model) -> _Node:
    access = ("read", "notify") if model.state_readable else ("notify",)
    return write.prop(1, "playing-state", "uint8", *access, value_list=_values("Stop", "Playing"))


def _speech(write: _Writer, model: Model) -> tuple[list[_Node], list[_Node]]:
    """Return the properties and the actions of the intelligent-speaker service."""
    silent = (
        write.prop(2, "silent-execution", "bool")
        if model.silent is Silent.BOOL
        else write.prop(2, "silent-execution", "uint8", value_list=_values("On", "Off"))
    )
    arguments = {
        "play-text": (1,),
        "wake-up": (1,) if model.wake_up_takes_text else (),
        "execute-text-directive": (1, 2),
    }
    places = {"play-text": model.play_text, "wake-up": model.wake_up, "execute-text-directive": model.execute}
    actions = [write.action(place[1], name, *arguments[name]) for name, place in places.items() if place]
    return [write.prop(1, "text-content", "string"), silent], actions


def _values(*descriptions: str) -> list[_Node]:
    return [{"value": value, "description": description} for value, description in enumerate(descriptions)]
