"""What goes wrong with speakers, their records and their names."""

from typing import Any

import aiohttp
import pytest

from simulator.app import Simulator
from simulator.faults import Fault, Faults
from simulator.speaker import Track
from simulator.world import Home
from tests.simulator.support import event, told
from tests.simulator.xiaomi_client import MINA, XiaomiClient

LIVING, STUDY = "客厅小爱", "书房小爱"
LONG = "一句要说上好一会儿才说得完的话，因为它要被打断。"


# The word filter, and pauses without effect


def effects(sim: Simulator, *names: str) -> list[tuple[str, bool, str | None]]:
    """Return what came of the commands of these names."""
    return [
        (entry.fields["command"], entry.fields["effect"], entry.fields.get("reason"))
        for entry in sim.timeline.since(0, "command")
        if entry.fields["command"] in names
    ]


@pytest.mark.parametrize("via", ["ubus", "miot"])
async def test_the_word_filter_swallows_a_text_and_says_that_all_is_well(
    cloud: XiaomiClient, sim: Simulator, via: str
) -> None:
    async def say(text: str) -> None:
        if via == "ubus":
            await cloud.say(LIVING, text)
        else:
            assert await cloud.act(LIVING, (5, 1), text) == 0

    sim.settings.update({"filtered_words": "禁词, 另一个"})
    await say("这里没有。" * 20)
    await say("这里有一个禁词。")
    await say("这里有另一个。")
    assert sim.world.speaker(LIVING).speech == "这里没有。" * 20, "it goes on"
    assert effects(sim, "tts") == [("tts", True, None), ("tts", False, "filtered"), ("tts", False, "filtered")]


async def test_xiaoais_own_answer_is_not_filtered(sim: Simulator) -> None:
    sim.settings.update({"filtered_words": "禁词"})
    sim.world.ask(LIVING, "问题", "一个禁词。")
    await event(sim, "speech_started", text="一个禁词。")


async def test_pauses_can_be_without_effect_in_each_speech_anew(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"deaf_pauses": 2, "characters_per_second": 5.0})
    await cloud.operate(LIVING, "pause")
    await cloud.say(LIVING, LONG)
    await cloud.operate(LIVING, "pause")
    assert await cloud.act(LIVING, (3, 2)) == 0
    await cloud.operate(LIVING, "pause")
    await cloud.say(LIVING, LONG)
    await cloud.operate(LIVING, "pause")
    await cloud.operate(LIVING, "stop")
    ignored, silenced = ("pause", False, "deaf"), ("pause", True, None)
    assert effects(sim, "pause", "stop") == [
        ("pause", False, None),  # there was nothing to pause
        *(ignored, ignored, silenced),
        *(ignored, ("stop", True, None)),
    ]
    assert told(sim, "speech_ended") == [("speech_ended", LONG, "paused"), ("speech_ended", LONG, "stopped")]


async def test_pauses_of_music_can_be_without_effect(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"deaf_pauses": 1})
    sim.world.speaker(LIVING).play_music(Track("夜曲"))
    await cloud.operate(LIVING, "pause")
    assert sim.world.speaker(LIVING).state.status == 1
    await cloud.operate(LIVING, "pause")
    assert sim.world.speaker(LIVING).state.status == 2


@pytest.mark.parametrize("first", ["pause", "stop"])
async def test_a_model_can_ignore_the_first_of_them(cloud: XiaomiClient, sim: Simulator, first: str) -> None:
    sim.settings.update({"status_lag": 0.0})
    speaker = sim.world.add_speaker(Home(STUDY, "L99Z", "书房"))
    assert await cloud.act(STUDY, (9, 2), LONG) == 0
    await cloud.operate(STUDY, first)
    assert speaker.speech == LONG
    assert (await cloud.prop(STUDY, 4, 1))["value"] == 1, "which can be seen"
    await cloud.operate(STUDY, "stop")
    assert told(sim, "speech_ended") == [("speech_ended", LONG, "stopped")]
    assert effects(sim, "pause", "stop") == [(first, False, "deaf"), ("stop", True, None)]


# Records


async def queries(cloud: XiaomiClient, name: str = LIVING, **options: Any) -> list[str]:
    return [record["query"] for record in (await cloud.conversation(name, **options))["records"]]


async def said(sim: Simulator, text: str, name: str = LIVING) -> int:
    since = len(sim.timeline)
    record = sim.world.ask(name, text)
    await event(sim, "record_visible", since=since, text=text, speaker=name)
    return record.time


async def test_records_can_be_kept_back(cloud: XiaomiClient, sim: Simulator, control: aiohttp.ClientSession) -> None:
    await said(sim, "一")
    await control.post("/_sim/records", json={"hidden": True})
    await said(sim, "二")
    sim.world.add_speaker(Home(STUDY, "LX06", "书房"))
    await said(sim, "甲", STUDY)
    assert await queries(cloud) == ["一"]
    assert await queries(cloud, STUDY) == []
    since = len(sim.timeline)
    await control.post("/_sim/records", json={"hidden": False})
    await event(sim, "record_visible", since=since, text="二")
    await said(sim, "三")
    assert await queries(cloud) == ["三", "二", "一"]
    assert await queries(cloud, STUDY) == ["甲"]
    hidden = [entry.fields.get("hidden", False) for entry in sim.timeline.since(0, "record_visible")]
    assert hidden == [False, True, True, False, False, False]


async def test_what_the_speaker_itself_remembers_is_not_kept_back(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.add_speaker(Home("老款", "M01", "阳台"))
    sim.world.hide_records(True)
    await said(sim, "一", "老款")
    _, body = await cloud.ubus("老款", "mibrain", "nlp_result_get", {})
    assert "一" in body["data"]["info"]


async def test_records_can_be_listed_twice(cloud: XiaomiClient, sim: Simulator) -> None:
    one, two = await said(sim, "一"), await said(sim, "二")
    sim.settings.update({"duplicate_records": True})
    data = await cloud.conversation(LIVING, limit=3)
    assert [record["time"] for record in data["records"]] == [two, two, one]
    assert data["nextEndTime"] == one


async def test_all_records_are_found_page_by_page(cloud: XiaomiClient, sim: Simulator) -> None:
    for number in range(7):
        await said(sim, str(number))
    found: list[str] = []
    until = 9999999999999
    while until:
        page = await cloud.conversation(LIVING, until=until, limit=3)
        found += [record["query"] for record in page["records"]]
        until = page["nextEndTime"]
    assert found == ["6", "5", "4", "3", "2", "1", "0"]


@pytest.mark.parametrize("offset", [3600.0, -3600.0])
async def test_the_clock_of_the_records_is_the_clouds(cloud: XiaomiClient, sim: Simulator, offset: float) -> None:
    before = int(sim.world.clock() * 1000)
    sim.settings.update({"clock_offset": offset})
    time = await said(sim, "一")
    assert time - before == pytest.approx(offset * 1000, abs=5000)
    assert await queries(cloud, until=before) == ([] if offset > 0 else ["一"]), "the bound is the cloud's time too"


# Several speakers of one model, and names


async def test_two_speakers_of_one_model_are_told_apart_by_their_ids(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.add_speaker(Home(STUDY, "LX06", "书房"))
    devices = {device["alias"]: device for device in await cloud.devices()}
    one, two = devices[LIVING], devices[STUDY]
    assert one["hardware"] == two["hardware"]
    for name in ("deviceID", "miotDID", "serialNumber", "mac"):
        assert one[name] != two[name]
    await said(sim, "一")
    await said(sim, "二", STUDY)
    assert (await queries(cloud), await queries(cloud, STUDY)) == (["一"], ["二"])
    await cloud.say(STUDY, LONG)
    assert await cloud.act(LIVING, (5, 1), "你好") == 0
    assert (sim.world.speaker(STUDY).speech, sim.world.speaker(LIVING).speech) == (LONG, "你好")


async def test_a_speaker_can_be_renamed(cloud: XiaomiClient, sim: Simulator, control: aiohttp.ClientSession) -> None:
    speaker = sim.world.speaker(LIVING)
    await control.post(f"/_sim/speakers/{LIVING}", json={"name": "大厅小爱"})
    devices = {device["alias"]: device for device in await cloud.devices()}
    assert (devices["大厅小爱"]["deviceID"], devices["大厅小爱"]["miotDID"]) == (speaker.device_id, speaker.did)
    assert LIVING not in devices
    _, body = await cloud.miot("/home/device_list", {})
    assert {device["did"]: device["name"] for device in body["result"]["list"]}[speaker.did] == "大厅小爱"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_sim/speakers/大厅小爱", {"name": "卧室小爱", "online": False}),
        ("/_sim/speakers", {"name": LIVING, "hardware": "LX06", "room": "客厅"}),
    ],
    ids=["to a name that is taken", "new, by the first name of another"],
)
async def test_names_and_ids_stay_unique(
    sim: Simulator, control: aiohttp.ClientSession, path: str, body: dict[str, Any]
) -> None:
    sim.world.rename_speaker(LIVING, "大厅小爱")
    async with control.post(path, json=body) as response:
        assert response.status == 400
    assert [speaker.name for speaker in sim.world.speakers] == ["大厅小爱", "卧室小爱", "厨房小爱"]
    assert told(sim, "speaker_offline") == [], "nothing of it is done"


# Faults that hit at random


def hits(faults: Faults, requests: int) -> list[int | None]:
    """Return the status of the fault that hits each request."""
    found = [faults.take("host", "/path") for _ in range(requests)]
    return [None if fault is None else fault.status for fault in found]


def test_a_share_of_the_requests_is_hit_and_only_those_are_counted() -> None:
    faults = Faults()
    faults.add(Fault(times=50, share=0.1, status=502))
    found = hits(faults, 1000)
    assert found.count(502) == 50
    last = len(found) - found[::-1].index(502)
    assert 350 < last < 650
    assert faults.as_json() == []


def test_random_faults_repeat_in_each_run() -> None:
    one, two = Faults(), Faults()
    for faults in (one, two):
        faults.add(Fault(times=None, share=0.5, status=502))
    assert hits(one, 50) == hits(two, 50)


def test_what_one_fault_misses_another_may_hit() -> None:
    faults = Faults()
    faults.add(Fault(times=None, share=0.5, status=502))
    faults.add(Fault(times=None, status=503))
    found = hits(faults, 100)
    assert None not in found
    assert 30 < found.count(502) < 70


async def test_one_request_in_ten_fails(cloud: XiaomiClient, control: aiohttp.ClientSession) -> None:
    fault = {"host": "api2.mina.mi.com", "status": 502, "times": None, "share": 0.1}
    async with control.post("/_sim/faults", json=fault) as response:
        assert (await response.json())[0]["share"] == 0.1
    cookies = {"userId": cloud.user_id, "serviceToken": cloud.tokens["micoapi"]}
    found = [(await cloud.json("GET", f"{MINA}/admin/v2/device_list", cookies=cookies))[0] for _ in range(50)]
    assert set(found) == {200, 502}
    assert 1 <= found.count(502) <= 12


@pytest.mark.parametrize("share", [0, 1.5, -0.1, "some", True, None])
async def test_a_share_is_a_part(control: aiohttp.ClientSession, share: Any) -> None:
    async with control.post("/_sim/faults", json={"share": share}) as response:
        assert response.status == 400
