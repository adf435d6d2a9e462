"""Logging in to the Xiaomi account in the flow: each way to its end, each error at its place, nothing typed lost."""

import asyncio
import gc
from http import HTTPStatus

from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.data_entry_flow import FlowResultType
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


async def test_a_qr_code_that_cannot_be_made_is_told(hass, sim):
    break_cloud(sim, path="loginUrl", status=502, times=1)
    step = await begin(hass, "qr")
    assert (step["step_id"], step["errors"]) == ("qr_again", {"base": "cloud_error"})
    assert (await submit(hass, step, {}))["type"] is FlowResultType.SHOW_PROGRESS


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


# What is kept, and the other flows


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


async def test_the_login_can_be_changed_without_need(hass, sim, entry):
    step = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    assert step["menu_options"] == ["service", "qr", "password", "pass_token"]
    step = await submit(hass, await choose(hass, step, "password"), account_input(sim))
    assert step["reason"] == "login_renewed"


async def test_a_dialog_that_was_closed_half_way_does_not_stand_in_the_way(hass, sim):
    await submit(hass, await begin(hass), account_input(sim))
    step = await submit(hass, await begin(hass), account_input(sim))
    step = await submit(hass, step, service_input(sim))
    assert (await submit(hass, step, {"model": "gpt-5-mini"}))["type"] is FlowResultType.CREATE_ENTRY
