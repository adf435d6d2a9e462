"""One speaker: found, spoken through by the ways that its model has, silenced, asked what it does and what it heard."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from custom_components.xiao_gpt.xiaomi import (
    AuthError,
    CloudError,
    NetworkError,
    PlayStatus,
    Record,
    Speaker,
    SpeakerInfo,
    SpeakerOfflineError,
    SpeakerRefusedError,
    XiaomiAccount,
    XiaomiError,
    list_speakers,
)
from simulator.app import Simulator
from simulator.speaker import Track
from simulator.world import Home

from .conftest import SpeakerOf
from .support import MINA, MIOT, break_cloud, commands, happens, requests

REFUSED = {"code": 100, "message": "ubus error", "data": {"msg": "Method not found", "code": -3}}
REFUSED_INSIDE = {"code": 0, "message": "", "data": {"code": 1, "info": ""}}
UBUS = "/remote/ubus"
ACTION = "/miotspec/action"


@pytest.fixture
def prompt(sim: Simulator) -> None:
    """The play status is not late."""
    sim.settings.update({"status_lag": 0.0, "status_tail": 0.0})


# The list


async def test_the_accounts_speakers_are_listed(sim: Simulator, account: XiaomiAccount) -> None:
    sim.world.set_online("LX05", False)
    infos = await list_speakers(account)
    assert [(info.name, info.hardware, info.online) for info in infos] == [
        ("客厅小爱", "LX06", True),
        ("卧室小爱", "L05C", True),
        ("厨房小爱", "LX05", False),
    ]
    assert [(info.device_id, info.did, info.serial) for info in infos] == [
        (speaker.device_id, speaker.did, speaker.serial) for speaker in sim.world.speakers
    ]
    assert infos[0].rom == "1.88.51"
    assert infos[0].model.name == "小爱音箱 Pro"


async def test_two_speakers_of_one_model_are_two(sim: Simulator, account: XiaomiAccount) -> None:
    sim.world.add_speaker(Home("书房小爱", "LX06", "书房"))
    infos = [info for info in await list_speakers(account) if info.hardware == "LX06"]
    assert len({info.did for info in infos}) == 2


async def test_an_account_may_have_no_speaker(sim: Simulator, account: XiaomiAccount) -> None:
    for speaker in list(sim.world.speakers):
        sim.world.remove_speaker(speaker)
    assert await list_speakers(account) == []


@pytest.mark.parametrize(
    "data",
    [None, {}, "", [{"name": "x"}], [{"deviceID": "x"}], ["x"], [None], [[]]],
)
async def test_a_list_of_an_unknown_shape_is_the_clouds_fault(
    sim: Simulator, account: XiaomiAccount, data: Any
) -> None:
    break_cloud(sim, MINA, "device_list", {"code": 0, "data": data})
    with pytest.raises(CloudError):
        await list_speakers(account)


async def test_a_list_may_be_missing(sim: Simulator, account: XiaomiAccount) -> None:
    break_cloud(sim, MINA, "device_list", {"code": 0, "message": "Success"})
    with pytest.raises(CloudError):
        await list_speakers(account)


@pytest.mark.parametrize(
    ("data", "name"),
    [({"alias": "客厅", "name": "小爱-1"}, "客厅"), ({"alias": "", "name": "小爱-1"}, "小爱-1"), ({}, "LX06")],
)
def test_a_speaker_has_a_name_and_an_id_whatever_is_missing(data: dict[str, Any], name: str) -> None:
    info = SpeakerInfo.from_cloud({"deviceID": "uuid", "hardware": "LX06"} | data)
    assert info == SpeakerInfo("uuid", "uuid", name, "LX06", online=True)


# Speaking


@pytest.mark.parametrize(
    ("hardware", "way"),
    [
        ("LX06", "ubus"),
        ("S12", "ubus"),
        ("LX05", "ubus"),
        ("L15A", "ubus"),
        ("M01", "ubus"),
        ("L05B", "miot"),
        ("L05C", "miot"),
        ("L09A", "miot"),
        ("LX04", "miot"),
        ("OH2P", "miot"),
        ("X08E", "miot"),
    ],
)
async def test_a_model_is_heard_by_the_way_that_works_for_it(
    sim: Simulator, speaker_of: SpeakerOf, hardware: str, way: str
) -> None:
    speaker = await speaker_of(hardware)
    await speaker.say("今天天气很好")
    started = await happens(sim, "speech_started", text="今天天气很好")
    assert started.fields["speaker"] == speaker.info.name
    assert commands(sim) == [("tts", way)]


async def test_an_unknown_model_is_tried_by_ubus(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06", taken_for="ZZ99")
    await speaker.say("你好")
    assert commands(sim) == [("tts", "ubus")]
    assert speaker.limit == 150
    assert not speaker.reports_status


@pytest.mark.parametrize("refusal", [REFUSED, REFUSED_INSIDE, {"code": 0, "data": []}, {"code": 7}, "<html>"])
async def test_what_is_refused_by_ubus_is_said_by_miot(sim: Simulator, speaker_of: SpeakerOf, refusal: Any) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, refusal)
    await speaker.say("你好")
    assert commands(sim) == [("tts", "miot")]


async def test_what_is_refused_by_miot_is_said_by_ubus(sim: Simulator, speaker_of: SpeakerOf) -> None:
    # Another model's action number is one that takes no text here.
    speaker = await speaker_of("LX06", taken_for="L05C")
    await speaker.say("你好")
    assert requests(sim, MIOT) == ["/app/miotspec/action"]
    assert commands(sim) == [("tts", "ubus")]


@pytest.mark.parametrize("result", [[], {}, 1, {"code": None}])
async def test_a_miot_answer_of_an_unknown_shape_is_no_speech(
    sim: Simulator, speaker_of: SpeakerOf, result: Any
) -> None:
    speaker = await speaker_of("L05C")
    break_cloud(sim, MIOT, ACTION, {"code": 0, "result": result})
    await speaker.say("你好")
    assert commands(sim) == [("tts", "ubus")]


async def test_when_no_way_works_the_first_ones_reason_counts(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, REFUSED_INSIDE)
    break_cloud(sim, MIOT, ACTION, {"code": 0, "result": {"code": -704220025}})
    with pytest.raises(SpeakerRefusedError, match="ubus code 1"):
        await speaker.say("你好")
    speaker = await speaker_of("L05C")
    break_cloud(sim, MINA, UBUS, REFUSED_INSIDE)
    break_cloud(sim, MIOT, ACTION, {"code": 0, "result": {"code": -704220025}})
    with pytest.raises(SpeakerRefusedError, match="MIoT code -704220025"):
        await speaker.say("你好")


async def test_a_model_without_miot_speech_is_not_asked_for_it(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("M01")
    break_cloud(sim, MINA, UBUS, REFUSED)
    with pytest.raises(SpeakerRefusedError):
        await speaker.say("你好")
    assert requests(sim, MIOT) == []


@pytest.mark.parametrize("hardware", ["LX06", "L05C", "M01"])
async def test_a_speaker_that_is_offline_is_tried_by_one_way_only(
    sim: Simulator, speaker_of: SpeakerOf, hardware: str
) -> None:
    speaker = await speaker_of(hardware)
    sim.world.set_online(hardware, False)
    since = len(sim.timeline)
    with pytest.raises(SpeakerOfflineError):
        await speaker.say("你好")
    assert len(requests(sim, MINA, since) + requests(sim, MIOT, since)) == 1
    for command in (speaker.pause, speaker.stop):
        with pytest.raises(SpeakerOfflineError):
            await command()


async def test_a_speaker_that_left_the_account_is_offline(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("L05C")
    sim.world.remove_speaker("L05C")
    with pytest.raises(SpeakerOfflineError, match="-704042001"):
        await speaker.say("你好")


async def test_a_bad_line_is_no_reason_to_say_it_twice(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, truncate=10)  # it is said, and the answer is lost
    with pytest.raises(NetworkError):
        await speaker.say("你好")
    assert commands(sim) == [("tts", "ubus")]


async def test_a_login_that_is_needed_is_no_reason_to_try_the_other_way(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("L05C")
    sim.world.account.expire("pass")  # the speakers' service is open, MIoT is not yet
    with pytest.raises(AuthError):
        await speaker.say("你好")
    assert commands(sim) == []


async def test_what_is_said_together_is_said_in_order(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, delay=0.1)  # without a queue the others would overtake the first
    await asyncio.gather(speaker.say("一"), speaker.say("二"), speaker.pause(), speaker.say("三"))
    assert [event.fields.get("text") for event in sim.timeline.since(event="command")] == ["一", "二", None, "三"]


async def test_two_speakers_do_not_wait_for_each_other(sim: Simulator, speaker_of: SpeakerOf) -> None:
    slow, quick = await speaker_of("LX06"), await speaker_of("LX05")
    break_cloud(sim, MINA, UBUS, hang=True)
    saying = asyncio.create_task(slow.say("慢"))
    await happens(sim, "fault")
    await quick.say("快")
    assert not saying.done()
    saying.cancel()
    await asyncio.wait({saying})


# Silencing


@pytest.mark.parametrize("hardware", ["LX06", "LX05", "M01"])
async def test_a_pause_silences_speech(sim: Simulator, speaker_of: SpeakerOf, hardware: str) -> None:
    speaker = await speaker_of(hardware)
    await speaker.say("很长的一段话" * 20)
    await speaker.pause()
    assert (await happens(sim, "speech_ended")).fields["reason"] == "paused"
    assert commands(sim) == [("tts", "ubus"), ("pause", "ubus")]


async def test_a_stop_silences_music_for_good(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    sim.world.speaker("LX06").play_music(Track("小河淌水"))
    await speaker.stop()
    assert commands(sim) == [("pause", "ubus"), ("stop", "ubus")]
    assert sim.world.speaker("LX06").music is None


async def test_a_paused_music_may_go_on(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    sim.world.speaker("LX06").play_music(Track("小河淌水"))
    await speaker.pause()
    assert (await happens(sim, "music_ended")).fields["reason"] == "paused"
    assert sim.world.speaker("LX06").music is not None


async def test_a_model_that_cannot_be_paused_does_not_fail(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("L05C")
    await speaker.say("很长的一段话" * 20)
    await speaker.pause()
    assert sim.world.speaker("L05C").speech is not None


@pytest.mark.parametrize(
    ("refusal", "error"), [(REFUSED, SpeakerRefusedError), (REFUSED_INSIDE, SpeakerRefusedError), ("[]", CloudError)]
)
async def test_a_command_that_is_refused_is_reported(
    sim: Simulator, speaker_of: SpeakerOf, refusal: Any, error: type[XiaomiError]
) -> None:
    speaker = await speaker_of("LX06")
    for command in (speaker.pause, speaker.stop):
        break_cloud(sim, MINA, UBUS, refusal)
        with pytest.raises(error):
            await command()


async def test_a_command_may_be_confirmed_without_a_word(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, {"code": 0, "message": "Success"})
    await speaker.pause()


# What it is doing


@pytest.mark.usefixtures("prompt")
@pytest.mark.parametrize(
    ("hardware", "music"),
    [("LX06", PlayStatus(playing=True, music=True)), ("LX05", PlayStatus(playing=True, music=False))],
)
async def test_a_model_says_what_it_is_doing(
    sim: Simulator, speaker_of: SpeakerOf, hardware: str, music: PlayStatus
) -> None:
    speaker = await speaker_of(hardware)
    assert speaker.reports_status
    assert await speaker.status() == PlayStatus(playing=False, music=False)
    assert await speaker.is_speaking() is False
    await speaker.say("很长的一段话" * 20)
    assert await speaker.status() == PlayStatus(playing=True, music=False)
    assert await speaker.is_speaking() is True
    await speaker.pause()
    assert await speaker.is_speaking() is False
    sim.world.speaker(hardware).play_music(Track("小河淌水"))
    assert await speaker.status() == music
    await speaker.stop()
    status = await speaker.status()
    assert status is not None
    assert not status.playing


@pytest.mark.usefixtures("prompt")
async def test_music_is_not_taken_for_speech(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    sim.world.speaker("LX06").play_music(Track("小河淌水"))
    assert await speaker.is_speaking() is False


@pytest.mark.parametrize("hardware", ["L05C", "LX04", "M01", "X8F"])
async def test_a_model_that_does_not_say_is_not_asked(sim: Simulator, speaker_of: SpeakerOf, hardware: str) -> None:
    speaker = await speaker_of(hardware)
    since = len(sim.timeline)
    assert not speaker.reports_status
    assert await speaker.status() is None
    assert await speaker.is_speaking() is None
    assert sim.timeline.since(since, "http") == []


@pytest.mark.parametrize(
    "info",
    [None, "", "{", "[]", "1", '"x"', {"status": 1}],
)
async def test_a_status_of_an_unknown_shape_is_not_known(sim: Simulator, speaker_of: SpeakerOf, info: Any) -> None:
    speaker = await speaker_of("LX06")
    answer = {"code": 0, "data": {"code": 0, "info": info}}
    break_cloud(sim, MINA, UBUS, answer, times=2)
    with pytest.raises(CloudError):
        await speaker.status()
    assert await speaker.is_speaking() is None


async def test_a_status_may_be_missing(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, {"code": 0, "data": {"code": 0}})
    assert await speaker.is_speaking() is None


@pytest.mark.parametrize("result", [[], {}, [1], "x"])
async def test_a_miot_status_of_an_unknown_shape_is_not_known(
    sim: Simulator, speaker_of: SpeakerOf, result: Any
) -> None:
    speaker = await speaker_of("LX05")
    break_cloud(sim, MIOT, "prop/get", {"code": 0, "result": result}, times=2)
    with pytest.raises(CloudError):
        await speaker.status()
    assert await speaker.is_speaking() is None


@pytest.mark.parametrize("hardware", ["LX06", "LX05"])
async def test_the_status_of_an_offline_speaker_is_not_known(
    sim: Simulator, speaker_of: SpeakerOf, hardware: str
) -> None:
    speaker = await speaker_of(hardware)
    sim.world.set_online(hardware, False)
    assert await speaker.is_speaking() is None


# What it heard


async def test_records_come_oldest_first_with_the_servers_clock(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    sim.settings.update({"clock_offset": 86400.0})
    for text in ("一", "二", "三"):
        sim.world.ask("LX06", text, answer=f"答{text}")
        await happens(sim, "record_visible", text=text)
    records, server_time = await speaker.records(limit=2)
    assert [(record.query, record.answer) for record in records] == [("二", "答二"), ("三", "答三")]
    assert server_time is not None
    assert abs(server_time - sim.world.clock() * 1000) < 3_600_000


async def test_a_speaker_tells_only_what_it_heard_itself(sim: Simulator, speaker_of: SpeakerOf) -> None:
    there, here = await speaker_of("LX06"), await speaker_of("LX05")
    sim.world.ask("LX06", "你好")
    await happens(sim, "record_visible")
    assert len((await there.records())[0]) == 1
    assert (await here.records())[0] == []


async def test_a_model_without_records_tells_what_it_heard_by_ubus(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("M01")
    assert await speaker.records() == ([], None)
    for text in ("一", "二"):
        sim.world.ask("M01", text, answer=f"答{text}")
        await happens(sim, "record_visible", text=text)
    records, server_time = await speaker.records()
    assert [(record.query, record.answer) for record in records] == [("一", "答一"), ("二", "答二")]
    assert server_time is None


@pytest.mark.parametrize("data", [{"code": 0}, {"code": 0, "info": ""}, {"code": 0, "info": "[]"}])
async def test_requests_of_an_unknown_shape_are_the_clouds_fault(
    sim: Simulator, speaker_of: SpeakerOf, data: dict[str, Any]
) -> None:
    speaker = await speaker_of("M01")
    break_cloud(sim, MINA, UBUS, {"code": 0, "data": data})
    with pytest.raises(CloudError):
        await speaker.records()


async def test_a_record_that_is_edited_later_stays_the_same_one(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    said = sim.world.ask("LX06", "你好", answer="你也好", late_edit=60)
    await happens(sim, "record_visible")
    assert (await speaker.records())[0] == [Record(said.time, "你好", "")]
    said.answers = [{"type": "TTS", "tts": {"text": "你也好"}}]  # the edit, a minute early
    assert (await speaker.records())[0] == [Record(said.time, "你好", "你也好")]


async def test_a_speaker_follows_what_the_list_says_of_it(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker: Speaker = await speaker_of("LX06")
    speaker.info = replace(speaker.info, hardware="M01")
    assert speaker.model.name == "小爱音箱 HD"
    assert await speaker.status() is None
