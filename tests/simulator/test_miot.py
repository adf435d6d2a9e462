"""MIoT: signatures, actions and properties."""

import base64
from typing import Any

import pytest

from simulator import miot
from simulator.app import Simulator
from simulator.speaker import Track
from simulator.world import Home
from tests.simulator.support import event, told
from tests.simulator.xiaomi_client import XiaomiClient

LIVING, BED = "客厅小爱", "卧室小爱"


@pytest.mark.parametrize(
    "forged",
    [
        {"signature": "AAAA"},
        {"data": "{}"},
        {"_nonce": "AAAA"},
        {"_nonce": "not base64"},
        {"_nonce": base64.b64encode(bytes(12)).decode()},
    ],
)
async def test_a_request_that_is_not_signed_is_an_auth_error(cloud: XiaomiClient, forged: dict[str, Any]) -> None:
    _, body = await cloud.miot("/home/device_list", {"getVirtualModel": False}, **forged)
    assert (body["code"], body["message"]) == (3, "auth err")


@pytest.mark.parametrize(("minutes", "code"), [(10, 0), (30, 3), (-30, 3)])
async def test_a_nonce_is_good_near_its_minute(cloud: XiaomiClient, minutes: int, code: int) -> None:
    _, body = await cloud.miot("/home/device_list", {}, minutes_ago=minutes)
    assert body["code"] == code


async def test_devices_and_rooms_are_listed(cloud: XiaomiClient, sim: Simulator) -> None:
    _, body = await cloud.miot("/home/device_list", {"getVirtualModel": False, "getHuamiDevices": 0})
    models = {device["did"]: device["model"] for device in body["result"]["list"]}
    assert models[sim.world.speaker(BED).did] == "xiaomi.wifispeaker.l05c"
    _, body = await cloud.miot("/homeroom/gethome", {})
    rooms = body["result"]["homelist"][0]["roomlist"]
    assert [room["name"] for room in rooms] == ["客厅", "卧室", "厨房"]


@pytest.mark.parametrize(
    ("name", "action", "arguments", "code"),
    [
        (LIVING, (5, 1), ["你好"], 0),
        (LIVING, (5, 1), [], miot.ARGUMENT_COUNT),
        (LIVING, (5, 1), ["你", "好"], miot.ARGUMENT_COUNT),
        (LIVING, (5, 1), [1], -8),
        (LIVING, (5, 5), ["开灯", True], 0),
        (LIVING, (5, 5), ["开灯", 1], -8),
        (LIVING, (5, 9), [], miot.NO_ACTION),
        (LIVING, (7, 3), ["你好"], miot.NO_SERVICE),
        (LIVING, (5, 3), [], 0),
        (BED, (5, 3), ["你好"], 0),
        ("触屏", (5, 4), ["开灯", True], -8),
        ("触屏", (5, 4), ["开灯", 0], 0),
        ("触屏", (5, 4), ["开灯", 2], miot.BAD_VALUE),
        ("触屏", (5, 2), [], miot.ARGUMENT_COUNT),
        ("触屏", (5, 2), [""], 0),
        ("老款", (5, 1), ["你好"], miot.NO_SERVICE),
    ],
)
async def test_actions_are_those_of_the_model(
    cloud: XiaomiClient, sim: Simulator, name: str, action: tuple[int, int], arguments: list[Any], code: int
) -> None:
    sim.world.add_speaker(Home("触屏", "LX04", "书房"))
    sim.world.add_speaker(Home("老款", "M01", "阳台"))
    assert await cloud.act(name, action, *arguments) == code


async def test_wake_up_listens_aloud(cloud: XiaomiClient, sim: Simulator) -> None:
    await cloud.act(LIVING, (5, 3))
    assert (await event(sim, "speech_ended")).fields["source"] == "xiaoai"


async def test_a_silent_directive_is_recorded_and_not_spoken(cloud: XiaomiClient, sim: Simulator) -> None:
    await cloud.act(LIVING, (5, 5), "打开客厅灯", True)
    await event(sim, "record_visible", text="打开客厅灯")
    assert told(sim, "speech_started") == []


async def test_a_directive_is_answered_aloud(cloud: XiaomiClient, sim: Simulator) -> None:
    await cloud.act(LIVING, (5, 5), "几点了", False)
    await event(sim, "speech_started", source="xiaoai")


async def test_l05c_accepts_a_silent_directive_and_does_nothing(cloud: XiaomiClient, sim: Simulator) -> None:
    assert await cloud.act(BED, (5, 4), "打开客厅灯", True) == 0
    assert told(sim, "asked") == []
    assert await cloud.act(BED, (5, 4), "打开客厅灯", False) == 0
    assert told(sim, "asked") == [("asked", "打开客厅灯")]


async def test_play_control_works_on_music(cloud: XiaomiClient, sim: Simulator) -> None:
    speaker = sim.world.speaker(BED)
    speaker.play_music(Track("夜曲"))
    seen = []
    for aiid in (3, 2, 6, 5, 4):
        assert await cloud.act(BED, (3, aiid)) == 0
        seen.append(speaker.state.status)
    assert seen == [2, 1, 1, 1, 3]


@pytest.mark.parametrize(
    ("hardware", "pause", "play", "others"),
    [
        ("LX06", (3, 2), (3, 1), [(3, 3), (3, 4)]),
        ("LX05", (3, 2), (3, 1), [(3, 3), (3, 4)]),
        ("L7A", (4, 1), (4, 2), [(4, 3), (4, 4)]),
        ("X08C", (2, 1), (2, 2), [(2, 3), (2, 4)]),
        ("OH2", (3, 3), (3, 2), [(3, 5), (3, 6)]),
    ],
)
async def test_play_control_has_the_models_numbers(
    cloud: XiaomiClient,
    sim: Simulator,
    hardware: str,
    pause: tuple[int, int],
    play: tuple[int, int],
    others: list[tuple[int, int]],
) -> None:
    speaker = sim.world.add_speaker(Home("新", hardware, "书房"))
    speaker.play_music(Track("夜曲"))
    assert await cloud.act("新", pause) == 0
    assert speaker.state.status == 2
    assert await cloud.act("新", play) == 0
    assert speaker.state.status == 1
    assert [await cloud.act("新", action) for action in others] == [0, 0]
    skipped = [entry.fields["command"] for entry in sim.timeline.since(0, "command")][-2:]
    assert sorted(skipped) == ["next", "prev"]
    assert await cloud.act("新", (pause[0], 7)) == miot.NO_ACTION


async def test_an_offline_speaker_is_a_code(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.set_online(LIVING, False)
    assert await cloud.act(LIVING, (5, 1), "你好") == miot.OFFLINE
    assert (await cloud.prop(LIVING, 2, 1))["code"] == miot.OFFLINE
    assert await cloud.set_prop(LIVING, 2, 1, 30) == miot.OFFLINE


async def test_an_unknown_device_is_a_code(cloud: XiaomiClient) -> None:
    item = {"did": "1", "siid": 2, "piid": 1}
    _, body = await cloud.miot("/miotspec/prop/get", {"params": [item]})
    assert body["result"][0]["code"] == miot.NO_DEVICE
    _, body = await cloud.miot("/miotspec/prop/set", {"params": [item | {"value": 1}]})
    assert body["result"][0]["code"] == miot.NO_DEVICE
    _, body = await cloud.miot("/miotspec/action", {"params": {"did": "1", "siid": 5, "aiid": 1, "in": ["a"]}})
    assert body["result"]["code"] == miot.NO_DEVICE


async def test_properties_are_read_and_written(cloud: XiaomiClient, sim: Simulator) -> None:
    assert await cloud.set_prop(LIVING, 2, 1, 55) == 0
    assert (await cloud.prop(LIVING, 2, 1))["value"] == 55
    assert await cloud.set_prop(LIVING, 2, 2, True) == 0
    assert sim.world.speaker(LIVING).muted
    assert (await cloud.prop(LIVING, 1, 2))["value"] == "xiaomi.wifispeaker.lx06"


@pytest.mark.parametrize(
    ("siid", "piid", "value", "code"),
    [
        (2, 1, "loud", miot.BAD_VALUE),
        (2, 1, 101, miot.BAD_VALUE),
        (2, 2, 1, miot.BAD_VALUE),
        (3, 1, 1, miot.NOT_WRITABLE),
        (2, 9, 1, miot.NO_PROPERTY),
        (8, 1, 1, miot.NO_SERVICE),
    ],
)
async def test_what_cannot_be_written_is_a_code(
    cloud: XiaomiClient, siid: int, piid: int, value: Any, code: int
) -> None:
    assert await cloud.set_prop(LIVING, siid, piid, value) == code


@pytest.mark.parametrize(
    ("siid", "piid", "code"), [(3, 1, miot.NOT_READABLE), (2, 9, miot.NO_PROPERTY), (8, 1, miot.NO_SERVICE)]
)
async def test_what_cannot_be_read_is_a_code(cloud: XiaomiClient, siid: int, piid: int, code: int) -> None:
    assert (await cloud.prop(LIVING, siid, piid))["code"] == code


@pytest.mark.parametrize("uri", ["/miotspec/action", "/miotspec/prop/get", "/miotspec/prop/set"])
async def test_bodies_of_another_shape_are_refused(cloud: XiaomiClient, uri: str) -> None:
    _, body = await cloud.miot(uri, {"params": "nothing"})
    assert body["code"] == -8
