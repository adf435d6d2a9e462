"""Who answers an utterance, without Home Assistant."""

from .commands import Command, voice_command
from .decision import DEFAULT_KEYWORDS, Context, Decision, Mode, Route
from .own_answer import is_good
from .router import Router

__all__ = [
    "DEFAULT_KEYWORDS",
    "Command",
    "Context",
    "Decision",
    "Mode",
    "Route",
    "Router",
    "is_good",
    "voice_command",
]
