"""Every text that is shown or said exists, in English and in Chinese."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.data_entry_flow import FlowResultType, section
from homeassistant.helpers import entity_registry as er
import pytest

import custom_components.xiao_gpt
from custom_components.xiao_gpt.assistant_flow import EFFORTS
from custom_components.xiao_gpt.const import DOMAIN, SUBENTRY_ASSISTANT
from custom_components.xiao_gpt.gpt import Reason, Vendor, vendors
from custom_components.xiao_gpt.gpt.search import SearchReason
from custom_components.xiao_gpt.keys_issue import ReauthContext
from custom_components.xiao_gpt.login_flow import _ERRORS, _QR_RENEWALS as QR_RENEWALS, LOGIN_STEPS
from custom_components.xiao_gpt.xiaomi import Way
from tests.integration.support import (
    account_input,
    assistant,
    begin,
    service_input,
    submit,
    until,
    wait_for_flow,
)

PACKAGE = Path(custom_components.xiao_gpt.__file__).parent
LANGUAGES = ("en", "zh-Hans")
TEXTS = {language: json.loads((PACKAGE / "translations" / f"{language}.json").read_text()) for language in LANGUAGES}

# Shown by the forms where the errors are: what else an error says has to be in one of these.
FORM_PLACEHOLDERS = {"url", "detail", "key", "parameter"}


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
    for name, step in texts["config"]["step"].items():
        yield name, step
        for part, of_part in step.get("sections", {}).items():
            yield f"{name}.{part}", {"title": of_part["name"]} | of_part
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
        if text == "Home Assistant":  # in any language
            continue
        assert re.search(r"[\u4e00-\u9fff]" if language == "zh-Hans" else r"[A-Za-z]", text), key
        # XiaoAI is spoken to in Chinese, wherever one is from.
        if language != "zh-Hans" and "words" not in key and "keywords" not in key and "confirm" not in key:
            assert not re.search(r"[\u4e00-\u9fff]", text), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_field_is_described(language):
    for name, step in steps(language):
        assert step.get("data", {}).keys() == step.get("data_description", {}).keys(), name
        assert step["title"], name
        for part in step.get("sections", {}).values():
            assert part["data"].keys() == part["data_description"].keys(), name


def test_each_way_to_log_in_has_a_name_in_each_menu():
    texts = TEXTS["en"]["config"]["step"]
    menus = {name for name, step in texts.items() if "menu_options" in step}
    assert menus == {"user", "reauth_confirm", "reconfigure"}
    for name in menus:
        assert texts[name]["menu_options"].keys() - {"service"} == set(LOGIN_STEPS)
        assert texts[name]["menu_options"].keys() <= texts.keys() | {"qr"}
    assert TEXTS["en"]["config"]["progress"].keys() == {"scan"}  # the step "qr" is one of progress
    ways = TEXTS["en"]["selector"]["verification_way"]["options"]
    assert ways.keys() == {"browser", *(way.name.lower() for way in Way)}


def test_each_repair_that_can_be_mended_there_is_explained():
    used = set(re.findall(r'"(login_(?!\w*id)\w+)"', source("login_issue.py")))
    used |= set(re.findall(r'"(keys_\w+)"', source("keys_issue.py")))
    used |= set(re.findall(r'translation_key="(\w+)"', source("allowance.py", "model_issue.py")))
    # What is wrong with a voice is mended in the settings of the network: those repairs have no form.
    issues = {key: issue for key, issue in TEXTS["en"]["issues"].items() if not key.startswith("voice_")}
    assert used == issues.keys()
    code = source("repairs.py")
    steps = set(re.findall(r'step_id="(\w+)"', code))
    assert steps == {step for issue in issues.values() for step in issue["fix_flow"]["step"]}
    ends = set(re.findall(r'reason="(\w+)"', code))
    assert ends == {end for issue in issues.values() for end in issue["fix_flow"]["abort"]}
    errors = set(re.findall(r'"base"(?:: |\] = )"(\w+)"', code))
    assert errors == {error for issue in issues.values() for error in issue["fix_flow"].get("error", ())}
    for issue in issues.values():
        for step in issue["fix_flow"]["step"].values():
            assert step["title"]
            assert step.get("data", {}).keys() == step.get("data_description", {}).keys()


def test_each_error_of_a_flow_exists():
    code = source("config_flow.py", "login_flow.py")
    typed = set(re.findall(r'(?:{CONF_\w+: |_error=|"base": )"(\w+)"', code))
    typed |= set(re.findall(r'InvalidServiceError\([^,]+, "(\w+)"', source("service_form.py")))
    own = typed | set(_ERRORS.values()) | {"cloud_error"}
    errors = TEXTS["en"]["config"]["error"]
    # One is Home Assistant's own, for what nobody expected.
    # No flow asks so much that a budget is spent.
    reasons = set(Reason) - {Reason.BUDGET}
    assert own | reasons | {"unknown"} == errors.keys()
    code = source("assistant_flow.py", "assistant_settings.py")
    own = set(re.findall(r'(?:ExtrasError\(|_errors\[\w+\] = )"(\w+)"', code))
    assert own | reasons == TEXTS["en"]["config_subentries"][SUBENTRY_ASSISTANT]["error"].keys()
    for error in [*errors.values(), *TEXTS["en"]["config_subentries"][SUBENTRY_ASSISTANT]["error"].values()]:
        assert placeholders(error) <= FORM_PLACEHOLDERS


def test_each_error_of_the_options_exists():
    assert TEXTS["en"]["options"]["error"].keys() == {"empty_night"} | set(SearchReason)


def test_each_end_of_a_flow_exists():
    code = source("config_flow.py", "assistant_flow.py", "login_flow.py")
    used = set(re.findall(r'reason="(\w+)"', code)) | {"login_renewed", "service_changed"}
    config, subentry = TEXTS["en"]["config"]["abort"], TEXTS["en"]["config_subentries"][SUBENTRY_ASSISTANT]["abort"]
    assert used | {"already_configured"} == config.keys() | subentry.keys()  # which core says by itself
    assert subentry.keys() == {"entry_not_loaded", "assistant_changed"}


def test_each_reason_why_a_voice_is_not_heard_is_explained():
    reasons = set(re.findall(r'"(no_home_address|address_\w+)"', source("addresses.py")))
    reasons |= set(re.findall(r'NarrationError\(".+", "(\w+)"\)', source("speech/narration.py")))
    assert {f"voice_{reason}" for reason in reasons} == {
        key for key in TEXTS["en"]["issues"] if key.startswith("voice_")
    }


def test_each_exception_exists():
    keys = re.findall(r'translation_key="(\w+)"(?: if \w+ else "(\w+)")?', source())
    used = {key for one in keys for key in one if key} - TEXTS["en"]["selector"].keys()
    used |= set(re.findall(r'refused(?:: str = |=)"(\w+)"', source()))
    used -= TEXTS["en"]["issues"].keys() | TEXTS["en"]["device"].keys()
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


def polls_for_scan(sim):
    return [entry for entry in sim.timeline.since(0, "http") if entry.fields["path"] == "/longPolling/lp"]


async def test_each_form_shows_the_fields_that_are_described(hass, sim):
    """And knows what its texts name."""
    shown: dict[str, set[str]] = {}
    flow = hass.config_entries.flow
    sim.settings.update({"captcha": True, "verification": True, "qr_life": 0.05})

    def fields(schema):
        for key, value in schema.items():
            if isinstance(value, section):
                yield from fields(value.schema.schema)
            else:
                yield str(key)

    def described(step):
        parts = [step, *step.get("sections", {}).values()]
        return {field for part in parts for field in part.get("data", ())}

    def note(step):
        texts = TEXTS["en"]["config"]["step"][step["step_id"]]
        if step["type"] is FlowResultType.MENU:
            assert set(step["menu_options"]) == texts["menu_options"].keys()
            shown[step["step_id"]] = set()
        else:
            shown[step["step_id"]] = set(fields(step["data_schema"].schema))
        assert placeholders(json.dumps(texts)) <= (step["description_placeholders"] or {}).keys()
        return step

    note(await flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    note(await begin(hass, "pass_token"))
    step = await begin(hass, "qr")
    assert placeholders(TEXTS["en"]["config"]["progress"]["scan"]) == step["description_placeholders"].keys()
    await until(sim, lambda: len(polls_for_scan(sim)) == 1 + QR_RENEWALS)
    await hass.async_block_till_done(wait_background_tasks=True)
    step = await flow.async_configure(step["flow_id"])
    note(step)
    step = note(await begin(hass))
    step = note(await submit(hass, step, account_input(sim)))
    step = note(await submit(hass, step, {"captcha": sim.world.account.as_json()["captchas"][-1]}))
    step = note(await submit(hass, step, {"way": "phone"}))
    step = note(await submit(hass, step, {"code": sim.settings.verification_code}))
    step = note(await submit(hass, step, service_input(sim)))
    step = await submit(hass, step, {"model": "gpt-5-mini"})
    await hass.async_block_till_done()
    entry = step["result"]
    step = note(await flow.async_init(DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}))
    flow.async_abort(step["flow_id"])  # while somebody reconfigures, no login is asked for
    entry.async_start_reauth(hass)
    reauth = await wait_for_flow(hass, "reauth")
    note(await flow.async_configure(reauth["flow_id"]))
    flow.async_abort(reauth["flow_id"])
    entry.async_start_reauth(hass, context=ReauthContext(for_keys=True))
    reauth = await wait_for_flow(hass, "reauth")
    note(await flow.async_configure(reauth["flow_id"]))
    assert shown == {name: described(texts) for name, texts in TEXTS["en"]["config"]["step"].items()}


def test_each_effort_has_a_name():
    assert TEXTS["en"]["selector"]["reasoning_effort"]["options"].keys() == set(EFFORTS)


async def test_each_form_of_an_assistant_shows_the_fields_that_are_described(hass, entry, monkeypatch):
    monkeypatch.setitem(vendors._HOSTS, "127.0.0.1", Vendor.QWEN)  # which has a web search to be shown
    shown = {}
    for context in (
        {"source": SOURCE_USER},
        {"source": SOURCE_RECONFIGURE, "subentry_id": assistant(entry).subentry_id},
    ):
        step = await hass.config_entries.subentries.async_init((entry.entry_id, SUBENTRY_ASSISTANT), context=context)
        shown[step["step_id"]] = {
            str(key): {str(field) for field in part.schema.schema} if isinstance(part, section) else None
            for key, part in step["data_schema"].schema.items()
        }
        assert step["description_placeholders"] == {"detail": "", "parameter": ""}
    texts = TEXTS["en"]["config_subentries"][SUBENTRY_ASSISTANT]["step"]
    assert shown == {
        name: dict.fromkeys(step["data"]) | {key: set(part["data"]) for key, part in step["sections"].items()}
        for name, step in texts.items()
    }
