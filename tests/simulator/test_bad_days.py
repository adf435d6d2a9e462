"""What goes wrong with speakers and their records, and the specs of models that nobody knows."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from simulator.app import Simulator
from simulator.faults import Fault, Faults
from simulator.models import MODELS
from simulator.world import Home
from tests.simulator.xiaomi_client import XiaomiClient

SPEC = "https://miot-spec.org/miot-spec-v2"


async def get(client: XiaomiClient, path: str, **query: str) -> tuple[int, Any]:
    async with client.session.get(f"{SPEC}/{path}", params=query) as response:
        return response.status, await response.json() if response.status == 200 else None


# The specs


async def test_the_index_has_each_model_that_is_public_and_its_versions(client: XiaomiClient) -> None:
    status, index = await get(client, "instances", status="all")
    assert status == 200
    models = [entry["model"] for entry in index["instances"]]
    assert set(models) == {model.miot_model for model in MODELS.values() if model.public_spec}
    assert models.count("xiaomi.wifispeaker.l99z") == 3


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.hardware)
async def test_a_spec_says_what_the_model_does(client: XiaomiClient, model: Any) -> None:
    _, index = await get(client, "instances", status="all")
    urns = [entry["type"] for entry in index["instances"] if entry["model"] == model.miot_model]
    if not model.public_spec:
        assert urns == []
        return
    status, spec = await get(client, "instance", type=urns[-1])
    assert status == 200
    found = {
        action["type"].split(":")[3]: (service["iid"], action["iid"])
        for service in spec["services"]
        if ":intelligent-speaker:" in service["type"]
        for action in service["actions"]
    }
    assert found.get("play-text") == model.play_text
    assert found.get("execute-text-directive") == model.execute


async def test_what_is_no_spec_is_not_found(client: XiaomiClient) -> None:
    assert (await get(client, "instance", type="urn:nothing"))[0] == 404
    assert (await get(client, "instances"))[1] == {"instances": []}


# The word filter, and pauses without effect


async def test_the_word_filter_swallows_a_text_and_says_that_all_is_well(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"filtered_words": "禁词,另一个"})
    await cloud.say("客厅小爱", "这里有一个禁词。")
    assert sim.world.speaker("客厅小爱").speech is None
    await cloud.say("客厅小爱", "这里没有。")
    assert sim.world.speaker("客厅小爱").speech == "这里没有。"
    told = sim.timeline.since(0, "command")
    assert [(event.fields["effect"], event.fields.get("reason")) for event in told] == [
        (False, "filtered"),
        (True, None),
    ]


async def test_a_pause_can_be_without_effect(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"deaf_pauses": 1, "characters_per_second": 5.0})
    await cloud.say("客厅小爱", "一句要说上好一会儿才说得完的话。")
    await cloud.operate("客厅小爱", "pause")
    assert sim.world.speaker("客厅小爱").speech
    await cloud.operate("客厅小爱", "pause")
    assert sim.world.speaker("客厅小爱").speech is None


# Records


@pytest.fixture
async def control(sim: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(sim.url) as session:
        yield session


async def queries(cloud: XiaomiClient) -> list[str]:
    return [record["query"] for record in (await cloud.conversation("客厅小爱"))["records"]]


async def said(sim: Simulator, text: str) -> None:
    since = len(sim.timeline)
    sim.world.ask("客厅小爱", text)
    await sim.timeline.wait_for(lambda event: event.event == "record_visible", since=since)


async def test_records_can_be_kept_back(cloud: XiaomiClient, sim: Simulator, control: aiohttp.ClientSession) -> None:
    await said(sim, "一")
    await control.post("/_sim/records", json={"hidden": True})
    await said(sim, "二")
    assert await queries(cloud) == ["一"]
    await control.post("/_sim/records", json={"hidden": False})
    await said(sim, "三")
    assert await queries(cloud) == ["三", "二", "一"]


async def test_records_can_be_listed_twice(cloud: XiaomiClient, sim: Simulator) -> None:
    await said(sim, "一")
    sim.settings.update({"duplicate_records": True})
    assert await queries(cloud) == ["一", "一"]


async def test_two_speakers_of_one_model_have_their_own_records(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.add_speaker(Home("书房小爱", "LX06", "书房"))
    await said(sim, "一")
    assert await queries(cloud) == ["一"]
    assert (await cloud.conversation("书房小爱"))["records"] == []


async def test_a_speaker_can_be_renamed(cloud: XiaomiClient, sim: Simulator, control: aiohttp.ClientSession) -> None:
    before = sim.world.speaker("客厅小爱").device_id
    await control.post("/_sim/speakers/客厅小爱", json={"name": "大厅小爱"})
    names = {device["alias"]: device["deviceID"] for device in await cloud.devices()}
    assert names["大厅小爱"] == before


# Faults that hit at random


def test_a_share_of_the_requests_is_hit_and_only_those_are_counted() -> None:
    faults = Faults()
    faults.add(Fault(times=50, share=0.1, status=502))
    hits = 0
    requests = 0
    while faults.as_json():
        requests += 1
        hits += faults.take("host", "/path") is not None
    assert hits == 50
    assert 350 < requests < 650
