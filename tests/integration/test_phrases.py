"""What the integration itself says."""

import pytest

from custom_components.xiao_gpt.phrases import Phrase


@pytest.mark.parametrize("phrase", Phrase)
def test_each_is_said_in_the_language_of_the_home(phrase):
    assert phrase.in_language("zh-Hans") == phrase.in_language("zh-CN") == phrase.in_language("zh")
    assert phrase.in_language("en") == phrase.in_language("en-GB")
    assert phrase.in_language("en").isascii()
    assert not phrase.in_language("zh").isascii()


def test_other_languages_hear_chinese_at_a_chinese_speaker():
    assert Phrase.SORRY.in_language("de") == Phrase.SORRY.in_language("zh")


@pytest.mark.parametrize("phrase", Phrase)
def test_each_ends_like_a_sentence(phrase):
    assert phrase.in_language("zh").endswith("。")
    assert phrase.in_language("en").endswith(".")
