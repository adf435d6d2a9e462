"""What is known of each speaker model: a table, not code.

Sources: M = mi-gpt docs/compatibility.md, X = xiaogpt README and config.py, S = songloft data/tts-commands.json (made
of the MIoT specs), H = ha_xiaomi_home and hass-miot spec tables; `project#n` is an issue there. The action numbers of a
model are (siid, aiid) of the MIoT service "intelligent-speaker"; its playing state is (siid, piid).
"""

from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """Where a speaker tells whether it is playing."""

    UBUS = "ubus"
    """`player_get_play_status` follows speech."""
    MIOT = "miot"
    """The MIoT property does; ubus does not."""
    NONE = "none"
    """Nothing does: the end of speech can only be predicted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """How a speaker model is spoken through."""

    name: str = "小爱音箱"
    """Marketing name."""
    play_text: tuple[int, int] | None = (5, 1)
    """MIoT action that speaks a text; None where the model has no such service."""
    miot_first: bool = False
    """Whether speech goes by MIoT before ubus (ubus answers "done" on some models and stays silent)."""
    status: Status = Status.UBUS
    playing_state: tuple[int, int] | None = None
    """MIoT property that is 1 while playing (`Status.MIOT` only)."""
    has_records: bool = True
    """Whether the conversation endpoint knows the model; else `nlp_result_get` is asked."""
    text_limit: int = 150
    """Characters that one speech may have: some models cut at about 200 (mi-gpt#182)."""


_FIVE_THREE = (5, 3)
_SEVEN_THREE = (7, 3)

MODELS: dict[str, Model] = {
    # M, X: the reference device; ubus speech and status are good.
    "LX06": Model(name="小爱音箱 Pro"),
    "S12": Model(name="小米 AI 音箱"),
    "S12A": Model(name="小米 AI 音箱"),
    "MDZ-25-DA": Model(name="小米 AI 音箱"),
    # M: status poor; [R] ubus speech reported fine.
    "LX01": Model(name="小爱音箱 mini", status=Status.NONE),
    # M: ubus status not reliable, MIoT 3-1 is.
    "LX05": Model(name="小爱音箱 Play", status=Status.MIOT, playing_state=(3, 1)),
    # M: the cloud says LX5A, tables say LX05A.
    "LX5A": Model(name="小爱音箱 万能遥控版"),
    "LX05A": Model(name="小爱音箱 万能遥控版"),
    # M: status poor; xiaogpt#445.
    "L06A": Model(name="小爱音箱", status=Status.NONE, miot_first=True),
    "L06": Model(name="小爱音箱", status=Status.NONE, miot_first=True),
    "L07A": Model(name="Redmi 小爱音箱 Play", status=Status.NONE),
    "L7A": Model(name="Redmi 小爱音箱 Play", status=Status.NONE),
    "L04M": Model(status=Status.NONE),
    # X: only MIoT speaks; XiaoAI cannot be muted (xiaogpt#394).
    "LX04": Model(name="小爱触屏音箱", status=Status.NONE, miot_first=True),
    # X: ubus speech answers "done" and is silent (xiaogpt#398), status is not reported.
    "L05B": Model(name="小爱音箱 Play", play_text=_FIVE_THREE, status=Status.NONE, miot_first=True),
    "L05C": Model(name="小爱音箱 Play 增强版", play_text=_FIVE_THREE, status=Status.NONE, miot_first=True),
    # H: the family of the two above.
    "L05G": Model(play_text=_FIVE_THREE, status=Status.NONE, miot_first=True),
    # M: status poor; the service is number 3.
    "L09A": Model(name="小米音箱 Art", play_text=(3, 1), status=Status.NONE, miot_first=True),
    "L09B": Model(name="小米音箱 Art 电池版", play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    # M: [3,1,1] is readable and good; X: other speech works too (xiaogpt#444).
    "L15A": Model(name="小米 AI 音箱（第二代）", play_text=_SEVEN_THREE, status=Status.MIOT, playing_state=(3, 1)),
    "L16A": Model(name="Xiaomi Sound", play_text=_SEVEN_THREE, status=Status.MIOT, playing_state=(3, 1)),
    "L17A": Model(name="Xiaomi Sound Pro", play_text=_SEVEN_THREE),
    "M03A": Model(name="Xiaomi Sound Move", play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    "16B": Model(play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    "07G": Model(play_text=_FIVE_THREE, status=Status.NONE, miot_first=True),
    # M PR#335: [3,1,1].
    "OH2": Model(
        name="Xiaomi 智能音箱",
        play_text=_FIVE_THREE,
        status=Status.MIOT,
        playing_state=(3, 1),
        miot_first=True,
    ),
    "OH2P": Model(name="Xiaomi 智能音箱 Pro", play_text=_SEVEN_THREE, miot_first=True),
    # S: only the spec is known.
    "OH1M": Model(play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    "OH1P": Model(play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    "OH11": Model(play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    "OH27": Model(play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    "OH8": Model(play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    "X08A": Model(name="Redmi 小爱触屏音箱 8", status=Status.NONE, miot_first=True),
    "X08C": Model(name="小爱触屏音箱 Pro 8", play_text=(3, 1), status=Status.NONE, miot_first=True),
    # mi-gpt#20: the playing state reads undefined.
    "X08E": Model(name="Redmi 小爱触屏音箱 Pro 8", play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    # mi-gpt#57: status 2 while it speaks.
    "X8F": Model(name="Xiaomi 智能家庭屏 Pro 8", play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    "X8S": Model(name="Xiaomi 家庭屏", play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    "X6A": Model(name="Xiaomi 智能家庭屏 6", play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    # mi-gpt#266: the table says the status is good, users say sentences are cut.
    "X10A": Model(name="Xiaomi 智能家庭屏 10", play_text=_SEVEN_THREE, status=Status.NONE, miot_first=True),
    # mi-gpt#92: [3,1,1] works for the reporter.
    "ASX4B": Model(
        name="Xiaomi 智能家庭屏 Mini",
        play_text=_FIVE_THREE,
        status=Status.MIOT,
        playing_state=(3, 1),
        miot_first=True,
    ),
    "X4B": Model(
        name="Xiaomi 智能家庭屏 Mini",
        play_text=_FIVE_THREE,
        status=Status.MIOT,
        playing_state=(3, 1),
        miot_first=True,
    ),
    # xiaogpt#311: no records, no intelligent-speaker service.
    "M01": Model(name="小爱音箱 HD", play_text=None, status=Status.NONE, has_records=False),
}

UNKNOWN = Model(status=Status.NONE)
"""A model that is not in the table: ubus first, MIoT 5-1 if that is refused, and nothing assumed of its status."""


def model_of(hardware: str) -> Model:
    """Return what is known of the hardware code that the cloud gives a speaker."""
    return MODELS.get(hardware.upper(), UNKNOWN)
