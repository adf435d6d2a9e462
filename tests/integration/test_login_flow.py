"""Logging in to the Xiaomi account in the flow: each way to its end, each error at its place, nothing typed lost."""

import asyncio
import gc
from http import HTTPStatus
import json

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest

from custom_components.xiao_gpt.const import DOMAIN
from custom_components.xiao_gpt.login_pictures import show_picture
from custom_components.xiao_gpt.xiaomi import Picture
from tests.integration.support import (
    PASSPORT,
    account_input,
    begin,
    break_cloud,
    choose,
    event,
    polls,
    service_input,
    submit,
    suggested,
    until,
    wait_for_flow,
)

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG"


async def at_captcha(hass, sim):
    sim.settings.update({"captcha": True})
    step = await submit(hass, await begin(hass), account_input(sim))
    assert (step["step_id"], step["errors"]) == ("captcha", {})
    return step


async def at_verification(hass, sim):
    sim.settings.update({"verification": True, "verification_code": ""})
    step = await submit(hass, await begin(hass), account_input(sim))
    assert (step["step_id"], step["errors"]) == ("verification", {})
    return step


def options(step):
    (selector,) = step["data_schema"].schema.values()
    return selector.config["options"]


def written(sim):
    return sim.world.account.as_json()["captchas"][-1]


def sent(sim):
    return [entry.fields for entry in sim.timeline.since(0, "verification_sent")]


async def reopened(hass, step):
    """Return what a person sees who closed the dialog and opens it again."""
    return await hass.config_entries.flow.async_configure(step["flow_id"])


def scans():
    return [task for task in asyncio.all_tasks() if "waits for a scan" in task.get_name()]


async def settled(hass):
    """Wait until nobody waits for a scan any more, and what comes of that."""
    while waiting := scans():
        await asyncio.wait(waiting)
        await hass.async_block_till_done()


async def test_there_are_three_ways(hass, sim):
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "user")
    assert menu["menu_options"] == ["qr", "password", "pass_token"]


# The captcha


async def test_the_captcha_is_shown_and_solved(hass, sim, hass_client_no_auth):
    step = await at_captcha(hass, sim)
    browser = await hass_client_no_auth()
    answer = await browser.get(step["description_placeholders"]["picture"])
    assert (answer.status, answer.content_type) == (HTTPStatus.OK, "image/jpeg")
    assert (await answer.read()).startswith(JPEG)
    step = await submit(hass, step, {"captcha": f" {written(sim)} "})
    assert step["step_id"] == "service"


async def test_a_wrong_captcha_is_followed_by_another(hass, sim):
    step = await at_captcha(hass, sim)
    first = step["description_placeholders"]["picture"]
    step = await submit(hass, step, {"captcha": "wrong"})
    assert (step["step_id"], step["errors"]) == ("captcha", {"base": "wrong_captcha"})
    assert step["description_placeholders"]["picture"] != first
    assert (await submit(hass, step, {"captcha": written(sim)}))["step_id"] == "service"


async def test_a_captcha_that_cannot_be_shown_leads_back_and_keeps_what_was_typed(hass, sim):
    sim.settings.update({"captcha": True})
    break_cloud(sim, path="getCode", status=502)
    step = await submit(hass, await begin(hass), account_input(sim))
    assert (step["step_id"], step["errors"]) == ("password", {"base": "cloud_error"})
    assert suggested(step) == account_input(sim) | {"keep_password": False}


async def test_a_wrong_password_is_told_after_the_captcha_too(hass, sim):
    sim.settings.update({"captcha": True})
    step = await submit(hass, await begin(hass), account_input(sim) | {"password": "wrong"})
    step = await submit(hass, step, {"captcha": written(sim)})
    assert (step["step_id"], step["errors"]) == ("password", {"base": "wrong_credentials"})
    assert suggested(step)["password"] == "wrong"


async def test_a_suspicious_network_is_told_to_wait(hass, sim):
    sim.settings.update({"suspicious": True})
    step = await submit(hass, await begin(hass), account_input(sim))
    step = await submit(hass, step, {"captcha": written(sim)})
    assert (step["step_id"], step["errors"]) == ("password", {"base": "throttled"})


async def test_a_picture_is_for_who_has_its_address(hass, sim, hass_client_no_auth):
    await begin(hass)
    path = show_picture(hass, Picture(PNG, "image/png"))
    browser = await hass_client_no_auth()
    assert (await browser.get(path)).status == HTTPStatus.OK
    assert (await browser.get(path.partition("?")[0])).status == HTTPStatus.UNAUTHORIZED
    for _ in range(30):
        show_picture(hass, Picture(PNG, "image/png"))
    assert (await browser.get(path)).status == HTTPStatus.NOT_FOUND


async def test_a_dialog_that_is_opened_again_shows_where_it_was(hass, sim):
    sim.settings.update({"verification": True, "verification_code": ""})
    step = await at_captcha(hass, sim)
    first = step["description_placeholders"]["picture"]
    step = await reopened(hass, step)
    assert (step["step_id"], step["errors"]) == ("captcha", {})
    assert step["description_placeholders"]["picture"] != first
    step = await reopened(hass, await submit(hass, step, {"captcha": written(sim)}))
    assert (step["step_id"], step["errors"], options(step)) == ("verification", {}, ["phone", "email", "browser"])
    step = await submit(hass, step, {"way": "email"})
    again = await reopened(hass, step)
    assert (again["step_id"], again["errors"]) == ("code", {})
    assert again["description_placeholders"] == step["description_placeholders"]
    assert len(sent(sim)) == 1
    assert (await submit(hass, step, {"code": sent(sim)[-1]["code"], "resend": False}))["step_id"] == "service"


# The verification


@pytest.mark.parametrize(("way", "address"), [("phone", "138****8000"), ("email", "d***@example.com")])
async def test_a_code_is_sent_and_asked_for(hass, sim, way, address):
    step = await at_verification(hass, sim)
    assert options(step) == ["phone", "email", "browser"]
    step = await submit(hass, step, {"way": way})
    assert (step["step_id"], step["errors"]) == ("code", {})
    assert address in step["description_placeholders"]["address"]
    assert sent(sim)[-1]["way"] == way
    step = await submit(hass, step, {"code": f" {sent(sim)[-1]['code']} ", "resend": False})
    assert step["step_id"] == "service"


async def test_only_what_the_account_has_is_offered(hass, sim):
    sim.settings.update({"verification_ways": "email"})
    assert options(await at_verification(hass, sim)) == ["email", "browser"]


async def test_a_wrong_code_and_none_can_be_corrected(hass, sim):
    step = await submit(hass, await at_verification(hass, sim), {"way": "phone"})
    step = await submit(hass, step, {"code": "000", "resend": False})
    assert (step["step_id"], step["errors"]) == ("code", {"base": "wrong_code"})
    step = await submit(hass, step, {"resend": False})
    assert (step["step_id"], step["errors"]) == ("code", {"code": "no_code"})
    step = await submit(hass, step, {"code": sent(sim)[-1]["code"], "resend": False})
    assert step["step_id"] == "service"


async def test_a_code_can_be_sent_again_when_it_is_time(hass, sim):
    step = await submit(hass, await at_verification(hass, sim), {"way": "phone"})
    step = await submit(hass, step, {"resend": True})
    assert (step["step_id"], step["errors"]) == ("code", {"base": "code_not_sent"})
    assert "频繁" in step["description_placeholders"]["detail"]
    sim.settings.update({"verification_interval": 0.0})
    step = await submit(hass, step, {"resend": True})
    assert (step["step_id"], step["errors"], len(sent(sim))) == ("code", {}, 2)
    step = await submit(hass, step, {"code": sent(sim)[-1]["code"], "resend": False})
    assert step["step_id"] == "service"


async def test_a_code_that_cannot_be_sent_leaves_the_choice(hass, sim):
    step = await at_verification(hass, sim)
    break_cloud(sim, path="sendPhoneTicket", status=502, times=1)
    step = await submit(hass, step, {"way": "phone"})
    assert (step["step_id"], step["errors"]) == ("verification", {"base": "cloud_error"})
    assert (await submit(hass, step, {"way": "email"}))["step_id"] == "code"


async def test_where_nobody_knows_how_a_browser_helps(hass, sim):
    break_cloud(sim, path="identity/list", status=502)
    step = await at_verification(hass, sim)
    assert options(step) == ["browser"]
    assert step["description_placeholders"]["url"].startswith(f"https://{PASSPORT}/fe/service/identity/authStart?")
    step = await submit(hass, step, {"way": "browser"})
    assert (step["step_id"], step["errors"]) == ("verification", {"base": "not_verified"})
    sim.world.account.verify_in_browser()
    assert (await submit(hass, step, {"way": "browser"}))["step_id"] == "service"


async def test_captcha_and_verification_can_both_be_wanted(hass, sim):
    sim.settings.update({"verification": True, "verification_code": ""})
    step = await submit(hass, await at_captcha(hass, sim), {"captcha": written(sim)})
    assert step["step_id"] == "verification"
    step = await submit(hass, step, {"way": "phone"})
    assert (await submit(hass, step, {"code": sent(sim)[-1]["code"], "resend": False}))["step_id"] == "service"


# The QR code


async def test_a_qr_code_is_shown_until_it_is_scanned(hass, sim, hass_client_no_auth):
    assert await async_setup_component(hass, DOMAIN, {})  # a server of the tests' takes nothing more once it runs
    step = await begin(hass, "qr")
    assert (step["type"], step["progress_action"]) == (FlowResultType.SHOW_PROGRESS, "scan")
    browser = await hass_client_no_auth()
    answer = await browser.get(step["description_placeholders"]["picture"])
    assert (await answer.read()).startswith(PNG)
    sim.world.account.scan()
    await settled(hass)
    step = await hass.config_entries.flow.async_configure(step["flow_id"])
    assert step["step_id"] == "service"
    step = await submit(hass, step, service_input(sim))
    step = await submit(hass, step, {"model": "gpt-5-mini"})
    assert (step["type"], step["title"]) == (FlowResultType.CREATE_ENTRY, str(sim.world.account.user_id))
    await hass.async_block_till_done()
    await polls(sim, 1)


async def test_an_expired_qr_code_is_renewed_and_then_offered_again(hass, sim):
    sim.settings.update({"qr_life": 0.2})
    step = await begin(hass, "qr")
    first = step["description_placeholders"]["picture"]
    await until(sim, lambda: len(sim.timeline.since(0, "qr_code")) == 2)
    step = await hass.config_entries.flow.async_configure(step["flow_id"])
    assert step["description_placeholders"]["picture"] != first
    await settled(hass)
    step = await hass.config_entries.flow.async_configure(step["flow_id"])
    assert (step["type"], step["step_id"], step["errors"]) == (FlowResultType.FORM, "qr_again", {"base": "qr_expired"})
    assert len(sim.timeline.since(0, "qr_code")) == 3
    sim.settings.update({"qr_life": 60.0})
    step = await submit(hass, step, {})
    assert step["type"] is FlowResultType.SHOW_PROGRESS
    sim.world.account.scan()
    await settled(hass)
    assert (await hass.config_entries.flow.async_configure(step["flow_id"]))["step_id"] == "service"


async def test_a_scan_that_was_asked_for_twice_leads_to_another_code(hass, sim):
    """Two windows may show the same dialog."""
    step = await begin(hass, "qr")
    flow = hass.config_entries.flow._progress[step["flow_id"]]
    sim.world.account.scan()
    await settled(hass)
    assert (await flow.async_step_scanned())["step_id"] == "service"
    assert (await flow.async_step_scanned())["step_id"] == "qr_again"


async def test_a_qr_code_that_cannot_be_made_is_told(hass, sim):
    break_cloud(sim, path="loginUrl", status=502, times=1)
    step = await begin(hass, "qr")
    assert (step["step_id"], step["errors"]) == ("qr_again", {"base": "cloud_error"})
    assert (await submit(hass, step, {}))["type"] is FlowResultType.SHOW_PROGRESS


async def test_a_login_that_is_declined_in_the_app_is_followed_by_another_code(hass, sim):
    step = await begin(hass, "qr")
    first = step["description_placeholders"]["picture"]
    sim.world.account.scan(confirm=False)
    await until(sim, lambda: len(sim.timeline.since(0, "qr_code")) == 2)
    step = await reopened(hass, step)
    assert step["type"] is FlowResultType.SHOW_PROGRESS
    assert step["description_placeholders"]["picture"] != first
    sim.world.account.scan()
    await settled(hass)
    assert (await reopened(hass, step))["step_id"] == "service"


async def test_a_cloud_that_fails_while_it_is_waited_for_is_told(hass, sim, monkeypatch):
    monkeypatch.setattr("custom_components.xiao_gpt.xiaomi.login._QR_REST_S", 0.0)
    sim.settings.update({"qr_poll": 0.05})
    step = await begin(hass, "qr")
    break_cloud(sim, path="longPolling/lp", status=502)
    await settled(hass)
    step = await reopened(hass, step)
    assert (step["step_id"], step["errors"]) == ("qr_again", {"base": "cloud_error"})
    sim.world.faults.clear()
    step = await submit(hass, step, {})
    sim.world.account.scan()
    await settled(hass)
    assert (await reopened(hass, step))["step_id"] == "service"


async def test_a_qr_code_that_cannot_be_renewed_is_told(hass, sim):
    sim.settings.update({"qr_life": 0.2})
    step = await begin(hass, "qr")
    break_cloud(sim, host=PASSPORT, path="loginUrl", disconnect=True)
    await settled(hass)
    step = await reopened(hass, step)
    assert (step["step_id"], step["errors"]) == ("qr_again", {"base": "cannot_connect"})
    step = await submit(hass, step, {})  # still so
    assert (step["step_id"], step["errors"]) == ("qr_again", {"base": "cannot_connect"})


async def test_a_suspicious_network_gets_no_qr_code(hass, sim):
    sim.settings.update({"suspicious": True})
    step = await begin(hass, "qr")
    assert (step["step_id"], step["errors"]) == ("qr_again", {"base": "throttled"})


async def test_a_scan_by_an_account_without_speakers_is_told(hass, sim):
    for speaker in list(sim.world.speakers):
        sim.world.remove_speaker(speaker)
    step = await begin(hass, "qr")
    sim.world.account.scan()
    await settled(hass)
    step = await reopened(hass, step)
    assert (step["step_id"], step["errors"]) == ("qr_again", {"base": "no_speakers"})


async def test_nobody_waits_for_a_scan_after_the_dialog_is_closed(hass, sim):
    step = await begin(hass, "qr")
    (scan,) = scans()
    hass.config_entries.flow.async_abort(step["flow_id"])
    await asyncio.wait([scan], timeout=5)
    assert scan.cancelled()


async def test_a_dialog_that_is_closed_after_the_last_code_leaves_no_error(hass, sim, caplog):
    sim.settings.update({"qr_life": 0.05})
    step = await begin(hass, "qr")
    await settled(hass)
    hass.config_entries.flow.async_abort(step["flow_id"])
    del step
    gc.collect()
    await hass.async_block_till_done()
    assert "never retrieved" not in caplog.text


# The passToken


@pytest.mark.parametrize(
    "paste",
    [
        lambda user, token: {"pass_token": token, "user_id": user},
        lambda user, token: {"pass_token": f" userId={user}; passToken={token}; deviceId=BROWSER "},
        lambda user, token: {"pass_token": f"passToken\t{token}\t.xiaomi.com\t/\nuserId\t{user}\t.xiaomi.com\t/"},
        lambda user, token: {"pass_token": token, "user_id": f" {user} ", "device_id": "BROWSER"},
    ],
)
async def test_a_passtoken_is_taken_as_it_is_pasted(hass, sim, paste):
    account = sim.world.account
    step = await submit(hass, await begin(hass, "pass_token"), paste(str(account.user_id), account.log_in(None)))
    assert step["step_id"] == "service"


async def test_a_passtoken_without_its_user_is_not_tried(hass, sim):
    step = await submit(hass, await begin(hass, "pass_token"), {"pass_token": "V1:x"})
    assert (step["step_id"], step["errors"]) == ("pass_token", {"user_id": "no_user_id"})
    assert suggested(step) == {"pass_token": "V1:x"}
    assert not [entry for entry in sim.timeline.since(0, "http") if entry.fields["host"] == PASSPORT]


async def test_a_passtoken_that_is_refused_is_told(hass, sim):
    typed = {"pass_token": "V1:x", "user_id": "1", "device_id": "D"}
    step = await submit(hass, await begin(hass, "pass_token"), typed)
    assert (step["step_id"], step["errors"]) == ("pass_token", {"base": "wrong_credentials"})
    assert suggested(step) == typed


@pytest.mark.parametrize("pasted", ["passToken", "passToken=", "V1:x\r\nX-Evil: 1", "V1:密"])
async def test_what_is_no_passtoken_is_no_riddle(hass, sim, pasted):
    typed = {"pass_token": pasted, "user_id": "1"}
    step = await submit(hass, await begin(hass, "pass_token"), typed)
    assert step["step_id"] == "pass_token"
    assert step["errors"]["base"] in ("wrong_credentials", "cloud_error")
    assert suggested(step) == typed


async def test_a_passtoken_in_a_suspicious_network_has_to_wait(hass, sim):
    sim.settings.update({"suspicious": True})
    typed = {"pass_token": "V1:x", "user_id": "1"}
    step = await submit(hass, await begin(hass, "pass_token"), typed)
    assert (step["step_id"], step["errors"]) == ("pass_token", {"base": "throttled"})
    assert suggested(step) == typed


@pytest.mark.parametrize("way", ["email", "browser"])
async def test_a_passtoken_may_have_to_be_verified_too(hass, sim, way):
    account = sim.world.account
    page = f"/fe/service/identity/authStart?sid=micoapi&context={account.new_identity('BROWSER', 'micoapi')}"
    answer = json.dumps({"code": 0, "notificationUrl": page})
    break_cloud(sim, path="serviceLogin$", status=200, body=answer, times=1)
    typed = {"pass_token": account.log_in(None), "user_id": str(account.user_id), "device_id": "BROWSER"}
    step = await submit(hass, await begin(hass, "pass_token"), typed)
    assert (step["step_id"], step["errors"], options(step)) == ("verification", {}, ["phone", "email", "browser"])
    assert step["description_placeholders"]["url"] == f"https://{PASSPORT}{page}"
    step = await submit(hass, step, {"way": way})
    if way == "email":
        step = await submit(hass, step, {"code": sent(sim)[-1]["code"], "resend": False})
    assert step["step_id"] == "service"


# What is kept, and the other flows


async def test_a_mail_address_in_a_title_is_masked(hass, sim):
    step = await submit(hass, await begin(hass), account_input(sim) | {"username": sim.world.account.email})
    step = await submit(hass, step, service_input(sim))
    assert (await submit(hass, step, {"model": "gpt-5-mini"}))["title"] == "d***@example.com"


async def test_the_password_is_kept_only_where_the_person_wants_it(hass, sim):
    step = await submit(hass, await begin(hass), account_input(sim) | {"keep_password": True})
    step = await submit(hass, step, service_input(sim))
    step = await submit(hass, step, {"model": "gpt-5-mini"})
    await hass.async_block_till_done()
    entry = step["result"]
    assert entry.data["xiaomi"]["password"] == [sim.world.account.user, sim.world.account.password]
    sim.world.account.expire("all")
    await event(sim, "login", since=len(sim.timeline), by="password", ok=True)
    await polls(sim, 2)
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    step = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    step = await choose(hass, step, "password")
    assert suggested(step) == {"username": sim.world.account.user, "keep_password": True}
    step = await submit(hass, step, account_input(sim) | {"keep_password": False})
    assert step["reason"] == "login_renewed"
    await hass.async_block_till_done()
    assert "password" not in entry.data["xiaomi"]


@pytest.mark.parametrize("way", ["qr", "pass_token"])
async def test_a_lost_login_is_renewed_by_each_way(hass, sim, entry, way):
    device_id = entry.data["xiaomi"]["device_id"]
    sim.world.account.expire("all")
    step = await choose(hass, await wait_for_flow(hass, "reauth"), way)
    if way == "qr":
        sim.world.account.scan()
        await settled(hass)
        assert (await hass.config_entries.flow.async_configure(step["flow_id"]))["reason"] == "login_renewed"
    else:
        typed = {"pass_token": sim.world.account.log_in(None), "user_id": str(sim.world.account.user_id)}
        assert (await submit(hass, step, typed))["reason"] == "login_renewed"
    await hass.async_block_till_done()
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    since = len(sim.timeline)
    await event(sim, "http", since=since, path="/device_profile/v2/conversation", status=200)
    assert (entry.data["xiaomi"]["device_id"] == device_id) is (way == "qr")


async def logged_in_by(hass, sim, menu, way):
    """Go one of the ways from a menu to its end."""
    step = await choose(hass, menu, way)
    if way == "qr":
        sim.world.account.scan()
        await settled(hass)
        return await reopened(hass, step)
    account = sim.world.account
    pasted = {"pass_token": account.log_in(None), "user_id": str(account.user_id)}
    return await submit(hass, step, account_input(sim) if way == "password" else pasted)


@pytest.mark.parametrize("way", ["qr", "password", "pass_token"])
async def test_the_login_can_be_changed_without_need(hass, sim, entry, way):
    before = entry.data
    step = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    assert step["menu_options"] == ["service", "qr", "password", "pass_token"]
    assert (await logged_in_by(hass, sim, step, way))["reason"] == "login_renewed"
    await hass.async_block_till_done()
    assert entry.data["xiaomi"]["pass_token"] != before["xiaomi"]["pass_token"]
    assert entry.data.keys() == before.keys()
    assert (entry.data["api_keys"], entry.data["base_url"]) == (before["api_keys"], before["base_url"])
    await polls(sim, 1)


@pytest.mark.parametrize("source", [SOURCE_REAUTH, SOURCE_RECONFIGURE])
@pytest.mark.parametrize("way", ["qr", "password", "pass_token"])
async def test_another_account_does_not_take_an_entrys_place(hass, sim, entry, way, source):
    kept = entry.data["xiaomi"]["pass_token"]
    if source == SOURCE_REAUTH:
        entry.async_start_reauth(hass)
        step = await wait_for_flow(hass, "reauth")
    else:
        step = await hass.config_entries.flow.async_init(DOMAIN, context={"source": source, "entry_id": entry.entry_id})
    sim.world.account.user_id += 1
    step = await logged_in_by(hass, sim, step, way)
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "wrong_account")
    assert entry.data["xiaomi"]["pass_token"] == kept


async def test_a_lost_login_may_take_captcha_and_verification(hass, sim, entry):
    sim.world.account.expire("all")
    menu = await wait_for_flow(hass, "reauth")
    sim.world.account.distrust()
    sim.settings.update({"captcha": True, "verification": True, "verification_code": ""})
    step = await submit(hass, await choose(hass, menu, "password"), account_input(sim))
    assert step["step_id"] == "captcha"
    step = await submit(hass, step, {"captcha": written(sim)})
    assert step["step_id"] == "verification"
    step = await submit(hass, step, {"way": "phone"})
    step = await submit(hass, step, {"code": sent(sim)[-1]["code"], "resend": False})
    assert step["reason"] == "login_renewed"
    await hass.async_block_till_done()
    await polls(sim, 1)


async def test_a_dialog_that_was_closed_half_way_does_not_stand_in_the_way(hass, sim):
    await submit(hass, await begin(hass), account_input(sim))
    step = await submit(hass, await begin(hass), account_input(sim))
    step = await submit(hass, step, service_input(sim))
    assert (await submit(hass, step, {"model": "gpt-5-mini"}))["type"] is FlowResultType.CREATE_ENTRY
