"""Waiting for and reading what the timeline says."""

from typing import Any

from simulator.app import Simulator
from simulator.timeline import Event


async def event(sim: Simulator, name: str, /, *, since: int = 0, **fields: Any) -> Event:
    """Return the first event of this name with these fields, waiting for it."""

    def matches(entry: Event) -> bool:
        return entry.event == name and all(entry.fields.get(key) == value for key, value in fields.items())

    return await sim.timeline.wait_for(matches, since=since, timeout=5)


def told(sim: Simulator, *names: str) -> list[tuple[Any, ...]]:
    """Return the events of these names in short: name, then text or title, then reason."""
    return [
        tuple(
            value
            for value in (
                entry.event,
                entry.fields.get("text", entry.fields.get("title")),
                entry.fields.get("reason"),
            )
            if value is not None
        )
        for entry in sim.timeline.since()
        if entry.event in names
    ]
