"""Logging in to a Xiaomi account, and tokens that renew themselves."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
from miservice import MiIOService
import pytest

from custom_components.xiao_gpt.xiaomi import (
    AuthError,
    CaptchaNeededError,
    CloudError,
    Credentials,
    NetworkError,
    SpeakerOfflineError,
    SpeakerRefusedError,
    ThrottledError,
    VerificationNeededError,
    WrongCredentialsError,
    XiaomiAccount,
    list_speakers,
)
from custom_components.xiao_gpt.xiaomi.account import MICO, MIOT as MIOT_SID, ServiceToken
from simulator.app import Simulator

from .support import (
    LOGIN_ANSWER,
    LOGIN_PAGE,
    MINA,
    MIOT,
    PASSPORT,
    break_cloud,
    exchanges,
    host_of,
    requests,
    token_of,
)

DEVICES = "https://api2.mina.mi.com/admin/v2/device_list?master=0"
LX06_VOLUME = "/miotspec/prop/get"


async def log_in(sim: Simulator, account: XiaomiAccount) -> None:
    await account.login(sim.world.account.user, sim.world.account.password)


async def volume(account: XiaomiAccount, sim: Simulator) -> Any:
    """Ask MIoT for something that needs a signature."""
    return await MiIOService(account).miot_get_prop(sim.world.speakers[0].did, (2, 1))


# Logging in


async def test_a_password_opens_the_speakers_service(sim: Simulator, stranger: XiaomiAccount) -> None:
    await log_in(sim, stranger)
    credentials = stranger.credentials
    assert credentials.user_id == str(sim.world.account.user_id)
    assert credentials.pass_token.startswith("V1:")
    assert set(credentials.services) == {MICO}
    assert requests(sim, PASSPORT) == ["/pass/serviceLogin", "/pass/serviceLoginAuth2"]
    assert len(await list_speakers(stranger)) == 3


@pytest.mark.parametrize("name", ["user", "email", "user_id"])
async def test_phone_mail_and_number_all_name_the_account(sim: Simulator, stranger: XiaomiAccount, name: str) -> None:
    await stranger.login(str(getattr(sim.world.account, name)), sim.world.account.password)
    assert stranger.credentials.user_id == str(sim.world.account.user_id)


async def test_a_nonce_beyond_what_a_float_can_hold_is_signed_exactly(sim: Simulator, stranger: XiaomiAccount) -> None:
    _, ticket = sim.world.account.new_ticket("micoapi")
    assert float(ticket.nonce) > 2**53  # as are all that follow
    for _ in range(3):
        await log_in(sim, stranger)
    assert exchanges(sim) == [MICO] * 3


@pytest.mark.parametrize("password", ["wrong", "", "密码"])
async def test_a_wrong_password_is_called_one(sim: Simulator, stranger: XiaomiAccount, password: str) -> None:
    with pytest.raises(WrongCredentialsError):
        await stranger.login(sim.world.account.user, password)
    with pytest.raises(WrongCredentialsError, match="Not logged in"):
        _ = stranger.credentials


@pytest.mark.parametrize("code", [70002, 20003])
async def test_every_code_of_refused_credentials_is_known(sim: Simulator, stranger: XiaomiAccount, code: int) -> None:
    break_cloud(sim, PASSPORT, LOGIN_ANSWER, {"code": code})
    with pytest.raises(WrongCredentialsError, match=str(code)):
        await log_in(sim, stranger)


async def test_a_captcha_that_is_demanded_has_an_address(sim: Simulator, stranger: XiaomiAccount) -> None:
    sim.settings.update({"captcha": True})
    with pytest.raises(CaptchaNeededError) as caught:
        await log_in(sim, stranger)
    assert caught.value.url.startswith("https://account.xiaomi.com/pass/getCode?icodeType=login&")


async def test_wrong_passwords_bring_a_captcha_on(sim: Simulator, stranger: XiaomiAccount) -> None:
    sim.settings.update({"captcha_after": 2})
    for _ in range(2):
        with pytest.raises(WrongCredentialsError):
            await stranger.login(sim.world.account.user, "wrong")
    with pytest.raises(CaptchaNeededError):
        await log_in(sim, stranger)


async def test_a_captcha_may_be_demanded_before_the_password(sim: Simulator, stranger: XiaomiAccount) -> None:
    break_cloud(sim, PASSPORT, LOGIN_PAGE, {"code": 87001, "captchaUrl": "/pass/getCode?icodeType=login"})
    with pytest.raises(CaptchaNeededError) as caught:
        await log_in(sim, stranger)
    assert caught.value.url == "https://account.xiaomi.com/pass/getCode?icodeType=login"


async def test_a_verification_that_is_demanded_has_a_page(sim: Simulator, stranger: XiaomiAccount) -> None:
    sim.settings.update({"verification": True})
    with pytest.raises(VerificationNeededError) as caught:
        await log_in(sim, stranger)
    assert host_of(caught.value.url) == PASSPORT
    assert "authStart" in caught.value.url


@pytest.mark.parametrize(
    ("answer", "url"),
    [
        ({"code": 81003}, "https://account.xiaomi.com"),
        ({"code": 0, "notificationUrl": "/fe/service/x?a=b"}, "https://account.xiaomi.com/fe/service/x?a=b"),
    ],
)
async def test_a_verification_is_demanded_in_several_ways(
    sim: Simulator, stranger: XiaomiAccount, answer: dict[str, Any], url: str
) -> None:
    break_cloud(sim, PASSPORT, LOGIN_ANSWER, answer)
    with pytest.raises(VerificationNeededError) as caught:
        await log_in(sim, stranger)
    assert caught.value.url == url


async def test_once_verified_the_same_account_object_gets_in(sim: Simulator, stranger: XiaomiAccount) -> None:
    sim.settings.update({"verification": True})
    with pytest.raises(VerificationNeededError) as caught:
        await log_in(sim, stranger)
    (context,) = parse_qs(urlsplit(caught.value.url).query)["context"]
    assert sim.world.account.verify(context, sim.settings.verification_code, trust=True)
    await log_in(sim, stranger)
    assert await list_speakers(stranger)


async def test_a_device_that_was_verified_is_the_same_one_after_a_restart(
    sim: Simulator, account: XiaomiAccount, session: aiohttp.ClientSession
) -> None:
    again = XiaomiAccount(session, account.credentials, gateway=sim.url)
    await log_in(sim, again)
    assert again.credentials.device_id == account.credentials.device_id


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (LOGIN_PAGE, '&&&START&&&{"code":70016}'),  # without the form
        (LOGIN_PAGE, "&&&START&&&[]"),
        (LOGIN_ANSWER, {"code": 22009}),
        (LOGIN_ANSWER, {"code": 0}),
        (LOGIN_ANSWER, {"code": 0, "userId": 1, "passToken": "p"}),
        (LOGIN_ANSWER, {"code": 0, "userId": 1, "passToken": "p", "ssecurity": "s", "location": "https://x/"}),
        (LOGIN_ANSWER, {"code": 0, "userId": 1, "passToken": "p", "ssecurity": "s", "nonce": 1}),
        (LOGIN_ANSWER, "<html>维护中</html>"),
        (LOGIN_ANSWER, '&&&START&&&{"code":0,'),
        (LOGIN_ANSWER, {}),
    ],
)
async def test_a_login_that_makes_no_sense_is_the_clouds_fault(
    sim: Simulator, stranger: XiaomiAccount, path: str, answer: Any
) -> None:
    break_cloud(sim, PASSPORT, path, answer)
    with pytest.raises(CloudError):
        await log_in(sim, stranger)


async def test_a_ticket_that_is_refused_is_not_the_persons_fault(sim: Simulator, stranger: XiaomiAccount) -> None:
    break_cloud(sim, MINA, "/sts", "Unauthorized", status=401)
    with pytest.raises(CloudError, match="No service token for micoapi"):
        await log_in(sim, stranger)
    # The passToken is there already: nobody need type the password again.
    assert await list_speakers(stranger)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"disconnect": True}, NetworkError),
        ({"truncate": 20}, NetworkError),
        ({"status": 429}, ThrottledError),
        ({"status": 502, "body": "<html>Bad Gateway</html>", "content_type": "text/html"}, CloudError),
        ({"status": 403, "body": "<html>Forbidden</html>", "content_type": "text/html"}, CloudError),
    ],
)
async def test_a_login_over_a_bad_line_can_be_tried_again(
    sim: Simulator, stranger: XiaomiAccount, fault: dict[str, Any], error: type[Exception]
) -> None:
    break_cloud(sim, PASSPORT, LOGIN_PAGE, times=None, **fault)
    with pytest.raises(error) as caught:
        await log_in(sim, stranger)
    assert not isinstance(caught.value, AuthError)
    sim.world.faults.clear()
    await log_in(sim, stranger)


async def test_without_a_connection_no_one_blames_the_password(
    session: aiohttp.ClientSession, unused_tcp_port: int
) -> None:
    account = XiaomiAccount(session, gateway=f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(NetworkError):
        await account.login("13800138000", "secret")


# Credentials


def test_credentials_survive_a_round_trip_through_json() -> None:
    credentials = Credentials(
        "1", "DEVICE", "V1:pass", {MICO: ServiceToken("a", "b"), MIOT_SID: ServiceToken("c", "d")}
    )
    assert Credentials.from_dict(json.loads(json.dumps(credentials.as_dict()))) == credentials


def test_credentials_without_services_are_enough() -> None:
    assert Credentials.from_dict({"user_id": "1", "device_id": "d", "pass_token": "p"}).services == {}


def test_credentials_show_no_secret() -> None:
    credentials = Credentials("1", "DEVICE", "V1:pass", {MICO: ServiceToken("security", "token")})
    shown = f"{credentials!r} {credentials} {credentials.services[MICO]!r}"
    assert not any(secret in shown for secret in ("DEVICE", "V1:pass", "security", "token='"))
    assert "'token'" not in shown


async def test_stored_credentials_need_no_login(
    sim: Simulator, account: XiaomiAccount, session: aiohttp.ClientSession
) -> None:
    since = len(sim.timeline)
    again = XiaomiAccount(session, Credentials.from_dict(account.credentials.as_dict()), gateway=sim.url)
    assert len(await list_speakers(again)) == 3
    assert requests(sim, PASSPORT, since) == []


async def test_credentials_are_handed_out_to_be_kept_only_when_they_change(
    sim: Simulator, session: aiohttp.ClientSession
) -> None:
    kept: list[Credentials] = []
    account = XiaomiAccount(session, gateway=sim.url, on_change=kept.append)
    await log_in(sim, account)
    assert [set(credentials.services) for credentials in kept] == [set(), {MICO}]
    assert kept[-1] == account.credentials
    await list_speakers(account)
    await account.authorize(MICO)
    assert len(kept) == 2
    sim.settings.update({"repeat_pass_token": True})
    await account.authorize(MIOT_SID)
    assert [set(credentials.services) for credentials in kept[2:]] == [{MICO, MIOT_SID}]


async def test_miservice_finds_the_token_in_the_shape_that_it_reads(account: XiaomiAccount) -> None:
    service = account.credentials.services[MICO]
    assert account.token == {
        "deviceId": account.credentials.device_id,
        "userId": account.credentials.user_id,
        MICO: (service.ssecurity, service.token),
    }


def test_miservice_finds_the_session(session: aiohttp.ClientSession) -> None:
    assert XiaomiAccount(session).session is session


async def test_nothing_can_be_asked_for_before_a_login(sim: Simulator, stranger: XiaomiAccount) -> None:
    with pytest.raises(WrongCredentialsError):
        await list_speakers(stranger)
    assert requests(sim, PASSPORT) == []


# Service tokens


async def test_an_expired_token_is_renewed_by_the_pass_token_alone(sim: Simulator, account: XiaomiAccount) -> None:
    old = token_of(account, MICO)
    sim.world.account.expire("micoapi")
    since = len(sim.timeline)
    assert len(await list_speakers(account)) == 3
    assert requests(sim, PASSPORT, since) == ["/pass/serviceLogin"]
    assert token_of(account, MICO) != old


async def test_many_requests_that_find_the_token_expired_renew_it_once(sim: Simulator, account: XiaomiAccount) -> None:
    sim.world.account.expire("micoapi")
    since = len(sim.timeline)
    answers = await asyncio.gather(*(list_speakers(account) for _ in range(20)))
    assert all(len(answer) == 3 for answer in answers)
    assert exchanges(sim, since) == [MICO]


async def test_a_passtoken_survives_a_reply_without_one(sim: Simulator, account: XiaomiAccount) -> None:
    before = account.credentials.pass_token
    for _ in range(2):
        sim.world.account.expire("micoapi")
        await list_speakers(account)
    assert account.credentials.pass_token == before


async def test_a_new_passtoken_in_a_reply_takes_the_old_ones_place(sim: Simulator, account: XiaomiAccount) -> None:
    fresh = sim.world.account.log_in(account.credentials.device_id)
    _, ticket = sim.world.account.new_ticket("micoapi")
    sim.world.account.expire("micoapi")
    body = {
        "code": 0,
        "passToken": fresh,
        "ssecurity": ticket.ssecurity,
        "nonce": ticket.nonce,
        "location": "https://api2.mina.mi.com/sts?auth=unknown",
    }
    break_cloud(sim, PASSPORT, LOGIN_PAGE, body)
    with pytest.raises(CloudError):
        await list_speakers(account)
    assert account.credentials.pass_token == fresh
    assert await list_speakers(account)


async def test_a_dead_passtoken_needs_a_person(sim: Simulator, account: XiaomiAccount) -> None:
    before = account.credentials
    sim.world.account.expire("all")
    with pytest.raises(AuthError):
        await list_speakers(account)
    assert account.credentials == before


async def test_a_dead_passtoken_is_no_reason_to_stop_while_the_service_token_lives(
    sim: Simulator, account: XiaomiAccount
) -> None:
    sim.world.account.expire("pass")
    assert len(await list_speakers(account)) == 3


async def test_a_captcha_or_a_verification_may_be_demanded_of_a_passtoken(
    sim: Simulator, account: XiaomiAccount
) -> None:
    break_cloud(sim, PASSPORT, LOGIN_PAGE, {"code": 87001, "captchaUrl": "/pass/getCode"})
    with pytest.raises(CaptchaNeededError):
        await account.authorize(MIOT_SID)
    break_cloud(sim, PASSPORT, LOGIN_PAGE, {"code": 0, "notificationUrl": "/fe/service/identity/authStart"})
    with pytest.raises(VerificationNeededError):
        await account.authorize(MIOT_SID)
    assert token_of(account, MICO)


async def test_the_services_expire_and_renew_independently(sim: Simulator, account: XiaomiAccount) -> None:
    assert await volume(account, sim) == 40
    mico, miot = token_of(account, MICO), token_of(account, MIOT_SID)
    sim.world.account.expire("xiaomiio")
    assert await volume(account, sim) == 40
    assert (token_of(account, MICO), token_of(account, MIOT_SID) == miot) == (mico, False)
    miot = token_of(account, MIOT_SID)
    sim.world.account.expire("micoapi")
    await list_speakers(account)
    assert (token_of(account, MICO) == mico, token_of(account, MIOT_SID)) == (False, miot)


async def test_a_service_that_cannot_be_opened_leaves_the_other_alone(sim: Simulator, account: XiaomiAccount) -> None:
    before = account.credentials
    break_cloud(sim, "sts.api.io.mi.com", status=503)
    with pytest.raises(CloudError):
        await volume(account, sim)
    assert account.credentials == before
    assert await list_speakers(account)


async def test_services_opened_at_the_same_time_do_not_forget_each_other(
    sim: Simulator, account: XiaomiAccount
) -> None:
    sim.settings.update({"repeat_pass_token": True})
    sim.world.account.expire("micoapi")
    # The first answer comes when the other service has been opened.
    break_cloud(sim, PASSPORT, LOGIN_PAGE, delay=0.5)
    since = len(sim.timeline)
    old = token_of(account, MICO)
    await asyncio.gather(account.authorize(MICO, rejected=old), account.authorize(MIOT_SID))
    assert sorted(exchanges(sim, since)) == [MICO, MIOT_SID]
    assert set(account.credentials.services) == {MICO, MIOT_SID}


async def test_a_token_that_is_rejected_though_new_is_not_renewed_for_ever(
    sim: Simulator, account: XiaomiAccount
) -> None:
    break_cloud(sim, MINA, "device_list", status=401, times=None)
    since = len(sim.timeline)
    with pytest.raises(CloudError, match="just made"):
        await list_speakers(account)
    assert exchanges(sim, since) == [MICO]


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 3, "message": "auth err", "result": None},
        {"code": 2, "message": ""},
        {"code": -1, "message": "invalid signature"},
        {"code": -1, "message": "SERVICETOKEN_EXPIRED"},
    ],
)
async def test_an_expired_token_is_recognised_by_code_and_words(
    sim: Simulator, account: XiaomiAccount, answer: dict[str, Any]
) -> None:
    await account.authorize(MIOT_SID)
    break_cloud(sim, MIOT, LX06_VOLUME, answer)
    since = len(sim.timeline)
    assert await volume(account, sim) == 40
    assert exchanges(sim, since) == [MIOT_SID]


async def test_a_request_is_signed_anew_with_the_new_secret(sim: Simulator, account: XiaomiAccount) -> None:
    await account.authorize(MIOT_SID)
    sim.world.account.expire("xiaomiio")
    assert await volume(account, sim) == 40  # the simulator checks the signature


# What the services answer


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"code": 101, "data": {"device_data": '{"code":3012}'}}, SpeakerOfflineError),
        ({"code": 100, "data": {"msg": "Method not found"}}, SpeakerRefusedError),
        ({"code": 601, "message": "illegal argument exception"}, CloudError),
        ({"message": "no code"}, CloudError),
        ("[]", CloudError),
        ("<html></html>", CloudError),
        ('{"code":0,"da', CloudError),
    ],
)
async def test_codes_are_told_apart(
    sim: Simulator, account: XiaomiAccount, answer: Any, error: type[Exception]
) -> None:
    break_cloud(sim, MINA, "device_list", answer)
    with pytest.raises(error) as caught:
        await account.request(MICO, "GET", DEVICES)
    assert type(caught.value) is error


async def test_cookies_of_a_request_go_with_the_accounts_own(sim: Simulator, account: XiaomiAccount) -> None:
    speaker = sim.world.speakers[0]
    body, reply = await account.request(
        MICO,
        "GET",
        "https://userprofile.mina.mi.com/device_profile/v2/conversation?hardware=LX06&timestamp=4102444800000",
        cookies={"deviceId": speaker.device_id},
    )
    assert reply.status == 200
    assert json.loads(body["data"])["records"] == []


async def test_a_form_is_made_anew_for_each_try(sim: Simulator, account: XiaomiAccount) -> None:
    made: list[dict[str, str]] = []

    def form() -> dict[str, str]:
        made.append({"deviceId": sim.world.speakers[0].device_id, "method": "player_get_play_status"})
        return made[-1] | {"path": "mediaplayer", "message": "{}", "requestId": "x"}

    sim.world.account.expire("micoapi")
    await account.request(MICO, "POST", "https://api2.mina.mi.com/remote/ubus", data=form)
    assert len(made) == 2


@pytest.mark.parametrize("result", [{}, {"result": None}])
async def test_a_miot_answer_without_a_result_is_the_clouds_fault(
    sim: Simulator, account: XiaomiAccount, result: dict[str, Any]
) -> None:
    break_cloud(sim, MIOT, LX06_VOLUME, {"code": 0, **result})
    with pytest.raises(CloudError, match="without a result"):
        await volume(account, sim)
