"""How soon and how smoothly a speaker answers: a real Home Assistant against simulated clouds.

The simulated world is the one that the project's targets are stated for: an LX06, 40 ms to the cloud, records
visible 0.3 s after XiaoAI begins to answer, play status 0.4 s late, an LLM with 0.6 s to the first token and 40 tokens
a second.
Medians over the questions; the same figures come out of the demo and the tests (`simulator.measure`).
"""

import argparse
import asyncio
from pathlib import Path
from statistics import median
import sys
import tempfile

from simulator.app import Simulator
from simulator.llm_replies import ScriptedReply
from simulator.llm_settings import LLMSettings
from simulator.measure import Exchange, measure
from simulator.product import house_with_gateway, install
from simulator.settings import Settings
from simulator.timeline import Event

SPEAKER = "客厅小爱"
REPLY = (
    "天空是蓝色的。太阳光看上去是白色，其实由许多颜色混合而成。光穿过大气的时候，会撞上空气里的小分子，"
    "蓝色的光波长短，最容易被撞得四处散开。我们往天上看，从四面八方来的就都是蓝光。到了傍晚，光要穿过更厚的大气，"
    "蓝光散光了，剩下的就是红色和橙色。"
)
"""118 characters, the first sentence short."""


async def ask(sim: Simulator, text: str) -> Exchange:
    """Ask one question and hear the answer out."""
    begin = len(sim.timeline)
    sim.world.ask(SPEAKER, text)
    finished = await sim.timeline.wait_for(lambda event: event.event == "llm_finished", since=begin, timeout=60)
    heard = 0
    while True:
        ended = await sim.timeline.wait_for(_spoken, since=max(begin, heard), timeout=60)
        heard = ended.seq + 1
        exchange = measure(sim.timeline.since(begin), SPEAKER)
        if (exchange.spoken > 0.99 and ended.t >= finished.t) or not await _more(sim, heard):
            return measure(sim.timeline.since(begin), SPEAKER)


def _spoken(event: Event) -> bool:
    return event.event == "speech_ended" and event.fields["source"] == "tts"


async def _more(sim: Simulator, since: int) -> bool:
    """Return whether another piece follows."""
    try:
        await sim.timeline.wait_for(
            lambda event: event.event == "speech_started" and event.fields["source"] == "tts", since=since, timeout=5
        )
    except TimeoutError:
        return False
    return True


async def run(questions: int, folder: Path) -> list[Exchange]:
    """Return the measured exchanges."""
    async with Simulator(Settings(), llm_settings=LLMSettings()) as sim:
        sim.llm.replies.append(ScriptedReply("天空", REPLY))
        async with house_with_gateway(sim, folder) as house:
            speaker = (await install(house, sim))[SPEAKER]
            await house.call("switch", "turn_on", {"entity_id": speaker.switch})
            return [await ask(sim, f"第{number}问：为什么天空是蓝色的？") for number in range(1, questions + 1)]


def report(exchanges: list[Exchange]) -> None:
    """Print the figures of each question and their medians."""
    print("question  first words  leak  longest gap  status reads  pieces  spoken  all spoken after")
    for number, exchange in enumerate(exchanges, 1):
        print(
            f"{number:8}  {exchange.first_words or 0:9.2f} s {exchange.leak:4.2f}  "
            f"{max(exchange.gaps, default=0):9.2f} s  {exchange.status_reads:12}  {len(exchange.pieces):6}"
            f"  {exchange.spoken:6.0%}  {exchange.ended or 0:14.1f} s"
        )
    print(
        f"  median  {median(exchange.first_words or 99 for exchange in exchanges):9.2f} s "
        f"{median(exchange.leak for exchange in exchanges):4.2f}  "
        f"{median(max(exchange.gaps, default=0) for exchange in exchanges):9.2f} s"
    )


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=3, help="how many to ask (default 3)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xiao-gpt-") as folder:
        report(asyncio.run(run(arguments.questions, Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
