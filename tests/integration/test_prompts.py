"""The persona of a new assistant."""

from homeassistant.helpers.template import Template
import pytest

from custom_components.xiao_gpt.prompts import default_assistant_name, default_prompt


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "zh"])
def test_a_chinese_home_has_a_chinese_assistant(language):
    assert default_assistant_name(language) == "小爱 GPT"
    assert "语音助手" in default_prompt(language)


@pytest.mark.parametrize("language", ["en", "en-GB", "de"])
def test_other_homes_have_an_english_one(language):
    assert default_assistant_name(language) == "XiaoAI GPT"
    assert default_prompt(language).isascii()


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
async def test_it_is_plain_text_as_a_template(hass, language):
    prompt = default_prompt(language)
    assert Template(prompt, hass).async_render(parse_result=False) == prompt
    assert prompt == prompt.strip()
