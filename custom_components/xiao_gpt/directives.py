"""What XiaoAI is told to do, in the Chinese that it understands best: as people say it."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
import re

_DIGITS = "零一二三四五六七八九"
_PERIODS = ((5, "凌晨"), (8, "早上"), (11, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
"""Until which hour a part of the day lasts."""
_DAYS = ("今天", "明天", "后天")
_REMIND = re.compile(r"^(?:请?(?:提醒|叫)(?:我们|我|大家)|提醒|记得)")
"""What a model writes before the matter itself: XiaoAI would be told twice to remind."""


class Repeat(StrEnum):
    """On which days an alarm rings."""

    ONCE = "once"
    DAILY = "daily"
    WORKDAYS = "workdays"
    WEEKENDS = "weekends"


_REPEATED = {Repeat.DAILY: "每天", Repeat.WORKDAYS: "每个工作日", Repeat.WEEKENDS: "每个周末"}


def number(value: int, *, counted: bool = False) -> str:
    """Return a number from 0 to 99 in Chinese.

    Args:
        value: the number.
        counted: whether something is counted: two of a kind are 两.
    """
    tens, ones = divmod(value, 10)
    if not tens:
        return "两" if counted and ones == 2 else _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def duration(length: timedelta) -> str:
    """Return a length of time below 100 hours in Chinese, to the second."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "个小时"), (minutes, "分钟"), (seconds, "秒"))
    return "".join(f"{number(count, counted=True)}{unit}" for count, unit in parts if count)


def clock_time(at: time) -> str:
    """Return a time of the day in Chinese, to the minute: 早上七点半."""
    period = next(name for until, name in _PERIODS if at.hour < until)
    hour = at.hour - 12 if at.hour > 12 else at.hour
    match at.minute:
        case 0:
            minutes = ""
        case 30:
            minutes = "半"
        case minute if minute < 10:
            minutes = f"零{number(minute)}分"
        case minute:
            minutes = f"{number(minute)}分"
    return f"{period}{number(hour, counted=True)}点{minutes}"


def day(when: date, today: date) -> str:
    """Return a day as it is called today."""
    if 0 <= (ahead := (when - today).days) < len(_DAYS):
        return _DAYS[ahead]
    year = "" if when.year == today.year else "明年" if when.year == today.year + 1 else f"{when.year}年"
    return f"{year}{number(when.month)}月{number(when.day)}号"


def timer(length: timedelta, about: str = "") -> str:
    """Return what sets a timer: 十分钟后提醒我关火."""
    matter = _matter(about)
    return f"{duration(length)}后提醒我{matter}" if matter else f"定一个{duration(length)}的倒计时"


def alarm(at: time, now: datetime, *, on: date | None = None, repeat: Repeat = Repeat.ONCE, about: str = "") -> str:
    """Return what sets an alarm: 定一个明天早上七点半的闹钟.

    Args:
        at: when it rings.
        now: the local time.
        on: the day, for one that rings once; the next day on which the time comes if none is given.
        repeat: on which days.
        about: what it reminds of.
    """
    if repeat is Repeat.ONCE:
        upcoming = now.date() if at > now.time() else now.date() + timedelta(days=1)
        when = day(on or upcoming, now.date())
    else:
        when = _REPEATED[repeat]
    matter = _matter(about)
    moment = f"{when}{clock_time(at)}"
    return f"{moment}提醒我{matter}" if matter else f"定一个{moment}的闹钟"


def _matter(about: str) -> str:
    """Return what is to be remembered, without the words that remind."""
    text = " ".join(about.split())
    return (_REMIND.sub("", text, count=1) or text).rstrip("。！!.")
