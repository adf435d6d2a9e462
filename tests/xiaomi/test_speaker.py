"""One speaker: found, spoken through by the ways that its model has, silenced, asked what it does and what it heard."""

import asyncio
from dataclasses import replace
import json
from typing import Any

from hypothesis import given
import pytest

from custom_components.xiao_gpt.xiaomi import (
    AuthError,
    CloudError,
    Kind,
    NetworkError,
    Piece,
    PlayStatus,
    Record,
    Speaker,
    SpeakerInfo,
    SpeakerOfflineError,
    SpeakerRefusedError,
    XiaomiAccount,
    XiaomiError,
    list_speakers,
    retry,
    speaker as speaker_module,
)
from custom_components.xiao_gpt.xiaomi.answers import miot_accepted, miot_status, ubus_answer
from custom_components.xiao_gpt.xiaomi.speakers import MODELS
from simulator.app import Simulator
from simulator.models import MODELS as SPEAKERS
from simulator.speaker import Track
from simulator.world import Home

from .conftest import SpeakerOf
from .json_values import json_values
from .support import MINA, MIOT, break_cloud, commands, happens, requests

REFUSED = {"code": 100, "message": "ubus error", "data": {"msg": "Method not found", "code": -3}}
REFUSED_INSIDE = {"code": 0, "message": "", "data": {"code": 1, "info": ""}}
UBUS = "/remote/ubus"
ACTION = "/miotspec/action"
DONE = {"code": 0, "data": {"code": 0}}
UNANSWERED = {"code": 101, "message": "", "data": {"device_data": '{"msg":"ROM端未响应","code":3012}'}}
EVERY = sorted(SPEAKERS.keys() & MODELS.keys())
LONG = "很长的一段话" * 20
"""Five seconds of speech."""


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for as little as the simulated speakers do, which are five times as fast as real ones."""
    monkeypatch.setattr(retry, "BACK_OFF_S", (0.02, 0.05))
    for name, seconds in {"LAG_S": 0.4, "LOOK_S": 0.05, "SETTLE_S": 0.15, "_AGAIN_S": 0.05}.items():
        monkeypatch.setattr(speaker_module, name, seconds)


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


async def test_a_broken_entry_hides_no_other_speaker(sim: Simulator, account: XiaomiAccount) -> None:
    good = {"deviceID": "uuid", "hardware": "LX06", "miotDID": 326}
    break_cloud(sim, MINA, "device_list", {"code": 0, "data": [None, good, {"deviceID": None}, good]})
    assert [info.did for info in await list_speakers(account)] == ["326"]


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


@pytest.mark.parametrize("refusal", [REFUSED, REFUSED_INSIDE])
async def test_what_is_refused_by_ubus_is_said_by_miot(sim: Simulator, speaker_of: SpeakerOf, refusal: Any) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, refusal)
    await speaker.say("你好")
    assert commands(sim) == [("tts", "miot")]


@pytest.mark.parametrize("fault", [{"body": {"code": 7}}, {"status": 502}, {"status": 429}])
async def test_where_ubus_fails_it_is_said_by_miot(
    sim: Simulator, speaker_of: SpeakerOf, fault: dict[str, Any]
) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, **fault, times=3)
    await speaker.say("你好")
    assert commands(sim) == [("tts", "miot")]


async def test_what_is_refused_by_miot_is_said_by_ubus(sim: Simulator, speaker_of: SpeakerOf) -> None:
    # Another model's action number is one that takes no text here.
    speaker = await speaker_of("LX06", taken_for="L05C")
    await speaker.say("你好")
    assert requests(sim, MIOT) == ["/app/miotspec/action"]
    assert commands(sim) == [("tts", "ubus")]


@pytest.mark.parametrize("result", [[], {}, 1, {"code": None}])
async def test_a_blind_speaker_is_told_once_if_nobody_knows_whether_it_has_heard(
    sim: Simulator, speaker_of: SpeakerOf, result: Any
) -> None:
    speaker = await speaker_of("L05C")
    break_cloud(sim, MIOT, ACTION, {"code": 0, "result": result})
    since = len(sim.timeline)
    await speaker.say("你好")
    assert requests(sim, MIOT, since)[-1:] == ["/app/miotspec/action"]
    assert requests(sim, MINA, since) == []


async def test_an_empty_text_is_not_said(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    since = len(sim.timeline)
    await speaker.say(" \n")
    assert sim.timeline.since(since, "http") == []


async def test_a_way_that_was_refused_is_not_tried_first_again(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06", taken_for="OH2P")  # 7-3 is no action here
    for text in ("一", "二"):
        await speaker.say(text)
    assert requests(sim, MIOT) == ["/app/miotspec/action"]
    assert commands(sim) == [("tts", "ubus")] * 2
    break_cloud(sim, MINA, UBUS, REFUSED, times=2)
    speaker.model = None  # a better one may have been found
    with pytest.raises(SpeakerRefusedError):
        await speaker.say("三")


async def test_a_done_that_is_not_believed_is_not_remembered(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("L05C")
    break_cloud(sim, MIOT, ACTION, {"code": 0, "result": {"code": -704220025}})
    await speaker.say("一")
    await speaker.say("二")
    assert commands(sim) == [("tts", "ubus"), ("tts", "miot")]


async def test_an_old_device_is_told_by_its_player(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("M01")
    break_cloud(sim, MINA, UBUS, REFUSED)
    await speaker.say("你好")
    assert (await happens(sim, "speech_started")).fields["text"] == "你好"


async def test_when_no_way_works_the_first_ones_reason_counts(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, REFUSED_INSIDE, times=2)
    break_cloud(sim, MIOT, ACTION, {"code": 0, "result": {"code": -704220025}})
    with pytest.raises(SpeakerRefusedError, match="ubus code 1"):
        await speaker.say("你好")
    speaker = await speaker_of("L05C")
    break_cloud(sim, MINA, UBUS, REFUSED_INSIDE, times=2)
    break_cloud(sim, MIOT, ACTION, {"code": 0, "result": {"code": -704220025}})
    with pytest.raises(SpeakerRefusedError, match="MIoT code -704220025"):
        await speaker.say("你好")


async def test_a_model_without_miot_speech_is_not_asked_for_it(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("M01")
    break_cloud(sim, MINA, UBUS, REFUSED, times=2)
    with pytest.raises(SpeakerRefusedError):
        await speaker.say("你好")
    assert requests(sim, MIOT) == []


@pytest.mark.parametrize(("hardware", "count"), [("LX06", 2), ("L05C", 1), ("M01", 1)])
async def test_a_speaker_that_is_offline_is_tried_by_one_way_only(
    sim: Simulator, speaker_of: SpeakerOf, hardware: str, count: int
) -> None:
    speaker = await speaker_of(hardware)
    sim.world.set_online(hardware, False)
    since = len(sim.timeline)
    with pytest.raises(SpeakerOfflineError):
        await speaker.say("你好")
    paths = requests(sim, MINA, since) + requests(sim, MIOT, since)
    assert len([path for path in paths if UBUS in path or ACTION in path]) == count  # one may be for the status
    for command in (speaker.pause, speaker.stop, speaker.resume, speaker.next_track, speaker.previous_track):
        with pytest.raises(SpeakerOfflineError):
            await command()


async def test_whether_it_can_be_reached_is_told_when_it_changes(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    told: list[bool] = []
    speaker.on_reachable_change = lambda: told.append(speaker.reachable)
    await speaker.say("一")
    assert speaker.reachable
    sim.world.set_online("LX06", False)
    for _ in range(2):
        with pytest.raises(SpeakerOfflineError):
            await speaker.say("二")
    assert told == [False]
    sim.world.set_online("LX06", True)
    assert await speaker.status() is not None
    assert told == [False, True]
    await speaker.pause()
    assert told == [False, True]


@pytest.mark.parametrize("hardware", ["LX06", "L05C", "M01"])
async def test_a_speaker_can_be_asked_whether_it_is_there(sim: Simulator, speaker_of: SpeakerOf, hardware: str) -> None:
    speaker = await speaker_of(hardware)
    assert await speaker.ping()
    sim.world.set_online(hardware, False)
    assert not await speaker.ping()
    break_cloud(sim, MINA, UBUS, status=502, times=2)
    assert not await speaker.ping()
    sim.world.set_online(hardware, True)
    assert await speaker.ping()
    assert commands(sim) == []


async def test_a_speaker_that_did_not_answer_and_is_silent_is_told_again(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX05")
    break_cloud(sim, MINA, UBUS, UNANSWERED)
    await speaker.say(LONG)
    assert commands(sim) == [("tts", "ubus")]
    assert speaker.reachable


async def test_a_speaker_that_is_silent_after_two_tries_is_told_the_other_way(
    sim: Simulator, speaker_of: SpeakerOf
) -> None:
    speaker = await speaker_of("LX05")
    break_cloud(sim, MINA, UBUS, UNANSWERED, times=2)
    await speaker.say(LONG)
    assert commands(sim) == [("tts", "miot")]


async def test_a_blind_speaker_that_did_not_answer_in_time_is_not_told_twice(
    sim: Simulator, speaker_of: SpeakerOf
) -> None:
    speaker = await speaker_of("L05C")
    break_cloud(sim, MIOT, ACTION, {"code": 0, "result": {"code": -704083036}})
    with pytest.raises(SpeakerOfflineError, match="-704083036") as caught:
        await speaker.say("你好")
    assert caught.value.uncertain
    assert not speaker.reachable
    assert commands(sim) == []


async def test_a_speaker_that_left_the_account_is_offline(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("L05C")
    sim.world.remove_speaker("L05C")
    with pytest.raises(SpeakerOfflineError, match="-704042001"):
        await speaker.say("你好")


@pytest.mark.parametrize(
    ("hardware", "host", "path", "way"), [("LX06", MINA, UBUS, "ubus"), ("L05C", MIOT, ACTION, "miot")]
)
async def test_a_bad_line_is_no_reason_to_say_it_twice(
    sim: Simulator, speaker_of: SpeakerOf, hardware: str, host: str, path: str, way: str
) -> None:
    speaker = await speaker_of(hardware)
    break_cloud(sim, host, path, truncate=10)  # it is said, and the answer is lost
    await speaker.say(LONG)
    assert commands(sim) == [("tts", way)]


@pytest.mark.parametrize("fault", [{"disconnect": True}, {"body": "<html>"}, {"body": {"code": 0, "data": []}}])
async def test_what_got_lost_on_the_way_is_said_again(
    sim: Simulator, speaker_of: SpeakerOf, fault: dict[str, Any]
) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, **fault)
    await speaker.say(LONG)
    assert commands(sim) == [("tts", "ubus")]


async def test_what_may_have_been_over_before_the_status_shows_it_is_not_said_again(
    sim: Simulator, speaker_of: SpeakerOf
) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, disconnect=True)
    await speaker.say("嗯，好的。")
    assert commands(sim) == []
    break_cloud(sim, MINA, UBUS, UNANSWERED)
    with pytest.raises(SpeakerOfflineError):
        await speaker.say("嗯，好的。")


async def test_a_wait_before_the_last_try_does_not_count_as_time_to_begin(
    sim: Simulator, speaker_of: SpeakerOf
) -> None:
    """What comes with the second try and is lost on the way back is being said when the status is late."""
    speaker = await speaker_of("LX06")
    sim.settings.update({"status_lag": 0.2})
    break_cloud(sim, MINA, UBUS, status=502, delay=0.5)
    break_cloud(sim, MINA, UBUS, truncate=10)
    await speaker.say(LONG)
    assert commands(sim) == [("tts", "ubus")]


async def test_what_got_lost_is_not_said_again_over_music(sim: Simulator, speaker_of: SpeakerOf) -> None:
    """Whether it speaks cannot be told then."""
    speaker = await speaker_of("LX06")
    sim.world.speaker("LX06").play_music(Track("小河淌水"))
    await asyncio.sleep(sim.settings.status_lag)
    break_cloud(sim, MINA, UBUS, disconnect=True)
    await speaker.say("你好")
    assert commands(sim) == []


async def test_a_login_that_miot_needs_does_not_silence_the_speaker(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("OH2P")
    sim.world.account.expire("pass")  # the speakers' service is open, MIoT is not yet
    await speaker.say("你好")
    assert commands(sim) == [("tts", "ubus")]


@pytest.mark.parametrize("hardware", ["LX06", "L05C", "M01"])
async def test_a_login_that_all_ways_need_is_asked_for(sim: Simulator, speaker_of: SpeakerOf, hardware: str) -> None:
    speaker = await speaker_of(hardware)
    sim.world.account.expire("all")
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


# Every model


@pytest.mark.parametrize("hardware", EVERY)
async def test_every_model_speaks_and_is_silenced(sim: Simulator, speaker_of: SpeakerOf, hardware: str) -> None:
    speaker = await speaker_of(hardware)
    device = sim.world.speaker(hardware)
    await speaker.say(LONG)
    assert (await happens(sim, "speech_started")).fields["text"] == LONG
    assert device.speech == LONG
    await speaker.pause()
    await speaker.stop()
    assert (device.speech is None) == speaker.model.pausable
    await speaker.play_url("http://192.0.2.7/x.mp3")
    assert (await happens(sim, "music_started")).fields["url"] == "http://192.0.2.7/x.mp3"
    await speaker.pause()
    assert device.music is not None
    await speaker.resume()
    await happens(sim, "music_started", since=len(sim.timeline) - 3)
    await speaker.stop()
    assert device.music is None


@pytest.mark.parametrize("hardware", EVERY)
async def test_every_model_is_as_loud_as_it_is_told(sim: Simulator, speaker_of: SpeakerOf, hardware: str) -> None:
    speaker = await speaker_of(hardware)
    await speaker.set_volume(33)
    assert await speaker.volume() == 33
    for percent, level in {-5: speaker.model.min_volume, 500: 100}.items():
        await speaker.set_volume(percent)
        assert sim.world.speaker(hardware).volume == level


@pytest.mark.parametrize("hardware", EVERY)
async def test_every_model_does_what_it_is_told_or_says_that_it_cannot(
    sim: Simulator, speaker_of: SpeakerOf, hardware: str
) -> None:
    speaker = await speaker_of(hardware)
    for silent in (False, True):
        since = len(sim.timeline)
        hushed = await speaker.execute("打开台灯", silent=silent)
        told = (await happens(sim, "command", since, command="execute")).fields
        assert (told["effect"], told["silent"]) == (True, hushed)
        assert hushed == (silent and speaker.model.silent_execute_works)
        assert told["via"] == ("ubus" if sim.world.speaker(hardware).model.execute is None else told["via"])
    since = len(sim.timeline)
    break_cloud(sim, MINA, UBUS, REFUSED)
    if speaker.model.execute is None:
        with pytest.raises(SpeakerRefusedError):
            await speaker.execute("打开台灯")
    sim.world.faults.clear()
    try:
        await speaker.wake()
    except SpeakerRefusedError:
        assert speaker.model.wake_up is None or sim.world.speaker(hardware).model.wake_up is None
    else:
        assert (await happens(sim, "command", since, command="wake")).fields["via"] == "miot"


async def test_a_volume_that_ubus_refuses_is_set_by_miot(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, REFUSED)
    await speaker.set_volume(25)
    assert commands(sim) == [("volume", "miot")]
    break_cloud(sim, MINA, UBUS, REFUSED_INSIDE)
    break_cloud(sim, MIOT, "prop/set", {"code": 0, "result": [{"code": -704220043}]})
    with pytest.raises(SpeakerRefusedError, match="ubus"):
        await speaker.set_volume(25)


@pytest.mark.parametrize(("hardware", "other"), [("LX06", "play_music"), ("LX05", "play_url")])
async def test_an_address_that_one_api_refuses_is_played_by_the_other(
    sim: Simulator, speaker_of: SpeakerOf, hardware: str, other: str
) -> None:
    speaker = await speaker_of(hardware)
    break_cloud(sim, MINA, UBUS, REFUSED)
    await speaker.play_url("http://192.0.2.7/x.mp3")
    assert commands(sim) == [(other, "ubus")]


async def test_a_track_can_be_changed(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    sim.world.speaker("LX06").play_music(Track("小河淌水"))
    await speaker.next_track()
    await speaker.previous_track()
    assert commands(sim) == [("next", "ubus"), ("prev", "ubus")]


# Silencing


@pytest.mark.parametrize("hardware", ["LX06", "LX05", "M01"])
async def test_a_pause_silences_speech(sim: Simulator, speaker_of: SpeakerOf, hardware: str) -> None:
    speaker = await speaker_of(hardware)
    await speaker.say(LONG)
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


@pytest.mark.usefixtures("prompt")
async def test_a_speaker_that_ignores_a_stop_is_stopped_again(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX05")
    await speaker.say(LONG)
    break_cloud(sim, MINA, UBUS, DONE, times=2)
    await speaker.stop()
    assert commands(sim) == [("tts", "ubus"), ("pause", "ubus"), ("stop", "ubus")]
    assert sim.world.speaker("LX05").speech is None


@pytest.mark.usefixtures("prompt")
async def test_a_speaker_that_cannot_be_stopped_is_told_of(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX05")
    await speaker.say(LONG)
    break_cloud(sim, MINA, UBUS, DONE, times=4)
    with pytest.raises(SpeakerRefusedError, match="goes on"):
        await speaker.stop()


@pytest.mark.usefixtures("prompt")
async def test_what_is_said_after_a_stop_is_not_stopped(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX05")
    await speaker.say(LONG)
    stopping = asyncio.create_task(speaker.stop())
    await happens(sim, "command", command="stop")
    await speaker.say(LONG)
    await stopping
    assert commands(sim)[-1] == ("tts", "ubus")
    assert sim.world.speaker("LX05").speech is not None


async def test_a_stop_whose_effect_cannot_be_read_is_believed(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX05")
    await speaker.say(LONG)
    break_cloud(sim, MIOT, "prop/get", status=502)
    await speaker.stop()


async def test_a_pause_is_tried_again_as_long_as_there_is_hope(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    for fault in ({"status": 502}, {"body": UNANSWERED}):
        break_cloud(sim, MINA, UBUS, **fault)
    await speaker.pause()
    assert commands(sim) == [("pause", "ubus")]
    break_cloud(sim, MINA, UBUS, truncate=5, times=2)
    await speaker.pause()
    assert commands(sim) == [("pause", "ubus")] * 4


async def test_what_must_not_be_done_twice_is_not_tried_again(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, truncate=5)
    with pytest.raises(NetworkError):
        await speaker.next_track()
    assert commands(sim) == [("next", "ubus")]
    break_cloud(sim, MINA, UBUS, status=502)  # this has not come to the speaker
    await speaker.previous_track()
    assert commands(sim) == [("next", "ubus"), ("prev", "ubus")]
    break_cloud(sim, MIOT, ACTION, truncate=5)
    with pytest.raises(NetworkError):
        await speaker.execute("打开台灯")
    assert commands(sim)[2:] == [("execute", "miot")]


async def test_a_slow_failure_is_the_last_try(
    sim: Simulator, speaker_of: SpeakerOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "PATIENCE_S", 0.1)
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, status=502, delay=0.15)
    with pytest.raises(CloudError):
        await speaker.pause()


async def test_a_model_that_cannot_be_paused_does_not_fail(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("L05C")
    await speaker.say(LONG)
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
        break_cloud(sim, MINA, UBUS, refusal, times=3 if error is CloudError else 1)
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
    [
        ("LX06", PlayStatus(playing=True, music=True, volume=40)),
        ("LX05", PlayStatus(playing=True, music=False, volume=40)),
    ],
)
async def test_a_model_says_what_it_is_doing(
    sim: Simulator, speaker_of: SpeakerOf, hardware: str, music: PlayStatus
) -> None:
    speaker = await speaker_of(hardware)
    assert speaker.reports_status
    assert await speaker.status() == PlayStatus(playing=False, music=False, volume=40)
    assert await speaker.is_speaking() is False
    await speaker.say(LONG)
    assert await speaker.status() == PlayStatus(playing=True, music=False, volume=40)
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
async def test_what_plays_is_told_with_its_title(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    assert speaker.last_status is None
    told: list[PlayStatus] = []
    speaker.on_status = told.append
    sim.world.speaker("LX06").play_music(Track("小河淌水", "龚琳娜", seconds=180))
    status = await speaker.status()
    assert status is not None
    assert status.piece is not None
    assert (status.piece.title, status.piece.artist, status.piece.duration_s) == ("小河淌水", "龚琳娜", 180.0)
    assert status.piece.position_s is not None
    assert 0 <= status.piece.position_s < 180
    await speaker.stop()
    silent = await speaker.status()
    assert silent is not None
    assert silent.piece is None
    assert told == [status, silent]
    assert speaker.last_status is silent


@pytest.mark.parametrize(
    "detail",
    [None, [], "x", {}, {"title": 1, "artist": None, "cover": [], "duration": "1", "position": -1}],
)
def test_a_piece_of_an_unknown_shape_has_no_title(detail: Any) -> None:
    info = json.dumps({"status": 1, "volume": 40, "media_type": 3, "play_song_detail": detail})
    piece = PlayStatus.from_ubus({"info": info}).piece
    assert piece == (Piece() if isinstance(detail, dict) else None)


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
    break_cloud(sim, MINA, UBUS, answer, times=4)
    with pytest.raises(CloudError):
        await speaker.status()
    assert await speaker.is_speaking() is None


async def test_a_status_may_be_missing(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, DONE, times=2)
    assert await speaker.is_speaking() is None


async def test_a_status_is_read_again_after_a_fault(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    break_cloud(sim, MINA, UBUS, truncate=5)
    assert await speaker.is_speaking() is False


@pytest.mark.usefixtures("prompt")
async def test_paused_music_is_told(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker = await speaker_of("LX06")
    sim.world.speaker("LX06").play_music(Track("小河淌水"))
    await speaker.pause()
    assert await speaker.status() == PlayStatus(playing=False, music=True, paused=True, volume=40)
    await speaker.resume()
    assert await speaker.status() == PlayStatus(playing=True, music=True, volume=40)


@pytest.mark.parametrize("result", [[], {}, [1], "x"])
async def test_a_miot_status_of_an_unknown_shape_is_not_known(
    sim: Simulator, speaker_of: SpeakerOf, result: Any
) -> None:
    speaker = await speaker_of("LX05")
    break_cloud(sim, MIOT, "prop/get", {"code": 0, "result": result}, times=4)
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
    assert (await speaker.records())[0] == [Record(said.time, "你好", "你也好", kind=Kind.TTS)]


async def test_a_speaker_follows_what_the_list_says_of_it(sim: Simulator, speaker_of: SpeakerOf) -> None:
    speaker: Speaker = await speaker_of("LX06")
    speaker.info = replace(speaker.info, hardware="M01")
    assert speaker.model.name == "小爱音箱 HD"
    assert await speaker.status() is None


async def test_records_come_page_by_page_from_either_source(sim: Simulator, speaker_of: SpeakerOf) -> None:
    for hardware in ("LX06", "M01"):
        speaker = await speaker_of(hardware)
        for text in ("一", "二", "三"):
            sim.world.ask(hardware, text)
            await happens(sim, "record_visible", text=text, speaker=speaker.info.name)
        records, _ = await speaker.records(2)
        before, _ = await speaker.records(2, before_ms=records[-1].time - 1)
        assert records[-1].query == "三"
        assert [record.query for record in before] == ["一", "二"]


# Whatever comes


@given(json_values("deviceID", "hardware", "miotDID", "alias", "name", "presence", "serialNumber", "romVersion"))
def test_no_entry_of_the_list_breaks_the_reader(data: Any) -> None:
    for entry in (data, {"deviceID": "x", "hardware": "LX06"} | (data if isinstance(data, dict) else {})):
        try:
            info = SpeakerInfo.from_cloud(entry)
        except CloudError:
            continue
        assert all(isinstance(text, str) for text in (info.device_id, info.did, info.name, info.hardware, info.rom))
        assert info.device_id
        assert info.did


@given(json_values("info", "code", "data", "status", "media_type", "volume"))
def test_no_ubus_answer_breaks_the_reader(data: Any) -> None:
    for body in (data, {"data": data}, {"data": {"code": data}}):
        try:
            ubus_answer(body)
        except XiaomiError:
            continue
    for info in (data, json.dumps(data), json.dumps({"status": data, "media_type": data, "volume": data})):
        try:
            status = PlayStatus.from_ubus({"info": info})
        except CloudError:
            continue
        assert not (status.playing and status.paused)
        assert status.volume is None or 0 <= status.volume <= 100


@given(json_values("code", "value", "did"))
def test_no_miot_result_breaks_the_reader(data: Any) -> None:
    for results in (data, [data], [{"code": 0, "value": data}, data], [{"code": data}]):
        try:
            status = miot_status(results)
        except XiaomiError:
            continue
        assert status is None or not (status.playing and status.paused)
    for result in (data, {"code": data}):
        try:
            miot_accepted(result)
        except XiaomiError:
            continue
        assert result["code"] == 0
