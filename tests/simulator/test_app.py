"""Hosts, gateway, faults and the end of the simulator."""

import asyncio
from email.utils import parsedate_to_datetime
import json

import aiohttp
import pytest

from simulator.app import Simulator
from simulator.faults import Fault
from tests.simulator.support import event
from tests.simulator.xiaomi_client import MINA, XiaomiClient

LIVING = "客厅小爱"
DEVICES = f"{MINA}/admin/v2/device_list?master=0"


async def test_the_gateway_serves_a_host_by_the_first_segment(sim: Simulator, control: aiohttp.ClientSession) -> None:
    async with control.get("/account.xiaomi.com/pass/serviceLogin?sid=micoapi&_json=true") as response:
        body = json.loads((await response.text()).removeprefix("&&&START&&&"))
    assert body["callback"] == "https://api2.mina.mi.com/sts", "the real address"
    assert (await event(sim, "http")).fields == {
        "host": "account.xiaomi.com",
        "method": "GET",
        "path": "/pass/serviceLogin",
        "status": 200,
    }


async def test_the_host_header_counts_before_the_path(control: aiohttp.ClientSession) -> None:
    headers = {"Host": "account.xiaomi.com"}
    async with control.get("/pass/serviceLogin?sid=micoapi", headers=headers) as response:
        assert response.status == 200
    async with control.get("/_sim/state", headers=headers) as response:
        assert response.status == 404


@pytest.mark.parametrize("path", ["/example.com/x", "/x", "/account.xiaomi.com/nowhere"])
async def test_unknown_hosts_and_paths_are_not_found(control: aiohttp.ClientSession, path: str) -> None:
    async with control.get(path) as response:
        assert response.status == 404


async def test_the_llm_endpoint_has_three_addresses(
    sim: Simulator, control: aiohttp.ClientSession, session: aiohttp.ClientSession
) -> None:
    headers = {"Authorization": f"Bearer {sim.llm.settings.api_key}"}
    for base in (sim.llm_url, f"{sim.url}/api.openai.com/v1"):
        async with control.get(f"{base}/models", headers=headers) as response:
            assert (await response.json())["object"] == "list"
    async with session.get("https://api.openai.com/v1/models", headers=headers) as response:
        assert (await response.json())["object"] == "list"


async def test_a_round_trip_takes_time(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"round_trip": 0.2})
    start = sim.timeline.now()
    await cloud.devices()
    assert sim.timeline.now() - start >= 0.19


async def test_replies_carry_the_clouds_clock(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"clock_offset": 86400.0})
    async with cloud.session.get(DEVICES) as response:
        date = parsedate_to_datetime(response.headers["Date"]).timestamp()
    assert date == pytest.approx(sim.world.clock(), abs=5)


async def test_a_fault_replaces_the_reply_as_often_as_told(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.faults.add(Fault(host="api2.mina.mi.com", path="device_list", times=2, status=503, body="busy"))
    await cloud.status(LIVING)
    for _ in range(2):
        async with cloud.session.get(DEVICES) as response:
            assert (response.status, await response.text()) == (503, "busy")
    assert await cloud.devices()


async def test_a_late_reply_is_the_truth(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.faults.add(Fault(path="device_list", delay=0.2))
    start = sim.timeline.now()
    assert await cloud.devices()
    assert sim.timeline.now() - start >= 0.19


async def test_a_disconnect_does_not_carry_out_the_request(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.faults.add(Fault(path="ubus", disconnect=True))
    with pytest.raises(aiohttp.ClientError):
        await cloud.say(LIVING, "你好")
    assert not sim.timeline.since(event="command")


async def test_a_truncated_reply_follows_a_carried_out_request(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.faults.add(Fault(path="ubus", truncate=20))
    with pytest.raises(aiohttp.ClientPayloadError):
        await cloud.say(LIVING, "你好")
    assert await event(sim, "speech_started")


async def test_a_hanging_request_ends_with_the_simulator_at_the_latest(sim: Simulator, cloud: XiaomiClient) -> None:
    sim.world.faults.add(Fault(path="device_list", hang=True))
    waiting = asyncio.create_task(cloud.devices())
    await event(sim, "fault")
    assert not waiting.done()
    await sim.__aexit__(None, None, None)
    with pytest.raises(aiohttp.ClientError):
        await waiting


async def test_a_simulator_that_speaks_can_be_closed(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"characters_per_second": 0.1})
    await cloud.say(LIVING, "你好")
    sim.world.ask("卧室小爱", "你好")
    sim.world.ask("厨房小爱", "你好", late_edit=5)
