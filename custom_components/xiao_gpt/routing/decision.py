"""What the router is told and what it answers."""

from dataclasses import dataclass
from enum import StrEnum


class Route(StrEnum):
    """Who answers."""

    COMMAND = "command"
    """This integration itself: the utterance steers the dialogue."""
    NATIVE = "native"
    """XiaoAI, as if nothing else were there."""
    HOME = "home"
    """Home Assistant's own intents."""
    LLM = "llm"
    """The conversation agent."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known when an utterance is heard, besides its words."""

    enabled: bool
    """Whether advanced dialogue is on at the speaker."""
    answering: bool = False
    """Whether an answer is being given at the speaker."""
    plays_audio: bool = False
    """Whether XiaoAI answers by playing music or the like."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who answers, and why."""

    route: Route
    reason: str
    """A short key, for events and traces."""
    intent: str | None = None
    """What the utterance wants, where that is known."""
    score: float = 1.0
    """How sure the router is, 0 to 1."""
