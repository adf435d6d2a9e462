"""Every text that is shown or said exists, in English and in Chinese."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.helpers import entity_registry as er
import pytest

import custom_components.xiao_gpt
from custom_components.xiao_gpt.config_flow import _LOGIN_ERRORS
from custom_components.xiao_gpt.const import DOMAIN, SUBENTRY_ASSISTANT
from custom_components.xiao_gpt.gpt import Reason
from tests.integration.support import account_input, assistant, begin, service_input, submit, wait_for_flow

PACKAGE = Path(custom_components.xiao_gpt.__file__).parent
LANGUAGES = ("en", "zh-Hans")
TEXTS = {language: json.loads((PACKAGE / "translations" / f"{language}.json").read_text()) for language in LANGUAGES}

# Shown by the forms where the errors are: what else an error says has to be in one of these.
FORM_PLACEHOLDERS = {"url", "detail"}


def flat(texts: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in texts.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from flat(value, here)
        else:
            yield here, value


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


def source(*names: str) -> str:
    """Return the code of some modules, or of the integration's own ones."""
    paths = [PACKAGE / name for name in names] if names else PACKAGE.glob("*.py")
    return "\n".join(path.read_text() for path in paths)


def steps(language: str) -> Iterator[tuple[str, dict[str, Any]]]:
    texts = TEXTS[language]
    yield from texts["config"]["step"].items()
    yield from texts["config_subentries"][SUBENTRY_ASSISTANT]["step"].items()


def test_both_languages_have_the_same_texts():
    english, chinese = (dict(flat(TEXTS[language])) for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    assert {key: placeholders(text) for key, text in english.items()} == {
        key: placeholders(text) for key, text in chinese.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_says_something_and_holds_no_address(language):
    """Hassfest refuses addresses: they belong into placeholders."""
    for key, text in flat(TEXTS[language]):
        assert text.strip(), key
        assert not re.search(r"https?://\w", text), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_chinese_is_chinese_and_english_is_english(language):
    for key, text in flat(TEXTS[language]):
        assert re.search(r"[\u4e00-\u9fff]" if language == "zh-Hans" else r"[A-Za-z]", text), key
        assert language == "zh-Hans" or not re.search(r"[\u4e00-\u9fff]", text), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_field_is_described(language):
    for name, step in steps(language):
        assert step["data"].keys() == step["data_description"].keys(), name
        assert step["title"], name


def test_each_error_of_a_flow_exists():
    code = source("config_flow.py")
    own = (
        set(re.findall(r'(?:errors\[[^]]+\] =|{CONF_\w+:) "(\w+)"', code))
        | set(_LOGIN_ERRORS.values())
        | {"cloud_error"}
    )
    errors = TEXTS["en"]["config"]["error"]
    assert own == {"no_speakers", "invalid_address", *_LOGIN_ERRORS.values(), "cloud_error"}
    assert own | set(Reason) <= errors.keys()
    assert set(Reason) == TEXTS["en"]["config_subentries"][SUBENTRY_ASSISTANT]["error"].keys()
    for error in [*errors.values(), *TEXTS["en"]["config_subentries"][SUBENTRY_ASSISTANT]["error"].values()]:
        assert placeholders(error) <= FORM_PLACEHOLDERS


def test_each_end_of_a_flow_exists():
    used = set(re.findall(r'reason="(\w+)"', source("config_flow.py")))
    config, subentry = TEXTS["en"]["config"]["abort"], TEXTS["en"]["config_subentries"][SUBENTRY_ASSISTANT]["abort"]
    assert used <= config.keys() | subentry.keys()
    assert {"already_configured", "wrong_account"} <= config.keys()
    assert "entry_not_loaded" in subentry


def test_each_exception_exists():
    used = set(re.findall(r'translation_key="(\w+)"', source()))
    exceptions = TEXTS["en"]["exceptions"]
    assert used | set(Reason) == exceptions.keys()
    for key in Reason:  # spoken as they are
        assert placeholders(exceptions[key]["message"]) == set()
    assert placeholders(exceptions["cloud_unavailable"]["message"]) == {"error"}
    assert placeholders(exceptions["speaker_unreachable"]["message"]) == {"name"}


async def test_each_entity_has_its_name_and_its_icon(hass, entry):

    icons = json.loads((PACKAGE / "icons.json").read_text())["entity"]
    named = {
        (entity.domain, entity.translation_key)
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if entity.translation_key
    }
    texts = TEXTS["en"]["entity"]
    assert named == {(domain, key) for domain, keys in texts.items() for key in keys}
    assert named == {(domain, key) for domain, keys in icons.items() for key in keys}


async def test_each_form_shows_the_fields_that_are_described(hass, sim):
    """And knows what its errors name."""
    shown = {}

    def note(step):
        shown[step["step_id"]] = {str(key) for key in step["data_schema"].schema}
        texts = TEXTS["en"]["config"]["step"][step["step_id"]]
        assert placeholders(json.dumps(texts)) <= (step["description_placeholders"] or {}).keys()
        return step

    step = note(await begin(hass))
    step = note(await submit(hass, step, account_input(sim)))
    step = note(await submit(hass, step, service_input(sim)))
    step = await submit(hass, step, {"model": "gpt-5-mini"})
    await hass.async_block_till_done()
    entry = step["result"]
    flow = hass.config_entries.flow
    step = note(await flow.async_init(DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}))
    flow.async_abort(step["flow_id"])  # while somebody reconfigures, no login is asked for
    entry.async_start_reauth(hass)
    reauth = await wait_for_flow(hass, "reauth")
    note(await flow.async_configure(reauth["flow_id"]))
    assert shown == {name: set(texts["data"]) for name, texts in TEXTS["en"]["config"]["step"].items()}


async def test_each_form_of_an_assistant_shows_the_fields_that_are_described(hass, entry):
    shown = {}
    for context in (
        {"source": SOURCE_USER},
        {"source": SOURCE_RECONFIGURE, "subentry_id": assistant(entry).subentry_id},
    ):
        step = await hass.config_entries.subentries.async_init((entry.entry_id, SUBENTRY_ASSISTANT), context=context)
        shown[step["step_id"]] = {str(key) for key in step["data_schema"].schema}
        assert step["description_placeholders"] == {"detail": ""}
    texts = TEXTS["en"]["config_subentries"][SUBENTRY_ASSISTANT]["step"]
    assert shown == {name: set(step["data"]) for name, step in texts.items()}
