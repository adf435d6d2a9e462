"""What was heard before at a speaker, which the next utterance may go on with."""

from dataclasses import dataclass, field
from datetime import datetime
import time

from homeassistant.util import dt as dt_util

from .routing import Decision, Previous, Reply, Route
from .xiaomi import Kind, Record


@dataclass
class Earlier:
    """An utterance, and what has come of it."""

    record: Record
    decision: Decision
    when: float = field(default_factory=time.monotonic)
    ours: bool = field(init=False)
    """Whether Home Assistant or the agent answered it."""
    asked: bool = False
    """Whether the answer ended with a question."""
    confirms: bool = False
    """Whether it answers the question whether something is to be done, which has been paid for."""

    def __post_init__(self) -> None:
        """Expect that who was decided for answers."""
        self.ours = self.decision.route in (Route.LLM, Route.UNSURE)

    def as_previous(self) -> Previous:
        """Return what the router is told of it."""
        return Previous(self.decision.llm, time.monotonic() - self.when, ours=self.ours, asked=self.asked)


def reply_of(record: Record) -> Reply | None:
    """Return what XiaoAI made of an utterance; None where its record does not tell, or not yet."""
    if record.kind in (Kind.EMPTY, Kind.OTHER) and not record.answer:
        return None
    return Reply(record.answer, record.plays_audio, record.kind is Kind.LLM)


def time_of(record: Record) -> datetime:
    """Return when something was said, by the home's clock on the wall."""
    return dt_util.as_local(dt_util.utc_from_timestamp(record.time / 1000))
