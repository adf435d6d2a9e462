"""What one exchange sounded like and what it cost, read off the simulator's timeline: one rule for every system."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from simulator.measure import measure
from simulator.timeline import Event

RECORDS_PATH = "/device_profile/v2/conversation"
"""Where the clouds are asked for new records: each request is a poll."""

NO_REPLY = "did not speak"
BROKEN_OFF = "broken off"


@dataclass(frozen=True, slots=True)
class Figures:
    """One question and its answer. Times are seconds; None: it did not happen."""

    first_words: float | None
    """From the record being visible to the first words of the reply; fillers do not count."""
    leak: float
    """For how long XiaoAI's own answer sounded after the record was visible."""
    fillers: tuple[str, ...]
    """Texts that were spoken and are not part of the reply."""
    pieces: int
    """Texts that are part of the reply and were spoken, to their end or not."""
    spoken: float
    """The share of the reply that sounded, 0 to 1, by letters, digits and Chinese characters; nothing counts twice."""
    gaps: tuple[float, ...]
    """The silences between two pieces of the reply."""
    ended: float | None
    """From the record being visible to the end of the last piece."""
    polls_per_minute: float
    """Requests for new records, from the question to the answer's end."""
    status_reads: int

    @property
    def outcome(self) -> str:
        """Why the answer is no good, empty if it is: all of it was spoken but for a rounding."""
        if self.first_words is None:
            return NO_REPLY
        return "" if self.spoken > 0.99 else BROKEN_OFF


def figures(events: Sequence[Event], speaker: str, reply: str) -> Figures:
    """Return the figures of the first question in `events` at `speaker`; no other question may be in them.

    Args:
        events: From the question until nothing more follows.
        speaker: Name of the speaker.
        reply: What the model says to the question.
    """
    mine = [event for event in events if event.fields.get("speaker") == speaker]
    asked = next(event.t for event in mine if event.event == "asked")
    visible = next((event.t for event in mine if event.event == "record_visible"), asked)
    whole = audible(reply)
    speeches = list(_speeches(event for event in mine if event.t >= visible))
    pieces = [speech for speech in speeches if audible(speech.text) and audible(speech.text) in whole]
    plain = measure(events, speaker)
    end = max((speech.ended for speech in pieces), default=events[-1].t)
    return Figures(
        first_words=pieces[0].started - visible if pieces else None,
        leak=plain.leak,
        fillers=tuple(speech.text for speech in speeches if speech not in pieces),
        pieces=len(pieces),
        spoken=share(whole, [(audible(speech.text), speech.share) for speech in pieces]),
        gaps=tuple(max(0.0, following.started - speech.ended) for speech, following in pairwise(pieces)),
        ended=end - visible if pieces else None,
        polls_per_minute=polls_per_minute(events, asked, end),
        status_reads=plain.status_reads,
    )


def is_poll(event: Event) -> bool:
    """Tell whether the clouds were asked for records."""
    return event.event == "http" and event.fields["path"] == RECORDS_PATH


def polls_per_minute(events: Iterable[Event], begin: float, end: float) -> float:
    """Return how often a minute the clouds were asked for records between two moments of the timeline."""
    polls = sum(is_poll(event) and begin <= event.t < end for event in events)
    return polls * 60 / (end - begin) if end > begin else 0.0


def share(whole: str, pieces: Iterable[tuple[str, float]]) -> float:
    """Return which share of `whole` sounded in pieces, each with the share of it that was spoken."""
    sounded: set[int] = set()
    position = 0
    for text, spoken in pieces:
        # The pieces come in order; one that is said again lies before the last.
        found = whole.find(text, position)
        found = whole.find(text) if found < 0 else found
        if found >= 0:
            sounded.update(range(found, found + round(len(text) * spoken)))
            position = found + len(text)
    return len(sounded) / len(whole) if whole else 0.0


def audible(text: str) -> str:
    """Return what of a text is heard: punctuation and spaces are not."""
    return "".join(character for character in text if character.isalnum())


@dataclass(frozen=True, slots=True)
class _Speech:
    text: str
    started: float
    ended: float
    share: float


def _speeches(events: Iterable[Event]) -> Iterable[_Speech]:
    """Yield the speeches that a client asked for and that have ended."""
    start: Event | None = None
    for event in events:
        if event.fields.get("source") != "tts":
            continue
        if event.event == "speech_started":
            start = event
        elif event.event == "speech_ended" and start is not None:
            yield _Speech(event.fields["text"], start.t, event.t, event.fields["spoken"])
            start = None
