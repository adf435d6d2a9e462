"""Looks up how a speaker that is not in the table is spoken through: in its public MIoT spec."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from .errors import CloudError
from .http import TIMEOUT_S, CloudClient
from .speakers import Certainty, Iid, Model, Silent, Status

_SITE = "https://miot-spec.org/miot-spec-v2"
_INDEX_TIMEOUT_S = 60.0
"""The index lists every device that there is: several megabytes."""
_LARGEST_IID = 0xFFFF

type _Node = Mapping[str, Any]


def usual_model(hardware: str) -> str:
    """Return the MIoT model that a hardware code most often has; the one in Mi Home's device list is better."""
    return f"xiaomi.wifispeaker.{hardware.lower()}"


async def look_up(client: CloudClient, model: str) -> Model | None:
    """Return how a MIoT model is spoken through, or None if it has no public spec.

    Costs megabytes: it is for models that the table has not, and the result is to be kept.

    Args:
        client: sends the requests, without cookies.
        model: the MIoT model, for example ``xiaomi.wifispeaker.lx06``.

    Raises:
        XiaomiError: the site could not be reached or made no sense.
    """
    index = await _read(client, "instances?status=all", timeout=_INDEX_TIMEOUT_S)
    urn = await asyncio.to_thread(newest, index, model)
    if urn is None:
        return None
    return read_spec(await _read(client, f"instance?type={quote(urn, safe=':')}"))


async def _read(client: CloudClient, path: str, timeout: float = TIMEOUT_S) -> dict[str, Any]:
    reply = await client.request("GET", f"{_SITE}/{path}", cookies={}, timeout=timeout)
    if reply.status != HTTPStatus.OK:
        raise CloudError(f"HTTP {reply.status} from the MIoT specs")
    return await asyncio.to_thread(reply.json)


def newest(index: Any, model: str) -> str | None:
    """Return the type (a URN) of the newest spec of a model, None if it has none.

    Raises:
        CloudError: this is no index of specs.
    """
    versions = {
        _number(entry.get("version")) or 0: entry["type"]
        for entry in _nodes(index, "instances", CloudError("An index of MIoT specs of an unknown shape"))
        if entry.get("model") == model and isinstance(entry.get("type"), str)
    }
    return versions[max(versions)] if versions else None


def read_spec(spec: Any) -> Model:
    """Return how a model is spoken through by its spec.

    Whatever the spec has not, or not in a way that can be understood, the model has not. MIoT goes first: that is what
    xiaomusic and songloft do with models that they know by the spec only.

    Raises:
        CloudError: this is no spec.
    """
    services = list(_nodes(spec, "services", CloudError("A MIoT spec of an unknown shape")))
    talk, play, sound = (_named(services, name) for name in ("intelligent-speaker", "play-control", "speaker"))
    speak = _action(talk, "play-text")
    wake_up = _action(talk, "wake-up")
    execute = _action(talk, "execute-text-directive")
    state = _property(play, "playing-state", _readable)
    volume = _property(sound, "volume")
    return Model(
        play_text=_iid(talk, speak),
        miot_first=_iid(talk, speak) is not None,
        wake_up=_iid(talk, wake_up),
        wake_up_args=("",) * len(_formats(talk, wake_up)),
        execute=_iid(talk, execute),
        silent=Silent.BOOL if "bool" in _formats(talk, execute) else Silent.UINT8,
        status=Status.NONE if state is None else Status.MIOT,
        playing_state=_iid(play, state),
        volume=_iid(sound, volume),
        min_volume=_lowest(volume),
        sure=Certainty.INFERRED,
    )


def _nodes(parent: Any, name: str, error: CloudError | None = None) -> list[_Node]:
    """Return the objects in a list of `parent`; raise `error`, if there is one, where there is no list."""
    nodes = parent.get(name) if isinstance(parent, Mapping) else None
    if not isinstance(nodes, list):
        if error is not None:
            raise error
        return []
    return [node for node in nodes if isinstance(node, Mapping)]


def _named(nodes: list[_Node], name: str, fits: Callable[[_Node], bool] = lambda _: True) -> _Node | None:
    """Return the first node of this name, the fourth part of its type (``urn:miot-spec-v2:service:NAME:…``)."""
    return next(
        (
            node
            for node in nodes
            if _number(node.get("iid"))
            and isinstance(urn := node.get("type"), str)
            and urn.split(":")[3:4] == [name]
            and fits(node)
        ),
        None,
    )


def _action(service: _Node | None, name: str) -> _Node | None:
    return _named(_nodes(service, "actions"), name)


def _property(service: _Node | None, name: str, fits: Callable[[_Node], bool] = lambda _: True) -> _Node | None:
    return _named(_nodes(service, "properties"), name, fits)


def _iid(service: _Node | None, node: _Node | None) -> Iid | None:
    return None if service is None or node is None else (service["iid"], node["iid"])


def _readable(node: _Node) -> bool:
    access = node.get("access")
    return isinstance(access, list) and "read" in access


def _formats(service: _Node | None, action: _Node | None) -> list[Any]:
    """Return the types of an action's arguments, which are properties of its service."""
    wanted = action.get("in") if action is not None else None
    if not isinstance(wanted, list):
        return []
    formats = {_number(node.get("iid")): node.get("format") for node in _nodes(service, "properties")}
    return [formats.get(_number(piid)) for piid in wanted]


def _lowest(volume: _Node | None) -> int:
    """Return the lower end of the volume's range, where it is said."""
    bounds = volume.get("value-range") if volume is not None else None
    lowest = bounds[0] if isinstance(bounds, list) and bounds else None
    return lowest if type(lowest) is int and 0 <= lowest <= 100 else Model().min_volume


def _number(value: Any) -> int | None:
    """Return a value if it can be a number of the spec."""
    return value if type(value) is int and 0 < value <= _LARGEST_IID else None
