"""What the benchmarks read off a timeline."""

import pytest

from benchmarks.figures import BROKEN_OFF, NO_REPLY, RECORDS_PATH, audible, figures, polls_per_minute, share
from tests.benchmarks.events import SPEAKER, speech, timeline

REPLY = "天空是蓝色的。太阳光看上去是白色。"


def poll(t: float) -> tuple[float, str, dict[str, object]]:
    return (t, "http", {"host": "x", "path": RECORDS_PATH, "status": 200})


ASKED = (10.0, "asked", {"text": "请问"})
VISIBLE = (11.0, "record_visible", {"text": "请问"})


def test_an_answer_that_was_spoken_with_a_filler_before_it() -> None:
    events = timeline(
        ASKED,
        poll(10.5),
        VISIBLE,
        poll(11.5),
        *speech(10.8, 11.6, "我还没学会", 0.4, "xiaoai"),
        *speech(11.6, 12.5, "正在问ChatGPT请耐心等待", 0.3),
        (12.6, "status_read", {"status": 0}),
        *speech(13.0, 14.0, "天空是蓝色的。"),
        *speech(14.5, 16.0, "太阳光看上去是白色。"),
    )
    events.sort(key=lambda event: event.t)
    found = figures(events, SPEAKER, REPLY)
    assert found.first_words == pytest.approx(2.0)
    assert found.leak == pytest.approx(0.6)
    assert found.fillers == ("正在问ChatGPT请耐心等待",)
    assert (found.pieces, found.spoken, found.status_reads) == (2, 1.0, 1)
    assert list(found.gaps) == pytest.approx([0.5])
    assert found.ended == pytest.approx(5.0)
    assert found.polls_per_minute == pytest.approx(20)  # two in the six seconds from the question to the last word
    assert found.outcome == ""


def test_a_question_that_nobody_answered() -> None:
    found = figures(timeline(ASKED, VISIBLE, *speech(11.2, 14.0, "我还没学会", 1, "xiaoai")), SPEAKER, REPLY)
    assert (found.first_words, found.pieces, found.spoken, found.ended) == (None, 0, 0.0, None)
    assert found.leak == pytest.approx(3.0)
    assert found.outcome == NO_REPLY


def test_an_answer_with_a_sentence_missing_is_broken_off() -> None:
    found = figures(timeline(ASKED, VISIBLE, *speech(12, 13, "太阳光看上去是白色。")), SPEAKER, REPLY)
    assert found.spoken == pytest.approx(9 / 15)
    assert found.outcome == BROKEN_OFF


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([("一二三", 1.0), ("四五", 1.0)], 1.0),
        ([("一二三", 1.0), ("一二三", 1.0)], 0.6),
        ([("四五", 1.0), ("一二", 0.5)], 0.6),
        ([("别的", 1.0)], 0.0),
        ([], 0.0),
    ],
)
def test_nothing_counts_twice(pieces: list[tuple[str, float]], expected: float) -> None:
    assert share("一二三四五", pieces) == pytest.approx(expected)


def test_punctuation_is_not_heard() -> None:
    assert audible("你好，World 3.14！") == "你好World314"


def test_polls_are_counted_between_two_moments_only() -> None:
    events = timeline(poll(0.9), poll(1.0), poll(3.9), poll(4.0), (2.0, "http", {"path": "/remote/ubus"}))
    assert polls_per_minute(events, 1.0, 4.0) == pytest.approx(40)
    assert polls_per_minute(events, 4.0, 4.0) == 0
