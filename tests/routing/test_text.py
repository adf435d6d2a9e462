"""Utterances as the classifiers see them."""

from hypothesis import example, given, strategies as st
import pytest

from custom_components.xiao_gpt.routing.text import LONGEST, tokens


@pytest.mark.parametrize(
    ("utterance", "found"),
    [
        ("打开灯", "打 开 灯"),
        # The wake word at the beginning is for the speaker.
        ("小爱同学打开灯", "打 开 灯"),
        ("小爱同学，打开灯", "打 开 灯"),
        ("小爱，打开灯", "打 开 灯"),
        ("  小爱同学！ 打开灯", "打 开 灯"),
        ("“小爱同学”打开灯", "打 开 灯"),
        # Where it is all that was said, or stands elsewhere, it is a word as any other.
        ("小爱", "小 爱"),
        ("小爱同学", "小 爱 同 学"),
        ("小爱同学。", "小 爱 同 学"),
        ("你好小爱同学", "你 好 小 爱 同 学"),
        ("打开灯小爱", "打 开 灯 小 爱"),
        ("大小爱好", "大 小 爱 好"),
        # Punctuation, symbols and control characters say nothing.
        ("今天，天气。怎么样？！", "今 天 天 气 怎 么 样"),
        ("“三体”《三体》（三体）", "三 体 三 体 三 体"),
        ("打_开", "打 开"),
        ("打 \t\n开", "打 开"),
        ("打\x00\x1b\u200b开\u202e", "打 开"),
        ("打开😀灯", "打 开 灯"),
        # Full width is half width.
        ("ＡＢＣ１２３", "abc 1 2 3"),
        ("放ｃｃｔｖ５", "放 cctv 5"),
        ("①②", "1 2"),
        # Latin words are whole and in lower case, digits are apart.
        ("放Taylor Swift的歌", "放 taylor swift 的 歌"),
        ("WiFi密码", "wifi 密 码"),
        ("CCTV13", "cctv 1 3"),
        ("调到26度", "调 到 2 6 度"),
        ("3.5乘2", "3 5 乘 2"),
        ("don't", "don t"),
        ("café", "caf é"),
        ("привет", "п р и в е т"),
        ("おはよう", "お は よ う"),
        ("𠮷野家", "𠮷 野 家"),
        # Nothing.
        ("", ""),
        ("。。。", ""),
        (" \n", ""),
        ("😀👍🏽", ""),
        ("___", ""),
    ],
)
def test_an_utterance_is_cut_into_words_and_characters(utterance: str, found: str) -> None:
    assert tokens(utterance) == found.split()


def test_what_stands_after_the_longest_breath_is_not_read() -> None:
    assert tokens("停" * (LONGEST - 1) + "开关") == ["停"] * (LONGEST - 1) + ["开"]
    # One character that is eighteen when normalised does not make it longer.
    assert len(tokens("\ufdfa" * LONGEST)) <= LONGEST


@given(st.text())
@example("小爱" * 100)
@example("小爱同学" * 5000)
@example("，" * 20000 + "开")
@example("\ufdfa" * 500)
@example("İΣẞ" * 100)
@example("e\u0301" * 300)
def test_any_text_becomes_few_short_tokens_without_white_space(utterance: str) -> None:
    found = tokens(utterance)
    assert len(found) <= LONGEST
    for token in found:
        assert token.isalpha() or len(token) == 1
        assert token == token.lower()
        assert not any(character.isspace() for character in token)


@given(st.text(max_size=40))
def test_tokens_of_tokens_are_the_same(utterance: str) -> None:
    found = tokens(utterance)
    assert tokens(" ".join(found)) == found


@given(
    st.sampled_from(["打开客厅的灯", "今天会下雨吗", "讲讲黑洞", "放cctv"]),
    st.sampled_from(["", "小爱同学", "小爱同学，", "小爱 "]),
    st.text("，。！？、,.!?~～… \t", max_size=5),
)
def test_punctuation_and_a_wake_word_make_no_difference(utterance: str, wake: str, noise: str) -> None:
    assert tokens(f"{noise}{wake}{noise}{utterance}{noise}") == tokens(utterance)
