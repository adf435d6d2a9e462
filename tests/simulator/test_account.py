"""Logging in: what the account demands, and what its tokens open."""

import json

import aiohttp
import pytest

from simulator.app import Simulator
from tests.simulator.xiaomi_client import ACCOUNT, MINA, XiaomiClient


async def test_a_password_login_yields_a_token_for_each_service(cloud: XiaomiClient) -> None:
    assert await cloud.devices()
    assert (await cloud.prop("客厅小爱", 2, 1))["value"] == 40


async def test_a_stranger_is_asked_for_the_password(client: XiaomiClient) -> None:
    step = await client.service_login("xiaomiio")
    assert step["code"] == 70016
    assert step["callback"] == "https://sts.api.io.mi.com/sts"
    assert step["qs"] == "%3Fsid%3Dxiaomiio%26_json%3Dtrue"


async def test_a_wrong_password_is_refused(client: XiaomiClient) -> None:
    step = await client.service_login("micoapi")
    assert (await client.password_login(step, "wrong"))["code"] == 70016


@pytest.mark.parametrize("change", [{"_sign": "forged"}, {"qs": "%3Fsid%3Dxiaomiio"}, {"callback": "https://evil"}])
async def test_a_form_that_does_not_belong_to_step_one_is_refused(client: XiaomiClient, change: dict[str, str]) -> None:
    step = await client.service_login("micoapi")
    assert (await client.password_login(step, **change))["code"] == 70016


@pytest.mark.parametrize("name", ["demo@example.com", "2345678901"])
async def test_email_and_user_id_name_the_account_too(client: XiaomiClient, name: str) -> None:
    step = await client.service_login("micoapi")
    assert (await client.password_login(step, user=name))["code"] == 0


async def test_nonces_do_not_fit_a_float(client: XiaomiClient) -> None:
    reply = await client.password_login(await client.service_login("micoapi"))
    assert reply["nonce"] > 2**53


async def test_a_login_by_pass_token_leaves_the_pass_token_out(cloud: XiaomiClient) -> None:
    reply = await cloud.service_login("micoapi")
    assert reply["code"] == 0
    assert "passToken" not in reply


async def test_a_login_by_pass_token_can_repeat_it(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"repeat_pass_token": True})
    assert (await cloud.service_login("micoapi"))["passToken"] == cloud.pass_token


async def test_a_pass_token_is_good_for_its_device_only(cloud: XiaomiClient) -> None:
    cloud.device_id = "ANOTHERDEVICE123"
    assert (await cloud.service_login("micoapi"))["code"] == 70016


async def test_an_expired_pass_token_leads_back_to_the_password(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.account.expire("pass")
    assert (await cloud.service_login("micoapi"))["code"] == 70016
    assert await cloud.devices(), "the serviceToken lives on"


async def test_the_sts_of_mina_checks_the_client_signature(client: XiaomiClient) -> None:
    reply = await client.password_login(await client.service_login("micoapi"))
    assert await client.sts(reply, client_sign=None) == (401, "")
    assert await client.sts(reply, client_sign="AAAA") == (401, "")
    status, token = await client.sts(reply)
    assert status == 200
    assert token
    assert await client.sts(reply) == (401, ""), "a ticket is good once"


async def test_the_sts_of_miot_does_without_a_client_signature(client: XiaomiClient) -> None:
    reply = await client.password_login(await client.service_login("xiaomiio"))
    status, token = await client.sts(reply, client_sign=None)
    assert (status, bool(token)) == (200, True)


async def test_tokens_of_one_service_do_not_open_the_other(cloud: XiaomiClient) -> None:
    cloud.tokens["micoapi"], cloud.tokens["xiaomiio"] = cloud.tokens["xiaomiio"], cloud.tokens["micoapi"]
    status, _ = await cloud.ubus("客厅小爱", "mediaplayer", "player_get_play_status", {})
    assert status == 401
    status, body = await cloud.miot("/home/device_list", {})
    assert (status, body["code"], body["message"]) == (401, 3, "auth err")


async def test_each_service_expires_by_itself(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.account.expire("micoapi")
    status, _ = await cloud.ubus("客厅小爱", "mediaplayer", "player_get_play_status", {})
    assert status == 401
    assert (await cloud.prop("客厅小爱", 2, 1))["code"] == 0
    await cloud.log_in("micoapi")
    assert await cloud.devices()


async def test_service_tokens_live_as_long_as_set(client: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"service_token_life": 0.0})
    await client.log_in("micoapi")
    status, _ = await client.ubus("客厅小爱", "mediaplayer", "player_get_play_status", {})
    assert status == 401


async def _captcha(client: XiaomiClient, url: str) -> str:
    async with client.session.get(ACCOUNT + url) as response:
        assert (await response.read()).startswith(b"\xff\xd8"), "a JPEG"
        return response.cookies["ick"].value


async def test_a_captcha_must_be_solved_once_it_is_demanded(client: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"captcha": True})
    step = await client.service_login("micoapi")
    demand = await client.password_login(step)
    assert (demand["code"], demand["type"]) == (87001, "manMachine")
    ick = await _captcha(client, demand["captchaUrl"])
    (text,) = sim.world.as_json()["account"]["captchas"]
    assert (await client.password_login(step, captcha=text.lower(), ick=ick))["code"] == 0


async def test_a_wrong_captcha_demands_another(client: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"captcha": True})
    step = await client.service_login("micoapi")
    ick = await _captcha(client, (await client.password_login(step))["captchaUrl"])
    (text,) = sim.world.as_json()["account"]["captchas"]
    assert (await client.password_login(step, captcha="0000", ick=ick))["code"] == 87001
    assert (await client.password_login(step, captcha=text, ick=ick))["code"] == 87001, "it could be tried once"


async def test_many_wrong_passwords_bring_a_captcha(client: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"captcha_after": 2})
    step = await client.service_login("micoapi")
    codes = [(await client.password_login(step, "wrong"))["code"] for _ in range(3)]
    assert codes == [70016, 70016, 87001]


async def _verify(client: XiaomiClient, page: str, code: str, *, trust: str) -> aiohttp.ClientResponse | None:
    """Go the way of a verification; the last reply (released), None if the code was wrong."""
    async with client.session.get(page.replace("/fe/service/identity/authStart", "/identity/list")) as response:
        cookies = {"identity_session": response.cookies["identity_session"].value}
        assert json.loads((await response.text()).removeprefix("&&&START&&&"))["flag"] == 4
    url = f"{ACCOUNT}/identity/auth"
    form = {"retry": "0", "icode": "", "_json": "true"}
    async with client.session.post(f"{url}/sendPhoneTicket", data=form, cookies=cookies) as response:
        assert json.loads((await response.text()).removeprefix("&&&START&&&"))["code"] == 0
    form = {"_flag": "4", "ticket": code, "trust": trust, "_json": "true"}
    async with client.session.post(f"{url}/verifyPhone?_dc=1", data=form, cookies=cookies) as response:
        body = json.loads((await response.text()).removeprefix("&&&START&&&"))
    if body["code"]:
        return None
    async with client.session.get(ACCOUNT + body["location"]) as response:
        return response


async def test_a_verified_login_goes_on_with_the_new_pass_token(client: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"verification": True})
    demand = await client.password_login(await client.service_login("micoapi"))
    assert demand["code"] == 0
    assert "userId" not in demand
    last = await _verify(client, demand["notificationUrl"], sim.settings.verification_code, trust="false")
    assert last is not None
    client.pass_token = last.history[0].cookies["passToken"].value
    await client.log_in("micoapi")
    assert await client.devices()


@pytest.mark.parametrize(("trust", "asked_again"), [("true", False), ("false", True)])
async def test_a_trusted_device_is_not_verified_again(
    client: XiaomiClient, sim: Simulator, trust: str, asked_again: bool
) -> None:
    sim.settings.update({"verification": True})
    demand = await client.password_login(await client.service_login("micoapi"))
    assert await _verify(client, demand["notificationUrl"], sim.settings.verification_code, trust=trust)
    again = await client.password_login(await client.service_login("micoapi"))
    assert bool(again["notificationUrl"]) is asked_again


async def test_a_wrong_verification_code_is_refused(client: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"verification": True})
    demand = await client.password_login(await client.service_login("micoapi"))
    assert await _verify(client, demand["notificationUrl"], "000000", trust="true") is None
    async with client.session.get(f"{ACCOUNT}/identity/result/check?context=forged") as response:
        assert "passToken" not in response.cookies


async def test_no_secret_is_on_the_timeline(cloud: XiaomiClient, sim: Simulator) -> None:
    await cloud.devices()
    told = json.dumps([event.as_json() for event in sim.timeline.since()])
    secrets = [cloud.pass_token, *cloud.tokens.values(), *cloud.ssecurity.values(), sim.world.account.password]
    assert not [secret for secret in secrets if secret in told]


async def test_the_old_name_of_mina_is_the_same_host(cloud: XiaomiClient) -> None:
    cookies = {"userId": cloud.user_id, "serviceToken": cloud.tokens["micoapi"]}
    url = MINA.replace("api2.", "api.")
    status, body = await cloud.json("GET", f"{url}/admin/v2/device_list?master=0", cookies=cookies)
    assert (status, len(body["data"])) == (200, 3)


async def test_an_unknown_service_cannot_be_logged_in_to(client: XiaomiClient) -> None:
    assert (await client.service_login("toaster"))["code"] == 10016
    step = await client.service_login("micoapi")
    assert (await client.password_login(step, sid="toaster"))["code"] == 10016


async def test_the_page_of_a_verification_opens_its_session(client: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"verification": True})
    demand = await client.password_login(await client.service_login("micoapi"))
    async with client.session.get(demand["notificationUrl"]) as response:
        cookies = {"identity_session": response.cookies["identity_session"].value}
    async with client.session.get(f"{ACCOUNT}/identity/auth/verifyEmail?_flag=8", cookies=cookies) as response:
        assert "d***@example.com" in await response.text()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["list", "auth/verifyPhone", "auth/sendPhoneTicket", "result/check"])
async def test_a_verification_needs_a_session(client: XiaomiClient, method: str, path: str) -> None:
    async with client.session.request(method, f"{ACCOUNT}/identity/{path}?context=forged") as response:
        assert json.loads((await response.text()).removeprefix("&&&START&&&"))["code"] == 10016
