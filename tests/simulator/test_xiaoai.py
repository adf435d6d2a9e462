"""A person asks; XiaoAI answers; the record follows."""

import pytest

from simulator.app import Simulator
from simulator.errors import InvalidInput
from simulator.speaker import Track
from simulator.xiaoai import DEFAULT_ANSWER
from tests.simulator.support import event, told
from tests.simulator.xiaomi_client import XiaomiClient

LIVING = "客厅小爱"
LONG = "从前有一座山，山上有一座庙，庙里有一个老和尚在讲故事，讲的是什么呢。"


async def test_a_question_is_answered_and_recorded_in_order(sim: Simulator) -> None:
    record = sim.world.ask(LIVING, "今天有什么安排")
    visible = await event(sim, "record_visible", text="今天有什么安排")
    asked, answered = await event(sim, "asked"), await event(sim, "speech_started", source="xiaoai")
    assert asked.t + sim.settings.answer_delay <= answered.t + 0.01
    assert answered.t + sim.settings.record_delay <= visible.t + 0.01
    assert visible.fields["time"] == record.time
    assert answered.fields["text"] == DEFAULT_ANSWER


async def test_a_question_cuts_running_speech(cloud: XiaomiClient, sim: Simulator) -> None:
    await cloud.say(LIVING, LONG)
    sim.world.ask(LIVING, "等等")
    assert told(sim, "speech_ended") == [("speech_ended", LONG, "stopped")]


async def test_a_second_question_silences_the_first_answer_and_both_are_recorded(sim: Simulator) -> None:
    sim.world.ask(LIVING, "第一", "一")
    sim.world.ask(LIVING, "第二", "二")
    await event(sim, "record_visible", text="第一")
    await event(sim, "record_visible", text="第二")
    assert told(sim, "speech_started") == [("speech_started", "二")]


@pytest.mark.parametrize(
    ("kind", "types"), [("TTS", ["TTS"]), ("LLM", ["LLM"]), ("AUDIO", ["TTS", "AUDIO"]), ("EMPTY", [])]
)
async def test_records_show_the_kind_of_the_answer(
    cloud: XiaomiClient, sim: Simulator, kind: str, types: list[str]
) -> None:
    sim.world.ask(LIVING, "问题", kind=kind)
    await event(sim, "record_visible")
    (record,) = (await cloud.conversation(LIVING))["records"]
    assert [answer["type"] for answer in record["answers"]] == types


async def test_music_follows_its_announcement(sim: Simulator) -> None:
    sim.world.ask(LIVING, "放首歌", "好", "AUDIO", track=Track("夜曲"))
    await event(sim, "music_started", title="夜曲")
    assert told(sim, "speech_started", "speech_ended", "music_started") == [
        ("speech_started", "好"),
        ("speech_ended", "好", "finished"),
        ("music_started", "夜曲"),
    ]


async def test_music_follows_speech_that_replaces_its_announcement(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.ask(LIVING, "放首歌", LONG, "AUDIO", track=Track("夜曲"))
    await event(sim, "speech_started")
    await cloud.say(LIVING, "好")
    await event(sim, "music_started")
    assert told(sim, "speech_ended")[-1] == ("speech_ended", "好", "finished")


async def test_a_paused_announcement_brings_no_music(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.ask(LIVING, "放首歌", LONG, "AUDIO")
    await event(sim, "speech_started")
    await cloud.operate(LIVING, "pause")
    assert sim.world.speaker(LIVING).music is None


@pytest.mark.parametrize(("words", "status"), [("闭嘴", 3), ("停止！", 3), ("暂停", 2)])
async def test_stop_words_are_obeyed_without_a_word(sim: Simulator, words: str, status: int) -> None:
    sim.world.speaker(LIVING).play_music(Track("夜曲"))
    record = sim.world.ask(LIVING, words)
    await event(sim, "music_ended")
    await event(sim, "record_visible")
    assert record.answers == []
    assert told(sim, "speech_started") == []
    assert sim.world.speaker(LIVING).state.status == status


async def test_a_record_can_get_its_answers_late(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.ask(LIVING, "问题", "答案", late_edit=0.1)
    await event(sim, "record_visible")
    (early,) = (await cloud.conversation(LIVING))["records"]
    await event(sim, "record_edited")
    (late,) = (await cloud.conversation(LIVING))["records"]
    assert early["answers"] == []
    assert late["answers"][0]["tts"]["text"] == "答案"
    assert early["time"] == late["time"]


async def test_an_answer_can_go_unrecorded(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.ask(LIVING, "问题", recorded=False)
    await event(sim, "speech_ended")
    assert (await cloud.conversation(LIVING))["records"] == []


async def test_an_offline_speaker_hears_nothing(sim: Simulator) -> None:
    sim.world.ask(LIVING, "问题")
    sim.world.set_online(LIVING, False)
    await event(sim, "record_visible")
    assert told(sim, "speech_started") == [], "it went offline before it could answer"
    with pytest.raises(InvalidInput, match="offline"):
        sim.world.ask(LIVING, "问题")


async def test_bad_questions_are_refused(sim: Simulator) -> None:
    with pytest.raises(InvalidInput, match="kind"):
        sim.world.ask(LIVING, "问题", kind="VIDEO")
    with pytest.raises(InvalidInput, match="0 speakers match"):
        sim.world.ask("阳台", "问题")
    with pytest.raises(InvalidInput, match="nothing"):
        sim.world.ask(LIVING, " ")


async def test_times_are_unique_and_of_the_clouds_clock(sim: Simulator) -> None:
    sim.settings.update({"clock_offset": 3600.0})
    times = [sim.world.ask(LIVING, "问题").time for _ in range(5)]
    assert len(set(times)) == 5
    assert times[0] / 1000 == pytest.approx(sim.world.clock(), abs=5)
