"""What a person clicks in a repair: each leads to what mends it, and stays until it is mended."""

from homeassistant.components.repairs import FlowType, repairs_flow_manager
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.gpt import Usage
from custom_components.xiao_gpt.login_issue import async_report_login
from custom_components.xiao_gpt.xiaomi import WrongCredentialsError
from simulator.llm_replies import own_answer
from tests.integration.support import (
    account_input,
    assistant,
    choose,
    polls,
    submit,
    suggested,
    wait_for_flow,
)
from tests.integration.test_translations import TEXTS, placeholders

WHY = "天空为什么是蓝色的"


@pytest.fixture
async def manager(hass, entry):
    """What the frontend speaks with."""
    assert await async_setup_component(hass, "repairs", {})
    return repairs_flow_manager(hass)


@pytest.fixture
async def spent(hass, entry):
    """A budget of a thousand tokens, of which nothing is left."""
    hass.config_entries.async_update_entry(entry, options={"costs": {"daily_tokens": 1000, "daily_money": 0}})
    await hass.async_block_till_done()
    entry.runtime_data.ledger.count(Usage(1200, 0), None, assistant=assistant(entry).subentry_id, key="first")


def issue(hass, issue_id):
    return ir.async_get(hass).async_get_issue(DOMAIN, issue_id)


async def mend(hass, manager, issue_id):
    """Click on a repair; return the form, whose texts name what it is given."""
    step = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    texts = TEXTS["en"]["issues"][issue(hass, issue_id).translation_key]["fix_flow"]
    named = placeholders("".join(texts["step"][step["step_id"]][part] for part in ("title", "description")))
    named |= placeholders("".join(texts.get("error", {}).values()))
    assert named <= step["description_placeholders"].keys()
    fields = texts["step"][step["step_id"]].get("data", {})
    assert {str(field) for field in step["data_schema"].schema} == fields.keys()
    return step


async def fails(living, words):
    since = living.ask(WHY)
    ended = await living.event("speech_ended", since=since, source="tts")
    assert words in ended.fields["text"]


# The login


async def test_a_lost_login_leads_to_logging_in(hass, sim, entry, manager):
    async_report_login(hass, entry, WrongCredentialsError())
    flow = await wait_for_flow(hass, "reauth")
    step = await mend(hass, manager, f"login_{entry.entry_id}")
    step = await manager.async_configure(step["flow_id"], {})
    assert (step["type"], step["next_flow"]) == (FlowResultType.ABORT, (FlowType.CONFIG_FLOW, flow["flow_id"]))
    assert issue(hass, f"login_{entry.entry_id}") is not None  # nothing is mended yet
    step = await submit(hass, await choose(hass, flow, "password"), account_input(sim))
    assert step["reason"] == "login_renewed"
    await hass.async_block_till_done()
    assert issue(hass, f"login_{entry.entry_id}") is None


async def test_logging_in_is_offered_again_when_that_form_was_dismissed(hass, entry, manager):
    async_report_login(hass, entry, WrongCredentialsError())
    flow = await wait_for_flow(hass, "reauth")
    hass.config_entries.flow.async_abort(flow["flow_id"])
    step = await mend(hass, manager, f"login_{entry.entry_id}")
    step = await manager.async_configure(step["flow_id"], {})
    another = await wait_for_flow(hass, "reauth")
    assert step["next_flow"] == (FlowType.CONFIG_FLOW, another["flow_id"])
    assert another["step_id"] == "reauth_confirm"
    hass.config_entries.flow.async_abort(another["flow_id"])


# The API keys


async def test_spent_keys_lead_to_the_form_for_keys(hass, sim, entry, living, manager):
    sim.llm.settings.fail = "quota"
    await fails(living, "额度用完")
    step = await mend(hass, manager, f"keys_{entry.entry_id}")
    step = await manager.async_configure(step["flow_id"], {})
    flow = await wait_for_flow(hass, "reauth")
    assert step["next_flow"] == (FlowType.CONFIG_FLOW, flow["flow_id"])
    shown = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert shown["step_id"] == "reauth_keys"
    keys = suggested(shown)
    assert keys["api_keys"] == entry.data["api_keys"] or keys["api_keys"] == [""]
    shown = await submit(hass, shown, keys)
    assert list(shown["errors"].values()) == ["llm_quota"]
    sim.llm.settings.fail = None  # topped up
    shown = await submit(hass, shown, keys)
    assert shown["reason"] == "service_changed"
    await hass.async_block_till_done()
    assert issue(hass, f"keys_{entry.entry_id}") is None
    await polls(sim, 2)
    await living.spoken(own_answer(WHY), since=living.ask(WHY))


async def test_a_key_that_works_again_takes_the_form_away(hass, sim, entry, living, manager, monkeypatch):
    monkeypatch.setattr("custom_components.xiao_gpt.gpt.keys.LAST_RESORT_S", 0.0)
    sim.llm.settings.fail = "quota"
    await fails(living, "额度用完")
    step = await mend(hass, manager, f"keys_{entry.entry_id}")
    await manager.async_configure(step["flow_id"], {})
    await wait_for_flow(hass, "reauth")
    sim.llm.settings.fail = None
    await living.spoken(own_answer(WHY), since=living.ask(WHY))
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []


# The budget


async def test_a_budget_is_raised_in_its_repair(hass, entry, spent, manager):
    step = await mend(hass, manager, f"budget_{entry.entry_id}")
    assert suggested(step) == {"daily_tokens": 1000, "daily_money": 0}
    step = await manager.async_configure(step["flow_id"], {"daily_tokens": 1200.0, "daily_money": 0.0})
    assert step["errors"] == {"base": "still_spent"}
    step = await manager.async_configure(step["flow_id"], {"daily_tokens": 5000.0, "daily_money": 0.5})
    assert step["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options["costs"] == {"daily_tokens": 5000, "daily_money": 0.5}
    assert not entry.runtime_data.allowance.spent
    assert issue(hass, f"budget_{entry.entry_id}") is None


async def test_a_budget_of_an_account_that_was_unloaded_meanwhile(hass, entry, spent, manager):
    step = await mend(hass, manager, f"budget_{entry.entry_id}")
    await hass.config_entries.async_unload(entry.entry_id)
    step = await manager.async_configure(step["flow_id"], {"daily_tokens": 0.0, "daily_money": 0.0})
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "gone")


# The model


async def test_a_model_that_is_gone_is_told_and_another_chosen(hass, sim, entry, living, manager):
    sim.llm.settings.models = ["gpt-6-mini", "gpt-6"]
    await fails(living, "模型")
    subentry = assistant(entry)
    found = issue(hass, f"model_{subentry.subentry_id}")
    assert (found.translation_key, found.severity) == ("model_gone", ir.IssueSeverity.ERROR)
    assert found.translation_placeholders == {"name": subentry.title, "model": "gpt-5-mini"}
    step = await mend(hass, manager, found.issue_id)
    (field,) = step["data_schema"].schema.values()
    assert field.config["options"] == ["gpt-6", "gpt-6-mini"]
    step = await manager.async_configure(step["flow_id"], {"model": "gpt-7"})
    assert step["errors"] == {"base": "failed"}
    assert "模型" in step["description_placeholders"]["why"]
    assert suggested(step) == {"model": "gpt-7"}
    step = await manager.async_configure(step["flow_id"], {"model": "gpt-6-mini"})
    assert step["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert assistant(entry).data == {**subentry.data, "model": "gpt-6-mini"}
    assert len(ir.async_get(hass).issues) == 0
    await polls(sim, 2)
    await living.spoken(own_answer(WHY), since=living.ask(WHY))


async def test_a_model_that_is_back_takes_its_repair_away(hass, sim, entry, living):
    models = sim.llm.settings.models
    sim.llm.settings.models = ["gpt-6"]
    await fails(living, "模型")
    assert issue(hass, f"model_{assistant(entry).subentry_id}") is not None
    sim.llm.settings.models = models
    await living.spoken(own_answer(WHY), since=living.ask(WHY))
    assert len(ir.async_get(hass).issues) == 0


async def test_a_name_can_be_typed_where_there_is_no_list(hass, sim, entry, living, manager):
    sim.llm.settings.models = ["gpt-6"]
    await fails(living, "模型")
    sim.llm.settings.fail = "server"
    step = await mend(hass, manager, f"model_{assistant(entry).subentry_id}")
    (field,) = step["data_schema"].schema.values()
    assert (field.config["options"], field.config["custom_value"]) == ([], True)


async def test_an_assistant_that_is_deleted_leaves_no_repair(hass, sim, entry, living, manager):
    sim.llm.settings.models = ["gpt-6"]
    await fails(living, "模型")
    subentry = assistant(entry)
    step = await mend(hass, manager, f"model_{subentry.subentry_id}")
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await hass.async_block_till_done()
    assert len(ir.async_get(hass).issues) == 0
    step = await manager.async_configure(step["flow_id"], {"model": "gpt-6"})
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "gone")


async def test_other_failures_are_no_repair(hass, sim, entry, living):
    sim.llm.settings.fail = "server"
    since = living.ask(WHY)
    await living.event("speech_ended", since=since, source="tts")
    assert len(ir.async_get(hass).issues) == 0
