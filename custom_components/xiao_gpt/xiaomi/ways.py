"""The ways to speak, and which of them is tried first."""

from collections.abc import Iterable
from enum import Enum, auto

from .errors import SpeakerRefusedError, XiaomiError
from .speakers import Model


class Way(Enum):
    """A way to speak."""

    UBUS = auto()
    """text_to_speech."""
    MIOT = auto()
    """play-text."""
    PLAYER = auto()
    """player_play_tts, of old devices."""


class Ways:
    """The ways of one speaker: those of its model, and what has been learnt of them."""

    def __init__(self) -> None:
        self._proven: Way | None = None

    def forget(self) -> None:
        """Forget what has been learnt."""
        self._proven = None

    def of(self, model: Model) -> list[Way]:
        """Return the ways in the order in which they are to be tried."""
        ways = sorted(Way, key=lambda way: (way is not self._proven, model.miot_first and way is not Way.MIOT))
        return [way for way in ways if way is not Way.MIOT or model.play_text is not None]

    def worked(self, way: Way, model: Model, errors: Iterable[XiaomiError]) -> None:
        """Begin with this way from now on if one before it was refused, and its "done" can be believed.

        Args:
            way: the way that worked.
            model: the speaker's model.
            errors: why the ways before it did not.
        """
        refused = any(isinstance(error, SpeakerRefusedError) for error in errors)
        if refused and (way is Way.MIOT or model.ubus_speaks):
            self._proven = way
