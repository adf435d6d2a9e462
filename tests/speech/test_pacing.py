# mypy: disable-error-code="no-untyped-call"
"""A pace is learned from what is heard, and from nothing absurd."""

import pytest

from custom_components.xiao_gpt.speech import SpeechRate

from .virtual import with_pauses

SENTENCES = [
    "今天天气很好，我们出去走走吧。",
    "北京的秋天是一年里最舒服的季节，天空又高又蓝，香山的红叶也正好看。",
    "好的，没问题！",
    "中午在附近吃一碗炸酱面，休息一会儿再上山；晚上早点回家。",
]


def test_a_usual_speaker_says_about_five_hanzi_a_second():
    assert SpeechRate().estimate("一二三四五六七八九十" * 10) == pytest.approx(100 / 4.8)


def test_numbers_words_and_pauses_take_their_time():
    rate = SpeechRate()
    assert rate.estimate("在2025年") > rate.estimate("在年")
    assert rate.estimate("使用GPT") > rate.estimate("使用") + 0.5
    assert rate.estimate("information") < rate.estimate("信息信息信息")
    assert rate.estimate("好，好") > rate.estimate("好好")
    assert rate.estimate("好。好") > rate.estimate("好，好")
    assert rate.estimate("百分之5%") > rate.estimate("百分之5")
    assert rate.estimate("圆周率3.14") > rate.estimate("圆周率314")


def test_the_pause_after_the_last_word_is_not_waited_for():
    assert SpeechRate().estimate("好的。") == SpeechRate().estimate("好的")


@pytest.mark.parametrize("text", ["", "。", "😀"])
def test_nothing_takes_no_time(text):
    assert SpeechRate().estimate(text) == 0


@pytest.mark.parametrize("cps", [4, 5, 6.5])
def test_a_pace_is_learned_within_a_few_sentences(cps):
    rate = SpeechRate()
    for sentence in SENTENCES[:2]:
        rate.observe(sentence, with_pauses(cps)(sentence))
    for sentence in SENTENCES:
        assert rate.estimate(sentence) == pytest.approx(with_pauses(cps)(sentence), rel=0.08)
    assert rate.doubt < SpeechRate().doubt / 2


@pytest.mark.parametrize("seconds", [0.0, 0.1, 300.0])
def test_what_is_beyond_belief_teaches_nothing(seconds):
    rate = SpeechRate()
    rate.observe(SENTENCES[0], seconds)
    assert rate == SpeechRate()


def test_a_single_syllable_teaches_nothing():
    rate = SpeechRate()
    rate.observe("好。", 0.3)
    assert rate == SpeechRate()


def test_one_odd_end_hardly_moves_a_learned_pace():
    rate = SpeechRate()
    for _ in range(10):
        rate.observe(SENTENCES[1], SpeechRate().estimate(SENTENCES[1]))
    rate.observe(SENTENCES[1], 1.9 * SpeechRate().estimate(SENTENCES[1]))
    assert rate.factor == pytest.approx(1.0, abs=0.03)


def test_another_voice_is_learned_in_time():
    rate = SpeechRate.at(4)
    for _ in range(25):
        rate.observe(SENTENCES[1], with_pauses(6)(SENTENCES[1]))
    assert rate.estimate(SENTENCES[1]) == pytest.approx(with_pauses(6)(SENTENCES[1]), rel=0.06)


def test_a_set_pace_is_trusted():
    assert SpeechRate.at(6).estimate("一二三四五六") == pytest.approx(1.0)
    assert SpeechRate.at(6).doubt < SpeechRate().doubt


def test_a_pace_survives_storage():
    rate = SpeechRate()
    rate.observe(SENTENCES[0], 3.3)
    assert SpeechRate.from_dict(rate.as_dict()) == rate


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"factor": "fast", "spread": 0.1, "heard": 1},
        {"factor": None, "spread": 0.1, "heard": 1},
        {"factor": float("nan"), "spread": 0.1, "heard": 1},
    ],
)
def test_a_spoilt_pace_is_forgotten(data):
    assert SpeechRate.from_dict(data) == SpeechRate()


def test_a_stored_pace_is_kept_within_reason():
    rate = SpeechRate.from_dict({"factor": 99, "spread": -1, "heard": 1e9})
    assert rate.estimate("一二三四五") < 2
    assert 0 < rate.doubt < 0.1
