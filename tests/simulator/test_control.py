"""The control API."""

import asyncio
from typing import Any

import aiohttp
import pytest

from simulator.app import Simulator
from tests.simulator.support import event
from tests.simulator.xiaomi_client import XiaomiClient

LIVING = "客厅小爱"


async def _send(control: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with control.request(method, f"/_sim{path}", json=body) as response:
        return response.status, await response.json()


async def test_a_question_is_asked_and_seen_on_the_timeline(control: aiohttp.ClientSession) -> None:
    status, asked = await _send(
        control, "POST", "/ask", {"speaker": "LX06", "text": "你好", "answer": "你好呀", "kind": "LLM"}
    )
    assert status == 200
    _, told = await _send(control, "GET", "/timeline?event=record_visible&wait=5")
    assert [(entry["speaker"], entry["time"]) for entry in told["events"]] == [(LIVING, asked["time"])]


async def test_the_timeline_goes_on_where_it_was_left(control: aiohttp.ClientSession, sim: Simulator) -> None:
    sim.timeline.record("one")
    _, first = await _send(control, "GET", "/timeline")
    sim.timeline.record("two")
    _, second = await _send(control, "GET", f"/timeline?since={first['next']}")
    assert [entry["event"] for entry in second["events"]] == ["two"]


async def test_a_long_poll_returns_as_soon_as_something_happens(control: aiohttp.ClientSession, sim: Simulator) -> None:
    poll = asyncio.create_task(_send(control, "GET", "/timeline?event=wanted&wait=30"))
    await asyncio.sleep(0.05)
    sim.timeline.record("other")
    sim.timeline.record("wanted")
    _, told = await asyncio.wait_for(poll, 5)
    assert [entry["event"] for entry in told["events"]] == ["wanted"]


async def test_a_long_poll_in_vain_is_empty(control: aiohttp.ClientSession) -> None:
    _, told = await _send(control, "GET", "/timeline?event=never&wait=0.05")
    assert told["events"] == []


async def test_settings_change_while_running(control: aiohttp.ClientSession, sim: Simulator) -> None:
    status, body = await _send(control, "PATCH", "/settings", {"record_delay": 2, "captcha": True})
    assert (status, body["record_delay"]) == (200, 2.0)
    assert (sim.settings.record_delay, sim.settings.captcha) == (2.0, True)


async def test_faults_come_and_go(control: aiohttp.ClientSession) -> None:
    status, body = await _send(control, "POST", "/faults", {"path": "ubus", "status": 500, "times": None})
    assert (status, len(body)) == (200, 1)
    _, body = await _send(control, "GET", "/faults")
    assert body[0]["path"] == "ubus"
    assert await _send(control, "DELETE", "/faults") == (200, [])


async def test_tokens_expire_on_demand(control: aiohttp.ClientSession, cloud: XiaomiClient) -> None:
    status, body = await _send(control, "POST", "/expire", {"what": "micoapi"})
    assert (status, body["service_tokens"]) == (200, ["xiaomiio"])


async def test_speakers_come_go_and_change(control: aiohttp.ClientSession, sim: Simulator) -> None:
    status, body = await _send(control, "POST", "/speakers", {"name": "书房", "hardware": "L15A", "room": "书房"})
    assert (status, len(body)) == (200, 4)
    await _send(control, "POST", "/speakers/书房", {"online": False, "room": "阁楼"})
    speaker = sim.world.speaker("书房")
    assert (speaker.online, speaker.room) == (False, "阁楼")
    await event(sim, "speaker_offline", speaker="书房")
    _, body = await _send(control, "DELETE", "/speakers/书房")
    assert len(body) == 3


async def test_the_state_tells_everything_but_secrets(control: aiohttp.ClientSession, cloud: XiaomiClient) -> None:
    _, state = await _send(control, "GET", "/state")
    assert [speaker["hardware"] for speaker in state["speakers"]] == ["LX06", "L05C", "LX05"]
    assert state["account"]["service_tokens"] == ["micoapi", "xiaomiio"]
    assert cloud.tokens["micoapi"] not in str(state)


@pytest.mark.parametrize(
    ("method", "path", "body", "reason"),
    [
        ("POST", "/ask", {"text": "你好"}, "missing: speaker"),
        ("POST", "/ask", {"speaker": "阳台", "text": "你好"}, "speakers match"),
        ("POST", "/ask", {"speaker": LIVING, "text": "你好", "kind": "X"}, "kind must be"),
        ("POST", "/ask", {"speaker": LIVING, "text": 1}, "must be of type str"),
        ("POST", "/ask", {"speaker": LIVING, "text": "你好", "colour": 1}, "unknown fields: colour"),
        ("POST", "/ask", [], "JSON object"),
        ("PATCH", "/settings", {"speed": 1}, "unknown settings: speed"),
        ("PATCH", "/settings", {"captcha": 1}, "captcha must be of type bool"),
        ("PATCH", "/settings", {"round_trip": -1}, "must not be negative"),
        ("PATCH", "/settings", {"characters_per_second": 0}, "above 0"),
        ("POST", "/faults", {"path": "("}, "no regular expression"),
        ("POST", "/faults", {"hang": True, "disconnect": True}, "only one of"),
        ("POST", "/faults", {"status": 42}, "between 200 and 599"),
        ("POST", "/faults", {"times": 0}, "at least 1"),
        ("POST", "/faults", {"times": "x"}, "not a possible value"),
        ("POST", "/faults", {"colour": 1}, "unknown fields"),
        ("POST", "/faults", {"delay": -1}, "negative"),
        ("POST", "/expire", {"what": "patience"}, "what must be one of"),
        ("POST", "/speakers", {"name": LIVING, "hardware": "LX06", "room": "客厅"}, "already"),
        ("POST", "/speakers", {"name": "新", "hardware": "Z1", "room": "客厅"}, "unknown model"),
        ("POST", "/speakers/阳台", {"online": False}, "speakers match"),
        ("GET", "/timeline?since=x", None, "must be a number"),
        ("GET", "/timeline?since=-1", None, "must not be negative"),
    ],
)
async def test_bad_input_is_explained(
    control: aiohttp.ClientSession, method: str, path: str, body: Any, reason: str
) -> None:
    status, reply = await _send(control, method, path, body)
    assert status == 400
    assert reason in reply["error"]


async def test_a_broken_body_is_explained(control: aiohttp.ClientSession) -> None:
    async with control.post("/_sim/ask", data=b"{", headers={"Content-Type": "application/json"}) as response:
        assert response.status == 400
        assert "no JSON" in (await response.json())["error"]
