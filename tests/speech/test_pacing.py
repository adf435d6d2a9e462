# mypy: disable-error-code="no-untyped-call"
"""A pace is learned from what is heard, and from nothing absurd."""

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.speech import SpeechRate
from custom_components.xiao_gpt.speech.pacing import LATEST_SHOWN_S

from .virtual import with_pauses

SENTENCES = [
    "今天天气很好，我们出去走走吧。",
    "北京的秋天是一年里最舒服的季节，天空又高又蓝，香山的红叶也正好看。",
    "好的，没问题！",
    "中午在附近吃一碗炸酱面，休息一会儿再上山；晚上早点回家。",
]


def seconds(rate, text):
    return rate.estimate(text).seconds


def doubt(rate, text=SENTENCES[1]):
    estimate = rate.estimate(text)
    return estimate.deviation / estimate.seconds


def hear(rate, text, length, width=0.25):
    rate.observe(text, length - width / 2, length + width / 2)


def taught(cps, times=1):
    rate = SpeechRate()
    for sentence in SENTENCES * times:
        hear(rate, sentence, with_pauses(cps)(sentence))
    return rate


def test_a_usual_speaker_says_about_five_hanzi_a_second():
    assert seconds(SpeechRate(), "一二三四五六七八九十" * 10) == pytest.approx(20)


def test_numbers_words_and_pauses_take_their_time():
    rate = SpeechRate()
    assert seconds(rate, "在2025年") > seconds(rate, "在年")
    assert seconds(rate, "使用GPT") > seconds(rate, "使用") + 0.5
    assert seconds(rate, "information") < seconds(rate, "信息信息信息")
    assert seconds(rate, "好，好") > seconds(rate, "好好")
    assert seconds(rate, "好。好") > seconds(rate, "好，好")
    assert seconds(rate, "百分之5%") > seconds(rate, "百分之5")
    assert seconds(rate, "圆周率3.14") > seconds(rate, "圆周率314")


def test_the_pause_after_the_last_word_takes_less_than_one_inside():
    rate = SpeechRate()
    assert seconds(rate, "好的") < seconds(rate, "好的。") < seconds(rate, "好的。吧") - seconds(rate, "吧")


@pytest.mark.parametrize("text", ["", "。", "😀"])
def test_nothing_takes_no_time(text):
    assert SpeechRate().estimate(text) == (0, 0)


@pytest.mark.parametrize("cps", [4, 5, 6.5])
def test_speakers_of_all_paces_are_within_the_first_guess(cps):
    for sentence in SENTENCES:
        estimate = SpeechRate().estimate(sentence)
        assert abs(estimate.seconds - with_pauses(cps)(sentence)) < 2.2 * estimate.deviation


@pytest.mark.parametrize("cps", [4, 5, 6.5])
def test_a_pace_is_learned_within_a_few_sentences(cps):
    rate = taught(cps)
    for sentence in SENTENCES:
        assert seconds(rate, sentence) == pytest.approx(with_pauses(cps)(sentence), rel=0.08)
    assert doubt(rate) < doubt(SpeechRate()) / 2


@pytest.mark.parametrize("cps", [4, 5, 6.5])
def test_with_time_it_is_known_to_a_tenth_of_a_second(cps):
    rate = taught(cps, times=6)
    for sentence in SENTENCES:
        assert seconds(rate, sentence) == pytest.approx(with_pauses(cps)(sentence), abs=0.1)
    assert doubt(rate) < 0.02


def test_what_was_never_heard_stays_in_doubt():
    rate = taught(5, times=6)
    assert doubt(rate, "information technology conference") > 5 * doubt(rate)


def test_an_irregular_voice_is_known_as_one():
    rate = SpeechRate()
    for _ in range(20):
        for sentence, factor in zip(SENTENCES, (0.9, 1.1, 0.93, 1.07), strict=True):
            hear(rate, sentence, with_pauses(5)(sentence) * factor)
    assert 0.03 < doubt(rate) < 0.13


def test_what_was_seen_more_closely_counts_more():
    close, rough = SpeechRate(), SpeechRate()
    hear(close, SENTENCES[1], 8.0, width=0.1)
    hear(rough, SENTENCES[1], 8.0, width=4.0)
    assert abs(seconds(close, SENTENCES[1]) - 8) < abs(seconds(rough, SENTENCES[1]) - 8)


def test_pieces_may_be_the_longer_the_better_the_pace_is_known():
    reaches = [SpeechRate().reach(0.1), taught(5).reach(0.1), taught(5, times=6).reach(0.1)]
    assert reaches == sorted(reaches)
    assert reaches[0] < 10
    assert reaches[-1] > 30
    assert SpeechRate.at(5).reach(0) < 5


@pytest.mark.parametrize("length", [0.0, 0.1, 300.0])
def test_what_is_beyond_belief_teaches_nothing(length):
    rate = SpeechRate()
    hear(rate, SENTENCES[0], length)
    assert rate == SpeechRate()


def test_a_single_syllable_teaches_nothing():
    rate = SpeechRate()
    hear(rate, "好。", 0.3)
    assert rate == SpeechRate()


def test_one_odd_end_hardly_moves_a_learned_pace_but_makes_wary():
    rate = taught(5, times=6)
    before, sure = seconds(rate, SENTENCES[1]), doubt(rate)
    hear(rate, SENTENCES[1], 1.5 * before)
    assert seconds(rate, SENTENCES[1]) == pytest.approx(before, rel=0.06)
    assert doubt(rate) > 2 * sure


def test_another_voice_is_learned_in_time():
    rate = taught(4, times=6)
    for _ in range(8):
        for sentence in SENTENCES:
            hear(rate, sentence, with_pauses(6)(sentence))
    assert seconds(rate, SENTENCES[1]) == pytest.approx(with_pauses(6)(SENTENCES[1]), rel=0.05)


def test_a_set_pace_is_trusted():
    assert seconds(SpeechRate.at(6), "一二三四五六") == pytest.approx(1.0)
    assert doubt(SpeechRate.at(6)) < doubt(SpeechRate()) / 3


def test_the_status_is_believed_from_when_it_has_shown_speech():
    rate = SpeechRate()
    rate.observe_status(0.8, None)
    rate.observe_status(1.2, 0.6)
    assert rate.shown_after == 0.8
    rate.observe_status(1.6, 1.1)  # it was later than ever this time
    assert rate.shown_after == 1.6
    rate.observe_status(9.0, 8.0)
    assert rate.shown_after == LATEST_SHOWN_S


def test_a_pace_survives_storage():
    rate = taught(5)
    rate.observe_status(0.8, None)
    assert SpeechRate.from_dict(rate.as_dict()) == rate


GOOD = SpeechRate().as_dict()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"factor": 1.0, "spread": 0.1, "heard": 1},
        GOOD | {"weights": "fast"},
        GOOD | {"weights": None},
        GOOD | {"weights": [1.0]},
        GOOD | {"weights": [9.0] * 5},
        GOOD | {"doubt": [[1.0] * 5] * 4},
        GOOD | {"doubt": [[-1.0] * 5] * 5},
        GOOD | {"doubt": [[float("nan")] * 5] * 5},
        GOOD | {"lessons": -1},
        GOOD | {"lessons": float("inf")},
        GOOD | {"unsteadiness": float("inf")},
    ],
)
def test_a_spoilt_pace_is_forgotten(data):
    assert SpeechRate.from_dict(data) == SpeechRate()


def test_a_stored_pace_is_kept_within_reason():
    rate = SpeechRate.from_dict(GOOD | {"unsteadiness": 99, "shown_after": -3})
    assert 0 < doubt(rate) < 0.2
    assert rate.shown_after == 0


@given(st.lists(st.tuples(st.text("今天天气很好，。12ab ", max_size=60), st.floats(0, 60), st.floats(0, 5))))
def test_whatever_is_heard_leaves_a_usable_pace(lessons):
    rate = SpeechRate()
    for text, length, width in lessons:
        rate.observe(text, length, length + width)
    estimate = rate.estimate(SENTENCES[1])
    assert 1 < estimate.seconds < 60
    assert 0 < estimate.deviation < 30
    assert SpeechRate.from_dict(rate.as_dict()).estimate(SENTENCES[1]).seconds > 0
