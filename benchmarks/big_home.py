"""What a large home costs: deciding, answering and the prompt, with 2 lamps and with 200 exposed ones in 20 rooms."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
import tempfile
import time

from benchmarks.answers import STANDARD, script, set_pace
from benchmarks.asking import ask
from benchmarks.compare import PAUSE_SECONDS, SPEAKER
from benchmarks.systems import turn_on
from simulator.app import Simulator
from simulator.house import House
from simulator.house_storage import LAMPS, Lamp
from simulator.product import DOMAIN, house_with_gateway

ROOMS = 20
THINGS = ("吊灯", "台灯", "壁灯", "夜灯", "落地灯", "灯带", "镜前灯", "筒灯", "射灯", "阅读灯")
UTTERANCES = (
    "打开三号房的台灯",
    "关掉所有的灯",
    "十二号房有点暗",
    "讲个故事",
    "明天会下雨吗",
    "天空为什么是蓝色的",
    "七号房的落地灯调到百分之三十",
    "帮我写一首关于秋天的诗",
)
ROUNDS = 5
QUESTIONS = 3


@dataclass(frozen=True, slots=True)
class Home:
    """What was measured in one home."""

    things: int
    decided_ms: tuple[float, float]
    """Of the action `route`, over HTTP: median and 95th percentile."""
    first_words_s: float
    prompt_tokens: int
    """Of one question, as the simulated service counts them: a character of Chinese is one."""
    acted_s: float
    """From a command to the lamp."""


async def big_home() -> list[Home]:
    """Measure a small home and a large one."""
    lamps = [
        Lamp(f"room_{room}_{number}", f"{room}号房{thing}", f"{room}号房", "mdi:lightbulb")
        for room in range(1, ROOMS + 1)
        for number, thing in enumerate(THINGS)
    ]
    return [await _measure([]), await _measure(lamps)]


def table(homes: list[Home]) -> str:
    """Return what was measured, a line each."""
    lines = ["things  decided (median, p95)   first words  command to lamp  prompt"]
    lines += [
        f"{home.things:6}  {home.decided_ms[0]:7.1f} ms {home.decided_ms[1]:7.1f} ms  {home.first_words_s:9.2f} s"
        f"  {home.acted_s:13.2f} s  {home.prompt_tokens} tokens"
        for home in homes
    ]
    return "\n".join(lines)


async def _measure(lamps: list[Lamp]) -> Home:
    async with Simulator() as sim, _house(sim, lamps) as house:
        script(sim)
        set_pace(sim, STANDARD)
        await turn_on(house, sim)
        await asyncio.sleep(PAUSE_SECONDS[1])
        exchanges = []
        for _ in range(QUESTIONS):
            exchanges.append((await ask(sim, SPEAKER, STANDARD)).first_words or 99.0)
            await asyncio.sleep(PAUSE_SECONDS[0])
        registry = await house.ws("config/entity_registry/list")
        counted = next(
            entity["entity_id"]
            for entity in registry
            if entity["platform"] == DOMAIN and entity["translation_key"] == "prompt_tokens"
        )
        before = int((await house.states(counted))["state"])
        await ask(sim, SPEAKER, STANDARD)
        prompt = int((await house.states(counted))["state"]) - before
        return Home(
            len(lamps) + len(LAMPS), await _decide(house), median(exchanges), prompt, await _act(house, sim, lamps)
        )


async def _decide(house: House) -> tuple[float, float]:
    took = []
    for _ in range(ROUNDS):
        for utterance in UTTERANCES:
            began = time.perf_counter()
            await house.post(f"/api/services/{DOMAIN}/route?return_response", {"text": utterance})
            took.append((time.perf_counter() - began) * 1000)
    return median(took), quantiles(took, n=20)[-1]


async def _act(house: House, sim: Simulator, lamps: list[Lamp]) -> float:
    lamp = lamps[len(lamps) // 2] if lamps else LAMPS[0]
    began = time.perf_counter()
    sim.world.ask(SPEAKER, f"打开{lamp.name}")
    await house.wait_for_state(lamp.light, "on")
    return time.perf_counter() - began


@asynccontextmanager
async def _house(sim: Simulator, lamps: list[Lamp]) -> AsyncIterator[House]:
    more = {
        "input_boolean": {lamp.key: {"name": lamp.name} for lamp in lamps},
        "template": [{"light": [lamp.template() for lamp in lamps]}],
    }
    with tempfile.TemporaryDirectory(prefix="xiao-gpt-") as folder:
        async with house_with_gateway(sim, Path(folder), configuration=more) as house:
            rooms = {
                name: (await house.ws("config/area_registry/create", name=name))["area_id"]
                for name in dict.fromkeys(lamp.area for lamp in lamps)
            }
            for lamp in lamps:
                await house.ws("config/entity_registry/update", entity_id=lamp.light, area_id=rooms[lamp.area])
            yield house
