"""What the router is told and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .commands import Command
from .reply import Reply

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


class DeviceControl(StrEnum):
    """Who comes first with the home's devices at a speaker."""

    AUTOMATIC = "automatic"
    """Home Assistant with what names one of its things, unless XiaoAI plays something."""
    HOME_ASSISTANT = "home_assistant"
    """Home Assistant, whatever XiaoAI makes of it."""
    XIAOAI = "xiaoai"
    """XiaoAI; Home Assistant with what XiaoAI failed to do."""


class Route(StrEnum):
    """Who answers."""

    COMMAND = "command"
    """This integration itself: the utterance steers the dialogue."""
    NATIVE = "native"
    """XiaoAI, as if nothing else were there."""
    HOME = "home"
    """Home Assistant's own intents; XiaoAI, where they do not know the utterance."""
    LLM = "llm"
    """The conversation agent, after Home Assistant's own intents."""
    UNSURE = "unsure"
    """The conversation agent as well: it can do with its tools what XiaoAI did not, and talk about the rest."""


class Reason(StrEnum):
    """Why the router decided as it did."""

    VOICE_COMMAND = "voice_command"
    SWITCHED_OFF = "switched_off"
    NOTHING_TO_STOP = "nothing_to_stop"
    ALWAYS = "always"
    NO_KEYWORD = "no_keyword"
    KEYWORD = "keyword"
    OWN_PHRASE = "own_phrase"
    """A person has set who answers such utterances."""
    CORRECTED = "corrected"
    """A person has said of a similar utterance who should have answered it."""
    FOLLOWS = "follows"
    """It goes on with what was said before."""
    XIAOAI_PLAYS = "xiaoai_plays"
    XIAOAI_FAILED = "xiaoai_failed"
    XIAOAI_ANSWERED = "xiaoai_answered"
    HOUR = "hour"
    """At this hour of the day the home's people mostly give commands, or mostly talk."""
    CLASSIFIER = "classifier"
    SAYS_NOTHING = "says_nothing"
    """There is no word in it."""


class Doubt(StrEnum):
    """What happens with an utterance that the router is unsure of."""

    LLM = "llm"
    """The conversation agent answers, with its tools."""
    XIAOAI_FIRST = "xiaoai_first"
    """XiaoAI's answer stands, unless it failed."""


@dataclass(frozen=True, slots=True)
class Previous:
    """What was decided about the utterance before at the same speaker."""

    llm: bool
    """Whether the language model answered it."""
    seconds: float
    """How long ago."""
    ours: bool = False
    """Whether Home Assistant or the agent did it: XiaoAI does not know what "再暗一点" goes on with."""
    asked: bool = False
    """Whether the answer ended with a question."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known when an utterance is heard, besides its words."""

    enabled: bool
    """Whether advanced dialogue is on at the speaker."""
    answering: bool = False
    """Whether an answer is being given at the speaker."""
    reply: Reply | None = None
    """What XiaoAI has done with it; None: not known."""
    previous: Previous | None = None
    hour: int | None = None
    """Of the day, 0 to 23, where it was said; None: not known."""
    handed_over: bool = False
    """Whether XiaoAI was told to do this in a person's place."""
    mode: Mode = Mode.AUTOMATIC
    keywords: tuple[str, ...] = DEFAULT_KEYWORDS
    continuous: bool = False
    """Whether the speaker listens again after each answer: nobody says a keyword each time then."""
    own_words: Mapping[Command, tuple[str, ...]] = field(default_factory=dict)
    """A person's own words for each command."""
    to_llm: tuple[str, ...] = ()
    """Phrases of a person's: what contains one is the language model's."""
    to_xiaoai: tuple[str, ...] = ()
    """Phrases of a person's: what contains one is XiaoAI's."""
    names: frozenset[str] = frozenset()
    """What the things and rooms are called that Home Assistant may control."""
    leaning: float = 0.0
    """Log odds that a person wants to be added for the language model."""
    doubt: Doubt = Doubt.LLM
    device_control: DeviceControl = DeviceControl.AUTOMATIC
    assistants: tuple[str, ...] = ()
    """What those are called who may be asked to answer in place of the present one."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who answers, and why."""

    route: Route
    reason: Reason
    intent: str | None = None
    """What the utterance wants, where that is known."""
    score: float = 1.0
    """The probability that the label is right, as the router sees it."""
    llm: bool = False
    """The label: whether the words look like the language model's, whoever answers in the end."""
    slot: str = ""
    """The name that a command is about."""
    odds: float | None = None
    """What the words alone speak for: log odds of the language model; None: nobody weighed them."""
    pending: bool = False
    """Whether it must be known first what XiaoAI makes of it: decide again then."""

    @property
    def label(self) -> str:
        """Return who of two would answer: native or llm."""
        return "llm" if self.llm else "native"
