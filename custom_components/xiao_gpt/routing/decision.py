"""What the router is told and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .commands import Command

DEFAULT_KEYWORDS = ("请", "帮我")
"""What a question begins with in keyword mode, unless a person has set other words."""


class Mode(StrEnum):
    """Which questions the language model answers at a speaker."""

    AUTOMATIC = "automatic"
    """Those that the router thinks better answered by it."""
    KEYWORD = "keyword"
    """Those that begin with a keyword."""
    ALWAYS = "always"
    """All, even what XiaoAI would play."""


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
    mode: Mode = Mode.AUTOMATIC
    keywords: tuple[str, ...] = DEFAULT_KEYWORDS
    continuous: bool = False
    """Whether the speaker listens again after each answer: nobody says a keyword each time then."""
    own_words: Mapping[Command, tuple[str, ...]] = field(default_factory=dict)
    """A person's own words for each command."""


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
