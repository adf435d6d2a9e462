"""Fault by fault: injected in the middle of operation, what a person sees of it, and that nothing is lost.

`scripts/test tests/integration/test_faults.py -v` lists them; docs/faults.md says the same in words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from homeassistant.const import STATE_ON, STATE_UNAVAILABLE
import pytest

from custom_components.xiao_gpt.phrases import Phrase
from simulator.app import Simulator
from simulator.llm_replies import ScriptedReply, own_answer
from simulator.world import Home
from tests.integration.support import (
    MINA,
    PROFILE,
    add_integration,
    audible,
    break_cloud,
    polls,
    until,
    wait_for_state,
)

MIOT = "api.io.mi.com"
QUESTION = "为什么天空是蓝色的"
HTML = {"body": "<html>维护中</html>", "content_type": "text/html"}
UNANSWERED = '{"code":101,"message":"","data":{"device_data":"{\\"msg\\":\\"ROM端未响应\\",\\"code\\":3012}"}}'
LONG = "天空之所以是蓝色的，是因为空气里的分子把太阳光里的蓝光散射到了四面八方，所以我们抬头看到的都是蓝色。"


@dataclass(frozen=True)
class Passing:
    """A fault that passes before anybody notices: nothing is seen of it but a moment's delay."""

    inject: Callable[[Simulator], None]
    speaker: str = "客厅小爱"


def requests(host: str, path: str, **fields: Any) -> Callable[[Simulator], None]:
    return lambda sim: break_cloud(sim, host=host, path=path, **{"times": 1} | fields)


PASSING = {
    "token of the speakers expired (401)": Passing(lambda sim: sim.world.account.expire("micoapi")),
    "token of MIoT expired (401)": Passing(lambda sim: sim.world.account.expire("xiaomiio"), "卧室小爱"),
    "records: 401 as HTML": Passing(requests(PROFILE, "conversation", status=401, **HTML)),
    "records: 502 as HTML": Passing(requests(PROFILE, "conversation", status=502, times=2, **HTML)),
    "records: 200 with HTML": Passing(requests(PROFILE, "conversation", status=200, times=2, **HTML)),
    "records: 601": Passing(requests(PROFILE, "conversation", status=400, body='{"code":601,"message":"illegal"}')),
    "records: 429": Passing(requests(PROFILE, "conversation", status=429)),
    "records: truncated": Passing(requests(PROFILE, "conversation", truncate=30, times=2)),
    "records: connection cut": Passing(requests(PROFILE, "conversation", disconnect=True, times=2)),
    "records: hanging socket": Passing(requests(PROFILE, "conversation", hang=True)),
    "records: late edit and duplicates": Passing(
        lambda sim: sim.settings.update({"late_edit": 0.3, "duplicate_records": True})
    ),
    "clock of the cloud an hour ahead": Passing(lambda sim: sim.settings.update({"clock_offset": 3600.0})),
    "ubus: 502": Passing(requests(MINA, "ubus", status=502)),
    "ubus: 429": Passing(requests(MINA, "ubus", status=429)),
    "ubus: 200 with HTML": Passing(requests(MINA, "ubus", status=200, **HTML)),
    "ubus: answer cut after it was carried out": Passing(requests(MINA, "ubus", truncate=10)),
    "ubus: 101/3012": Passing(requests(MINA, "ubus", status=200, body=UNANSWERED)),
    "MIoT: 502": Passing(requests(MIOT, "action", status=502), "卧室小爱"),
    "MIoT: answer cut after it was carried out": Passing(requests(MIOT, "action", truncate=10), "卧室小爱"),
    "MIoT cannot be opened": Passing(requests("sts.api.io.mi.com", "sts", status=503), "厨房小爱"),
    "the first pauses are ignored": Passing(lambda sim: sim.settings.update({"deaf_pauses": 2})),
}


def spoken(sim: Simulator, name: str, since: int) -> str:
    """Return what was said of the answer: models that cannot be paused hum before it."""
    return "".join(
        audible(event.fields["text"])
        for event in sim.timeline.since(since, "speech_started")
        if event.fields["speaker"] == name and event.fields["source"] == "tts" and event.fields["text"] != Phrase.HUM
    )


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
async def test_nothing_is_seen_of_a_fault_that_passes(hass, sim, corner, caplog, monkeypatch, fault):
    for name, seconds in {"LAG_S": 0.6, "LOOK_S": 0.1}.items():  # as much quicker as the rest
        monkeypatch.setattr(f"custom_components.xiao_gpt.xiaomi.speaker.{name}", seconds)
    place = corner(fault.speaker)
    await place.turn("on")
    await polls(sim, 1)
    caplog.clear()
    fault.inject(sim)
    since = place.ask(QUESTION)
    wanted = audible(own_answer(QUESTION))
    await until(sim, lambda: len(spoken(sim, place.name, since)) >= len(wanted))
    assert spoken(sim, place.name, since) == wanted  # all of it, in order, nothing twice
    assert place.state == STATE_ON
    assert len(sim.timeline.since(since, "llm_request")) == 1
    assert not [r for r in caplog.records if "xiao_gpt" in r.name and r.levelname in ("WARNING", "ERROR")]


@pytest.mark.parametrize(
    "down",
    [{"status": 502, **HTML}, {"disconnect": True}, {"status": 200, **HTML}, {"truncate": 9}, {"status": 429}],
    ids=["502", "disconnect", "HTML", "truncated", "429"],
)
async def test_a_cloud_that_is_down_is_seen_once_and_what_was_said_meanwhile_is_heard(
    hass, sim, living, caplog, monkeypatch, down
):
    for name in ("listener.MAX_BACK_OFF_S", "polling.MAX_THROTTLED_S"):
        monkeypatch.setattr(f"custom_components.xiao_gpt.{name}", 0.1)
    break_cloud(sim, **down)
    await wait_for_state(hass, living.switch, STATE_UNAVAILABLE)
    since = living.ask(QUESTION)
    await living.event("record_visible", since=since)
    sim.world.faults.clear()
    await living.spoken(own_answer(QUESTION), since=since)
    await wait_for_state(hass, living.switch, STATE_ON)
    lines = [r.getMessage() for r in caplog.records if "xiao_gpt" in r.name and r.levelno >= 20]
    assert len([line for line in lines if line.startswith("Error")]) == 1
    assert len([line for line in lines if line.endswith("recovered")]) == 1


async def test_records_that_are_kept_back_for_a_while_are_heard_afterwards(sim, living):
    for speaker in sim.world.speakers:
        sim.world.xiaoai(speaker).hide_records(True)
    since = living.ask(QUESTION)
    await living.event("record_visible", since=since)
    await polls(sim, 2)
    assert sim.timeline.since(since, "llm_request") == []
    sim.world.xiaoai(sim.world.speaker(living.name)).hide_records(False)
    await living.spoken(own_answer(QUESTION), since=since)


async def test_what_is_known_minutes_later_is_not_answered_into_the_night(sim, living, caplog, monkeypatch):
    monkeypatch.setattr("custom_components.xiao_gpt.dialogue.TOO_LATE_S", -1.0)
    since = living.ask(QUESTION)
    await living.event("record_visible", since=since)
    await polls(sim, 2)
    assert sim.timeline.since(since, "llm_request") == []
    assert f"What was said to {living.name}" in caplog.text


async def test_a_word_that_the_filter_swallows_is_excused(sim, living):
    sim.llm.replies.append(ScriptedReply("练习", LONG))
    await living.spoken(LONG, since=living.ask("练习"))  # the pace is known now
    sim.settings.update({"filtered_words": "散射"})
    sim.llm.replies.append(ScriptedReply("真的", LONG))
    since = living.ask("真的")
    await living.event("speech_started", since=since, text=str(Phrase.FILTERED))


async def test_a_speaker_that_vanishes_is_unavailable_and_comes_back(hass, sim, entry, living):
    switch = living.switch
    sim.world.remove_speaker(living.name)
    await entry.runtime_data.coordinator.async_refresh()
    await wait_for_state(hass, switch, STATE_UNAVAILABLE)
    sim.world.add_speaker(Home(living.name, "LX06", "客厅"))
    await entry.runtime_data.coordinator.async_refresh()
    await wait_for_state(hass, switch, STATE_ON)
    since = living.ask(QUESTION)
    await living.spoken(own_answer(QUESTION), since=since)


async def test_an_empty_list_is_no_reason_to_stop_listening(hass, sim, entry, living):
    break_cloud(sim, path="device_list", status=200, body='{"code":0,"message":"","data":[]}')
    await entry.runtime_data.coordinator.async_refresh()
    await wait_for_state(hass, living.switch, STATE_UNAVAILABLE)
    since = living.ask(QUESTION)
    await living.spoken(own_answer(QUESTION), since=since)


@pytest.mark.parametrize("hardware", ["L99Z", "L98Y"])
async def test_a_model_that_nobody_knows_speaks(hass, sim, hardware):
    sim.world.add_speaker(Home("书房小爱", hardware, "书房"))
    entry = await add_integration(hass, sim)
    did = sim.world.speaker("书房小爱").did
    speaker = entry.runtime_data.coordinator.speakers[did]
    if hardware == "L99Z":
        await until(sim, lambda: speaker.model.play_text == (9, 2))
    since = len(sim.timeline)
    await speaker.say("你好，我是新来的")
    await sim.timeline.wait_for(lambda event: event.event == "speech_started", since=since)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    if hardware == "L99Z":  # kept: nobody reads megabytes twice
        again = entry.runtime_data.coordinator.speakers[did]
        assert again.model.play_text == (9, 2)
    looked = [e for e in sim.timeline.since(0, "http") if e.fields["host"] == "miot-spec.org"]
    assert len([e for e in looked if e.fields["path"].endswith("instances")]) == 1
