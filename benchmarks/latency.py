"""This project alone, in a minute: how soon and how smoothly a speaker answers a few questions.

The simulated world is the one that the project's targets are stated for: an LX06, 40 ms to the cloud, records
visible 0.3 s after XiaoAI begins to answer, play status 0.4 s late, an LLM with 0.6 s to the first token and 40 tokens
a second.
"""

import asyncio
from pathlib import Path
import random
from statistics import median
import tempfile

from benchmarks.answers import STANDARD, script, set_pace
from benchmarks.asking import ask
from benchmarks.compare import PAUSE_SECONDS, SPEAKER
from benchmarks.figures import Figures
from benchmarks.systems import turn_on
from simulator.app import Simulator
from simulator.product import house_with_gateway


async def quick(questions: int, seed: int) -> list[Figures]:
    """Return the figures of some questions, each a few seconds after the last answer."""
    chance = random.Random(seed)
    exchanges = []
    with tempfile.TemporaryDirectory(prefix="xiao-gpt-") as folder:
        async with Simulator() as sim, house_with_gateway(sim, Path(folder)) as house:
            script(sim)
            set_pace(sim, STANDARD)
            await turn_on(house, sim)
            for _ in range(questions):
                await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
                exchanges.append(await ask(sim, SPEAKER, STANDARD))
    return exchanges


def table(exchanges: list[Figures]) -> str:
    """Return the figures of each question and their medians."""
    lines = ["question  first words  leak  longest gap  status reads  pieces  spoken  all spoken after"]
    lines += [
        f"{number:8}  {exchange.first_words or 0:9.2f} s {exchange.leak:4.2f}  "
        f"{max(exchange.gaps, default=0):9.2f} s  {exchange.status_reads:12}  {exchange.pieces:6}"
        f"  {exchange.spoken:6.0%}  {exchange.ended or 0:14.1f} s"
        for number, exchange in enumerate(exchanges, 1)
    ]
    lines.append(
        f"  median  {median(exchange.first_words or 99 for exchange in exchanges):9.2f} s "
        f"{median(exchange.leak for exchange in exchanges):4.2f}  "
        f"{median(max(exchange.gaps, default=0) for exchange in exchanges):9.2f} s"
    )
    return "\n".join(lines)
