"""The speakers' hardware models: what each can do, and in what it differs from the reference device (LX06).

The numbers are those of the public tables of the clients (siid-aiid of the MIoT spec); what only users have reported is
modelled as they reported it, because a client has to live with it. Where nothing is reported of a model it is as its
family is, and where the family differs, as the kinder one of it: [I] marks such lines. A model needs the music API for
URLs if at least two clients list it as such (songloft alone lists nearly all).
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


type PlayActions = tuple[tuple[int, str], ...]

PLAY_WITH_STOP: PlayActions = ((2, "play"), (3, "pause"), (4, "stop"), (5, "previous"), (6, "next"))
"""L05C and L16A (Yonsm/MiService#18)."""
PLAY_WITHOUT_STOP: PlayActions = ((2, "play"), (3, "pause"), (5, "previous"), (6, "next"))
"""OH2, by its public spec."""
PLAY_FIRST: PlayActions = ((1, "play"), (2, "pause"), (3, "next"), (4, "previous"))
"""LX06 (homebridge-miot) and LX05, by their public specs."""
PAUSE_FIRST: PlayActions = ((1, "pause"), (2, "play"), (3, "next"), (4, "previous"))
"""L7A and X08C, by their public specs."""


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
    """The play-control service: property 1 is the state."""
    play_actions: PlayActions = PLAY_WITH_STOP
    """The actions of play-control: aiid, name in the spec."""
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
    ignores_first_pause: bool = False
    """Whether the first pause or stop of what sounds is accepted without effect (songloft#59: "goes on"). No report
    names a model; songloft reads the state after each pause, and pauses before it stops, on all of them."""
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


def _wifi(suffix: str) -> str:
    return f"xiaomi.wifispeaker.{suffix}"


def _first(hardware: str, title: str, miot: str = "", **fields: Any) -> Model:
    """Return a model like the LX06: service 5, good in everything."""
    return Model(hardware, _wifi(miot or hardware.lower()), title, **fields)


def _small(hardware: str, title: str, miot: str = "", **fields: Any) -> Model:
    """Return a model of the same age with an older spec: a blind status, a `silent` that is a number."""
    usual: dict[str, Any] = {"wake_up": (5, 2), "silent": Silent.UINT8, "ubus_status": Status.BLIND}
    return _first(hardware, title, miot, **(usual | fields))


def _play(hardware: str, title: str, **fields: Any) -> Model:
    """Return a model of the Play family: only MIoT speaks, nothing is reported."""
    usual: dict[str, Any] = {"play_text": (5, 3), "wake_up": (5, 1), "execute": (5, 4), "ubus_status": Status.BLIND}
    return _first(hardware, title, **(usual | {"ubus_tts": False, "plays_urls": False} | fields))


def _sound(hardware: str, title: str, **fields: Any) -> Model:
    """Return a model of service 7, good in everything."""
    usual: dict[str, Any] = {"play_text": (7, 3), "wake_up": (7, 1), "execute": (7, 4)}
    return _first(hardware, title, **(usual | fields))


def _new(hardware: str, title: str = "小爱音箱", **fields: Any) -> Model:
    """Return a model of service 7 of which clients know little more than the spec: its status is taken for blind."""
    return _sound(hardware, title, **({"ubus_status": Status.BLIND} | fields))


def _screen(hardware: str, title: str, miot: str = "", **fields: Any) -> Model:
    """Return a model with a screen: ubus speech is silent, URLs want the music API.

    The first is certain of the X10A (xiaogpt README) and likely of X08E, X6A, X8F and ASX4B; of the others it is [I].
    """
    usual: dict[str, Any] = {"play_text": (7, 3), "wake_up": (7, 1), "execute": (7, 4), "ubus_status": Status.BLIND}
    return _first(hardware, title, miot, **(usual | {"ubus_tts": False, "plays_urls": False} | fields))


# By the X08C's public spec 3-1 to 3-5 are play-text, wake-up, play-radio, play-music and the directive.
_SERVICE_3: dict[str, Any] = {"play_text": (3, 1), "wake_up": (3, 2), "execute": (3, 5), "silent": Silent.UINT8}
_MINI_SCREEN: dict[str, Any] = {"play_text": (5, 3), "wake_up": (5, 1), "execute": None, "state_readable": True}
_L06A: dict[str, Any] = {"wake_up_takes_text": True, "plays_urls": False}
_L7A: dict[str, Any] = {"play_control_siid": 4, "play_actions": PAUSE_FIRST, "state_readable": True}

_TABLE = (
    _first("LX06", "小爱音箱 Pro", min_volume=6, play_actions=PLAY_FIRST),
    _first("S12", "小米 AI 音箱"),
    _first("S12A", "小米 AI 音箱", "s12"),
    _first("MDZ-25-DA", "小米 AI 音箱", "s12"),
    # Its ubus status is not reliable, the MIoT state is (mi-gpt).
    _first(
        "LX05",
        "小爱音箱 Play",
        state_readable=True,
        ubus_status=Status.BLIND,
        plays_urls=False,
        min_volume=5,
        play_actions=PLAY_FIRST,
    ),
    # The cloud says LX5A, clients' tables say LX05A.
    _first("LX5A", "小爱音箱 万能遥控版"),
    _first("LX05A", "小爱音箱 万能遥控版", "lx5a"),
    _small("LX01", "小爱音箱 mini"),
    # A URL lights the ring and makes no sound (xiaogpt#445).
    _small("L06A", "小爱音箱", **_L06A),
    _small("L06", "小爱音箱", "l06a", **_L06A),
    # MIoT knows both by one name. By its public spec the state can be read; that it is right is [I].
    _small("L07A", "Redmi 小爱音箱 Play", "l7a", **_L7A),
    _small("L7A", "Redmi 小爱音箱 Play", **_L7A),
    # The arguments of wake-up and directive are known, their numbers are the L06A's [I].
    _small("L04M", "小爱音箱", wake_up_takes_text=True),
    # Only MIoT speaks, and XiaoAI cannot be muted (xiaogpt#394).
    _small(
        "LX04",
        "小爱触屏音箱",
        wake_up_takes_text=True,
        execute=(5, 4),
        ubus_tts=False,
        plays_urls=False,
        pausable_speech=False,
    ),
    # xiaogpt#394, #398. The L05C's state can be read and says nothing (Yonsm/MiService#18), a silent directive does
    # nothing (Yonsm/MiService#9).
    _play("L05B", "小爱音箱 Play", pausable_speech=False),
    _play(
        "L05C",
        "小爱音箱 Play 增强版",
        silent_execute_works=False,
        state_readable=True,
        state_reported=False,
        pausable_speech=False,
    ),
    # Both brothers are silent by ubus [I]; that it cannot be paused nobody has said. Its directive is 5-4 [I], a bool.
    _play("L05G", "小爱音箱 Play"),
    # 3-5 as on the X08C [I], the other model of service 3, and some other number for play-control [I].
    _small("L09A", "小爱音箱 Art", play_control_siid=4, wake_up_takes_text=True, **_SERVICE_3),
    # That the directive of L09B, M03A, 16B, 07G and X8S takes a bool is known; its number is that of their family [I].
    _new("L09B", "小爱音箱 Art 电池版"),
    _sound("L15A", "小米 AI 音箱 (第二代)", state_readable=True),
    # Since 2025 only requests that control something are recorded (mi-gpt#257): ask with `recorded` false.
    _sound("L16A", "Xiaomi Sound", state_readable=True),
    _sound("L17A", "Xiaomi Sound Pro"),
    _new("M03A", "Xiaomi Sound Move"),
    _new("16B", wake_up=None),
    _new("07G", play_text=(5, 3), wake_up=None, execute=(5, 4)),
    # Actions by its public spec.
    _new(
        "OH2",
        "Xiaomi 智能音箱",
        play_text=(5, 3),
        wake_up=(5, 1),
        execute=(5, 4),
        state_readable=True,
        plays_urls=False,
        play_actions=PLAY_WITHOUT_STOP,
    ),
    _sound("OH2P", "Xiaomi 智能音箱 Pro", plays_urls=False),
    # Only play-text is known of these five, and wake-up is [I].
    _new("OH1M", execute=None),
    _new("OH1P", execute=None),
    _new("OH11", execute=None),
    _new("OH27", execute=None),
    _new("OH8", execute=None),
    # The arguments of wake-up and directive are known, their numbers are the L06A's [I].
    _screen(
        "X08A",
        "Redmi 小爱触屏音箱 8",
        play_text=(5, 1),
        wake_up=(5, 2),
        wake_up_takes_text=True,
        execute=(5, 5),
        silent=Silent.UINT8,
    ),
    # By its public spec: play-control is service 2, the speaker 4.
    _screen("X08C", "小爱触屏音箱 Pro 8", speaker_siid=4, play_control_siid=2, play_actions=PAUSE_FIRST, **_SERVICE_3),
    _screen("X08E", "Redmi 小爱触屏音箱 Pro 8"),
    # mi-gpt#57. That its directive takes a bool is known, its number is the X08E's [I].
    _screen("X8F", "Xiaomi 智能家庭屏 Pro 8", ubus_status=Status.PAUSED_IN_SPEECH),
    _screen("X8S", "Xiaomi 家庭屏", wake_up=None, plays_urls=True),
    _screen("X6A", "Xiaomi 智能家庭屏 6"),
    # Its status is reported as good (mi-gpt's table) and as cutting sentences (mi-gpt#266): here it is blind.
    _screen("X10A", "Xiaomi 智能家庭屏 10"),
    _screen("ASX4B", "Xiaomi 智能家庭屏 Mini", "x4b", **_MINI_SCREEN),
    _screen("X4B", "Xiaomi 智能家庭屏 Mini", **_MINI_SCREEN),
    # No intelligent-speaker service, no conversation endpoint (xiaogpt#311).
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
    # Two that no client's table has: one whose spec tells how it is spoken through, and one without a spec.
    _first(
        "L99Z",
        "没有人见过的音箱",
        play_text=(9, 2),
        wake_up=(9, 4),
        execute=(9, 6),
        play_control_siid=4,
        state_readable=True,
        ubus_tts=False,
        ubus_status=Status.BLIND,
        ignores_first_pause=True,
    ),
    _first("L98Y", "没有规格的音箱", wake_up=None, execute=None, ubus_status=Status.BLIND, public_spec=False),
)

MODELS = {model.hardware: model for model in _TABLE}
"""All known models by hardware name."""
