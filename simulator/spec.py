"""miot-spec.org: the public specs of the models, as far as clients read them."""

from typing import Any

from aiohttp import web

from simulator.cloud import Routes, reply
from simulator.models import MODELS, Model, Silent

HOST = "miot-spec.org"
_OLDER_VERSIONS = {"xiaomi.wifispeaker.l99z": 2}
"""How many earlier versions of its spec a model has; those lack the intelligent-speaker service."""


class Specs:
    """The host of the specs. It knows models, not speakers, and asks nobody who they are."""

    def routes(self) -> Routes:
        """Return its paths."""
        return {"/miot-spec-v2/instances": self._index, "/miot-spec-v2/instance": self._instance}

    async def _index(self, request: web.Request) -> web.Response:
        if request.query.get("status") != "all":
            return reply({"instances": []})
        return reply({"instances": [_entry(name, version) for name in _public() for version in _versions(name)]})

    async def _instance(self, request: web.Request) -> web.Response:
        wanted = request.query.get("type")
        for name, model in _public().items():
            for version in _versions(name):
                if wanted == _urn(name, version):
                    return reply(_document(model, version))
        return web.Response(status=404, text="Not Found")


def _public() -> dict[str, Model]:
    """Return the models that have a public spec, by MIoT name."""
    return {model.miot_model: model for model in MODELS.values() if model.public_spec}


def _versions(name: str) -> range:
    return range(1, 2 + _OLDER_VERSIONS.get(name, 0))


def _short(name: str) -> str:
    return "-".join((name.split(".")[0], name.split(".")[-1]))


def _urn(name: str, version: int) -> str:
    return f"urn:miot-spec-v2:device:speaker:0000A015:{_short(name)}:{version}"


def _entry(name: str, version: int) -> dict[str, Any]:
    status = "released" if version == max(_versions(name)) else "deprecated"
    return {"status": status, "model": name, "version": version, "type": _urn(name, version), "ts": 1_600_000_000}


def _document(model: Model, version: int) -> dict[str, Any]:
    def urn(kind: str, name: str, number: str) -> str:
        return f"urn:miot-spec-v2:{kind}:{name}:{number}:{_short(model.miot_model)}:{version}"

    def prop(iid: int, name: str, form: str, *access: str, **more: Any) -> dict[str, Any]:
        kind = urn("property", name, f"{iid:08X}")
        return {"iid": iid, "type": kind, "description": name, "format": form, "access": list(access), **more}

    def action(iid: int, name: str, *arguments: int) -> dict[str, Any]:
        kind = urn("action", name, f"{iid:08X}")
        return {"iid": iid, "type": kind, "description": name, "in": list(arguments), "out": []}

    def service(iid: int, name: str, properties: list[Any], actions: list[Any]) -> dict[str, Any]:
        kind = urn("service", name, "0000789B")
        return {"iid": iid, "type": kind, "description": name, "properties": properties, "actions": actions}

    state = ["read", "notify"] if model.state_readable else ["notify"]
    services = [
        service(1, "device-information", [prop(1, "manufacturer", "string", "read")], []),
        service(
            model.speaker_siid,
            "speaker",
            [
                prop(1, "volume", "uint8", "read", "write", "notify", **{"value-range": [model.min_volume, 100, 1]}),
                prop(2, "mute", "bool", "read", "write", "notify"),
            ],
            [],
        ),
        service(
            model.play_control_siid,
            "play-control",
            [prop(1, "playing-state", "uint8", *state)],
            [action(iid, name) for iid, name in enumerate(("play", "pause", "stop", "previous", "next"), 2)],
        ),
    ]
    latest = version == max(_versions(model.miot_model))
    if latest and model.speech_siid is not None and model.play_text is not None:
        silent = "bool" if model.silent is Silent.BOOL else "uint8"
        actions = [action(model.play_text[1], "play-text", 1)]
        if model.wake_up:
            actions.append(action(model.wake_up[1], "wake-up", *((1,) if model.wake_up_takes_text else ())))
        if model.execute:
            actions.append(action(model.execute[1], "execute-text-directive", 1, 2))
        properties = [prop(1, "text-content", "string"), prop(2, "silent-execution", silent)]
        services.append(service(model.speech_siid, "intelligent-speaker", properties, actions))
    return {"type": _urn(model.miot_model, version), "description": "Speaker", "services": services}
