"""What became of one question, read off the timeline: the figures of the demo, the tests and the benchmarks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from simulator.timeline import Event


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question at a speaker and the answer that was given there. Times are seconds; None: it did not happen."""

    question: str
    heard: float | None
    """From the record being visible to the first thing done about it (a command to the speaker, a request to the
    LLM)."""
    first_words: float | None
    """From the record being visible to the first words of the answer."""
    leak: float
    """For how long XiaoAI's own answer sounded after the record was visible."""
    pieces: tuple[str, ...]
    """The texts that were spoken as the answer, in order."""
    spoken: float
    """The share of the answer that sounded, by characters, 0 to 1: of the LLM's reply where there was one, else of the
    texts that were sent. Only letters, digits and Chinese characters count: the rest is not heard."""
    gaps: tuple[float, ...]
    """The silences between two pieces."""
    ended: float | None
    """From the record being visible to the end of the last piece."""
    status_reads: int
    reply_tokens: int
    """Tokens that the LLM delivered."""
    reply_end: str | None
    """Why the LLM's reply ended; ``closed_by_client`` if it was hung up on."""

    @property
    def text(self) -> str:
        """All that was spoken as the answer."""
        return "".join(self.pieces)


def measure(events: Sequence[Event], speaker: str) -> Exchange:
    """Measure the first question in `events` at `speaker`; the events must end before the next question's."""
    mine = [event for event in events if event.fields.get("speaker", speaker) == speaker]
    asked = next(event for event in mine if event.event == "asked")
    visible = next((event.t for event in mine if event.event == "record_visible"), None)
    if visible is None:
        visible = asked.t
    after = [event for event in mine if event.t >= visible]
    pieces = list(_pieces(after))
    own = [event for event in after if event.event == "speech_ended" and event.fields["source"] == "xiaoai"]
    requests = {event.fields["id"] for event in after if event.event == "llm_request"}
    reply = [event for event in after if event.event == "llm_finished" and event.fields["id"] in requests]
    whole = "".join(event.fields["text"] for event in reply) or "".join(start.fields["text"] for start, _ in pieces)
    sounded = sum(_audible(start.fields["text"]) * end.fields["spoken"] for start, end in pieces if end)
    return Exchange(
        question=asked.fields["text"],
        heard=_after(visible, [event for event in after if event.event in ("command", "llm_request")]),
        first_words=_after(visible, [start for start, _ in pieces]),
        leak=max((event.t - visible for event in own), default=0.0),
        pieces=tuple(start.fields["text"] for start, _ in pieces),
        spoken=sounded / _audible(whole) if _audible(whole) else 0.0,
        gaps=tuple(max(0.0, following.t - end.t) for (_, end), (following, _) in pairwise(pieces) if end is not None),
        ended=max((end.t - visible for _, end in pieces if end), default=None),
        status_reads=sum(event.event == "status_read" for event in after),
        reply_tokens=sum(event.fields["tokens"] for event in reply),
        reply_end=reply[-1].fields["reason"] if reply else None,
    )


def _pieces(events: Sequence[Event]) -> Iterator[tuple[Event, Event | None]]:
    """Yield the start and the end of each speech that was asked for by a command."""
    start: Event | None = None
    for event in events:
        if event.fields.get("source") != "tts":
            continue
        if event.event == "speech_started":
            start = event
        elif event.event == "speech_ended" and start is not None:
            yield start, event
            start = None
    if start is not None:
        yield start, None


def _audible(text: str) -> int:
    return sum(character.isalnum() for character in text)


def _after(visible: float, events: Sequence[Event]) -> float | None:
    return events[0].t - visible if events else None
