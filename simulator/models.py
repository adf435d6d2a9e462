"""The speakers' hardware models: what each can do, and in what it differs from the reference device (LX06).

The numbers are those of the public tables of the clients (siid-aiid of the MIoT spec); what only users have reported is
modelled as they reported it, because a client has to live with it.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Status(Enum):
    """How a model reports its play status."""

    GOOD = "good"
    """The truth, with the usual lag."""
    BLIND = "blind"
    """0, whatever it does."""
    PAUSED_IN_SPEECH = "paused_in_speech"
    """2 (paused) while it speaks, else the truth."""


class Silent(Enum):
    """The type of the `silent` argument of execute-text-directive."""

    BOOL = "bool"
    """True: XiaoAI does it without speaking."""
    UINT8 = "uint8"
    """0: without speaking. 1: with."""


@dataclass(frozen=True, slots=True)
class Model:
    """One hardware model."""

    hardware: str
    """Upper-case suffix, as the MiNA device list spells it."""
    miot_model: str
    """The name in the MIoT device list."""
    title: str
    """What the shop calls it."""
    play_text: tuple[int, int] | None = (5, 1)
    """siid, aiid of play-text."""
    wake_up: tuple[int, int] | None = (5, 3)
    """siid, aiid of wake-up."""
    wake_up_takes_text: bool = False
    """Whether wake-up wants one text argument (which may be empty) instead of none."""
    execute: tuple[int, int] | None = (5, 5)
    """siid, aiid of execute-text-directive."""
    silent: Silent = Silent.BOOL
    silent_execute_works: bool = True
    """L05C answers 0 to a silent directive and does nothing."""
    speaker_siid: int = 2
    """The speaker service: property 1 is the volume, 2 is mute."""
    play_control_siid: int = 3
    """The play-control service: property 1 is the state; actions 2 play, 3 pause, 4 stop, 5 previous, 6 next."""
    state_readable: bool = False
    """Whether the playing state can be read, or only notifies."""
    state_reported: bool = True
    """Whether the playing state that can be read is ever anything but 0."""
    ubus_tts: bool = True
    """Whether the ubus text_to_speech makes a sound. All models answer that it did."""
    ubus_status: Status = Status.GOOD
    plays_urls: bool = True
    """Whether player_play_url makes a sound. All models answer that it did."""
    pausable_speech: bool = True
    """Whether pause and stop silence running speech. Only new speech does on the others ("cannot be muted")."""
    conversation: bool = True
    """Whether its dialogues are in the conversation API."""
    public_spec: bool = True
    """Whether miot-spec.org has its spec."""
    min_volume: int = 1
    """The lowest volume in percent; what is asked below it becomes it."""

    @property
    def speech_siid(self) -> int | None:
        """The siid of the intelligent-speaker service, None if the model has none."""
        return self.play_text[0] if self.play_text else None


def _wifi(hardware: str) -> str:
    return f"xiaomi.wifispeaker.{hardware.lower()}"


def _small(hardware: str, title: str, **fields: Any) -> Model:
    """Return a model of the first generation: service 5, a blind status, a `silent` that is a number."""
    usual: dict[str, Any] = {"silent": Silent.UINT8, "ubus_status": Status.BLIND, "wake_up": None}
    return Model(hardware, _wifi(hardware), title, **(usual | fields))


def _new(hardware: str, title: str, **fields: Any) -> Model:
    """Return a model of service 7 of which clients know little more than the spec: its status is taken for blind."""
    usual: dict[str, Any] = {"play_text": (7, 3), "wake_up": (7, 1), "execute": (7, 4), "ubus_status": Status.BLIND}
    return Model(hardware, _wifi(hardware), title, **(usual | fields))


def _screen(hardware: str, title: str, **fields: Any) -> Model:
    """Return a model with a screen: ubus speech is silent, URLs want the music API."""
    return _new(hardware, title, **({"ubus_tts": False, "plays_urls": False} | fields))


_TABLE = (
    Model("LX06", _wifi("lx06"), "小爱音箱 Pro", min_volume=6),
    Model("S12", _wifi("s12"), "小米 AI 音箱"),
    Model("LX05", _wifi("lx05"), "小爱音箱 Play", state_readable=True, ubus_status=Status.BLIND, min_volume=5),
    Model("LX5A", _wifi("lx5a"), "小爱音箱 万能遥控版"),
    Model("LX01", _wifi("lx01"), "小爱音箱 mini", wake_up=(5, 2), silent=Silent.UINT8, ubus_status=Status.BLIND),
    Model(
        "L06A",
        _wifi("l06a"),
        "小爱音箱",
        wake_up=(5, 2),
        wake_up_takes_text=True,
        silent=Silent.UINT8,
        ubus_status=Status.BLIND,
        plays_urls=False,
    ),
    Model(
        "LX04",
        _wifi("lx04"),
        "小爱触屏音箱",
        wake_up=(5, 2),
        wake_up_takes_text=True,
        execute=(5, 4),
        silent=Silent.UINT8,
        ubus_tts=False,
        ubus_status=Status.BLIND,
        plays_urls=False,
        pausable_speech=False,
    ),
    Model(
        "L05B",
        _wifi("l05b"),
        "小爱音箱 Play",
        play_text=(5, 3),
        wake_up=(5, 1),
        execute=(5, 4),
        ubus_tts=False,
        ubus_status=Status.BLIND,
        plays_urls=False,
        pausable_speech=False,
    ),
    Model(
        "L05C",
        _wifi("l05c"),
        "小爱音箱 Play 增强版",
        play_text=(5, 3),
        wake_up=(5, 1),
        execute=(5, 4),
        silent_execute_works=False,
        state_readable=True,
        state_reported=False,
        ubus_tts=False,
        ubus_status=Status.BLIND,
        plays_urls=False,
        pausable_speech=False,
    ),
    Model(
        "L09A",
        _wifi("l09a"),
        "小爱音箱 Art",
        play_text=(3, 1),
        wake_up=(3, 2),
        wake_up_takes_text=True,
        execute=None,
        silent=Silent.UINT8,
        play_control_siid=4,
        ubus_status=Status.BLIND,
    ),
    Model(
        "L15A",
        _wifi("l15a"),
        "小米 AI 音箱 (第二代)",
        play_text=(7, 3),
        wake_up=(7, 1),
        execute=(7, 4),
        state_readable=True,
    ),
    Model(
        "L16A",
        _wifi("l16a"),
        "Xiaomi Sound",
        play_text=(7, 3),
        wake_up=(7, 1),
        execute=(7, 4),
        state_readable=True,
    ),
    Model("L17A", _wifi("l17a"), "Xiaomi Sound Pro", play_text=(7, 3), wake_up=(7, 1), execute=(7, 4)),
    Model("OH2P", _wifi("oh2p"), "Xiaomi 智能音箱 Pro", play_text=(7, 3), wake_up=(7, 1), execute=(7, 4)),
    Model(
        "X08E",
        _wifi("x08e"),
        "Redmi 小爱触屏音箱 Pro 8",
        play_text=(7, 3),
        wake_up=(7, 1),
        execute=(7, 4),
        ubus_tts=False,
        ubus_status=Status.BLIND,
    ),
    Model(
        "X8F",
        _wifi("x8f"),
        "Xiaomi 智能家庭屏 Pro 8",
        play_text=(7, 3),
        wake_up=(7, 1),
        execute=None,
        ubus_tts=False,
        ubus_status=Status.PAUSED_IN_SPEECH,
    ),
    # Aliases in the clients' tables, and what the specs, or single users, tell. Where nothing is told of a model, it is
    # as kind as its family.
    Model("S12A", _wifi("s12"), "小米 AI 音箱"),
    Model("MDZ-25-DA", _wifi("s12"), "小米 AI 音箱"),
    Model("LX05A", _wifi("lx5a"), "小爱音箱 万能遥控版"),
    _small("L06", "小爱音箱", wake_up=(5, 2), wake_up_takes_text=True, plays_urls=False),
    _small("L07A", "Redmi 小爱音箱 Play"),
    _small("L7A", "Redmi 小爱音箱 Play"),
    _small("L04M", "小爱音箱", wake_up=(5, 2), wake_up_takes_text=True, execute=None),
    _small(
        "L05G",
        "小爱音箱",
        play_text=(5, 3),
        wake_up=(5, 1),
        execute=(5, 4),
        silent=Silent.BOOL,
        ubus_tts=False,
        plays_urls=False,
    ),
    _new("L09B", "小米音箱 Art 电池版"),
    _new("M03A", "Xiaomi Sound Move"),
    _new("16B", "小爱音箱", wake_up=None),
    _new("07G", "小爱音箱", play_text=(5, 3), wake_up=None, execute=(5, 4)),
    _new(
        "OH2",
        "Xiaomi 智能音箱",
        play_text=(5, 3),
        wake_up=(5, 1),
        execute=None,
        state_readable=True,
        plays_urls=False,
    ),
    _new("OH1M", "小爱音箱", execute=None),
    _new("OH1P", "小爱音箱", execute=None),
    _new("OH11", "小爱音箱", execute=None, plays_urls=False),
    _new("OH27", "小爱音箱", execute=None),
    _new("OH8", "小爱音箱", execute=None),
    _screen(
        "X08A",
        "Redmi 小爱触屏音箱 8",
        play_text=(5, 1),
        wake_up=(5, 2),
        wake_up_takes_text=True,
        execute=None,
        silent=Silent.UINT8,
    ),
    _screen(
        "X08C",
        "小爱触屏音箱 Pro 8",
        play_text=(3, 1),
        wake_up=None,
        execute=None,
        silent=Silent.UINT8,
        play_control_siid=4,
    ),
    _screen("X8S", "Xiaomi 家庭屏", wake_up=None, plays_urls=True),
    _screen("X6A", "Xiaomi 智能家庭屏 6"),
    # Its status is reported as good and as cutting sentences: here it is blind.
    _screen("X10A", "Xiaomi 智能家庭屏 10"),
    _screen("ASX4B", "Xiaomi 智能家庭屏 Mini", play_text=(5, 3), wake_up=(5, 1), execute=None, state_readable=True),
    _screen("X4B", "Xiaomi 智能家庭屏 Mini", play_text=(5, 3), wake_up=(5, 1), execute=None, state_readable=True),
    # Two that no client's table has: one whose spec tells how it is spoken through, and one without a spec.
    Model(
        "L99Z",
        _wifi("l99z"),
        "没有人见过的音箱",
        play_text=(9, 2),
        wake_up=(9, 4),
        execute=(9, 6),
        play_control_siid=4,
        state_readable=True,
        ubus_tts=False,
        ubus_status=Status.BLIND,
    ),
    Model(
        "L98Y",
        _wifi("l98y"),
        "没有规格的音箱",
        wake_up=None,
        execute=None,
        ubus_status=Status.BLIND,
        public_spec=False,
    ),
    Model(
        "M01",
        "onemore.wifispeaker.sm4",
        "小爱音箱 HD",
        play_text=None,
        wake_up=None,
        execute=None,
        state_readable=True,
        conversation=False,
    ),
)

MODELS = {model.hardware: model for model in _TABLE}
"""All known models by hardware name."""
