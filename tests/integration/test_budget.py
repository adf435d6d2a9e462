"""The daily budget: when it is spent that is said once, and until midnight XiaoAI and the home go on alone."""

from datetime import timedelta

from homeassistant.components import conversation
from homeassistant.core import Context
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.intent import IntentResponseType
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.xiao_gpt.allowance import Allowance
from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.exchange import By
from custom_components.xiao_gpt.gpt import Usage
from custom_components.xiao_gpt.gpt.client import PROBE
from custom_components.xiao_gpt.gpt.prices import Price
from custom_components.xiao_gpt.phrases import Phrase
from custom_components.xiao_gpt.usage import Ledger
from simulator.llm_replies import own_answer
from tests.integration.support import agent_id, assistant, polls, shown_in_sections, until, wait_for_state

QUESTION, OTHER = "天空为什么是蓝色的", "海水为什么是咸的"


def asked(sim):
    """Return what the model was asked, but for the first word of the form in which the assistant was made."""
    return [
        question for entry in sim.timeline.since(event="llm_request") if (question := entry.fields["question"]) != PROBE
    ]


def issue(hass, entry):
    return ir.async_get(hass).async_get_issue(DOMAIN, f"budget_{entry.entry_id}")


async def limit(hass, entry, **costs):
    hass.config_entries.async_update_entry(entry, options={**entry.options, "costs": costs})
    await hass.async_block_till_done()


def spend(entry, tokens=1000):
    entry.runtime_data.ledger.count(Usage(tokens, 0), None, assistant=assistant(entry).subentry_id, key="first")


@pytest.fixture
async def limited(hass, sim, entry, living):
    """The living room's speaker, and a budget that one question spends."""
    await limit(hass, entry, daily_tokens=10)
    await wait_for_state(hass, living.switch, "on")
    await polls(sim, 2)
    return living


async def test_the_answer_that_spends_it_is_finished(hass, sim, entry, limited):
    since = limited.ask(QUESTION)
    await limited.spoken(own_answer(QUESTION), since=since)
    assert entry.runtime_data.allowance.spent


async def test_it_is_said_once_and_then_xiaoai_is_left_alone(hass, sim, entry, limited):
    spend(entry)
    since = limited.ask(QUESTION)
    await limited.spoken(Phrase.BUDGET_SPENT, since=since)
    await until(sim, lambda: bool(entry.runtime_data.dialogues[limited.did].exchanges))
    assert entry.runtime_data.dialogues[limited.did].exchanges[-1].by is By.DIALOGUE
    since = limited.ask(OTHER, "海水里有盐。")
    await limited.event("speech_ended", since=since, source="xiaoai")
    await polls(sim, 3)
    assert limited.pieces(since) == []
    assert limited.told("pause", "stop", since=since) == []
    assert asked(sim) == []


async def test_what_the_home_understands_it_still_does(hass, sim, entry, limited, lamps):
    spend(entry)
    limited.ask("打开客厅灯", "没有找到客厅灯")
    await wait_for_state(hass, lamps["客厅"], "on")
    assert asked(sim) == []


async def test_somebody_elses_agent_is_not_ours_to_limit(hass, sim, entry, limited):
    spend(entry)
    dialogue = entry.runtime_data.dialogues[limited.did]
    assert dialogue.answers.may_not_ask
    dialogue.agents.choose(conversation.HOME_ASSISTANT_AGENT)
    assert not dialogue.answers.may_not_ask


async def test_the_assist_dialog_is_told_each_time(hass, sim, entry):
    await limit(hass, entry, daily_tokens=10)
    spend(entry)
    for language, words in (("zh-Hans", "额度用完了"), ("zh-CN", "额度用完了"), ("en", "budget")):
        result = await conversation.async_converse(
            hass, QUESTION, None, Context(), language=language, agent_id=agent_id(hass, entry)
        )
        assert result.response.response_type is IntentResponseType.ERROR
        assert words in result.response.speech["plain"]["speech"]
    assert asked(sim) == []


async def test_it_is_shown_once_and_goes_away_with_a_larger_budget(hass, entry, caplog):
    await limit(hass, entry, daily_tokens=10)
    assert issue(hass, entry) is None
    spend(entry)
    spend(entry)
    assert issue(hass, entry).translation_placeholders == {"name": entry.title, "tokens": "1000", "cost": "—"}
    assert caplog.text.count("daily budget") == 1
    await limit(hass, entry, daily_tokens=100_000)
    assert issue(hass, entry) is None
    assert not entry.runtime_data.allowance.spent


async def test_it_stays_spent_over_a_restart(hass, entry):
    await limit(hass, entry, daily_tokens=10)
    spend(entry)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.allowance.spent
    assert issue(hass, entry) is not None


async def test_an_entry_that_is_removed_leaves_no_repair(hass, entry):
    await limit(hass, entry, daily_tokens=10)
    spend(entry)
    identifier = entry.entry_id
    assert await hass.config_entries.async_remove(identifier)
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"budget_{identifier}") is None


async def test_without_a_budget_nothing_is_ever_spent(hass, entry):
    spend(entry, 10**9)
    assert not entry.runtime_data.allowance.spent


async def test_a_new_day_has_a_new_budget(hass, freezer):
    entry = MockConfigEntry(domain=DOMAIN)
    freezer.move_to(dt_util.start_of_local_day() + timedelta(hours=12))
    ledger = Ledger(hass, "other")
    allowance = Allowance(hass, entry, ledger, tokens=100, money=0)
    ledger.observe(allowance.review)
    ledger.count(Usage(100, 0), None, assistant="a", key="first")
    assert (allowance.spent, allowance.tell_once_a_day(), allowance.tell_once_a_day()) == (True, True, False)
    assert issue(hass, entry) is not None
    freezer.tick(timedelta(hours=13))
    assert (allowance.spent, allowance.tell_once_a_day()) == (False, True)
    assert issue(hass, entry) is None
    await ledger.async_close()


async def test_money_counts_in_each_currency_by_itself(hass, entry):
    ledger = Ledger(hass, "other")
    allowance = Allowance(hass, entry, ledger, tokens=0, money=1.5)
    for currency in ("CNY", "USD"):
        ledger.count(Usage(1_000_000, 0), Price(1.0, 1.0, currency=currency), assistant="a", key="first")
        assert not allowance.spent
    ledger.count(Usage(500_000, 0), Price(1.0, 1.0, currency="CNY"), assistant="a", key="first")
    assert allowance.spent
    await ledger.async_close()


async def test_the_form_takes_money_with_its_cents(hass, entry):
    step = await hass.config_entries.options.async_init(entry.entry_id)
    filled = shown_in_sections(step)
    filled["costs"] = {"daily_tokens": 50000.0, "daily_money": 0.25}
    await hass.config_entries.options.async_configure(step["flow_id"], filled)
    await hass.async_block_till_done()
    assert entry.options["costs"] == {"daily_tokens": 50000, "daily_money": 0.25}
    assert entry.runtime_data.options.daily_money == 0.25
    assert entry.runtime_data.options.daily_tokens == 50000
