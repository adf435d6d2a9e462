"""The picture of a comparison: a few figures as bars, one colour for each system. An SVG, in two languages."""

from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.report import DOCS, OWN, Language
from benchmarks.results import Comparison
from benchmarks.summary import METRICS, Metric, Value, ratio, summarize, times
from benchmarks.systems import SYSTEMS, System

SHOWN = ("first_blue", "first_follow", "leak", "gap_max", "spoken", "polls_idle")
COLOURS = {"product": "#5b46e0", "xiaogpt": "#0e8f8a", "migpt": "#c9760a"}
INK, SOFT_INK, PAPER, TRACK = "#231a5e", "#5f5a80", "#f6f5fc", "#e9e7f5"
FONTS = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif"

COLUMNS = 2
WIDTH, MARGIN, HEAD = 960, 32, 64
PANEL_HEIGHT, BAR_HEIGHT, BAR_STEP = 138, 18, 29
VALUE_WIDTH = 165
"""Room for the number at the end of the longest bar."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a panel."""

    system: System
    value: Value
    label: str


def write(results: Comparison, language: Language) -> Path:
    """Write the picture for the page of one language."""
    file = DOCS / "images" / f"benchmarks.{'zh' if language.chinese else 'en'}.svg"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(draw(results, language), encoding="utf-8")
    return file


def draw(results: Comparison, language: Language) -> str:
    """Return the picture."""
    systems = [system for system in SYSTEMS if any(row.system == system.key for row in results.rows)]
    values = {system.key: summarize(results, system.key) for system in systems}
    metrics = [metric for metric in METRICS if metric.key in SHOWN]
    rows = -(-len(metrics) // COLUMNS)
    height = HEAD + rows * PANEL_HEIGHT + MARGIN // 2
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONTS}">',
        f'<rect width="{WIDTH}" height="{height}" rx="18" fill="{PAPER}"/>',
        *_legend(systems, language),
    ]
    panel_width = (WIDTH - MARGIN * (COLUMNS + 1)) / COLUMNS
    for place, metric in enumerate(metrics):
        x = MARGIN + place % COLUMNS * (panel_width + MARGIN)
        y = HEAD + place // COLUMNS * PANEL_HEIGHT
        own = values.get(OWN, {}).get(metric.key)
        bars = [
            Bar(system, value, _label(metric, value, None if system.key == OWN else own, language))
            for system, value in ((system, values[system.key][metric.key]) for system in systems)
        ]
        parts += _panel(metric, bars, language, x, y, panel_width)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _label(metric: Metric, value: Value, own: Value | None, language: Language) -> str:
    """Return the number at the end of a bar, and its ratio to this project's; a share is its own ratio."""
    factor = None if metric.unit == "%" else ratio(value, own)
    text = metric.text(value, None, language.of)
    return text if factor is None else f"{text} · {times(factor)}"


def _legend(systems: list[System], language: Language) -> list[str]:
    parts, x = [], float(MARGIN)
    for system in systems:
        name = language.system(system)
        parts.append(f'<rect x="{x:.0f}" y="22" width="16" height="16" rx="4" fill="{COLOURS[system.key]}"/>')
        parts.append(_text(x + 24, 35, name, 15, INK, bold=True))
        x += 24 + sum(15 if ord(character) > 0x2E80 else 9 for character in name) + 30
    return parts


def _panel(metric: Metric, bars: list[Bar], language: Language, x: float, y: float, width: float) -> list[str]:
    title = metric.chinese if language.chinese else metric.english
    better = language.more_is_better if metric.more_is_better else language.less_is_better
    parts = [_text(x, y + 14, f"{title} · {better}", 14, INK)]
    longest = max((bar.value.number or 0 for bar in bars), default=0) or 1
    room = width - VALUE_WIDTH
    for number, bar in enumerate(bars):
        top = y + 26 + number * BAR_STEP
        length = max(3.0, room * (bar.value.number or 0) / longest)
        parts.append(f'<rect x="{x:.1f}" y="{top}" width="{room:.1f}" height="{BAR_HEIGHT}" rx="4" fill="{TRACK}"/>')
        if bar.value.number is not None:
            parts.append(
                f'<rect x="{x:.1f}" y="{top}" width="{length:.1f}" height="{BAR_HEIGHT}" rx="4" '
                f'fill="{COLOURS[bar.system.key]}"/>'
            )
        parts.append(_text(x + room + 8, top + 14, bar.label, 13, SOFT_INK))
    return parts


def _text(x: float, y: float, text: str, size: int, colour: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"{weight}>{escape(text)}</text>'
