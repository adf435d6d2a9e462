"""The table of models, and that the speakers behave as it says, over HTTP."""

import json

import pytest

from simulator import miot
from simulator.app import Simulator
from simulator.models import MODELS, Silent, Status
from simulator.speaker import Speaker
from simulator.world import Home
from tests.simulator.support import event
from tests.simulator.xiaomi_client import XiaomiClient

LONG = "从前有一座山，山上有一座庙，庙里有一个老和尚在讲故事，讲的是什么呢。" * 3
"""Speech that lasts longer than its test."""

DOCUMENTED = """
LX06 lx06 5-1 5-3 5-5 bool
S12 s12 5-1 5-3 5-5 bool
S12A s12 5-1 5-3 5-5 bool
MDZ-25-DA s12 5-1 5-3 5-5 bool
LX01 lx01 5-1 5-2 5-5 uint8
LX05 lx05 5-1 5-3 5-5 bool
LX5A lx5a 5-1 5-3 5-5 bool
LX05A lx5a 5-1 5-3 5-5 bool
L06A l06a 5-1 5-2" 5-5 uint8
L06 l06a 5-1 5-2" 5-5 uint8
L07A l7a 5-1 ? 5-5 uint8
L7A l7a 5-1 ? 5-5 uint8
L04M l04m 5-1 ?" ? uint8
LX04 lx04 5-1 5-2" 5-4 uint8
L05B l05b 5-3 5-1 5-4 bool
L05C l05c 5-3 5-1 5-4 bool
L05G l05g 5-3 5-1 ? bool
L09A l09a 3-1 3-2" ? uint8
L09B l09b 7-3 7-1 ? bool
L15A l15a 7-3 7-1 7-4 bool
L16A l16a 7-3 7-1 7-4 bool
L17A l17a 7-3 7-1 7-4 bool
M03A m03a 7-3 7-1 ? bool
16B 16b 7-3 ? ? bool
07G 07g 5-3 ? ? bool
OH2 oh2 5-3 5-1 ? ?
OH2P oh2p 7-3 7-1 7-4 bool
OH1M oh1m 7-3 7-1 ? ?
OH1P oh1p 7-3 7-1 ? ?
OH11 oh11 7-3 7-1 ? ?
OH27 oh27 7-3 7-1 ? ?
OH8 oh8 7-3 7-1 ? ?
X08A x08a 5-1 ?" ? uint8
X08C x08c 3-1 ? ? uint8
X08E x08e 7-3 7-1 7-4 bool
X8F x8f 7-3 7-1 ? bool
X8S x8s 7-3 ? ? bool
X6A x6a 7-3 7-1 7-4 bool
X10A x10a 7-3 7-1 7-4 bool
ASX4B x4b 5-3 5-1 ? ?
X4B x4b 5-3 5-1 ? ?
L99Z l99z 9-2 9-4 9-6 bool
L98Y l98y 5-1 - - ?
"""
"""Hardware, MIoT name, play-text, wake-up (with ": it takes a text), directive and the type of its `silent`, as the
collected tables have them; ?: they do not say."""


@pytest.fixture
def speakers(sim: Simulator) -> list[Speaker]:
    """A speaker of each model, named as its hardware; the status shows at once what it does."""
    sim.settings.update({"status_lag": 0.0, "status_tail": 0.0, "characters_per_second": 1.0, "miot_delay": 0.0})
    for speaker in list(sim.world.speakers):
        sim.world.remove_speaker(speaker)
    return [sim.world.add_speaker(Home(hardware, hardware, "书房")) for hardware in MODELS]


@pytest.mark.parametrize("line", DOCUMENTED.split("\n")[1:-1], ids=lambda line: line.split()[0])
def test_numbers_are_the_documented_ones(line: str) -> None:
    hardware, name, play_text, wake_up, execute, silent = line.split()
    model = MODELS[hardware]
    assert model.miot_model == f"xiaomi.wifispeaker.{name}"
    for told_of, iid in ((play_text, model.play_text), (wake_up.rstrip('"'), model.wake_up), (execute, model.execute)):
        assert told_of in ("?", "-".join(map(str, iid)) if iid else "-")
    assert model.wake_up_takes_text == wake_up.endswith('"')
    assert silent in ("?", model.silent.value)


def test_every_model_is_documented_here() -> None:
    assert {line.split()[0] for line in DOCUMENTED.split("\n")[1:-1]} | {"M01"} == set(MODELS)


def test_services_of_a_model_do_not_collide() -> None:
    for model in MODELS.values():
        assert len({1, model.speaker_siid, model.play_control_siid, model.speech_siid}) == 4, model.hardware
        actions = [action for action in (model.play_text, model.wake_up, model.execute) if action]
        assert len(set(actions)) == len(actions), model.hardware
        assert {siid for siid, _ in actions} <= {model.speech_siid}, model.hardware


def test_hardware_that_mi_home_knows_by_one_name_has_one_spec() -> None:
    by_name: dict[str, set[tuple[object, ...]]] = {}
    for model in MODELS.values():
        spec = (model.play_text, model.wake_up, model.execute, model.silent, model.play_actions, model.state_readable)
        by_name.setdefault(model.miot_model, set()).add(spec)
    assert [name for name, specs in by_name.items() if len(specs) > 1] == []


def test_who_cannot_be_muted_is_blind_too() -> None:
    for model in MODELS.values():
        assert model.pausable_speech or model.ubus_status is Status.BLIND, model.hardware


# Every speaker does the same; a difference shows which models are not what they should be.


async def test_they_speak_by_miot_and_report_as_well_as_the_model_does(
    cloud: XiaomiClient, speakers: list[Speaker]
) -> None:
    told_of, read = {}, {}
    for speaker in speakers:
        name, model = speaker.name, speaker.model
        if model.play_text is None:
            await cloud.say(name, LONG)
        else:
            assert await cloud.act(name, model.play_text, LONG) == 0, name
        assert speaker.speech == LONG, name
        status = await cloud.status(name)
        assert "media_type" not in status
        told_of[name] = status["status"]
        state = await cloud.prop(name, model.play_control_siid, 1)
        read[name] = state.get("value", state["code"])
    by_quality = {Status.GOOD: 1, Status.BLIND: 0, Status.PAUSED_IN_SPEECH: 2}
    assert told_of == {speaker.name: by_quality[speaker.model.ubus_status] for speaker in speakers}
    assert read == {
        speaker.name: int(speaker.model.state_reported) if speaker.model.state_readable else miot.NOT_READABLE
        for speaker in speakers
    }


async def test_ubus_says_that_all_is_well_and_speaks_or_not(
    cloud: XiaomiClient, sim: Simulator, speakers: list[Speaker]
) -> None:
    for speaker in speakers:
        await cloud.say(speaker.name, LONG)
    effects = {entry.fields["speaker"]: entry.fields["effect"] for entry in sim.timeline.since(0, "command")}
    assert effects == {speaker.name: speaker.model.ubus_tts for speaker in speakers}
    assert effects == {speaker.name: speaker.speech is not None for speaker in speakers}


async def test_a_url_sounds_by_one_api_or_both(cloud: XiaomiClient, speakers: list[Speaker]) -> None:
    sound = {"url": "http://192.0.2.1/a.mp3"}
    music = json.dumps({"payload": {"audio_items": [{"stream": sound}]}})
    by_url = {}
    for speaker in speakers:
        await cloud.ubus(speaker.name, "mediaplayer", "player_play_url", sound | {"type": 1})
        by_url[speaker.name] = speaker.music is not None
        await cloud.ubus(speaker.name, "mediaplayer", "player_play_music", {"startaudioid": "1", "music": music})
        assert speaker.music is not None, speaker.name
    assert by_url == {speaker.name: speaker.model.plays_urls for speaker in speakers}


async def test_xiaoai_can_be_silenced_or_not(cloud: XiaomiClient, speakers: list[Speaker]) -> None:
    silenced = {}
    for speaker in speakers:
        speaker.say(LONG, "xiaoai")
        for _ in range(1 + speaker.model.ignores_first_pause):
            assert speaker.speech == LONG
            await cloud.operate(speaker.name, "pause")
        silenced[speaker.name] = speaker.speech is None
    assert silenced == {speaker.name: speaker.model.pausable_speech for speaker in speakers}


async def test_they_wake_with_the_argument_that_they_want(cloud: XiaomiClient, speakers: list[Speaker]) -> None:
    for speaker in speakers:
        name, wake_up = speaker.name, speaker.model.wake_up
        if wake_up is None:
            continue
        right, wrong = ([""], []) if speaker.model.wake_up_takes_text else ([], [""])
        assert await cloud.act(name, wake_up, *wrong) == miot.ARGUMENT_COUNT, name
        assert speaker.speech is None, name
        assert await cloud.act(name, wake_up, *right) == 0, name
        assert speaker.speech is not None, name


async def test_they_obey_the_directive_with_the_type_that_they_want(
    cloud: XiaomiClient, sim: Simulator, speakers: list[Speaker]
) -> None:
    for speaker in speakers:
        name, model = speaker.name, speaker.model
        if model.execute is None:
            continue
        silent, aloud, wrong = (True, False, 0) if model.silent is Silent.BOOL else (0, 1, True)
        assert await cloud.act(name, model.execute, "打开台灯", wrong) == -8, name
        assert await cloud.act(name, model.execute, "打开台灯", silent) == 0, name
        assert await cloud.act(name, model.execute, "关上台灯", aloud) == 0, name
        asked = [entry.fields["text"] for entry in sim.timeline.since(0, "asked") if entry.fields["speaker"] == name]
        assert asked == ["打开台灯", "关上台灯"][not model.silent_execute_works :], name
        await event(sim, "speech_started", speaker=name, source="xiaoai")


async def test_the_volume_has_its_place_and_its_least(cloud: XiaomiClient, speakers: list[Speaker]) -> None:
    read = {}
    for speaker in speakers:
        assert await cloud.set_prop(speaker.name, speaker.model.speaker_siid, 1, 0) == 0, speaker.name
        value = (await cloud.prop(speaker.name, speaker.model.speaker_siid, 1))["value"]
        read[speaker.name] = (value, (await cloud.status(speaker.name))["volume"])
    assert read == {speaker.name: (speaker.model.min_volume,) * 2 for speaker in speakers}


async def test_dialogues_are_in_the_conversation_or_in_the_speaker(
    cloud: XiaomiClient, sim: Simulator, speakers: list[Speaker]
) -> None:
    found = {}
    for speaker in speakers:
        sim.world.ask(speaker.name, f"{speaker.name}，几点了")
    for speaker in speakers:
        await event(sim, "record_visible", speaker=speaker.name)
        records = (await cloud.conversation(speaker.name))["records"]
        found[speaker.name] = [record["query"] for record in records]
    assert found == {
        speaker.name: [f"{speaker.name}，几点了"] if speaker.model.conversation else [] for speaker in speakers
    }
