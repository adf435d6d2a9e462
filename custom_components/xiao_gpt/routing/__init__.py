"""Who answers an utterance, without Home Assistant."""

from .commands import Command, voice_command
from .decision import Context, Decision, Route
from .router import Router

__all__ = ["Command", "Context", "Decision", "Route", "Router", "voice_command"]
