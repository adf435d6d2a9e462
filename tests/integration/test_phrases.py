"""What the integration itself says."""

import pytest

from custom_components.xiao_gpt.phrases import Phrase
from custom_components.xiao_gpt.speech import speakable


@pytest.mark.parametrize("phrase", Phrase)
def test_each_is_a_chinese_sentence_that_is_spoken_as_it_stands(phrase):
    assert phrase.endswith("。")
    assert speakable(phrase) == phrase
