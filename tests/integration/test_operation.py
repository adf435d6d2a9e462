"""An hour of operation on a bad day, time compressed: nothing unheard, no hammering, nothing leaked, a short log.

Runs for some simulated minutes with the other tests; `scripts/endurance` runs the whole hour and prints what it saw.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import timedelta
import gc
from itertools import pairwise
import logging
import os
import random

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from custom_components.xiao_gpt import answer, answering, coordinator, dialogue_state, listener, polling, silencing
from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.dialogue import Dialogue
from custom_components.xiao_gpt.phrases import Phrase
from custom_components.xiao_gpt.speech.clock import Clock
from custom_components.xiao_gpt.xiaomi import Record, account, retry, speaker
from simulator.app import Simulator
from simulator.faults import Fault
from simulator.llm_replies import ScriptedReply
from simulator.llm_settings import LLMSettings
from simulator.settings import Settings
from simulator.timeline import Event
from tests.integration.support import MINA, PATIENCE_S, PROFILE, Corner, add_integration, polls

MINUTES = float(os.environ.get("XIAO_GPT_MINUTES", "6"))
SPEED = 20.0
"""How much faster than life everything is."""

IN_TEN = 0.1
"""The share of requests that fail."""
FAILURES = (
    {"status": 502, "body": "<html>Bad Gateway</html>", "content_type": "text/html"},
    {"disconnect": True},
    {"status": 200, "body": "<html>Please sign in</html>", "content_type": "text/html"},
    {"truncate": 20},
    {"status": 429},
    {"delay": 2.0 / SPEED},
)
MIOT = "api.io.mi.com"
PASSPORT = "account.xiaomi.com"

POINTS = (
    "关于第{0}个问题，第{0}题我想先听听您的看法。",
    "第{0}题多数人会问问身边的朋友，再慢慢地决定第{0}题怎么办，这样第{0}题就不会心里不踏实。",
    "第{0}题不必着急。",
    "第{0}题先试一个星期，试过之后再说第{0}题也不迟，您觉得第{0}题这样行不行？",
)
"""Whatever the pieces, each is of one answer only."""

QUESTION_EVERY_S = 15.0
EXPIRY_EVERY_S = 150.0
OFFLINE_EVERY_S = 240.0
OFFLINE_FOR_S = 45.0


class CompressedClock(Clock):
    """Seconds of a quicker world."""

    def now(self) -> float:
        return super().now() * SPEED

    async def wait(self, event: asyncio.Event, seconds: float | None = None) -> bool:
        return await super().wait(event, None if seconds is None else seconds / SPEED)


COMPRESSED = {
    answering: ("DISTRUST_S",),
    dialogue_state: ("LIVELY_S",),
    silencing: ("CHECK_S",),
    polling: ("MINUTE_S", "THROTTLED_S"),
    answer: ("STALL_S",),
    listener: ("FIRST_BACK_OFF_S", "MAX_BACK_OFF_S"),
    account: ("PASSWORD_REST_S", "REFUSAL_REST_S", "MAX_REFUSAL_REST_S"),
    speaker: ("LAG_S", "LOOK_S", "SETTLE_S"),
    coordinator: ("UPDATE_INTERVAL", "SEARCH_INTERVAL"),
}


@dataclass
class Day:
    """What happened."""

    asked: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    expiries: Counter[str] = field(default_factory=Counter)
    offline: int = 0


@pytest.fixture
async def sim(socket_enabled: None) -> AsyncGenerator[Simulator]:
    """The clouds, as quick as the rest."""
    settings = Settings(
        characters_per_second=5.0 * SPEED,
        status_lag=0.4 / SPEED,
        status_tail=0.2 / SPEED,
        answer_delay=0.5 / SPEED,
        record_delay=0.3 / SPEED,
        round_trip=0.04 / SPEED,
        miot_delay=0.1 / SPEED,
    )
    async with Simulator(settings, llm_settings=LLMSettings(first_token=0.03, tokens_per_second=2000)) as simulator:
        yield simulator


@pytest.fixture
def day(house: None, monkeypatch: pytest.MonkeyPatch) -> Day:
    """A compressed day of which everything that is heard is noted."""
    monkeypatch.undo()  # of the other tests' quicker world: this one is quicker still
    day = Day()
    hear = Dialogue.heard

    def heard(self: Dialogue, record: Record, age: float = 0.0) -> None:
        day.heard.append(record.query)
        hear(self, record, age)

    monkeypatch.setattr(Dialogue, "heard", heard)
    return day


@pytest.fixture
def compressed(sim: Simulator, day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that waits waits less."""
    monkeypatch.setenv("XIAO_GPT_CLOUD_GATEWAY", sim.url)
    monkeypatch.setattr("custom_components.xiao_gpt.speech.talk.Clock", CompressedClock)
    monkeypatch.setattr(retry, "BACK_OFF_S", tuple(wait / SPEED for wait in retry.BACK_OFF_S))
    for module, names in COMPRESSED.items():
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name) / SPEED)
    assert isinstance(coordinator.UPDATE_INTERVAL, timedelta)


async def live(seconds: float) -> None:
    """Let so much of the compressed time pass."""
    await asyncio.sleep(seconds / SPEED)


async def ask_now_and_then(sim: Simulator, day: Day, chance: random.Random) -> None:
    """Ask the speakers that are online, each question another one."""
    number = 0
    while True:
        await live(QUESTION_EVERY_S * chance.uniform(0.5, 1.5))
        online = [speaker.name for speaker in sim.world.speakers if speaker.online]
        if online:
            number += 1
            question = f"第{number}个问题是什么意思呢"
            answer = "".join(words.format(number) for words in POINTS)
            sim.llm.replies.append(ScriptedReply(question, answer))
            day.asked.append(question)
            sim.world.ask(chance.choice(online), question)


async def expire_now_and_then(sim: Simulator, day: Day, chance: random.Random) -> None:
    """Let tokens expire."""
    while True:
        await live(EXPIRY_EVERY_S * chance.uniform(0.5, 1.5))
        what = chance.choice(["micoapi", "xiaomiio", "pass", "all"])
        day.expiries[what] += 1
        sim.world.account.expire(what)


async def unplug_now_and_then(sim: Simulator, day: Day, chance: random.Random) -> None:
    """Let speakers go offline for a while."""
    while True:
        await live(OFFLINE_EVERY_S * chance.uniform(0.5, 1.5))
        name = chance.choice(sim.world.speakers).name
        day.offline += 1
        sim.world.set_online(name, False)
        await live(OFFLINE_FOR_S)
        sim.world.set_online(name, True)


def fail_one_in_ten(sim: Simulator) -> None:
    """Let requests to all hosts of the cloud fail, each in every way."""
    for host in (MINA, PROFILE, MIOT, PASSPORT):
        left = IN_TEN
        for failure in FAILURES:
            share = IN_TEN / len(FAILURES) / (1 - (IN_TEN - left))
            sim.world.faults.add(Fault(host=host, times=None, share=share, **failure))
            left -= IN_TEN / len(FAILURES)


def our_tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if DOMAIN in task.get_name()]


def said_twice(events: list[Event]) -> list[str]:
    """Return what was begun to be said more than once, the integration's own phrases aside."""
    spoken = [e for e in events if e.event == "speech_started" and e.fields["source"] == "tts"]
    count = Counter(event.fields["text"] for event in spoken)
    return [text for text, times in count.items() if times > 1 and text not in list(Phrase)]


@pytest.mark.timeout(60 * MINUTES / SPEED + 120)
@pytest.mark.usefixtures("compressed")
async def test_a_bad_day(
    hass: HomeAssistant, sim: Simulator, day: Day, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = await add_integration(hass, sim, keep_password=True)
    for name in ("客厅小爱", "卧室小爱", "厨房小爱"):
        await Corner(hass, sim, entry, name).turn("on")
    await polls(sim, 2)
    caplog.clear()
    caplog.set_level(logging.INFO)
    chance = random.Random(7)
    fail_one_in_ten(sim)
    since = len(sim.timeline)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(ask_now_and_then(sim, day, chance)),
            group.create_task(expire_now_and_then(sim, day, chance)),
            group.create_task(unplug_now_and_then(sim, day, chance)),
        ]
        await live(60 * MINUTES)
        for task in tasks:
            task.cancel()
    sim.world.faults.clear()
    for speaker_ in sim.world.speakers:
        sim.world.set_online(speaker_, True)
    async with asyncio.timeout(PATIENCE_S):
        while set(day.asked) - set(day.heard):
            await polls(sim, 1)

    events = sim.timeline.since(since)
    logins = [event.t for event in events if event.event == "login" and event.fields["by"] == "password"]
    apart = [(after - before) * SPEED for before, after in pairwise(logins)]
    spoken = [event for event in events if event.event == "speech_started" and event.fields["source"] == "tts"]
    twice = said_twice(events)
    lines = [record for record in caplog.records if "xiao_gpt" in record.name]
    state = entry.state
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    gc.collect()
    with capsys.disabled():
        print(
            f"\n{MINUTES:.0f} simulated minutes at {SPEED:.0f}x: asked {len(day.asked)}, heard {len(day.heard)},"
            f" requests {sum(event.event == 'http' for event in events)},"
            f" failed {sum(event.event == 'fault' for event in events)}, expired {dict(day.expiries)},"
            f" offline {day.offline} times, logins with the password {len(logins)}"
            f" (closest {min(apart, default=float('inf')):.0f} s), answers spoken in {len(spoken)} pieces,"
            f" twice {len(twice)}, log lines {len(lines)}, tasks left {len(our_tasks())}"
        )
        for text in twice:
            print("    twice:", text)
        for line in lines if os.environ.get("XIAO_GPT_MINUTES") else ():
            print("   ", line.levelname, line.getMessage())
    assert state is ConfigEntryState.LOADED
    assert day.heard == [question for question in day.heard if question in set(day.asked)]
    assert len(day.heard) == len(set(day.heard)) == len(day.asked)
    assert not [gap for gap in apart if gap < 60]
    assert not twice
    assert not our_tasks()
    assert len(lines) < 100
    assert not [record for record in lines if record.exc_info]
