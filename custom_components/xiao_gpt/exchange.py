"""An exchange at a speaker: what was asked, who answered and how soon. What entities and diagnostics tell of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from homeassistant.util import dt as dt_util

from .earlier import Earlier
from .routing import Reason, Route
from .turn import Turn


class By(StrEnum):
    """Whose answer was heard. The values are translation keys."""

    AGENT = "agent"
    """The assistant's: the language model's, or that of any other conversation agent."""
    HOME = "home"
    """Home Assistant's own, or an automation's."""
    XIAOAI = "xiaoai"
    DIALOGUE = "dialogue"
    """Ours: a command to the dialogue was obeyed, or something went wrong and was said."""
    NOBODY = "nobody"
    """Something newer was said first."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came of it."""

    question: str
    answer: str
    """What was heard of it, as far as that is known."""
    by: By
    route: Route
    reason: Reason | None
    """None: it was asked in Home Assistant, by a person or an automation, and there was nothing to decide."""
    intent: str | None
    score: float
    first_words_s: float | None
    """Seconds from when the question was known until the speaker was given the first words; None: it was not."""
    interrupted: bool
    conversation: str = ""
    """What belongs together, as the agents' history knows it."""
    when: datetime = field(default_factory=dt_util.utcnow)
    """When it was over."""

    @classmethod
    def in_home(cls, turn: Turn) -> Exchange:
        """Return the exchange that a turn was which nobody asked at the speaker.

        Args:
            turn: it is over.
        """
        spoken = turn.talk.spoken
        return cls(
            question=turn.utterance,
            answer=spoken.said.strip(),
            by=By.AGENT if spoken.said else By.NOBODY,
            route=Route.LLM,
            reason=None,
            intent=None,
            score=1.0,
            first_words_s=spoken.first_words_s,
            interrupted=turn.interrupted,
        )

    @classmethod
    def of(cls, turn: Turn, now: Earlier, by: By, conversation: str = "") -> Exchange:
        """Return the exchange that a turn was.

        Args:
            turn: it is over.
            now: the question and what was decided about it.
            by: who answered, as far as nobody interrupted.
            conversation: what it belongs to.
        """
        spoken = turn.talk.spoken
        if turn.interrupted and not spoken.said and by is not By.XIAOAI:
            by = By.NOBODY
        answer = now.record.answer if by is By.XIAOAI else spoken.said
        decision = now.decision
        return cls(
            question=now.record.query,
            answer=answer.strip(),
            by=by,
            route=decision.route,
            reason=decision.reason,
            intent=decision.intent,
            score=decision.score,
            first_words_s=None if by is By.XIAOAI else spoken.first_words_s,
            interrupted=turn.interrupted,
            conversation=conversation,
        )
