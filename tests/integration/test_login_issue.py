"""What a person sees when only a person can help with the login, and how it goes away."""

from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from tests.integration.support import (
    PASSPORT,
    account_input,
    break_cloud,
    choose,
    polls,
    submit,
    until,
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
async def test_a_repair_says_why_and_a_login_takes_it_away(hass, sim, entry, answer, reason):
    break_cloud(sim, path="serviceLogin$", status=200, body=answer)
    sim.world.account.expire("micoapi")
    step = await wait_for_flow(hass, "reauth")
    found = issue(hass, entry)
    assert (found.translation_key, found.severity) == (reason, ir.IssueSeverity.ERROR)
    assert found.translation_placeholders["name"] == "138****8000"
    since = len(sim.timeline)
    await polls(sim, 0)
    await entry.runtime_data.coordinator.async_refresh()
    assert asked(sim, since) == []  # the host is left alone
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
