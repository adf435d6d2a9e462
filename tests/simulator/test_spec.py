"""The public specs of the models."""

from typing import Any

import aiohttp
import pytest

from simulator.app import Simulator
from simulator.models import MODELS, Silent
from simulator.world import Home
from tests.simulator.xiaomi_client import XiaomiClient

SPEC = "https://miot-spec.org/miot-spec-v2"
PUBLIC = [model for model in MODELS.values() if model.public_spec]


async def get(client: XiaomiClient, path: str, **query: str) -> tuple[int, Any]:
    async with client.session.get(f"{SPEC}/{path}", params=query) as response:
        return response.status, await response.json() if response.status == 200 else None


async def versions(client: XiaomiClient, miot_model: str) -> dict[int, str]:
    """Return the types of a model's specs by version."""
    status, index = await get(client, "instances", status="all")
    assert status == 200
    return {entry["version"]: entry["type"] for entry in index["instances"] if entry["model"] == miot_model}


async def newest(client: XiaomiClient, miot_model: str) -> dict[str, Any]:
    found = await versions(client, miot_model)
    status, spec = await get(client, "instance", type=found[max(found)])
    assert status == 200
    return dict(spec)


def named(nodes: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (node,) = [node for node in nodes if node["type"].split(":")[3] == name]
    return node


async def test_the_index_has_each_model_that_is_public_and_its_versions(client: XiaomiClient) -> None:
    _, index = await get(client, "instances", status="all")
    assert {entry["model"] for entry in index["instances"]} == {model.miot_model for model in PUBLIC}
    lx06 = [entry for entry in index["instances"] if entry["model"] == "xiaomi.wifispeaker.lx06"]
    assert sorted(entry["type"] for entry in lx06) == [
        "urn:miot-spec-v2:device:speaker:0000A015:xiaomi-lx06:1",
        "urn:miot-spec-v2:device:speaker:0000A015:xiaomi-lx06:2",
    ]
    assert {entry["status"] for entry in lx06} == {"released"}
    assert await get(client, "instances") == (200, index), "all that there are are released"
    assert await get(client, "instances", status="debug") == (200, {"instances": []})


async def test_the_order_of_the_index_means_nothing(client: XiaomiClient) -> None:
    found = [list(await versions(client, model.miot_model)) for model in PUBLIC]
    several = [numbers for numbers in found if len(numbers) > 1]
    assert any(numbers != sorted(numbers) for numbers in several)
    assert any(numbers != sorted(numbers, reverse=True) for numbers in several)


async def test_only_the_newest_version_speaks(client: XiaomiClient) -> None:
    found = await versions(client, "xiaomi.wifispeaker.l99z")
    assert sorted(found) == [1, 2, 3]
    for version, urn in found.items():
        _, spec = await get(client, "instance", type=urn)
        assert spec["type"] == urn
        services = {service["type"].split(":")[3] for service in spec["services"]}
        assert ("intelligent-speaker" in services) == (version == 3)


async def test_a_document_is_as_the_published_ones_are(client: XiaomiClient) -> None:
    spec = await newest(client, "xiaomi.wifispeaker.lx06")
    assert spec["description"] == "Speaker"
    assert [service["iid"] for service in spec["services"]] == [1, 2, 3, 5]
    talk = named(spec["services"], "intelligent-speaker")
    assert talk["type"] == "urn:miot-spec-v2:service:intelligent-speaker:0000789B:xiaomi-lx06:2"
    assert talk["description"] == "Intelligent Speaker"
    assert named(talk["actions"], "play-text") == {
        "iid": 1,
        "type": "urn:miot-spec-v2:action:play-text:00002841:xiaomi-lx06:2",
        "description": "Play Text",
        "in": [1],
        "out": [],
    }
    assert named(talk["properties"], "silent-execution") == {
        "iid": 2,
        "type": "urn:miot-spec-v2:property:silent-execution:000000FB:xiaomi-lx06:2",
        "description": "Silent Execution",
        "format": "bool",
        "access": [],
    }
    volume = named(named(spec["services"], "speaker")["properties"], "volume")
    assert volume["value-range"] == [6, 100, 1]
    state = named(named(spec["services"], "play-control")["properties"], "playing-state")
    assert state["access"] == ["notify"]


async def test_a_silent_that_is_a_number_has_names_for_it(client: XiaomiClient) -> None:
    spec = await newest(client, "xiaomi.wifispeaker.lx04")
    silent = named(named(spec["services"], "intelligent-speaker")["properties"], "silent-execution")
    assert silent["format"] == "uint8"
    assert silent["value-list"] == [{"value": 0, "description": "On"}, {"value": 1, "description": "Off"}]


async def test_speakers_do_what_their_specs_say(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"miot_delay": 0.0})
    for model in {model.miot_model: model for model in PUBLIC}.values():
        name = f"新{model.hardware}"
        did = sim.world.add_speaker(Home(name, model.hardware, "书房")).did
        spec = await newest(cloud, model.miot_model)
        iids = [service["iid"] for service in spec["services"]]
        assert len(set(iids)) == len(iids)
        for service in spec["services"]:
            formats = {prop["iid"]: prop["format"] for prop in service["properties"]}
            wanted = [{"did": did, "siid": service["iid"], "piid": piid} for piid in formats]
            _, body = await cloud.miot("/miotspec/prop/get", {"params": wanted})
            for prop, read in zip(service["properties"], body["result"], strict=True):
                assert (read["code"] == 0) == ("read" in prop["access"]), (name, prop)
            for action in service.get("actions", []):
                example = {"string": "你好", "bool": True, "uint8": 0}
                arguments = [example[formats[piid]] for piid in action["in"]]
                assert await cloud.act(name, (service["iid"], action["iid"]), *arguments) == 0, (name, action)


async def test_a_spec_says_all_that_the_model_does(client: XiaomiClient) -> None:
    for model in PUBLIC:
        spec = await newest(client, model.miot_model)
        talk = [service for service in spec["services"] if ":intelligent-speaker:" in service["type"]]
        found = {
            action["type"].split(":")[3]: ((service["iid"], action["iid"]), len(action["in"]))
            for service in talk
            for action in service["actions"]
        }
        wanted = {
            "play-text": (model.play_text, 1),
            "wake-up": (model.wake_up, int(model.wake_up_takes_text)),
            "execute-text-directive": (model.execute, 2),
        }
        assert found == {name: what for name, what in wanted.items() if what[0]}, model.hardware
        for service in talk:
            silent = named(service["properties"], "silent-execution")["format"]
            assert silent == ("bool" if model.silent is Silent.BOOL else "uint8"), model.hardware


@pytest.mark.parametrize("urn", ["urn:nothing", "urn:miot-spec-v2:device:speaker:0000A015:xiaomi-l98y:1", ""])
async def test_what_is_no_spec_is_not_found(client: XiaomiClient, urn: str) -> None:
    assert (await get(client, "instance", type=urn))[0] == 404


async def test_the_gateway_has_the_specs_too(control: aiohttp.ClientSession) -> None:
    async with control.get("/miot-spec.org/miot-spec-v2/instances?status=all") as response:
        assert len((await response.json())["instances"]) > len({model.miot_model for model in PUBLIC})
