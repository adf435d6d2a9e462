"""A person at a simulated speaker: asks, and listens until nothing more comes."""

import asyncio
from collections.abc import Iterable

from benchmarks.answers import Answer
from benchmarks.figures import Figures, figures
from simulator.app import Simulator
from simulator.timeline import Event

PATIENCE = 6.0
"""Seconds of silence, with no answer of the model on its way, after which nothing more of an answer is expected."""
FIRST_PATIENCE = 20.0
"""The same before the first words: a system may still be busy with the answer before."""
LIMIT = 180.0
"""No answer takes so long."""

_SIGNS = frozenset({"asked", "record_visible", "speech_started", "speech_ended", "llm_request", "llm_finished"})
"""What shows that something is still happening."""


async def ask(sim: Simulator, speaker: str, answer: Answer, question: str = "") -> Figures:
    """Ask a question and hear the answer out; the pace of the model must have been set before.

    Args:
        sim: The world.
        speaker: Name of the speaker.
        answer: What is asked and what the model says.
        question: Other words for the question, so that the model's requests of several speakers can be told apart.
    """
    begin = seen = len(sim.timeline)
    question = question or answer.question
    sim.world.ask(speaker, question)
    signs: list[Event] = []
    limit = sim.timeline.now() + LIMIT
    while sim.timeline.now() < limit:
        await asyncio.sleep(0.1)
        fresh = sim.timeline.since(seen)
        seen += len(fresh)
        signs += _signs(fresh, signs, speaker, question)
        if sim.world.speaker(speaker).speech is not None or _model_speaks(signs):
            continue
        so_far = figures(signs, speaker, answer.text)
        patience = FIRST_PATIENCE if so_far.first_words is None else PATIENCE
        if so_far.spoken > 0.99 or sim.timeline.now() - signs[-1].t > patience:
            break
    return figures(sim.timeline.since(begin), speaker, answer.text)


def _signs(events: Iterable[Event], earlier: Iterable[Event], speaker: str, question: str) -> list[Event]:
    """Return the signs of one exchange: those at its speaker, and the requests that its question made."""
    core = question.strip("请。？")  # clients cut keywords off and put prompts around it
    ids = {event.fields.get("id") for event in earlier if event.event == "llm_request"}
    found = []
    for event in events:
        if event.event not in _SIGNS:
            continue
        if event.event == "llm_request" and core in event.fields["question"]:
            ids.add(event.fields["id"])
        if event.fields.get("speaker") == speaker or event.fields.get("id", "") in ids:
            found.append(event)
    return found


def _model_speaks(signs: Iterable[Event]) -> bool:
    """Tell whether an answer of the model is under way."""
    under_way: set[str] = set()
    for event in signs:
        if event.event == "llm_request":
            under_way.add(event.fields["id"])
        elif event.event == "llm_finished":
            under_way.discard(event.fields["id"])
    return bool(under_way)
