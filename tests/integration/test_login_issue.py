"""What a person sees when only a person can help with the login, and how it goes away."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.login_issue import async_report_login
from custom_components.xiao_gpt.xiaomi import VerificationNeededError, WrongCredentialsError
from custom_components.xiao_gpt.xiaomi.credentials import MIOT
from tests.integration.support import (
    PASSPORT,
    account_input,
    add_integration,
    break_cloud,
    choose,
    polls,
    submit,
    until,
    wait_for_entry,
    wait_for_flow,
)


def issue(hass, entry):
    return ir.async_get(hass).issues.get((DOMAIN, f"login_{entry.entry_id}"))


def asked(sim, since):
    return [e.fields["path"] for e in sim.timeline.since(since, "http") if e.fields["host"] == PASSPORT]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ('{"code":70016}', "login_expired"),
        ('{"code":87001,"captchaUrl":"/pass/getCode"}', "login_captcha"),
        ('{"code":0,"notificationUrl":"/fe/service/identity/authStart?context=x"}', "login_verification"),
    ],
)
async def test_a_repair_says_why_and_a_login_takes_it_away(hass, sim, entry, monkeypatch, answer, reason):
    monkeypatch.setattr("custom_components.xiao_gpt.listener.MAX_BACK_OFF_S", 0.1)
    break_cloud(sim, path="serviceLogin$", status=200, body=answer)
    sim.world.account.expire("micoapi")
    step = await wait_for_flow(hass, "reauth")
    found = issue(hass, entry)
    assert (found.translation_key, found.severity) == (reason, ir.IssueSeverity.ERROR)
    assert found.translation_placeholders["name"] == "138****8000"
    since = len(sim.timeline)
    await polls(sim, 2)
    await entry.runtime_data.coordinator.async_refresh()
    assert asked(sim, since) == []  # the host is left alone
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1
    sim.world.faults.clear()
    step = await submit(hass, await choose(hass, step, "password"), account_input(sim))
    assert step["reason"] == "login_renewed"
    await hass.async_block_till_done()
    assert issue(hass, entry) is None
    assert len(ir.async_get(hass).issues) == 0


async def test_what_passes_by_itself_takes_the_repair_and_the_flow_away(hass, sim, entry, monkeypatch):
    monkeypatch.setattr("custom_components.xiao_gpt.xiaomi.account.REFUSAL_REST_S", 0.5)
    monkeypatch.setattr("custom_components.xiao_gpt.listener.MAX_BACK_OFF_S", 0.1)
    break_cloud(sim, path="serviceLogin$", status=200, body='{"code":81003}')
    sim.world.account.expire("micoapi")
    await wait_for_flow(hass, "reauth")
    assert issue(hass, entry).translation_key == "login_verification"
    sim.world.faults.clear()
    await until(sim, lambda: issue(hass, entry) is None)
    await hass.async_block_till_done()
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert len(ir.async_get(hass).issues) == 0
    await polls(sim, 2)


async def test_a_removed_account_leaves_no_repair(hass, sim, entry):
    sim.world.account.expire("all")
    await wait_for_flow(hass, "reauth")
    assert issue(hass, entry) is not None
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert len(ir.async_get(hass).issues) == 0


async def test_a_captcha_in_the_way_of_the_kept_password_is_told_and_the_password_tried_once(hass, sim, monkeypatch):
    monkeypatch.setattr("custom_components.xiao_gpt.listener.MAX_BACK_OFF_S", 0.1)
    entry = await add_integration(hass, sim, keep_password=True)
    since = len(sim.timeline)
    sim.settings.update({"captcha": True})
    sim.world.account.expire("all")
    step = await wait_for_flow(hass, "reauth")
    assert issue(hass, entry).translation_key == "login_captcha"
    await polls(sim, 2)
    assert asked(sim, since).count("/pass/serviceLoginAuth2") == 1
    step = await submit(hass, await choose(hass, step, "password"), account_input(sim) | {"keep_password": True})
    step = await submit(hass, step, {"captcha": sim.world.account.as_json()["captchas"][-1]})
    assert step["reason"] == "login_renewed"
    await hass.async_block_till_done()
    assert issue(hass, entry) is None
    assert entry.data["xiaomi"]["password"] == [sim.world.account.user, sim.world.account.password]
    await polls(sim, 1)


async def test_a_login_that_is_lost_at_the_start_is_told_too(hass, sim, entry):
    await hass.config_entries.async_unload(entry.entry_id)
    sim.world.account.expire("all")
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert issue(hass, entry).translation_key == "login_expired"
    step = await choose(hass, await wait_for_flow(hass, "reauth"), "password")
    assert (await submit(hass, step, account_input(sim)))["reason"] == "login_renewed"
    await wait_for_entry(hass, entry, ConfigEntryState.LOADED)
    await hass.async_block_till_done()
    assert issue(hass, entry) is None
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_a_refusal_of_one_service_is_told_and_the_other_goes_on(hass, sim, entry, living):
    account = entry.runtime_data.account
    break_cloud(sim, path="serviceLogin$", status=200, body='{"code":81003}')
    with pytest.raises(VerificationNeededError):
        await account.authorize(MIOT)
    await wait_for_flow(hass, "reauth")
    assert issue(hass, entry).translation_key == "login_verification"
    await polls(sim, 2)
    assert living.state == "on"


async def test_two_accounts_have_a_repair_each(hass, sim, entry):
    other = MockConfigEntry(domain=DOMAIN, title="another", unique_id="1", data=dict(entry.data))
    other.add_to_hass(hass)
    for which in (entry, other):
        async_report_login(hass, which, WrongCredentialsError())
    assert {issue(hass, which).translation_placeholders["name"] for which in (entry, other)} == {entry.title, "another"}
    async_report_login(hass, other, None)
    assert (issue(hass, other), issue(hass, entry) is None) == (None, False)
