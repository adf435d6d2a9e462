"""Timelines written by hand."""

from typing import Any

from simulator.timeline import Event

SPEAKER = "客厅小爱"


def timeline(*entries: tuple[float, str, dict[str, Any]]) -> list[Event]:
    """Return events at one speaker; those of the clouds and the model have none."""
    return [
        Event(seq, t, name, fields if name.startswith(("http", "llm")) else {"speaker": SPEAKER, **fields})
        for seq, (t, name, fields) in enumerate(entries)
    ]


def speech(start: float, end: float, text: str, spoken: float = 1.0, source: str = "tts") -> list[tuple[Any, ...]]:
    """Return the two entries of one speech."""
    fields = {"source": source, "text": text}
    return [
        (start, "speech_started", fields),
        (end, "speech_ended", {**fields, "spoken": spoken, "reason": "finished"}),
    ]
