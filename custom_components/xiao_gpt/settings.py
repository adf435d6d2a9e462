"""What a person can set for all speakers of an entry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Final, Self

from .gpt.search import SearchKind, SearchService
from .routing import DEFAULT_KEYWORDS, Command, Context, Doubt

SECTION_DIALOGUE: Final = "dialogue"
SECTION_ROUTING: Final = "routing"
SECTION_WORDS: Final = "words"
SECTION_POLLING: Final = "polling"
SECTION_COSTS: Final = "costs"
SECTION_MODERATION: Final = "moderation"
SECTION_SEARCH: Final = "search"
SECTION_RECORDS: Final = "records"

CONF_SESSION_MINUTES: Final = "session_minutes"
CONF_THINKING_AFTER: Final = "thinking_after"
CONF_MAX_CHARACTERS: Final = "max_characters"
CONF_KEYWORDS: Final = "keywords"
CONF_CLASSIFIER: Final = "classifier"
CONF_LEANING: Final = "leaning"
CONF_DOUBT: Final = "doubt"
CONF_TO_LLM: Final = "to_llm"
CONF_TO_XIAOAI: Final = "to_xiaoai"
CONF_ASK_BACK: Final = "ask_back"
CONF_NATIVE_SPEAKER: Final = "native_speaker"
CONF_POLLS: Final = "polls_per_minute"
CONF_NIGHT: Final = "night_rest"
CONF_NIGHT_FROM: Final = "night_from"
CONF_NIGHT_TO: Final = "night_to"
CONF_DAILY_TOKENS: Final = "daily_tokens"
CONF_DAILY_MONEY: Final = "daily_money"
CONF_BLOCKED_WORDS: Final = "blocked_words"
CONF_BLOCK_COARSE: Final = "block_coarse"
CONF_MODERATION_SERVICE: Final = "moderation_service"
CONF_KEEP: Final = "keep_conversations"
CONF_KEEP_DAYS: Final = "keep_days"
CONF_SEARCH: Final = "search_kind"
CONF_SEARCH_ADDRESS: Final = "search_address"
CONF_SEARCH_KEY: Final = "search_key"

COMMAND_FIELDS: Final = {
    Command.TURN_ON: "words_turn_on",
    Command.TURN_OFF: "words_turn_off",
    Command.STOP: "words_stop",
    Command.CONTINUE: "words_continue",
    Command.DISCONTINUE: "words_discontinue",
    Command.NEW_TOPIC: "words_new_topic",
    Command.ASK_LLM: "words_ask_llm",
    Command.ASK_XIAOAI: "words_ask_xiaoai",
}
"""The field with a person's own words for each command."""

AUTOMATIC: Final = "automatic"
"""The best classifier that the machine is quick enough for."""

NO_SEARCH: Final = "none"
"""The language model cannot search the web."""
NOBODY: Final = "none"
"""No speaker does for the Assist dialog what the assistants cannot."""

DEFAULTS: Final[dict[str, Any]] = {
    CONF_SESSION_MINUTES: 20,
    CONF_THINKING_AFTER: 4,
    CONF_MAX_CHARACTERS: 1000,
    CONF_KEYWORDS: list(DEFAULT_KEYWORDS),
    CONF_CLASSIFIER: AUTOMATIC,
    CONF_LEANING: 0,
    CONF_DOUBT: Doubt.LLM.value,
    CONF_TO_LLM: [],
    CONF_TO_XIAOAI: [],
    CONF_ASK_BACK: True,
    CONF_NATIVE_SPEAKER: AUTOMATIC,
    CONF_POLLS: 0,
    CONF_NIGHT: False,
    CONF_NIGHT_FROM: "23:00:00",
    CONF_NIGHT_TO: "06:00:00",
    CONF_DAILY_TOKENS: 0,
    CONF_DAILY_MONEY: 0,
    CONF_BLOCKED_WORDS: [],
    CONF_BLOCK_COARSE: False,
    CONF_MODERATION_SERVICE: False,
    CONF_KEEP: False,
    CONF_KEEP_DAYS: 30,
    CONF_SEARCH: NO_SEARCH,
    CONF_SEARCH_ADDRESS: "",
    CONF_SEARCH_KEY: "",
    **{name: [] for name in COMMAND_FIELDS.values()},
}


@dataclass(frozen=True)
class Settings:
    """An entry's options, read."""

    session_s: float
    """A conversation is forgotten after so long a silence."""
    thinking_after_s: float
    """After so long without a word the speaker says that it is thinking; 0: never."""
    max_characters: int
    """An answer ends at the first end of a sentence after so many."""
    keywords: tuple[str, ...]
    polls_per_minute: float | None
    """None: what is usual for so many speakers."""
    night: tuple[time, time] | None
    """From when to when nothing is listened to."""
    words: Mapping[Command, tuple[str, ...]] = field(default_factory=dict)
    """A person's own words for each command."""
    classifier: str = AUTOMATIC
    """A kind of model, or "automatic"."""
    leaning: float = 0.0
    """Log odds added for the language model."""
    doubt: Doubt = Doubt.LLM
    to_llm: tuple[str, ...] = ()
    """What contains one of these phrases is the language model's."""
    to_xiaoai: tuple[str, ...] = ()
    """What contains one of these phrases is XiaoAI's."""
    daily_tokens: int = 0
    """What the language model may take in a day; 0: as many as one likes."""
    daily_money: float = 0.0
    """What it may cost in a day, in the currency of the prices; 0: as much as one likes."""
    blocked_words: tuple[str, ...] = ()
    """Words and phrases that the language model must neither be asked nor say."""
    block_coarse: bool = False
    """Whether the same goes for our list of coarse words."""
    moderation_service: bool = False
    """Whether the LLM service's own moderation is asked, too."""
    search: SearchService | None = None
    """Where the language model searches the web."""
    days_kept: int = 0
    """So long the conversations are kept on the home's own disk; 0: they are not."""
    ask_back: bool = True
    """Whether a speaker listens again when an answer ends with a question."""
    native_speaker: str = AUTOMATIC
    """The did of the speaker that does for the Assist dialog what is XiaoAI's; or "automatic", or "none"."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Read an entry's options, which are in sections as in the form."""
        flat = DEFAULTS | {
            name: value
            for section in (
                SECTION_DIALOGUE,
                SECTION_ROUTING,
                SECTION_WORDS,
                SECTION_MODERATION,
                SECTION_POLLING,
                SECTION_COSTS,
                SECTION_SEARCH,
                SECTION_RECORDS,
            )
            for name, value in options.get(section, {}).items()
        }
        night = (time.fromisoformat(flat[CONF_NIGHT_FROM]), time.fromisoformat(flat[CONF_NIGHT_TO]))
        return cls(
            session_s=flat[CONF_SESSION_MINUTES] * 60.0,
            thinking_after_s=float(flat[CONF_THINKING_AFTER]),
            max_characters=int(flat[CONF_MAX_CHARACTERS]),
            keywords=tuple(flat[CONF_KEYWORDS]),
            polls_per_minute=float(flat[CONF_POLLS]) or None,
            night=night if flat[CONF_NIGHT] else None,
            classifier=flat[CONF_CLASSIFIER],
            leaning=float(flat[CONF_LEANING]),
            doubt=Doubt(flat[CONF_DOUBT]),
            to_llm=tuple(flat[CONF_TO_LLM]),
            to_xiaoai=tuple(flat[CONF_TO_XIAOAI]),
            daily_tokens=int(flat[CONF_DAILY_TOKENS]),
            daily_money=float(flat[CONF_DAILY_MONEY]),
            blocked_words=tuple(flat[CONF_BLOCKED_WORDS]),
            block_coarse=bool(flat[CONF_BLOCK_COARSE]),
            moderation_service=bool(flat[CONF_MODERATION_SERVICE]),
            search=search_service(flat),
            days_kept=int(flat[CONF_KEEP_DAYS]) if flat[CONF_KEEP] else 0,
            ask_back=bool(flat[CONF_ASK_BACK]),
            native_speaker=str(flat[CONF_NATIVE_SPEAKER]),
            words={command: tuple(flat[name]) for command, name in COMMAND_FIELDS.items()},
        )

    def context(self, names: frozenset[str]) -> Context:
        """Return what the router is told of every utterance, at whatever speaker it is heard.

        Args:
            names: what the things and rooms of the home are called.
        """
        return Context(
            enabled=True,
            keywords=self.keywords,
            own_words=self.words,
            to_llm=self.to_llm,
            to_xiaoai=self.to_xiaoai,
            names=names,
            leaning=self.leaning,
            doubt=self.doubt,
        )

    def is_night(self, now: time) -> bool:
        """Return whether a time of the day is within the night's rest, which may go over midnight."""
        if self.night is None:
            return False
        begin, end = self.night
        return begin <= now < end if begin <= end else now >= begin or now < end


def search_service(fields: Mapping[str, Any]) -> SearchService | None:
    """Return the search service that a person has set, or None."""
    if (kind := fields[CONF_SEARCH]) == NO_SEARCH:
        return None
    return SearchService(SearchKind(kind), fields[CONF_SEARCH_ADDRESS].strip(), fields[CONF_SEARCH_KEY].strip())
