"""From results to tables, pages and the picture."""

from dataclasses import asdict
import json

from benchmarks.answers import ANSWERS, LONG
from benchmarks.figures import Figures
from benchmarks.picture import draw
from benchmarks.report import DOCS, ENGLISH, LANGUAGES, fill, tables
from benchmarks.results import Comparison, Idle, Load, LoadTest, Process, Row
from benchmarks.summary import METRICS, Value, ratio, summarize


def exchange(first_words: float | None, spoken: float = 1.0, **fields: object) -> Figures:
    values = {
        "leak": 0.2,
        "fillers": (),
        "pieces": 2,
        "gaps": (0.1, 0.3),
        "ended": 25.0,
        "polls_per_minute": 60.0,
        "status_reads": 4,
        **fields,
    }
    return Figures(first_words=first_words, spoken=spoken, **values)  # type: ignore[arg-type]


def comparison() -> Comparison:
    rows = [
        Row("product", "LX06", "standard", "out_of_the_blue", exchange(1.0)),
        Row("product", "LX06", "standard", "follow_up", exchange(0.8)),
        Row("migpt", "LX06", "standard", "out_of_the_blue", exchange(2.0, 0.5)),
        Row("migpt", "LX06", "short", "follow_up", exchange(None, 0.0, pieces=0, gaps=(), ended=None)),
    ]
    idle = [Idle("product", "LX06", 10.0), Idle("migpt", "LX06", 1200.0)]
    return Comparison(rows, idle, {"xiaogpt/LX06": "not installed\nlog"}, {"day": "2026-11-21", "cores": 2, "seed": 1})


def load_test() -> LoadTest:
    process = Process(1.0, 250.0, {"p50": 0.2, "p95": 0.5, "max": 3.0})
    load = Load(5, process, process, 50.0, 500.0, [1.0, None], [0.1, 3.5], [1.0, 0.0])
    return LoadTest(process, [load], {"day": "2026-11-21", "cores": 2, "seed": 1})


def test_ratios_and_what_was_not_spoken() -> None:
    own, other = summarize(comparison(), "product"), summarize(comparison(), "migpt")
    assert own["first_blue"] == Value(1.0)
    assert other["first_follow"] == Value(None, (0, 1))
    assert ratio(other["first_blue"], own["first_blue"]) == 2.0
    assert ratio(other["polls_idle"], own["polls_idle"]) == 120.0
    assert ratio(other["first_follow"], own["first_follow"]) is None
    assert ratio(Value(1.0), Value(0.0)) is None
    assert other["complete"].number == 0
    assert other["ended"] == Value(None, (0, 1))


def test_tables_show_failures() -> None:
    blocks = tables(comparison(), load_test(), ENGLISH)
    assert "| xiaogpt/LX06 | not measured: not installed |" in blocks["compare"]
    assert "2.00 s · 2.0×" in blocks["compare"]
    assert "did not speak" in blocks["details"]
    assert "| Answers spoken to the end | 1/2 |" in blocks["load"]
    for block in blocks.values():
        rows = [line for line in block.splitlines() if line.startswith("| ")]
        assert len(rows) > 2


def test_the_pages_have_a_place_for_every_table() -> None:
    for language in LANGUAGES:
        page = (DOCS / language.file).read_text(encoding="utf-8")
        blocks = dict.fromkeys(tables(comparison(), load_test(), language), "TABLE")
        assert fill(page, blocks).count("TABLE\n<!-- end -->") == len(blocks) == 3


def test_fill_leaves_the_rest_alone() -> None:
    assert fill("a\n<!-- load -->\nold\n<!-- end -->\nb", {"load": "new"}) == "a\n<!-- load -->\nnew\n<!-- end -->\nb"
    assert fill("<!-- load -->\nold\n<!-- end -->", {}) == "<!-- load -->\nold\n<!-- end -->"


def test_the_picture_has_every_system_that_was_measured() -> None:
    for language in LANGUAGES:
        picture = draw(comparison(), language)
        assert picture.count('width="16"') == 2
        assert "120×" in picture


def test_results_come_back_from_their_file_as_they_were() -> None:
    for results in (comparison(), load_test()):
        assert type(results).from_json(json.loads(json.dumps(asdict(results)))) == results


def test_every_answer_is_known_by_its_own_question_only() -> None:
    for answer in ANSWERS:
        assert [other.key for other in ANSWERS if other.match in answer.question] == [answer.key]
        assert answer.question.startswith("请")
    assert 300 <= len(LONG.text) <= 400
    assert len({metric.key for metric in METRICS}) == len(METRICS)
