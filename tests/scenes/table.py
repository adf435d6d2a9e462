"""The table of the scenes: what was played, how soon the answers began, and how it went."""

from collections.abc import Sequence
import unicodedata

from tests.scenes.runner import Outcome

_HEAD = ("场景 scene", "步 steps", "开口 first words", "结果 result")


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as a table in both languages, with what went wrong below it."""
    rows = [_HEAD, *map(_row, outcomes)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(_HEAD))]
    rows.insert(1, tuple("─" * width for width in widths))
    lines = [
        "  ".join(text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)) for row in rows
    ]
    problems = [f"✗ {outcome.problem}" for outcome in outcomes if outcome.problem]
    note = (
        "开口：从小米云里能看到这句话，到听见回答的第一个字；最快到最慢，单位秒。\n"
        "First words: from the record in Xiaomi's cloud to the answer's first word; quickest to slowest, in seconds."
    )
    return "\n".join([*(line.rstrip() for line in lines), "", note, *problems])


def _row(outcome: Outcome) -> tuple[str, ...]:
    scene = outcome.scene
    result = "✗" if outcome.problem else "✓"
    times = sorted(outcome.first_words)
    first = "–"
    if times:
        first = f"{times[0]:.2f}" if len(times) == 1 else f"{times[0]:.2f} … {times[-1]:.2f}"
    return f"{scene.title} {scene.title_en}", f"{outcome.steps}/{len(scene.steps)}", first, result


def _width(text: str) -> int:
    """Return the columns that a text takes in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
