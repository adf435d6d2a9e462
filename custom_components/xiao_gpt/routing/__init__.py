"""Who answers an utterance, without Home Assistant."""

from .assistants import Wish, wanted_assistant
from .classifier import Classifier, ModelKind, load, load_best
from .commands import Command, normal, voice_command
from .corrections import Corrections
from .decision import DEFAULT_KEYWORDS, Context, Decision, DeviceControl, Doubt, Mode, Previous, Reason, Route
from .reply import Reply
from .rhythm import Rhythm
from .router import Router

__all__ = [
    "DEFAULT_KEYWORDS",
    "Classifier",
    "Command",
    "Context",
    "Corrections",
    "Decision",
    "DeviceControl",
    "Doubt",
    "Mode",
    "ModelKind",
    "Previous",
    "Reason",
    "Reply",
    "Rhythm",
    "Route",
    "Router",
    "Wish",
    "load",
    "load_best",
    "normal",
    "voice_command",
    "wanted_assistant",
]
