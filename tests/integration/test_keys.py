"""Several API keys at work: one takes over from another at a speaker, and a person is asked for when none is left."""

import logging

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.xiao_gpt.const import DOMAIN
from simulator.llm_replies import ScriptedReply, own_answer, tokens
from tests.integration.support import (
    Corner,
    account_input,
    begin,
    choose,
    polls,
    service_input,
    submit,
    suggested,
    until,
    wait_for_flow,
)

WHY = "天空为什么是蓝色的"
STORY = "编一个小狐狸数星星的故事"
SENTENCE = "从前山脚下住着一只每天晚上都要数一遍天上星星的小狐狸。"
REST = "它数着数着就睡着了，梦里全是亮晶晶的星星。"
FIRST, SECOND = "sk-simulator-0000-a1b2", "sk-simulator-0000-c3d4"


@pytest.fixture
async def entry(hass, house, sim):
    """The integration, added with two keys."""
    sim.llm.settings.update({"api_key": FIRST, "more_keys": [SECOND]})
    step = await submit(hass, await begin(hass), account_input(sim))
    step = await submit(hass, step, service_input(sim) | {"api_keys": [FIRST, SECOND]})
    step = await submit(hass, step, {"model": "gpt-5-mini"})
    await hass.async_block_till_done()
    await polls(sim, 2)
    return step["result"]


def issue(hass, entry):
    return ir.async_get(hass).issues.get((DOMAIN, f"keys_{entry.entry_id}"))


def flows(hass):
    return hass.config_entries.flow.async_progress_by_handler(DOMAIN)


def served(sim, since):
    return [request.fields["key"] for request in sim.timeline.since(since, "llm_request")]


async def fails(living, words):
    """Ask, and hear why there is no answer."""
    since = living.ask(WHY)
    ended = await living.event("speech_ended", since=since, source="tts")
    assert words in ended.fields["text"]


# At the speaker


@pytest.mark.parametrize("fault", ["quota", "rate", "auth"])
async def test_the_listener_notices_nothing_of_a_key_that_fails(hass, sim, entry, living, caplog, fault):
    sim.llm.settings.fail_keys = {FIRST: fault}
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    assert served(sim, since) == ["c3d4"]
    assert issue(hass, entry) is None
    told = logging.INFO if fault == "rate" else logging.WARNING
    ours = [record for record in caplog.records if "xiao_gpt" in record.name and record.levelno >= told]
    lines = [record.getMessage() for record in ours if "API key" in record.getMessage()]
    assert len(lines) == 1
    assert "…a1b2" in lines[0]
    assert FIRST not in lines[0]


@pytest.mark.parametrize("fault", ["quota", "rate", "auth"])
async def test_a_story_is_told_to_its_end_when_its_key_fails_in_the_middle(sim, living, fault):
    sim.llm.replies += [ScriptedReply("故事", SENTENCE * 4), ScriptedReply("接着说完", REST)]
    count = len(tokens(SENTENCE)) + 3
    sim.llm.settings.update({"fail_keys": {FIRST: fault}, "fail_after": count})
    since = living.ask(STORY)
    await living.spoken("".join(tokens(SENTENCE * 4)[:count]) + REST, since=since)
    assert served(sim, since) == ["a1b2", "c3d4"]


async def test_what_is_remembered_is_what_was_said(sim, entry, living, requests):
    sim.llm.replies += [ScriptedReply("故事", SENTENCE * 4), ScriptedReply("接着说完", REST)]
    sim.llm.settings.update({"fail_keys": {FIRST: "quota"}, "fail_after": 5})
    whole = "".join(tokens(SENTENCE)[:5]) + REST
    await living.spoken(whole, since=living.ask(STORY))
    await until(sim, lambda: not entry.runtime_data.dialogues[living.did].answering)
    await living.spoken(own_answer(WHY), since=living.ask(WHY))
    assert [(message["role"], message["content"]) for message in requests[-1]["messages"][1:]] == [
        ("user", STORY),
        ("assistant", whole),
        ("user", WHY),
    ]


# When none is left


async def test_a_repair_tells_of_spent_keys_and_goes_when_one_works_again(hass, sim, entry, living, monkeypatch):
    monkeypatch.setattr("custom_components.xiao_gpt.gpt.keys.LAST_RESORT_S", 0.0)
    sim.llm.settings.fail = "quota"
    await fails(living, "额度用完")
    found = issue(hass, entry)
    assert (found.translation_key, found.severity) == ("keys_spent", ir.IssueSeverity.ERROR)
    assert found.translation_placeholders["keys"] == "…a1b2, …c3d4"
    assert flows(hass) == []
    created = found.created
    await fails(living, "额度用完")
    assert issue(hass, entry).created == created  # told once
    sim.llm.settings.fail = None
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    assert issue(hass, entry) is None
    assert len(ir.async_get(hass).issues) == 0


async def test_limits_alone_are_no_repair(hass, sim, entry, living):
    sim.llm.settings.fail = "rate"
    await fails(living, "问得有点快")
    assert issue(hass, entry) is None


async def test_revoked_keys_are_asked_for_and_not_the_login(hass, sim, entry, living):
    sim.llm.settings.fail_keys = {FIRST: "auth", SECOND: "auth"}
    await fails(living, "密钥失效")
    assert issue(hass, entry).translation_key == "keys_revoked"
    step = await wait_for_flow(hass, "reauth")
    assert step["step_id"] == "reauth_keys"
    before, refused = entry.runtime_data, len(sim.timeline.since(0, "llm_refused"))
    await fails(living, "密钥失效")
    assert len(sim.timeline.since(0, "llm_refused")) == refused  # revoked keys are left alone
    assert len(flows(hass)) == 1
    shown = await hass.config_entries.flow.async_configure(step["flow_id"])
    assert suggested(shown) == {"api_keys": [FIRST, SECOND]}
    step = await submit(hass, step, {"api_keys": ["sk-simulator-0000-e5f6"]})
    assert (step["errors"], step["description_placeholders"]["key"]) == ({"api_keys": "llm_invalid_key"}, "…e5f6")
    assert suggested(step) == {"api_keys": ["sk-simulator-0000-e5f6"]}
    sim.llm.settings.more_keys = ["sk-simulator-0000-e5f6"]
    step = await submit(hass, step, {"api_keys": ["sk-simulator-0000-e5f6"]})
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "service_changed")
    await hass.async_block_till_done()
    assert entry.data["api_keys"] == ["sk-simulator-0000-e5f6"]
    assert entry.data["base_url"] == sim.llm_url
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data is not before
    assert issue(hass, entry) is None
    assert len(ir.async_get(hass).issues) == 0
    await polls(sim)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)


async def test_the_same_keys_may_be_good_again(hass, sim, entry, living):
    sim.llm.settings.fail = "auth"
    await fails(living, "密钥失效")
    step = await wait_for_flow(hass, "reauth")
    sim.llm.settings.fail = None
    step = await submit(hass, step, {"api_keys": [FIRST, SECOND]})
    assert step["reason"] == "service_changed"
    await hass.async_block_till_done()
    assert issue(hass, entry) is None
    await polls(sim)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)


async def test_the_login_is_asked_for_before_the_keys(hass, sim, entry, living):
    sim.llm.settings.fail = "auth"
    await fails(living, "密钥失效")
    assert (await wait_for_flow(hass, "reauth"))["step_id"] == "reauth_keys"
    sim.world.account.expire("all")
    await sim.timeline.wait_for(lambda _: any(flow["step_id"] == "reauth_confirm" for flow in flows(hass)))
    assert len(flows(hass)) == 1
    assert issue(hass, entry) is not None


async def test_a_renewed_login_leaves_the_form_for_keys_alone(hass, sim, entry, living):
    sim.llm.settings.fail = "auth"
    await fails(living, "密钥失效")
    flow = await wait_for_flow(hass, "reauth")
    since = len(sim.timeline)
    sim.world.account.expire("micoapi")
    await sim.timeline.wait_for(lambda event: event.event == "service_token", since=since)
    await polls(sim)
    assert [one["flow_id"] for one in flows(hass)] == [flow["flow_id"]]


async def test_a_removed_account_leaves_no_repair_and_no_form(hass, sim, entry, living):
    sim.llm.settings.fail = "auth"
    await fails(living, "密钥失效")
    await wait_for_flow(hass, "reauth")
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert flows(hass) == []
    assert len(ir.async_get(hass).issues) == 0


async def test_no_key_reaches_the_log(hass, sim, entry, living, caplog):
    caplog.set_level(logging.DEBUG)
    sim.llm.settings.fail_keys = {FIRST: "auth"}
    await living.spoken(own_answer(WHY), since=living.ask(WHY))
    assert [key for key in (FIRST, SECOND) if key in caplog.text] == []


# The form


async def reconfigure(hass, entry):
    step = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    return await choose(hass, step, "service")


async def test_the_form_says_which_key_is_wrong_and_keeps_what_was_typed(hass, sim, entry):
    step = await reconfigure(hass, entry)
    assert suggested(step) == service_input(sim) | {"api_keys": [FIRST, SECOND]}
    typed = service_input(sim) | {"api_keys": [FIRST, "sk-simulator-0000-e5f6"]}
    step = await submit(hass, step, typed)
    assert step["errors"] == {"api_keys": "llm_invalid_key"}
    assert step["description_placeholders"]["key"] == "…e5f6"
    assert suggested(step) == typed
    step = await submit(hass, step, service_input(sim) | {"api_keys": [SECOND, FIRST]})
    assert step["reason"] == "service_changed"
    await hass.async_block_till_done()
    assert entry.data["api_keys"] == [SECOND, FIRST]
    assert [key.shown for key in entry.runtime_data.service.ring.keys] == ["…c3d4", "…a1b2"]


@pytest.mark.parametrize("fault", ["quota", "rate"])
async def test_a_spare_key_may_be_spent_for_now_but_not_all_of_them(hass, sim, entry, fault):
    typed = service_input(sim) | {"api_keys": [FIRST, SECOND]}
    sim.llm.settings.fail_keys = {FIRST: fault, SECOND: fault}
    step = await submit(hass, await reconfigure(hass, entry), typed)
    assert list(step["errors"].values()) == [{"quota": "llm_quota", "rate": "llm_rate_limited"}[fault]]
    sim.llm.settings.fail_keys = {FIRST: fault}
    assert (await submit(hass, step, typed))["reason"] == "service_changed"


async def test_several_keys_may_be_pasted_into_one_line(hass, sim, entry):
    typed = service_input(sim) | {"api_keys": [f" {SECOND}, {FIRST}\n", "", SECOND]}
    assert (await submit(hass, await reconfigure(hass, entry), typed))["reason"] == "service_changed"
    assert entry.data["api_keys"] == [SECOND, FIRST]


async def test_a_service_that_wants_a_key_says_so(hass, sim, entry):
    typed = service_input(sim) | {"api_keys": [""]}
    step = await submit(hass, await reconfigure(hass, entry), typed)
    assert step["errors"] == {"api_keys": "no_key"}


async def test_another_service_may_have_other_models(hass, sim, entry):
    sim.llm.settings.models = ["another"]
    step = await submit(hass, await reconfigure(hass, entry), service_input(sim) | {"api_keys": [FIRST]})
    assert step["reason"] == "service_changed"


async def test_azure_is_set_up_with_what_its_portal_shows(hass, sim, entry):
    shown = f"{sim.url}/openai/deployments/gpt-5-mini/chat/completions?api-version=2025-01-01-preview"
    typed = {"service_kind": "azure", "api_keys": [FIRST], "base_url": shown}
    assert (await submit(hass, await reconfigure(hass, entry), typed))["reason"] == "service_changed"
    await hass.async_block_till_done()
    assert (entry.data["base_url"], entry.data["api_version"]) == (sim.url, "2025-01-01-preview")
    living = Corner(hass, sim, entry, "客厅小爱")
    await living.turn("on")
    await polls(sim)
    since = living.ask(WHY)
    await living.spoken(own_answer(WHY), since=since)
    step = await reconfigure(hass, entry)
    (advanced,) = [value for key, value in step["data_schema"].schema.items() if key == "advanced"]
    assert suggested({"data_schema": advanced.schema}) == {"api_version": "2025-01-01-preview"}


@pytest.mark.parametrize(
    ("proxy", "error"),
    [
        ("proxy:8080", "invalid_proxy"),
        ("socks5://127.0.0.1:1080", "invalid_proxy"),
        ("http://127.0.0.1:9", "proxy_cannot_connect"),
    ],
)
async def test_a_proxy_that_does_not_work_is_told(hass, sim, entry, proxy, error):
    typed = service_input(sim) | {"api_keys": [FIRST], "advanced": {"proxy": proxy}}
    step = await submit(hass, await reconfigure(hass, entry), typed)
    assert step["errors"] == {"base": error}
    (advanced,) = [value for key, value in step["data_schema"].schema.items() if key == "advanced"]
    assert suggested({"data_schema": advanced.schema}) == {"proxy": proxy}


# Entries of the first version


@pytest.mark.parametrize(("key", "keys"), [("sk-old", ["sk-old"]), ("", [])])
async def test_an_entry_with_a_single_key_goes_on_working(hass, sim, entry, key, keys):
    data = {"xiaomi": dict(entry.data["xiaomi"]), "api_key": key, "base_url": sim.llm_url}
    subentries = [subentry.as_dict() for subentry in entry.subentries.values()]
    await hass.config_entries.async_remove(entry.entry_id)
    old = MockConfigEntry(domain=DOMAIN, title="old", unique_id="1", data=data, version=1, subentries_data=subentries)
    old.add_to_hass(hass)
    sim.llm.settings.update({"api_key": key or None})
    assert await hass.config_entries.async_setup(old.entry_id)
    await hass.async_block_till_done()
    assert (old.version, old.minor_version) == (2, 1)
    assert "api_key" not in old.data
    assert (old.data["api_keys"], old.data["service_kind"], old.data["proxy"]) == (keys, "openai", "")
    await old.runtime_data.service.probe("gpt-5-mini")


async def test_an_entry_of_a_later_version_is_not_touched(hass, entry):
    later = MockConfigEntry(domain=DOMAIN, unique_id="1", data=dict(entry.data), version=3)
    later.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(later.entry_id)
    assert later.state is ConfigEntryState.MIGRATION_ERROR
    assert later.version == 3
