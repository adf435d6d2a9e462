"""Writes docs/speakers.md and docs/speakers.en.md: each model of the table, what works, how, and what is unsure.

python -m scripts.speakers
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from custom_components.xiao_gpt.xiaomi.speakers import MODELS, Certainty, Iid, Model, PlayUrl, Silent, Status

DOCS = Path(__file__).resolve().parent.parent / "docs"

DOUBTS: dict[str, tuple[str, str]] = {
    "LX01": ("播放状态不可靠；`silent` 参数按用户报告取 0/1", "Status unreliable; type of `silent` as users report it"),
    "L06A": ("用 URL 播放时有用户遇到亮灯无声", "Some users see light and hear nothing when a URL is played"),
    "L07A": ("没有人报告过唤醒动作的编号", "Nobody has reported a number for waking it"),
    "L04M": ("唤醒编号参照 L06A 推断；执行指令的编号未知", "Wake-up inferred from the L06A; directive unknown"),
    "LX04": ("小爱自己的话无法打断；拒绝局域网 URL", "XiaoAI cannot be silenced; refuses URLs of the local network"),
    "L05B": (
        "小爱自己的话无法打断；ubus 朗读和播放 URL 都“成功”但无声",
        "XiaoAI cannot be silenced; ubus speech and URLs say done and are silent",
    ),
    "L05C": (
        "同 L05B；静默执行指令无效，会改为出声执行；MIoT 动作要 2–4 秒",
        "As L05B; silent directives do nothing and are done aloud; MIoT takes 2 to 4 s",
    ),
    "L05G": ("参照 L05B/L05C 推断；能否打断未知", "Inferred from L05B/L05C; whether it can be silenced is unknown"),
    "L09A": ("执行指令的编号未知", "Number of the directive unknown"),
    "L16A": (
        "超级小爱上线后，有用户只看到控制类对话有记录",
        "Since 2025 some users find only control requests recorded",
    ),
    "X8F": ("说话时状态显示为“暂停”，所以不用状态", "Reports “paused” while it speaks, so its status is not used"),
    "X10A": (
        "有的表说状态可靠，有用户遇到断句，所以不用状态",
        "A table calls its status good, users report cut sentences: not used",
    ),
    "ASX4B": ("状态：一位用户说可靠，一张表说不可靠", "Status: good by one user, poor by one table"),
    "X08C": ("唤醒和执行指令的编号未知", "Numbers of wake-up and directive unknown"),
    "X08A": ("唤醒编号推断；执行指令的编号未知", "Wake-up inferred; directive unknown"),
    "M01": (
        "没有对话记录接口，也没有 MIoT 朗读：通过 ubus 听和说",
        "No conversation records, no MIoT speech: heard and spoken through by ubus",
    ),
}
INFERRED = ("编号来自公开规格，未见用户验证", "Numbers from the public spec; nobody has reported on it")


@dataclass(frozen=True)
class Language:
    """What is written in one of the two languages."""

    place: int
    file: str
    head: str
    columns: tuple[str, ...]
    foot: str
    ubus: str
    status: dict[Status, str]
    silent: dict[bool, str]
    sure: dict[Certainty, str]
    cannot: str
    aloud: str


CHINESE = Language(
    0,
    "speakers.md",
    """# 支持的音箱

[English](speakers.en.md)

本页由 `python -m scripts.speakers` 从型号表 `custom_components/xiao_gpt/xiaomi/speakers.py` 生成；每一条的出处写在表的注释里。
**这里没有一条是我们在真机上测过的**：数据来自各开源项目的源码、公开的 MIoT 规格和用户报告，并在模拟器上逐个型号跑过测试。

所有型号（小爱音箱 HD 除外）都能：听到对话（小米云端的对话记录）、朗读回答、停止、调音量。区别在于怎么做，以及做得多好：

- **朗读**：按顺序尝试。`MIoT 5-3` 表示规格里服务 5 的动作 3。前一种被拒绝才用后一种；不确定是否已经念出时不会重复念。
- **播放状态**：音箱能不能告诉我们话说完了没有。能的话句子之间衔接更紧；不能的话按估算的语速衔接。
- **打断小爱**：小爱自己的回答能不能被暂停。不能的型号上，新的朗读会直接顶掉它。
- **执行**：让小爱“当作听到了这句话”去做事，以及能否不出声。**唤醒**：让小爱开始聆听。
- **URL**：播放网络音频用哪个接口。
- **把握**：`V` 有项目的源码在用，`R` 来自用户报告，`I` 由规格或同系列推断。
""",
    ("型号", "名称", "朗读", "播放状态", "打断小爱", "执行", "唤醒", "URL", "把握", "不确定之处"),
    """
## 表里没有的型号

先查公开的 MIoT 规格（miot-spec.org，只查一次，结果保存在 Home Assistant 里）：有 `intelligent-speaker` 服务的，朗读、唤醒、执行都按规格来，
播放状态可读的就用。没有公开规格的，用 ubus 朗读，被拒绝再试 MIoT 5-1，不假定有播放状态。
不支持：蓝牙音箱、随身版（不联网）、小米电视。别人共享给您的音箱不会出现在列表里，请用音箱主人的账号。
""",
    "ubus",
    {Status.UBUS: "ubus", Status.MIOT: "MIoT", Status.NONE: "无"},
    {True: "可以", False: "不可以"},
    {Certainty.VERIFIED: "V", Certainty.REPORTED: "R", Certainty.INFERRED: "I"},
    "–",
    "只能出声",
)
ENGLISH = Language(
    1,
    "speakers.en.md",
    """# Supported speakers

[中文](speakers.md)

This page is made by `python -m scripts.speakers` of the table `custom_components/xiao_gpt/xiaomi/speakers.py`, whose comments name
the source of each line. **Nothing here was tried by us on a real speaker**: it comes from the source of open projects, the public
MIoT specs and users' reports, and each model is run through tests on the simulator.

All models (but the HD) are heard by the cloud's conversation records, speak answers, stop, and change their volume. They differ in how,
and how well:

- **Speech**: the ways in the order in which they are tried. `MIoT 5-3` is action 3 of service 5. The next one is used when one is
  refused; nothing is said again where it may have been said.
- **Status**: whether the speaker tells when it has ended. If so, sentences follow each other more closely; if not, by the estimated pace.
- **Silencing XiaoAI**: whether its own answer can be paused. On the others, new speech takes its place.
- **Execute**: let XiaoAI do what a text says as if it had heard it, and whether silently. **Wake**: make it listen.
- **URL**: by which interface network audio is played.
- **Sure**: `V` in the source of a project, `R` reported by users, `I` inferred from the spec or the family.
""",
    ("Model", "Name", "Speech", "Status", "Silencing XiaoAI", "Execute", "Wake", "URL", "Sure", "What is unsure"),
    """
## Models that are not in the table

Their public MIoT spec is looked up (miot-spec.org, once; the result is kept in Home Assistant): with a service `intelligent-speaker`,
speech, wake-up and directives follow it, and the playing state is used where it can be read. Without a public spec, ubus speaks, MIoT 5-1
if that is refused, and no status is assumed. Not supported: bluetooth and portable speakers without a network, Xiaomi TVs. Speakers that
somebody shares with you are not listed: use their owner's account.
""",
    "ubus",
    {Status.UBUS: "ubus", Status.MIOT: "MIoT", Status.NONE: "none"},
    {True: "yes", False: "no"},
    {Certainty.VERIFIED: "V", Certainty.REPORTED: "R", Certainty.INFERRED: "I"},
    "–",
    "aloud only",
)


def _number(iid: Iid) -> str:
    return f"{iid[0]}-{iid[1]}"


def _speech(model: Model, language: Language) -> str:
    miot = [f"MIoT {_number(model.play_text)}"] if model.play_text else []
    ubus = [language.ubus] if model.ubus_speaks else []
    return " → ".join(miot + ubus if model.miot_first else ubus + miot)


def _status(model: Model, language: Language) -> str:
    where = language.status[model.status]
    return f"{where} {_number(model.playing_state)}" if model.playing_state and model.status is Status.MIOT else where


def _execute(model: Model, language: Language) -> str:
    if model.execute is None:
        return language.cannot
    kind = "bool" if model.silent is Silent.BOOL else "0/1"
    return f"{_number(model.execute)} ({kind if model.silent_execute_works else language.aloud})"


def _wake(model: Model, language: Language) -> str:
    if model.wake_up is None:
        return language.cannot
    return _number(model.wake_up) + (' ("")' if model.wake_up_args else "")


def _rows(language: Language) -> list[str]:
    groups: dict[Model, list[str]] = {}
    for hardware, model in MODELS.items():
        groups.setdefault(model, []).append(hardware)
    cells: tuple[Callable[[Model, Language], str], ...] = (_speech, _status)
    rows = []
    for model, names in groups.items():
        doubt = next((DOUBTS[name] for name in names if name in DOUBTS), None)
        if doubt is None:
            doubt = INFERRED if model.sure is Certainty.INFERRED else ("", "")
        row = [
            "、".join(names) if language.place == 0 else ", ".join(names),
            model.name,
            *(cell(model, language) for cell in cells),
            language.silent[model.pausable],
            _execute(model, language),
            _wake(model, language),
            "url" if model.plays_url is PlayUrl.BY_URL else "music",
            language.sure[model.sure],
            doubt[language.place],
        ]
        rows.append("| " + " | ".join(row) + " |")
    return rows


def page(language: Language) -> str:
    """Return the page in one language."""
    header = "| " + " | ".join(language.columns) + " |"
    rule = "|" + "---|" * len(language.columns)
    return "\n".join([language.head, header, rule, *_rows(language), language.foot])


def main() -> None:
    """Write both pages."""
    for language in (CHINESE, ENGLISH):
        (DOCS / language.file).write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    main()
