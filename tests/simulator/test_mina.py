"""MiNA: the device list and the ubus calls."""

import json
from typing import Any

import pytest

from simulator.app import Simulator
from simulator.world import Home
from tests.simulator.support import event, told
from tests.simulator.xiaomi_client import MINA, XiaomiClient

LIVING = "客厅小爱"


async def test_devices_are_listed_with_what_joins_them_to_miot(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.set_online("卧室小爱", False)
    found = {device["alias"]: device for device in await cloud.devices()}
    assert found[LIVING]["hardware"] == "LX06"
    assert found[LIVING]["miotDID"] == sim.world.speaker(LIVING).did
    assert [found[name]["presence"] for name in (LIVING, "卧室小爱")] == ["online", "offline"]


async def test_an_offline_speaker_does_not_respond(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.set_online(LIVING, False)
    status, body = await cloud.ubus(LIVING, "mibrain", "text_to_speech", {"text": "你好"})
    assert (status, body["code"]) == (200, 101)
    assert json.loads(body["data"]["device_data"]) == {"msg": "ROM端未响应", "code": 3012}


@pytest.mark.parametrize("form", [{"deviceId": ""}, {"deviceId": "unknown"}, {"message": "no json"}, {"message": "1"}])
async def test_malformed_calls_are_illegal(cloud: XiaomiClient, sim: Simulator, form: dict[str, str]) -> None:
    full = {"deviceId": sim.world.speaker(LIVING).device_id, "message": "{}", "path": "mibrain", "method": "x"} | form
    cookies = {"userId": cloud.user_id, "serviceToken": cloud.tokens["micoapi"]}
    status, body = await cloud.json("POST", f"{MINA}/remote/ubus", data=full, cookies=cookies)
    assert (status, body["code"]) == (400, 601)
    assert "ubus call format illegal" in body["data"]


async def test_ubus_wants_post(cloud: XiaomiClient) -> None:
    cookies = {"userId": cloud.user_id, "serviceToken": cloud.tokens["micoapi"]}
    _, body = await cloud.json("GET", f"{MINA}/remote/ubus", cookies=cookies)
    assert body["code"] == 601
    assert "Request method 'GET' not supported" in body["data"]


async def test_unknown_methods_are_ubus_errors(cloud: XiaomiClient) -> None:
    _, body = await cloud.ubus(LIVING, "mediaplayer", "player_dance", {})
    assert body["code"] == 100
    assert body["data"]["msg"]


@pytest.mark.parametrize(
    ("path", "method", "message"),
    [
        ("mibrain", "text_to_speech", {}),
        ("mibrain", "ai_service", {"nlp_text": " "}),
        ("mibrain", "ai_service", {}),
        ("mediaplayer", "player_play_operation", {"action": "dance"}),
        ("mediaplayer", "player_play_url", {"url": ""}),
        ("mediaplayer", "player_play_music", {"music": "{}"}),
        ("mediaplayer", "player_set_volume", {"volume": "loud"}),
        ("mediaplayer", "player_set_loop", {"type": 2}),
    ],
)
async def test_the_speaker_refuses_nonsense(
    cloud: XiaomiClient, path: str, method: str, message: dict[str, Any]
) -> None:
    _, body = await cloud.ubus(LIVING, path, method, message)
    assert body["code"] == 0
    assert body["data"]["code"] != 0


async def test_ai_service_does_as_if_it_was_said(cloud: XiaomiClient, sim: Simulator) -> None:
    await cloud.ubus(LIVING, "mibrain", "ai_service", {"tts": 1, "nlp": 1, "nlp_text": "几点了"})
    await event(sim, "record_visible", text="几点了")
    assert (await event(sim, "asked")).fields["origin"] == "ubus"
    await event(sim, "speech_started", source="xiaoai")


async def test_loop_is_remembered(cloud: XiaomiClient) -> None:
    await cloud.ubus(LIVING, "mediaplayer", "player_set_loop", {"media": "common", "type": 0})
    assert (await cloud.status(LIVING))["loop_type"] == 0


async def test_music_by_payload_plays_where_urls_do_not(cloud: XiaomiClient, sim: Simulator) -> None:
    sound = {"url": "http://192.0.2.1/a.mp3"}
    await cloud.ubus("卧室小爱", "mediaplayer", "player_play_url", sound | {"type": 1})
    assert told(sim, "music_started") == []
    music = json.dumps({"payload": {"audio_items": [{"stream": sound}]}})
    await cloud.ubus("卧室小爱", "mediaplayer", "player_play_music", {"startaudioid": "1", "music": music})
    assert (await event(sim, "music_started")).fields["url"] == sound["url"]


async def test_m01_has_no_conversation_but_remembers_by_itself(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.add_speaker(Home("老款", "M01", "阳台"))
    record = sim.world.ask("老款", "几点了", "三点")
    await event(sim, "record_visible")
    assert (await cloud.conversation("老款"))["records"] == []
    _, body = await cloud.ubus("老款", "mibrain", "nlp_result_get", {})
    (result,) = json.loads(body["data"]["info"])["result"]
    nlp = json.loads(result["nlp"])
    assert nlp["meta"]["timestamp"] == str(record.time)
    (answer,) = nlp["response"]["answer"]
    assert (answer["intention"]["query"], answer["content"]["to_speak"]) == ("几点了", "三点")
