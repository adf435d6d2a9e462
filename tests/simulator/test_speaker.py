"""What a speaker plays, and what it reports about that."""

import pytest

from simulator import voice
from simulator.app import Simulator
from simulator.speaker import Track
from simulator.world import Home
from tests.simulator.support import event, told
from tests.simulator.xiaomi_client import XiaomiClient

LIVING, BED, KITCHEN = "客厅小爱", "卧室小爱", "厨房小爱"
LONG = "从前有一座山，山上有一座庙，庙里有一个老和尚在讲故事，讲的是什么呢。"
SPEECH = ("speech_started", "speech_ended")


async def test_speech_lasts_as_long_as_its_text(cloud: XiaomiClient, sim: Simulator) -> None:
    text = "今天的天气真不错"
    await cloud.say(LIVING, text)
    end = await event(sim, "speech_ended")
    start = await event(sim, "speech_started")
    expected = voice.seconds(text, sim.settings.characters_per_second)
    assert expected * 0.9 <= end.t - start.t <= expected + 0.15
    assert (end.fields["reason"], end.fields["spoken"], end.fields["source"]) == ("finished", 1.0, "tts")


async def test_new_speech_replaces_running_speech(cloud: XiaomiClient, sim: Simulator) -> None:
    await cloud.say(LIVING, LONG)
    await cloud.say(LIVING, "好")
    cut = await event(sim, "speech_ended", text=LONG)
    assert 0 < cut.fields["spoken"] < 1
    await event(sim, "speech_ended", text="好")
    assert told(sim, *SPEECH) == [
        ("speech_started", LONG),
        ("speech_ended", LONG, "replaced"),
        ("speech_started", "好"),
        ("speech_ended", "好", "finished"),
    ]


async def test_the_end_of_a_text_that_is_too_long_is_lost(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"tts_cap": 10})
    await cloud.say(LIVING, LONG)
    assert (await event(sim, "speech_ended")).fields["text"] == LONG[:10]


@pytest.mark.parametrize(("action", "reason", "status"), [("pause", "paused", 2), ("stop", "stopped", 3)])
async def test_pause_and_stop_end_speech(
    cloud: XiaomiClient, sim: Simulator, action: str, reason: str, status: int
) -> None:
    await cloud.say(LIVING, LONG)
    await cloud.operate(LIVING, action)
    end, command = await event(sim, "speech_ended"), await event(sim, "command", command=action, effect=True)
    assert end.fields["reason"] == reason
    assert command.seq < end.seq, "a command comes before what it does"
    assert sim.world.speaker(LIVING).state.status == status


async def test_status_lags_the_start_of_speech(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"status_lag": 60.0})
    await cloud.say(LIVING, "今天")
    assert (await cloud.status(LIVING))["status"] == 0


async def test_status_shows_speech_after_the_lag(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"status_lag": 0.0})
    await cloud.say(LIVING, LONG)
    status = await cloud.status(LIVING)
    assert status["status"] == 1
    assert "media_type" not in status


async def test_finished_speech_may_still_read_as_playing(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"status_lag": 0.0, "status_tail": 60.0})
    await cloud.say(LIVING, "好")
    await event(sim, "speech_ended")
    assert (await cloud.status(LIVING))["status"] == 1
    assert sim.world.speaker(LIVING).state.status == 0


async def test_music_reads_with_media_type_and_song(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"status_lag": 0.0})
    sim.world.speaker(LIVING).play_music(Track("夜曲", "合奏"))
    status = await cloud.status(LIVING)
    assert (status["status"], status["media_type"]) == (1, 3)
    assert status["play_song_detail"]["title"] == "夜曲"


async def test_music_goes_on_below_speech_and_pauses_with_it(cloud: XiaomiClient, sim: Simulator) -> None:
    speaker = sim.world.speaker(LIVING)
    speaker.play_music(Track("夜曲"))
    await cloud.say(LIVING, "好")
    await event(sim, "speech_ended")
    assert (speaker.state.status, speaker.state.media_type) == (1, 3)
    await cloud.say(LIVING, LONG)
    await cloud.operate(LIVING, "pause")
    assert (speaker.state.status, speaker.state.media_type) == (2, 3)
    await cloud.operate(LIVING, "play")
    assert told(sim, "music_started", "music_ended") == [
        ("music_started", "夜曲"),
        ("music_ended", "夜曲", "paused"),
        ("music_started", "夜曲"),
    ]


async def test_stopped_music_cannot_go_on(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.speaker(LIVING).play_music(Track("夜曲"))
    await cloud.operate(LIVING, "stop")
    await cloud.operate(LIVING, "play")
    assert sim.world.speaker(LIVING).state.status == 3
    assert not (await event(sim, "command", command="play")).fields["effect"]


async def test_a_url_plays_to_its_end(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"url_seconds": 0.1})
    await cloud.ubus(LIVING, "mediaplayer", "player_play_url", {"url": "http://192.0.2.1/a.mp3", "type": 2})
    assert (await event(sim, "music_started")).fields["url"] == "http://192.0.2.1/a.mp3"
    assert (await event(sim, "music_ended")).fields["reason"] == "finished"


async def test_toggle_and_skip(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.speaker(LIVING).play_music(Track("夜曲"))
    await cloud.operate(LIVING, "toggle")
    await cloud.operate(LIVING, "toggle")
    await cloud.operate(LIVING, "next")
    assert told(sim, "music_started", "music_ended") == [
        ("music_started", "夜曲"),
        ("music_ended", "夜曲", "paused"),
        ("music_started", "夜曲"),
        ("music_ended", "夜曲", "replaced"),
        ("music_started", "夜曲"),
    ]


async def test_volume_does_not_go_below_the_minimum_of_the_model(cloud: XiaomiClient, sim: Simulator) -> None:
    await cloud.ubus(LIVING, "mediaplayer", "player_set_volume", {"volume": 1})
    assert (await cloud.status(LIVING))["volume"] == 6


async def test_pulling_the_plug_silences_everything(sim: Simulator) -> None:
    speaker = sim.world.speaker(LIVING)
    speaker.play_music(Track("夜曲"))
    speaker.say(LONG, "tts")
    sim.world.set_online(speaker, False)
    assert told(sim, "speech_ended", "music_ended") == [
        ("speech_ended", LONG, "stopped"),
        ("music_ended", "夜曲", "stopped"),
    ]


# Quirks


async def test_l05c_answers_a_ubus_text_with_success_and_silence(cloud: XiaomiClient, sim: Simulator) -> None:
    await cloud.say(BED, "你好")
    assert not (await event(sim, "command")).fields["effect"]
    assert told(sim, *SPEECH) == []


async def test_l05c_never_reports_that_it_plays(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"status_lag": 0.0})
    assert await cloud.act(BED, (5, 3), LONG) == 0
    assert (await cloud.status(BED))["status"] == 0
    assert (await cloud.prop(BED, 3, 1))["value"] == 0


async def test_l05c_cannot_be_muted_but_new_speech_replaces(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.ask(BED, "讲个故事", LONG)
    await event(sim, "speech_started")
    await cloud.operate(BED, "pause")
    await cloud.operate(BED, "stop")
    assert sim.world.speaker(BED).speech == LONG
    await cloud.act(BED, (5, 3), "好")
    assert (await event(sim, "speech_ended", text=LONG)).fields["reason"] == "replaced"


async def test_the_wake_word_silences_what_cannot_be_muted(cloud: XiaomiClient, sim: Simulator) -> None:
    await cloud.act(BED, (5, 3), LONG)
    sim.world.ask(BED, "你好")
    assert (await event(sim, "speech_ended", text=LONG)).fields["reason"] == "stopped"


async def test_lx05_reports_by_miot_what_it_hides_from_ubus(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"status_lag": 0.0})
    await cloud.say(KITCHEN, LONG)
    assert (await cloud.status(KITCHEN))["status"] == 0
    assert (await cloud.prop(KITCHEN, 3, 1))["value"] == 1


async def test_x8f_reads_as_paused_while_it_speaks(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"status_lag": 0.0})
    sim.world.add_speaker(Home("屏", "X8F", "书房"))
    await cloud.act("屏", (7, 3), LONG)
    assert (await cloud.status("屏"))["status"] == 2
