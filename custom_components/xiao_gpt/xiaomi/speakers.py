"""What is known of each speaker model: a table, not code.

Sources: M = mi-gpt docs/compatibility.md, X = xiaogpt README and config.py, S = songloft data/tts-commands.json (made
of the MIoT specs), H = ha_xiaomi_home and hass-miot spec tables, P = MiService, xiaomusic and songloft on who needs
`player_play_music`; `project#n` is an issue there. What no source gives and another model of the same family suggests
is marked [I] in the line. The numbers of an action are (siid, aiid), those of a property (siid, piid).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any, Self

type Iid = tuple[int, int]
"""A MIoT service and an action or property in it."""


class Status(Enum):
    """Where a speaker tells whether it is playing."""

    UBUS = "ubus"
    """`player_get_play_status` follows speech."""
    MIOT = "miot"
    """The MIoT property does; ubus does not."""
    NONE = "none"
    """Nothing does: the end of speech can only be predicted."""


class Silent(Enum):
    """How execute-text-directive is told to do it without a word (hass-miot text.py)."""

    BOOL = "bool"
    """true: silent, false: aloud."""
    UINT8 = "uint8"
    """0: silent, 1: aloud."""

    def argument(self, *, silent: bool) -> bool | int:
        """Return the argument that says so."""
        return silent if self is Silent.BOOL else int(not silent)


class PlayUrl(Enum):
    """Which ubus method makes a URL heard. All models answer both with "done"."""

    BY_URL = "player_play_url"
    BY_MUSIC = "player_play_music"


class Certainty(Enum):
    """How sure it is that a model is spoken through as its entry says."""

    VERIFIED = "V"
    """In the source of a project whose users speak so."""
    REPORTED = "R"
    """Reported by users, some against others."""
    INFERRED = "I"
    """From the MIoT spec, or from models of the same family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """How a speaker model is spoken through."""

    name: str = "小爱音箱"
    """Marketing name."""
    play_text: Iid | None = (5, 1)
    """MIoT action that speaks a text; None where the model has no such service."""
    miot_first: bool = False
    """Whether speech goes by MIoT before ubus."""
    ubus_speaks: bool = True
    """Whether ubus speech is heard. Some models answer "done" and stay silent: there it is the last resort only."""
    wake_up: Iid | None = None
    """MIoT action that makes XiaoAI listen."""
    wake_up_args: tuple[str, ...] = ()
    """What that action wants: on some models an empty text (hass-miot device_customizes.py)."""
    execute: Iid | None = None
    """MIoT action that does what a text says, as if a person had said it."""
    silent: Silent = Silent.BOOL
    silent_execute_works: bool = True
    """Whether that action has an effect when it shall be silent."""
    status: Status = Status.UBUS
    playing_state: Iid | None = None
    """MIoT property that is 1 while playing (`Status.MIOT` only)."""
    pausable: bool = True
    """Whether pause and stop end XiaoAI's own speech; on the others only new speech does."""
    plays_url: PlayUrl = PlayUrl.BY_URL
    volume: Iid | None = (2, 1)
    """MIoT property of the volume in percent."""
    min_volume: int = 1
    """The lowest volume in percent."""
    has_records: bool = True
    """Whether the conversation endpoint knows the model; else `nlp_result_get` is asked."""
    text_limit: int = 150
    """Characters that one speech may have: some models cut at about 200 (mi-gpt#182)."""
    screen: bool = False
    """Whether it has a touch screen."""
    sure: Certainty = Certainty.VERIFIED

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values, to be kept."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self | None:
        """Make it of what `as_dict` returned, JSON in between or not; None if it cannot be read any more."""
        usual = cls()
        try:
            return cls(**{name: _like(getattr(usual, name), name, data[name]) for name in _FIELDS})
        except LookupError, TypeError, ValueError:
            return None


_FIELDS = tuple(field.name for field in fields(Model))
_IIDS = {"play_text", "wake_up", "execute", "playing_state", "volume"}


def _like(usual: Any, name: str, value: Any) -> Any:
    """Return the value of a field as the type that it has.

    Raises:
        TypeError, ValueError: it is none.
    """
    if name in _IIDS:
        if value is None:
            return None
        siid, iid = value
        if type(siid) is not int or type(iid) is not int:
            raise TypeError(name)
        return siid, iid
    if isinstance(usual, Enum):
        return type(usual)(value)
    if isinstance(usual, tuple):
        return tuple(str(item) for item in value)
    if type(value) is not type(usual):
        raise TypeError(name)
    return value


# Families: the same services under the same numbers.

_I = Certainty.INFERRED
_R = Certainty.REPORTED
_BY_MUSIC = PlayUrl.BY_MUSIC

# M, X, H: the reference device is one of these; ubus speech and status are good.
_FIRST = Model(wake_up=(5, 3), execute=(5, 5))
# M, X, H: the same age, an older spec; the status shows no speech.
_MINI = Model(wake_up=(5, 2), execute=(5, 5), silent=Silent.UINT8, status=Status.NONE)
# X, H: ubus speech answers "done" and is silent (xiaogpt#398), the status shows nothing, XiaoAI cannot be muted
# ("what needs use_command cannot be muted", xiaogpt#394).
_PLAY = Model(
    play_text=(5, 3),
    wake_up=(5, 1),
    execute=(5, 4),
    miot_first=True,
    ubus_speaks=False,
    status=Status.NONE,
    pausable=False,
    plays_url=_BY_MUSIC,
)
# M, X, S: the numbers of all newer models. What goes for ubus and the status differs.
_SOUND = Model(play_text=(7, 3), wake_up=(7, 1), execute=(7, 4))
# S: MIoT first is what xiaomusic and songloft do on all models that they know by the spec only.
_NEW = replace(_SOUND, miot_first=True, status=Status.NONE, sure=_I)
# X README L207, and probably all screens: ubus speech is not heard.
_SCREEN = replace(_NEW, ubus_speaks=False, screen=True, plays_url=_BY_MUSIC)

_L06A = replace(
    _MINI, name="小爱音箱", wake_up_args=("",), miot_first=True, ubus_speaks=False, plays_url=_BY_MUSIC, sure=_R
)
_X4B = replace(
    _SCREEN,
    name="Xiaomi 智能家庭屏 Mini",
    play_text=(5, 3),
    wake_up=(5, 1),
    execute=None,
    status=Status.MIOT,
    playing_state=(3, 1),
    sure=_R,
)
_M01 = Model(name="小爱音箱 HD", play_text=None, status=Status.NONE, has_records=False)

MODELS: dict[str, Model] = {
    # M, X: ubus good in everything; volume 6-100. Plays URLs (xiaogpt; songloft alone prefers the music API).
    "LX06": replace(_FIRST, name="小爱音箱 Pro", min_volume=6),
    # M, X, H.
    "S12": replace(_FIRST, name="小米 AI 音箱"),
    "S12A": replace(_FIRST, name="小米 AI 音箱"),
    "MDZ-25-DA": replace(_FIRST, name="小米 AI 音箱"),
    # M: status poor, wake-up 5-2; X: 5-5; H: uint8; ubus speech reported fine.
    "LX01": replace(_MINI, name="小爱音箱 mini"),
    # M: ubus status not reliable, MIoT 3-1 is; volume 5-100; P.
    "LX05": replace(
        _FIRST,
        name="小爱音箱 Play",
        status=Status.MIOT,
        playing_state=(3, 1),
        plays_url=_BY_MUSIC,
        min_volume=5,
    ),
    # M: the cloud says LX5A, tables say LX05A.
    "LX5A": replace(_FIRST, name="小爱音箱 万能遥控版"),
    "LX05A": replace(_FIRST, name="小爱音箱 万能遥控版"),
    # M: status poor; H: wake-up takes ""; X: 5-5; player_play_url gives light but no sound (xiaogpt#445); P.
    "L06A": _L06A,
    "L06": _L06A,
    # X: 5-5; H: uint8; no source for a wake-up.
    "L07A": replace(_MINI, name="Redmi 小爱音箱 Play", wake_up=None, sure=_I),
    "L7A": replace(_MINI, name="Redmi 小爱音箱 Play", wake_up=None, sure=_I),
    # H: wake-up takes "", uint8; the number of wake-up as on the L06A [I], of the directive unknown.
    "L04M": replace(_MINI, wake_up_args=("",), execute=None, sure=_I),
    # X: only MIoT speaks, cannot be muted (xiaogpt#394); wake-up 5-2 takes "", 5-4 uint8; LAN URLs refused
    # (MiService#49); P.
    "LX04": replace(
        _PLAY,
        name="小爱触屏音箱",
        play_text=(5, 1),
        wake_up=(5, 2),
        wake_up_args=("",),
        silent=Silent.UINT8,
        screen=True,
    ),
    # X: see above; P.
    "L05B": replace(_PLAY, name="小爱音箱 Play"),
    # As the L05B; a silent directive answers 0 and does nothing (Yonsm#9); MIoT 3-1 can be read, but not relied on
    # (Yonsm#18); an action takes 2 to 4 s (MiService#13).
    "L05C": replace(_PLAY, name="小爱音箱 Play 增强版", silent_execute_works=False),
    # H: the family of the two above [I]; whether it can be paused is unknown.
    "L05G": replace(_PLAY, pausable=True, sure=_I),
    # M: status poor; the service is number 3; H: wake-up takes "", uint8; no number for the directive.
    "L09A": replace(
        _MINI,
        name="小米音箱 Art",
        play_text=(3, 1),
        wake_up=(3, 2),
        wake_up_args=("",),
        execute=None,
        miot_first=True,
    ),
    # S: 7-3; H: bool; the other numbers [I].
    "L09B": replace(_NEW, name="小米音箱 Art 电池版"),
    # M: 3-1 can be read and is good; X: URLs are heard (xiaogpt#444).
    "L15A": replace(_SOUND, name="小米 AI 音箱（第二代）", status=Status.MIOT, playing_state=(3, 1)),
    # H: 3-1 can be read; since 2025 only requests that control something are recorded (mi-gpt#257); P (songloft).
    "L16A": replace(
        _SOUND, name="Xiaomi Sound", status=Status.MIOT, playing_state=(3, 1), plays_url=_BY_MUSIC, sure=_R
    ),
    # M: status good; P (songloft).
    "L17A": replace(_SOUND, name="Xiaomi Sound Pro", plays_url=_BY_MUSIC),
    # S: 7-3; H: bool; the other numbers [I].
    "M03A": replace(_NEW, name="Xiaomi Sound Move"),
    # S; H: bool; the number of the directive [I], none for a wake-up.
    "16B": replace(_NEW, wake_up=None),
    "07G": replace(_NEW, play_text=(5, 3), wake_up=None, execute=(5, 4)),
    # M PR#335: 3-1; no source for the directive; P.
    "OH2": replace(
        _NEW,
        name="Xiaomi 智能音箱",
        play_text=(5, 3),
        wake_up=(5, 1),
        execute=None,
        status=Status.MIOT,
        playing_state=(3, 1),
        plays_url=_BY_MUSIC,
        sure=_R,
    ),
    # M: status good; S: MIoT first; P.
    "OH2P": replace(_SOUND, name="Xiaomi 智能音箱 Pro", miot_first=True, plays_url=_BY_MUSIC),
    # S: only the spec is known, and of that only 7-3; wake-up 7-1 [I].
    "OH1M": replace(_NEW, execute=None),
    "OH1P": replace(_NEW, execute=None),
    "OH11": replace(_NEW, execute=None, plays_url=_BY_MUSIC),
    "OH27": replace(_NEW, execute=None),
    "OH8": replace(_NEW, execute=None),
    # H: wake-up takes "", uint8; the number of wake-up [I], of the directive unknown; P.
    "X08A": replace(
        _SCREEN,
        name="Redmi 小爱触屏音箱 8",
        play_text=(5, 1),
        wake_up=(5, 2),
        wake_up_args=("",),
        execute=None,
        silent=Silent.UINT8,
    ),
    # S: 3-1; H: uint8; no other numbers; P.
    "X08C": replace(
        _SCREEN, name="小爱触屏音箱 Pro 8", play_text=(3, 1), wake_up=None, execute=None, silent=Silent.UINT8
    ),
    # M, X: the playing state reads undefined (mi-gpt#20); P.
    "X08E": replace(_SCREEN, name="Redmi 小爱触屏音箱 Pro 8", sure=Certainty.VERIFIED),
    # Status 2 while it speaks (mi-gpt#57), which is also that of a paused piece: nothing can be told by it. 7-4 [I]; P.
    "X8F": replace(_SCREEN, name="Xiaomi 智能家庭屏 Pro 8", sure=_R),
    # S; H: bool; the number of the directive [I], none for a wake-up.
    "X8S": replace(_SCREEN, name="Xiaomi 家庭屏", wake_up=None, plays_url=PlayUrl.BY_URL),
    # M: status poor; P.
    "X6A": replace(_SCREEN, name="Xiaomi 智能家庭屏 6", sure=Certainty.VERIFIED),
    # M says that the status is good, users that sentences are cut (mi-gpt#266); X: only MIoT speaks; P.
    "X10A": replace(_SCREEN, name="Xiaomi 智能家庭屏 10", sure=_R),
    # 3-1 works for a reporter (mi-gpt#92), M says that the status is poor; no source for the directive; P.
    "ASX4B": _X4B,
    "X4B": _X4B,
    # No records, no intelligent-speaker service (xiaogpt#311); SM4 is the name of its spec.
    "M01": _M01,
    "SM4": _M01,
}

UNKNOWN = Model(status=Status.NONE, sure=_I)
"""A model that is neither in the table nor has a spec: ubus first, MIoT 5-1 if that is refused, and nothing assumed of
its status."""


def is_known(hardware: str) -> bool:
    """Return whether a hardware code is in the table."""
    return hardware.upper() in MODELS


def model_of(hardware: str) -> Model:
    """Return what the table has of the hardware code that the cloud gives a speaker."""
    return MODELS.get(hardware.upper(), UNKNOWN)
