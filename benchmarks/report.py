"""The pages about the benchmarks: the tables between their marks are made from the last results, the words are written.

``<!-- compare -->`` ... ``<!-- end -->`` holds what `tables` returns of that name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
import re
from statistics import mean, median

from benchmarks.answers import BY_KEY as ANSWERS
from benchmarks.results import Comparison, Load, LoadTest, Process, Row, present
from benchmarks.summary import METRICS, Value, ratio, summarize, times
from benchmarks.systems import SYSTEMS, System

DOCS = Path(__file__).resolve().parent.parent / "docs"
OWN = "product"

_MARK = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Language:
    """A page and its words."""

    file: str
    chinese: bool
    figure: str
    of: str
    details: tuple[str, ...]
    """Heads of the table of all figures."""
    after_silence: str
    outcomes: Mapping[str, str]
    not_measured: str
    speakers: str
    load: Mapping[str, str]
    bare: str
    measured: str
    less_is_better: str
    more_is_better: str

    def system(self, system: System) -> str:
        """Return what the page calls a system."""
        return system.chinese if self.chinese else system.english

    def answer(self, key: str) -> str:
        """Return what the page calls an answer."""
        return ANSWERS[key].chinese if self.chinese else key


CHINESE = Language(
    file="benchmarks.md",
    chinese=True,
    figure="指标",
    of="/",
    details=(
        "音箱",
        "回答",
        "系统",
        "第一句话",
        "小爱还响",
        "停顿（中位 / 最长）",
        "念出",
        "念完",
        "多余的话",
        "读状态 / 句",
        "查询 / 分钟",
        "",
    ),
    after_silence="（沉默之后）",
    outcomes={"": "", "did not speak": "没有开口", "broken off": "没有念全"},
    not_measured="没有测到",
    speakers="{} 台音箱",
    load={
        "first_mean": "第一句话（平均）",
        "first_max": "第一句话（最长）",
        "leak": "小爱自己的回答还响了多久（平均）",
        "spoken": "完整念完的回答",
        "polls_idle": "整个账号每分钟查询记录次数：空闲",
        "polls_busy": "整个账号每分钟查询记录次数：对话中",
        "lag_idle": "事件循环迟到（中位 / 95% / 最大）：空闲",
        "lag_busy": "事件循环迟到（中位 / 95% / 最大）：对话中",
        "cpu_idle": "比没有本集成时多用的处理器（一个核的百分比）：空闲",
        "cpu_busy": "比没有本集成时多用的处理器（一个核的百分比）：对话中",
        "memory": "比没有本集成时多用的内存",
    },
    bare="没有本集成的同一个 Home Assistant：处理器 {cpu:.1f} %，内存 {memory:.0f} MiB，事件循环迟到 {lag}。",
    measured="测量日期 {day}，{cores} 个处理器核，随机种子 {seed}。",
    less_is_better="越少越好",
    more_is_better="越多越好",
)
ENGLISH = Language(
    file="benchmarks.en.md",
    chinese=False,
    figure="Figure",
    of=" of ",
    details=(
        "Speaker",
        "Answer",
        "System",
        "First words",
        "XiaoAI sounds on",
        "Silences (median / longest)",
        "Spoken",
        "All spoken after",
        "Fillers",
        "Status requests / piece",
        "Polls / min",
        "",
    ),
    after_silence=" (after silence)",
    outcomes={"": "", "did not speak": "did not speak", "broken off": "not all spoken"},
    not_measured="not measured",
    speakers="Speakers: {}",
    load={
        "first_mean": "First words (mean)",
        "first_max": "First words (longest)",
        "leak": "XiaoAI's own answer sounds on (mean)",
        "spoken": "Answers spoken to the end",
        "polls_idle": "Requests for records per minute, whole account, idle",
        "polls_busy": "Requests for records per minute, whole account, in dialogues",
        "lag_idle": "Event loop late (median / 95 % / longest), idle",
        "lag_busy": "Event loop late (median / 95 % / longest), in dialogues",
        "cpu_idle": "Processor above Home Assistant without the integration (of one core), idle",
        "cpu_busy": "Processor above Home Assistant without the integration (of one core), in dialogues",
        "memory": "Memory above Home Assistant without the integration",
    },
    bare="The same Home Assistant without the integration: processor {cpu:.1f} %, memory {memory:.0f} MiB, "
    "event loop late {lag}.",
    measured="Measured on {day}, {cores} processor cores, random seed {seed}.",
    less_is_better="less is better",
    more_is_better="more is better",
)
LANGUAGES = (CHINESE, ENGLISH)


def write(comparison: Comparison | None, load_test: LoadTest | None) -> list[Path]:
    """Put the tables of these results into the pages; what is None stays as it is there. Return the pages."""
    pages = []
    for language in LANGUAGES:
        page = DOCS / language.file
        page.write_text(
            fill(page.read_text(encoding="utf-8"), tables(comparison, load_test, language)), encoding="utf-8"
        )
        pages.append(page)
    return pages


def fill(page: str, blocks: Mapping[str, str]) -> str:
    """Return a page with what stands between the marks replaced."""
    return _MARK.sub(
        lambda found: found[1] + blocks[found[2]] + "\n" + found[3] if found[2] in blocks else found[0], page
    )


def tables(comparison: Comparison | None, load_test: LoadTest | None, language: Language) -> dict[str, str]:
    """Return the tables by the names of their marks."""
    blocks = {}
    if comparison is not None:
        blocks["compare"] = compare_table(comparison, language)
        blocks["details"] = details_table(comparison, language)
    if load_test is not None:
        blocks["load"] = load_table(load_test, language)
    return blocks


def compare_table(results: Comparison, language: Language) -> str:
    """Return the systems side by side, over all speakers and answers."""
    systems = [system for system in SYSTEMS if any(row.system == system.key for row in results.rows)]
    values = {system.key: summarize(results, system.key) for system in systems}
    lines = _head([language.figure, *(language.system(system) for system in systems)])
    for metric in METRICS:
        own = values[OWN][metric.key] if OWN in values else None
        cells = [
            metric.text(values[system.key][metric.key], None if system.key == OWN else own, language.of)
            for system in systems
        ]
        lines.append(_line([metric.chinese if language.chinese else metric.english, *cells]))
    for place, reason in sorted(results.failures.items()):
        lines.append(_line([place, f"{language.not_measured}: {reason.splitlines()[0]}"]))
    return "\n".join([*lines, "", language.measured.format(**results.about)])


def details_table(results: Comparison, language: Language) -> str:
    """Return the figures of every system, speaker and answer."""
    names = {system.key: language.system(system) for system in SYSTEMS}
    order = {key: place for place, key in enumerate(ANSWERS)}
    models = list(dict.fromkeys(row.hardware for row in results.rows))

    def group(row: Row) -> tuple[int, bool, int, int]:
        return (
            models.index(row.hardware),
            row.kind == "follow_up",
            order[row.answer],
            list(names).index(row.system),
        )

    lines = _head(language.details)
    for _, same in groupby(sorted(results.rows, key=group), key=group):
        rows = list(same)
        answer = language.answer(rows[0].answer) + (language.after_silence if rows[0].kind == "out_of_the_blue" else "")
        lines.append(_line([rows[0].hardware, answer, names[rows[0].system], *_cells(rows, language)]))
    return "\n".join(lines)


def _cells(rows: Sequence[Row], language: Language) -> list[str]:
    """Return the figures of one line: medians over its exchanges."""
    figures = [row.figures for row in rows]
    gaps = [gap for each in figures for gap in each.gaps]
    pieces = sum(each.pieces for each in figures)
    outcomes = dict.fromkeys(language.outcomes[each.outcome] for each in figures if each.outcome)
    return [
        _seconds(present(each.first_words for each in figures)),
        _seconds([each.leak for each in figures]),
        f"{median(gaps):.2f} / {max(gaps):.2f} s" if gaps else "–",
        f"{mean(each.spoken for each in figures):.0%}",
        _seconds(present(each.ended for each in figures), 1),
        f"{mean(len(each.fillers) for each in figures):.0f}",
        f"{sum(each.status_reads for each in figures) / pieces:.1f}" if pieces else "–",
        f"{mean(each.polls_per_minute for each in figures):.0f}",
        ", ".join(outcomes),
    ]


def load_table(results: LoadTest, language: Language) -> str:
    """Return what many speakers at once cost."""
    lines = _head([language.figure, *(language.speakers.format(load.speakers) for load in results.loads)])
    first = _load_values(results.loads[0], results.bare)
    columns = [_load_cells(load, results.bare, first) for load in results.loads]
    lines += [_line([name, *(column[key] for column in columns)]) for key, name in language.load.items()]
    bare = language.bare.format(cpu=results.bare.cpu_percent, memory=results.bare.memory_mib, lag=_lag(results.bare))
    return "\n".join([*lines, "", bare, language.measured.format(**results.about)])


_LOAD_FORMATS = {
    "first_mean": "{:.2f} s",
    "first_max": "{:.2f} s",
    "leak": "{:.2f} s",
    "polls_idle": "{:.0f}",
    "polls_busy": "{:.0f}",
    "cpu_idle": "{:.1f} %",
    "cpu_busy": "{:.1f} %",
    "memory": "{:.0f} MiB",
}


def _load_values(load: Load, bare: Process) -> dict[str, Value]:
    """Return the plain numbers of one column."""
    words = present(load.first_words)
    return {
        "first_mean": Value(mean(words) if words else None),
        "first_max": Value(max(words, default=None)),
        "leak": Value(mean(load.leaks)),
        "polls_idle": Value(load.idle_polls),
        "polls_busy": Value(load.busy_polls),
        "cpu_idle": Value(load.idle.cpu_percent - bare.cpu_percent),
        "cpu_busy": Value(load.busy.cpu_percent - bare.cpu_percent),
        "memory": Value(load.busy.memory_mib - bare.memory_mib),
    }


def _load_cells(load: Load, bare: Process, first: Mapping[str, Value]) -> dict[str, str]:
    """Return one column, with how many times the first column's its numbers are."""
    cells = {}
    for key, value in _load_values(load, bare).items():
        text = "–" if value.number is None else _LOAD_FORMATS[key].format(value.number)
        factor = None if value == first[key] else ratio(value, first[key])
        cells[key] = text if factor is None else f"{text} · {times(factor)}"
    complete = sum(share > 0.99 for share in load.spoken)
    return {
        **cells,
        "spoken": f"{complete}/{len(load.spoken)}",
        "lag_idle": _lag(load.idle),
        "lag_busy": _lag(load.busy),
    }


def _lag(process: Process) -> str:
    return " / ".join(f"{process.lag_ms[name]:.1f}" for name in ("p50", "p95", "max")) + " ms"


def _seconds(values: Sequence[float], digits: int = 2) -> str:
    return f"{median(values):.{digits}f} s" if values else "–"


def _head(cells: Sequence[str]) -> list[str]:
    return [_line(cells), _line(["---"] * len(cells))]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
