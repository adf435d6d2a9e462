"""This project under load: several speakers of one account that are spoken to at the same time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
import os
from pathlib import Path
import random
from statistics import quantiles
import tempfile
import time

from benchmarks.answers import STANDARD, Answer, script, set_pace
from benchmarks.asking import ask
from benchmarks.figures import Figures, polls_per_minute
from benchmarks.results import Load, LoadTest, Process, about
from benchmarks.systems import turn_on
from simulator.app import Simulator
from simulator.house import House
from simulator.llm_settings import LLMSettings
from simulator.product import COMPONENTS, DOMAIN
from simulator.settings import Settings
from simulator.world import Home

PROBE = Path(__file__).resolve().parent / "probe" / "loop_probe"
SETTLE_SECONDS = 15.0
"""A Home Assistant that has just started is still busy with itself."""
IDLE_SECONDS = 20.0
SPREAD_SECONDS = 8.0
"""Within this time the speakers are spoken to first: shorter than any answer, so that they all overlap."""
PAUSE_SECONDS = (1.0, 4.0)


class Meter:
    """What a running Home Assistant uses, from one look to the next."""

    def __init__(self, house: House) -> None:
        """Begin to measure."""
        self._house = house
        self._lags = house.config / "loop_probe.log"
        self._began = time.monotonic()
        self._cpu = _cpu_seconds(house.pid)
        self._seen = len(self._lags.read_text(encoding="ascii").split())

    def read(self) -> Process:
        """Return what it used since the beginning."""
        cpu = _cpu_seconds(self._house.pid) - self._cpu
        lags = [float(line) for line in self._lags.read_text(encoding="ascii").split()[self._seen :]]
        percentiles = quantiles(lags, n=100)
        return Process(
            cpu_percent=100 * cpu / (time.monotonic() - self._began),
            memory_mib=self._house.memory(),
            lag_ms={"p50": percentiles[49], "p95": percentiles[94], "max": max(lags)},
        )


async def load_test(numbers: Sequence[int], hardware: Sequence[str], questions: int, seed: int) -> LoadTest:
    """Return what Home Assistant did without the integration, and with each number of speakers of these models."""
    async with _house(None) as house:
        await asyncio.sleep(SETTLE_SECONDS)
        meter = Meter(house)
        await asyncio.sleep(IDLE_SECONDS)
        bare = meter.read()
    print(f"bare         {_line(bare)}", flush=True)
    return LoadTest(bare, [await _load(number, hardware, questions, seed) for number in numbers], about(seed))


async def _load(number: int, hardware: Sequence[str], questions: int, seed: int) -> Load:
    """Measure with so many speakers."""
    home = tuple(Home(f"{place + 1}号小爱", hardware[place % len(hardware)], "客厅") for place in range(number))
    async with Simulator(Settings(), home=home, llm_settings=LLMSettings()) as sim:
        script(sim)
        set_pace(sim, STANDARD)
        async with _house(sim) as house:
            await turn_on(house, sim)
            await asyncio.sleep(SETTLE_SECONDS)
            meter, begin, seq = Meter(house), sim.timeline.now(), len(sim.timeline)
            await asyncio.sleep(IDLE_SECONDS)
            idle, idle_polls = meter.read(), polls_per_minute(sim.timeline.since(seq), begin, sim.timeline.now())
            print(f"{number:3} speakers {_line(idle)}  polls/min {idle_polls:5.0f}, idle", flush=True)

            meter, begin, seq = Meter(house), sim.timeline.now(), len(sim.timeline)
            talks = [_talk(sim, place.name, questions, random.Random(f"{seed}/{place.name}")) for place in home]
            exchanges = [figures for talk in await asyncio.gather(*talks) for figures in talk]
            busy, busy_polls = meter.read(), polls_per_minute(sim.timeline.since(seq), begin, sim.timeline.now())
            print(f"{number:3} speakers {_line(busy)}  polls/min {busy_polls:5.0f}, busy", flush=True)
    return Load(
        speakers=number,
        idle=idle,
        busy=busy,
        idle_polls=idle_polls,
        busy_polls=busy_polls,
        first_words=[figures.first_words for figures in exchanges],
        leaks=[figures.leak for figures in exchanges],
        spoken=[figures.spoken for figures in exchanges],
    )


async def _talk(sim: Simulator, speaker: str, questions: int, chance: random.Random) -> list[Figures]:
    """Ask one speaker its questions."""
    await asyncio.sleep(chance.uniform(0, SPREAD_SECONDS))
    exchanges = []
    for number in range(questions):
        if number:
            await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
        exchanges.append(await ask(sim, speaker, STANDARD, _question(STANDARD, speaker, number)))
    return exchanges


def _question(answer: Answer, speaker: str, number: int) -> str:
    """Return a question that no other speaker is asked."""
    return f"{speaker}第{number + 1}问，{answer.question}"


@asynccontextmanager
async def _house(sim: Simulator | None) -> AsyncIterator[House]:
    """Run a Home Assistant with the probe, and with the integration if there is a world for it."""
    with tempfile.TemporaryDirectory(prefix="xiao-gpt-") as name:
        folder = Path(name)
        components = folder / "components"
        components.mkdir()
        (components / PROBE.name).symlink_to(PROBE, target_is_directory=True)
        if sim is not None:
            (components / DOMAIN).symlink_to(COMPONENTS / DOMAIN, target_is_directory=True)
        async with House(
            folder,
            components=components,
            environment={"XIAO_GPT_CLOUD_GATEWAY": sim.url} if sim is not None else {},
            # As in a home, where nobody asks for every detail in the log.
            log_levels={"custom_components.xiao_gpt": "warning"},
            configuration={PROBE.name: {}},
        ) as house:
            yield house


def _cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, all its threads together."""
    # The name of the program, in brackets, may hold spaces; user and system time are the 12th and 13th field after it.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _line(process: Process) -> str:
    """Return one line about a process, for whoever watches."""
    lags = "  ".join(f"{name} {value:5.1f}" for name, value in process.lag_ms.items())
    return f"CPU {process.cpu_percent:5.1f} %  memory {process.memory_mib:4.0f} MiB  loop late by (ms) {lags}"
