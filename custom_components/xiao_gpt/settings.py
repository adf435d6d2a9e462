"""What a person can set for all speakers of an entry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Final, Self

from .routing import DEFAULT_KEYWORDS, Command

SECTION_DIALOGUE: Final = "dialogue"
SECTION_WORDS: Final = "words"
SECTION_POLLING: Final = "polling"

CONF_SESSION_MINUTES: Final = "session_minutes"
CONF_THINKING_AFTER: Final = "thinking_after"
CONF_MAX_CHARACTERS: Final = "max_characters"
CONF_KEYWORDS: Final = "keywords"
CONF_POLLS: Final = "polls_per_minute"
CONF_NIGHT: Final = "night_rest"
CONF_NIGHT_FROM: Final = "night_from"
CONF_NIGHT_TO: Final = "night_to"

COMMAND_FIELDS: Final = {
    Command.TURN_ON: "words_turn_on",
    Command.TURN_OFF: "words_turn_off",
    Command.STOP: "words_stop",
    Command.CONTINUE: "words_continue",
    Command.DISCONTINUE: "words_discontinue",
    Command.NEW_TOPIC: "words_new_topic",
}
"""The field with a person's own words for each command."""

DEFAULTS: Final[dict[str, Any]] = {
    CONF_SESSION_MINUTES: 20,
    CONF_THINKING_AFTER: 4,
    CONF_MAX_CHARACTERS: 1000,
    CONF_KEYWORDS: list(DEFAULT_KEYWORDS),
    CONF_POLLS: 0,
    CONF_NIGHT: False,
    CONF_NIGHT_FROM: "23:00:00",
    CONF_NIGHT_TO: "06:00:00",
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

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Read an entry's options, which are in sections as in the form."""
        flat = DEFAULTS | {
            name: value
            for section in (SECTION_DIALOGUE, SECTION_WORDS, SECTION_POLLING)
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
            words={command: tuple(flat[name]) for command, name in COMMAND_FIELDS.items()},
        )

    def is_night(self, now: time) -> bool:
        """Return whether a time of the day is within the night's rest, which may go over midnight."""
        if self.night is None:
            return False
        begin, end = self.night
        return begin <= now < end if begin <= end else now >= begin or now < end
