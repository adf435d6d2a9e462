"""How a dialogue is held, how lively it is, and who is told when that changes."""

from collections.abc import Callable
import time

from homeassistant.core import callback

from .polling import Attention
from .routing import DeviceControl, Mode
from .turns import Turns

LIVELY_S = 60.0
"""How long after the last exchange a follow-up question is likely."""


class DialogueState:
    """What can be set and seen of a dialogue."""

    def __init__(self) -> None:
        """Begin switched off."""
        self.enabled = False
        """Whether advanced dialogue is on."""
        self.continuous = False
        """Whether the speaker listens again after each answer."""
        self.silencing = True
        """Whether XiaoAI's own answer is ended at once; else the first words of ours replace it."""
        self.mode = Mode.AUTOMATIC
        self.device_control = DeviceControl.AUTOMATIC
        self.turns = Turns(self.changed)
        self._lively_until = float("-inf")
        self._observers: list[Callable[[], None]] = []

    @callback
    def set(
        self,
        *,
        enabled: bool | None = None,
        continuous: bool | None = None,
        silencing: bool | None = None,
        mode: Mode | None = None,
        device_control: DeviceControl | None = None,
    ) -> None:
        """Change how the dialogue is held, and tell who observes it."""
        before = self._settable
        self.enabled = self.enabled if enabled is None else enabled
        self.continuous = self.continuous if continuous is None else continuous
        self.silencing = self.silencing if silencing is None else silencing
        self.mode = self.mode if mode is None else mode
        self.device_control = self.device_control if device_control is None else device_control
        if enabled is False:
            self._lively_until = float("-inf")
        if before != self._settable:
            self.changed()

    @property
    def _settable(self) -> tuple[object, ...]:
        return self.enabled, self.continuous, self.silencing, self.mode, self.device_control

    @callback
    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` when anything about the dialogue has changed; return what ends that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    @callback
    def changed(self) -> None:
        """Tell who observes the dialogue."""
        for observer in self._observers:
            observer()

    @property
    def answering(self) -> bool:
        """Whether an answer is being given."""
        return self.turns.answering

    @property
    def attention(self) -> Attention:
        """How likely it is that someone speaks to the speaker now, by the dialogue itself."""
        if self.turns or time.monotonic() < self._lively_until:
            return Attention.LIVELY
        return Attention.IDLE if self.enabled else Attention.OFF

    @callback
    def pay_attention(self, seconds: float | None = None) -> None:
        """Expect that someone speaks to the speaker within so many seconds; 0: no longer."""
        now = time.monotonic()
        seconds = LIVELY_S if seconds is None else seconds
        self._lively_until = max(self._lively_until, now + seconds) if seconds else now
        self.changed()
