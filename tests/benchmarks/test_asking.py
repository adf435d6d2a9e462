"""A question is heard out: until all is spoken, or nothing more comes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from benchmarks import asking, systems
from benchmarks.answers import BY_KEY, SHORT, script, set_pace
from benchmarks.figures import NO_REPLY
from simulator.app import Simulator
from simulator.settings import Settings
from simulator.timeline import Event
from simulator.world import Home
from tests.benchmarks.events import SPEAKER


@pytest.fixture
async def sim(socket_enabled: None) -> AsyncIterator[Simulator]:
    quick = Settings(characters_per_second=200, answer_delay=0.02, record_delay=0.01)
    async with Simulator(quick, home=(Home(SPEAKER, "LX06", "客厅"),)) as simulator:
        yield simulator


def is_spoken(event: Event) -> bool:
    return event.event == "speech_ended" and event.fields["source"] == "tts"


async def test_an_answer_is_heard_to_its_end(sim: Simulator) -> None:
    async def speak() -> None:
        await sim.timeline.wait_for(lambda event: event.event == "record_visible", timeout=5)
        for sentence in SHORT.text.split("。")[:-1]:
            begin = len(sim.timeline)
            sim.world.speaker(SPEAKER).tts(sentence, "ubus")
            await sim.timeline.wait_for(is_spoken, since=begin, timeout=5)

    speaking = asyncio.create_task(speak())
    found = await asyncio.wait_for(asking.ask(sim, SPEAKER, SHORT), 5)
    await speaking
    assert (found.pieces, found.spoken, found.fillers) == (2, 1.0, ())


async def test_silence_is_waited_out(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FIRST_PATIENCE", 0.2)
    found = await asyncio.wait_for(asking.ask(sim, SPEAKER, SHORT), 5)
    assert found.outcome == NO_REPLY


async def test_a_peer_that_is_not_installed_is_reported(
    sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systems, "XIAOGPT_PYTHON", tmp_path / "nothing")
    with pytest.raises(systems.StartError, match="not installed"):
        async with systems.BY_KEY["xiaogpt"].start(sim, tmp_path):
            pass


async def test_a_peer_that_dies_is_reported_with_its_log(sim: Simulator, tmp_path: Path) -> None:
    # Without TLS there is nothing that it could log in to.
    with pytest.raises(systems.StartError, match=r"did not begin to listen(.|\n)*Login failed"):
        async with systems.BY_KEY["migpt"].start(sim, tmp_path):
            pass


async def test_each_answer_has_its_own_pace(sim: Simulator) -> None:
    script(sim)
    for key, expected in (("slow", (8, 1)), ("bursty", (20, 40)), ("short", (40, 1))):
        set_pace(sim, BY_KEY[key])
        assert (sim.llm.settings.tokens_per_second, sim.llm.settings.burst) == expected
