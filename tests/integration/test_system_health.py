"""The page of system information: who answers, how many are heard, and nothing secret."""

import json

from homeassistant.components.system_health import get_info
from homeassistant.config_entries import ConfigEntryState
from homeassistant.setup import async_setup_component
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from simulator.llm_replies import own_answer
from tests.integration.support import break_cloud
from tests.integration.test_translations import TEXTS

WHY = "天空为什么是蓝色的"
NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture
async def info(hass, entry):
    """Return a function that returns what the page shows."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()

    async def shown():
        return (await get_info(hass))[DOMAIN]

    return shown


async def test_a_home_in_which_all_is_well(info, living):
    await living.spoken(own_answer(WHY), since=living.ask(WHY))
    shown = await info()
    assert shown.pop("polls_per_minute") > 0
    assert shown == {
        "account_host": "ok",
        "records_host": "ok",
        "llm_service": "ok",
        "accounts": "1 / 1",
        "speakers": "3 / 3",
        "enabled": "1 / 3",
        "classifier": "both",
        "requests_today": 1,
    }


@pytest.mark.parametrize("language", TEXTS)
async def test_each_line_has_a_text(info, language):
    assert (await info()).keys() == TEXTS[language]["system_health"]["info"].keys()


async def test_what_does_not_answer_is_said(hass, sim, entry, info):
    break_cloud(sim, host="userprofile.mina.mi.com", disconnect=True)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "base_url": NOWHERE})
    await hass.async_block_till_done()
    shown = await info()
    assert (shown["account_host"], shown["records_host"]) == ("ok", "Failed: unreachable")
    assert shown["llm_service"] == "Failed: unreachable"


async def test_a_service_behind_a_proxy_is_not_asked_from_here(hass, entry, info):
    hass.config_entries.async_update_entry(entry, data={**entry.data, "base_url": NOWHERE, "proxy": NOWHERE})
    await hass.async_block_till_done()
    assert (await info())["llm_service"] == "proxy"


async def test_an_account_that_is_not_loaded_is_counted_and_no_more(hass, entry, info):
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    shown = await info()
    assert (shown["accounts"], shown["speakers"], shown["classifier"]) == ("0 / 1", "0 / 0", None)


async def test_nothing_secret_is_shown(hass, sim, entry, info):
    secret = sim.llm_url.replace("//", "//me:secret@") + "?key=secret"
    hass.config_entries.async_update_entry(entry, data={**entry.data, "base_url": secret, "api_keys": ["sk-secret"]})
    await hass.async_block_till_done()
    text = json.dumps(await info())
    assert "secret" not in text
    assert sim.world.account.user not in text
