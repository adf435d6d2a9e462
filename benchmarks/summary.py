"""The figures that a comparison comes down to: one number per system, and how many times this project's it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from benchmarks.results import Comparison, Idle, Row, present


@dataclass(frozen=True, slots=True)
class Value:
    """One number of the table."""

    number: float | None
    """None: there was nothing to measure."""
    of: tuple[int, int] | None = None
    """How many of how many exchanges it stands for, if not for all of them."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of the table."""

    key: str
    chinese: str
    english: str
    unit: str
    """``s``, ``%`` or nothing."""
    digits: int
    of: Callable[[Sequence[Row], Sequence[Idle]], Value]
    more_is_better: bool = False

    def text(self, value: Value, own: Value | None, of: str = "/") -> str:
        """Return a value as the table has it, with how many times `own` it is.

        Args:
            value: What is shown.
            own: This project's value; None where it is this project's.
            of: What stands between two counts.
        """
        if value.number is None:
            text = "–"
        else:
            scale = 100 if self.unit == "%" else 1
            text = f"{value.number * scale:.{self.digits}f}{f' {self.unit}' if self.unit else ''}"
        if value.of is not None:
            text += f" ({value.of[0]}{of}{value.of[1]})"
        factor = ratio(value, own)
        return text if factor is None else f"{text} · {times(factor)}"


def ratio(value: Value, own: Value | None) -> float | None:
    """Return how many times `own` a value is, None where that says nothing."""
    if own is None or value.number is None or not own.number:
        return None
    return value.number / own.number


def times(factor: float) -> str:
    """Return a ratio with as many digits as matter."""
    return f"{factor:.{2 if factor < 1 else 1 if factor < 10 else 0}f}×"


def _first_words(rows: Sequence[Row], average: Callable[[Sequence[float]], float]) -> Value:
    """Return the average over the answers that were spoken at all, and how many those are."""
    times = present(row.figures.first_words for row in rows)
    count = (len(times), len(rows)) if len(times) < len(rows) else None
    return Value(average(times) if times else None, count)


def _gaps(rows: Sequence[Row], of: Callable[[Sequence[float]], float]) -> Value:
    gaps = [gap for row in rows for gap in row.figures.gaps]
    return Value(of(gaps) if gaps else None)


def _mean(values: Sequence[float]) -> Value:
    return Value(mean(values) if values else None)


def _complete_standard(rows: Sequence[Row]) -> Value:
    standard = [row for row in rows if row.answer == "standard"]
    times = [row.figures.ended for row in standard if not row.figures.outcome and row.figures.ended is not None]
    return Value(median(times) if times else None, (len(times), len(standard)) if len(times) < len(standard) else None)


def _status_reads(rows: Sequence[Row]) -> Value:
    pieces = sum(row.figures.pieces for row in rows)
    return Value(sum(row.figures.status_reads for row in rows) / pieces if pieces else None)


def _blue(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.kind == "out_of_the_blue"]


def _follow_ups(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.kind == "follow_up"]


METRICS = (
    Metric(
        "first_blue",
        "第一句话：一分钟没人说话之后（平均）",
        "First words, after a minute of silence (mean)",
        "s",
        2,
        lambda rows, _: _first_words(_blue(rows), mean),
    ),
    Metric(
        "first_follow",
        "第一句话：接着问（中位数）",
        "First words, follow-up (median)",
        "s",
        2,
        lambda rows, _: _first_words(_follow_ups(rows), median),
    ),
    Metric(
        "leak",
        "小爱自己的回答还响了多久（平均）",
        "XiaoAI's own answer sounds on (mean)",
        "s",
        2,
        lambda rows, _: _mean([row.figures.leak for row in rows]),
    ),
    Metric(
        "fillers",
        "每个回答里不属于回答的话（句）",
        "Things said per answer that are not the answer",
        "",
        1,
        lambda rows, _: _mean([len(row.figures.fillers) for row in rows]),
    ),
    Metric(
        "gap",
        "句间停顿（中位数）",
        "Silence between pieces (median)",
        "s",
        2,
        lambda rows, _: _gaps(rows, median),
    ),
    Metric(
        "gap_max",
        "句间停顿（最长）",
        "Silence between pieces (longest)",
        "s",
        2,
        lambda rows, _: _gaps(rows, max),
    ),
    Metric(
        "spoken",
        "回答念出来的部分（平均）",
        "Share of the answer spoken (mean)",
        "%",
        0,
        lambda rows, _: _mean([row.figures.spoken for row in rows]),
        more_is_better=True,
    ),
    Metric(
        "complete",
        "完整念完的回答",
        "Answers spoken to the end",
        "%",
        0,
        lambda rows, _: _mean([float(not row.figures.outcome) for row in rows]),
        more_is_better=True,
    ),
    Metric(
        "ended",
        "标准回答全部念完（中位数）",
        "Standard answer all spoken after (median)",
        "s",
        1,
        lambda rows, _: _complete_standard(rows),
    ),
    Metric(
        "polls_idle",
        "每分钟查询记录次数：空闲",
        "Requests for records per minute, idle",
        "",
        0,
        lambda _, idle: _mean([entry.polls_per_minute for entry in idle]),
    ),
    Metric(
        "polls_busy",
        "每分钟查询记录次数：对话中",
        "Requests for records per minute, in a dialogue",
        "",
        0,
        lambda rows, _: _mean([row.figures.polls_per_minute for row in rows]),
    ),
    Metric(
        "status_reads",
        "每句话读取播放状态次数",
        "Status requests per piece",
        "",
        1,
        lambda rows, _: _status_reads(rows),
    ),
)


def summarize(results: Comparison, system: str) -> dict[str, Value]:
    """Return the values of a system by the metrics' keys."""
    rows = [row for row in results.rows if row.system == system]
    idle = [entry for entry in results.idle if entry.system == system]
    return {metric.key: metric.of(rows, idle) for metric in METRICS}
