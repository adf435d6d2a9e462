"""The systems side by side: the same speakers, questions and answers, at the same time, each in a world of its own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import random
import tempfile

from benchmarks.answers import SHORT, Answer, script, set_pace
from benchmarks.asking import ask
from benchmarks.figures import is_poll, polls_per_minute
from benchmarks.results import FOLDER, Comparison, Idle, Kind, Row, about
from benchmarks.systems import Running, StartError, System
from simulator.app import Simulator
from simulator.llm_settings import LLMSettings
from simulator.settings import Settings
from simulator.world import Home

SPEAKER = "客厅小爱"
CALM_SECONDS = 66.0
"""A question comes out of the blue after a minute without a word, and a little more for a system that takes the last
word for later than it was."""
IDLE_SECONDS = (9.0, 11.0)
"""For so long the requests for records are counted then; at random, so that no system knows when to listen."""
PAUSE_SECONDS = (1.0, 4.0)
"""From the end of an answer to the next question."""
DEAF_SECONDS = 5.0
"""Nobody asks for records less often."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of each system at each speaker."""

    answers: Sequence[Answer]
    questions: int
    """How often each answer is asked for as a follow-up."""
    out_of_the_blue: int
    """How many questions come after a minute without a word, beginning with the first answer."""
    seed: int


async def compare(systems: Sequence[System], hardware: Sequence[str], plan: Plan) -> Comparison:
    """Return what all systems did at all speakers, one speaker after the other."""
    results = Comparison(about=about(plan.seed))
    for model in hardware:
        for part in await asyncio.gather(*(_at_one_speaker(system, model, plan) for system in systems)):
            results.add(part)
    return results


async def _at_one_speaker(system: System, hardware: str, plan: Plan) -> Comparison:
    """Return what one system did at one speaker."""
    results = Comparison()
    with tempfile.TemporaryDirectory(prefix="xiao-gpt-") as name:
        folder = Path(name)
        sim = Simulator(
            # MiService, below both peers, cannot log in without the token's repetition; clients have seen both.
            Settings(repeat_pass_token=True),
            home=(Home(SPEAKER, hardware, "客厅"),),
            llm_settings=LLMSettings(),
            tls_dir=folder / "tls",
            tls_port=0,
        )
        async with sim:
            script(sim)
            try:
                async with system.start(sim, folder / "home") as running:
                    await _interview(system.key, hardware, sim, running, plan, results)
            except StartError as err:
                results.failures[f"{system.key}/{hardware}"] = str(err)
                print(f"{system.key:8} {hardware:5} {err}", flush=True)
            _keep_timeline(f"{system.key}-{hardware}", sim)
    return results


async def _interview(
    system: str, hardware: str, sim: Simulator, running: Running, plan: Plan, results: Comparison
) -> None:
    """Ask all questions of the plan."""
    chance = random.Random(f"{plan.seed}/{system}/{hardware}")
    for number in range(plan.out_of_the_blue):
        await asyncio.sleep(CALM_SECONDS)
        begin, seq = sim.timeline.now(), len(sim.timeline)
        await asyncio.sleep(chance.uniform(*IDLE_SECONDS))
        polls = polls_per_minute(sim.timeline.since(seq), begin, sim.timeline.now())
        results.idle.append(Idle(system, hardware, polls))
        # Only the first words matter here: after the first time a short answer will do.
        answer = SHORT if number and SHORT in plan.answers else plan.answers[0]
        results.rows.append(await _question(system, hardware, sim, running, answer, "out_of_the_blue"))
    for _ in range(plan.questions):
        for answer in plan.answers:
            await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
            results.rows.append(await _question(system, hardware, sim, running, answer, "follow_up"))


async def _question(system: str, hardware: str, sim: Simulator, running: Running, answer: Answer, kind: Kind) -> Row:
    """Ask one question; a system that has hung or died by it is helped to hear the next."""
    set_pace(sim, answer)
    figures = await ask(sim, SPEAKER, answer)
    renewed = not _listens(sim) and await running.renew()
    row = Row(system, hardware, answer.key, kind, figures, renewed)
    print(_line(row), flush=True)
    return row


def _listens(sim: Simulator) -> bool:
    """Tell whether anybody has asked for records lately; a system that hangs does not."""
    polls = [event.t for event in sim.timeline.since() if is_poll(event)]
    return bool(polls) and sim.timeline.now() - polls[-1] < DEAF_SECONDS


def _line(row: Row) -> str:
    """Return one line about an exchange, for whoever watches."""
    figures = row.figures
    words = "–" if figures.first_words is None else f"{figures.first_words:.2f} s"
    return (
        f"{row.system:8} {row.hardware:5} {row.answer:12} {row.kind:15} first words {words:>7}  "
        f"leak {figures.leak:4.2f} s  pieces {figures.pieces:2}  longest gap {max(figures.gaps, default=0):4.2f} s  "
        f"spoken {figures.spoken:4.0%}  polls/min {figures.polls_per_minute:5.0f}  "
        f"{figures.outcome}{', started anew' if row.renewed else ''}"
    )


def _keep_timeline(name: str, sim: Simulator) -> None:
    """Write what happened, so that a figure can be looked into."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(event.as_json(), ensure_ascii=False) for event in sim.timeline.since()]
    (FOLDER / f"timeline-{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
