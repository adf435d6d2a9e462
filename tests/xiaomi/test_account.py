"""Staying logged in: tokens that renew themselves, and what happens when they do not."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
import json
import time
from types import SimpleNamespace
from typing import Any

import aiohttp
from miservice import MiIOService
import pytest

from custom_components.xiao_gpt.xiaomi import (
    AuthError,
    CaptchaNeededError,
    CloudClient,
    CloudError,
    Credentials,
    LoginGate,
    Password,
    SpeakerOfflineError,
    SpeakerRefusedError,
    ThrottledError,
    VerificationNeededError,
    WrongCredentialsError,
    XiaomiAccount,
    XiaomiError,
    account as account_module,
    list_speakers,
)
from custom_components.xiao_gpt.xiaomi.credentials import MICO, MIOT as MIOT_SID, ServiceToken
from simulator.app import Simulator

from .support import LOGIN_PAGE, MINA, MIOT, PASSPORT, break_cloud, exchanges, password_of, requests, token_of

DEVICES = "https://api2.mina.mi.com/admin/v2/device_list?master=0"
LX06_VOLUME = "/miotspec/prop/get"


async def volume(account: XiaomiAccount, sim: Simulator) -> Any:
    """Ask MIoT for something that needs a signature."""
    return await MiIOService(account).miot_get_prop(sim.world.speakers[0].did, (2, 1))


# Credentials


def test_credentials_survive_a_round_trip_through_json() -> None:
    credentials = Credentials(
        "1", "DEVICE", "V1:pass", {MICO: ServiceToken("a", "b"), MIOT_SID: ServiceToken("c", "d")}
    )
    assert Credentials.from_dict(json.loads(json.dumps(credentials.as_dict()))) == credentials


def test_a_kept_password_survives_it_too() -> None:
    credentials = Credentials("1", "DEVICE", "V1:pass", {}, Password("13800138000", "secret"))
    assert Credentials.from_dict(json.loads(json.dumps(credentials.as_dict()))) == credentials
    assert "secret" not in repr(credentials)
    assert "13800138000" not in repr(credentials.password)


def test_credentials_without_services_are_enough() -> None:
    assert Credentials.from_dict({"user_id": "1", "device_id": "d", "pass_token": "p"}).services == {}


def test_credentials_show_no_secret() -> None:
    credentials = Credentials("1", "DEVICE", "V1:pass", {MICO: ServiceToken("security", "token")})
    shown = f"{credentials!r} {credentials} {credentials.services[MICO]!r}"
    assert not any(secret in shown for secret in ("DEVICE", "V1:pass", "security", "token='"))
    assert "'token'" not in shown


async def test_stored_credentials_need_no_login(sim: Simulator, account: XiaomiAccount, client: CloudClient) -> None:
    since = len(sim.timeline)
    again = XiaomiAccount(client, Credentials.from_dict(account.credentials.as_dict()))
    assert len(await list_speakers(again)) == 3
    assert requests(sim, PASSPORT, since) == []


async def test_credentials_are_handed_out_to_be_kept_only_when_they_change(
    sim: Simulator, account: XiaomiAccount, client: CloudClient
) -> None:
    kept: list[Credentials] = []
    again = XiaomiAccount(client, account.credentials, on_change=kept.append)
    await list_speakers(again)
    await again.authorize(MICO)
    assert kept == []
    sim.settings.update({"repeat_pass_token": True})
    await again.authorize(MIOT_SID)
    assert [set(credentials.services) for credentials in kept] == [{MICO, MIOT_SID}]
    assert kept[-1] == again.credentials


async def test_miservice_finds_the_token_in_the_shape_that_it_reads(account: XiaomiAccount) -> None:
    service = account.credentials.services[MICO]
    assert account.token == {
        "deviceId": account.credentials.device_id,
        "userId": account.credentials.user_id,
        MICO: (service.ssecurity, service.token),
    }


def test_miservice_finds_the_session(account: XiaomiAccount, session: aiohttp.ClientSession) -> None:
    assert account.session is session


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
    break_cloud(sim, PASSPORT, LOGIN_PAGE, status=502)  # after its ticket has been refused
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


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"code": 87001, "captchaUrl": "/pass/getCode"}, CaptchaNeededError),
        ({"code": 0, "notificationUrl": "/fe/service/identity/authStart"}, VerificationNeededError),
        ({"code": 81003}, VerificationNeededError),
    ],
)
async def test_a_captcha_or_a_verification_may_be_demanded_of_a_passtoken(
    sim: Simulator, account: XiaomiAccount, answer: dict[str, Any], error: type[AuthError]
) -> None:
    break_cloud(sim, PASSPORT, LOGIN_PAGE, answer)
    with pytest.raises(error):
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


# When only the password, or a person, can help


type Keeper = Callable[..., XiaomiAccount]


@pytest.fixture
def keeper(sim: Simulator, client: CloudClient, account: XiaomiAccount) -> Keeper:
    """Return a function that makes the account with its password kept."""

    def make(**options: Any) -> XiaomiAccount:
        return XiaomiAccount(client, replace(account.credentials, password=password_of(sim)), **options)

    return make


def password_logins(sim: Simulator, since: int = 0) -> int:
    """Return how often the password has been sent."""
    return requests(sim, PASSPORT, since).count("/pass/serviceLoginAuth2")


async def test_a_kept_password_logs_in_when_the_passtoken_is_dead(sim: Simulator, keeper: Keeper) -> None:
    kept: list[Credentials] = []
    account = keeper(on_change=kept.append)
    sim.world.account.expire("all")
    since = len(sim.timeline)
    assert len(await list_speakers(account)) == 3
    assert password_logins(sim, since) == 1
    assert kept[-1] == account.credentials
    assert account.credentials.password == password_of(sim)


async def test_both_services_cause_one_login_with_the_password(sim: Simulator, keeper: Keeper) -> None:
    account = keeper()
    await account.authorize(MIOT_SID)
    sim.world.account.expire("all")
    since = len(sim.timeline)
    answers = await asyncio.gather(*(list_speakers(account) for _ in range(5)), *(volume(account, sim),) * 1)
    assert all(answers)
    assert password_logins(sim, since) == 1


async def test_two_logins_with_the_password_are_kept_apart(sim: Simulator, keeper: Keeper) -> None:
    gate = LoginGate()
    await_first = keeper(gate=gate)
    sim.world.account.expire("all")
    assert await list_speakers(await_first)
    sim.world.account.expire("all")
    since = len(sim.timeline)
    for account in (await_first, keeper(gate=gate)):  # loaded again, it is the same account
        with pytest.raises(ThrottledError):
            await list_speakers(account)
    assert password_logins(sim, since) == 0
    gate.last = time.monotonic() - account_module.PASSWORD_REST_S
    assert await list_speakers(await_first)


async def test_a_person_is_asked_for_once_and_the_host_is_left_alone(
    sim: Simulator, client: CloudClient, account: XiaomiAccount
) -> None:
    told: list[AuthError | None] = []
    account = XiaomiAccount(client, account.credentials, on_refusal=told.append)
    sim.world.account.expire("all")
    for _ in range(5):
        with pytest.raises(WrongCredentialsError):
            await list_speakers(account)
    assert [type(error) for error in told] == [WrongCredentialsError]
    assert requests(sim, PASSPORT)[2:] == ["/pass/serviceLogin"]


async def test_what_was_refused_is_tried_again_later_and_later(
    sim: Simulator, client: CloudClient, account: XiaomiAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_module, "REFUSAL_REST_S", 100.0)
    monkeypatch.setattr(account_module, "MAX_REFUSAL_REST_S", 300.0)
    now = time.monotonic()
    monkeypatch.setattr(account_module, "time", SimpleNamespace(monotonic=lambda: now))
    account = XiaomiAccount(client, account.credentials)
    sim.world.account.expire("all")
    tries = []
    for _ in range(100):
        before = len(requests(sim, PASSPORT))
        with pytest.raises(AuthError):
            await account.authorize(MICO, rejected=token_of(account, MICO))
        if len(requests(sim, PASSPORT)) > before:
            tries.append(now)
        now += 10
    assert [after - before for before, after in pairwise(tries)] == [100, 200, 300, 300]


async def test_a_refusal_that_passes_by_itself_is_taken_back(
    sim: Simulator, client: CloudClient, account: XiaomiAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_module, "REFUSAL_REST_S", 0.0)
    told: list[AuthError | None] = []
    account = XiaomiAccount(client, account.credentials, on_refusal=told.append)
    sim.world.account.expire("micoapi")
    verification = {"code": 0, "notificationUrl": "/fe/service/identity/authStart?context=x"}
    break_cloud(sim, PASSPORT, LOGIN_PAGE, verification, times=2)
    for _ in range(2):
        with pytest.raises(VerificationNeededError):
            await list_speakers(account)
    assert await list_speakers(account)
    assert [type(error) for error in told] == [VerificationNeededError, type(None)]


async def test_a_service_that_is_refused_does_not_touch_the_other(sim: Simulator, account: XiaomiAccount) -> None:
    break_cloud(sim, PASSPORT, LOGIN_PAGE, {"code": 70016})
    for _ in range(3):
        with pytest.raises(WrongCredentialsError):
            await account.authorize(MIOT_SID)
    sim.world.account.expire("micoapi")
    assert await list_speakers(account)


@pytest.mark.parametrize(("refused", "other"), [(MICO, MIOT_SID), (MIOT_SID, MICO)])
async def test_a_service_that_is_refused_leaves_the_other_its_token(
    sim: Simulator, client: CloudClient, account: XiaomiAccount, refused: str, other: str
) -> None:
    await account.authorize(MIOT_SID)
    told: list[AuthError | None] = []
    account = XiaomiAccount(client, account.credentials, on_refusal=told.append)
    before = account.credentials
    sim.world.account.expire(refused)
    break_cloud(sim, PASSPORT, LOGIN_PAGE, {"code": 70016}, times=None)
    for _ in range(2):
        with pytest.raises(WrongCredentialsError):
            await account.authorize(refused, rejected=token_of(account, refused))
    assert await account.authorize(other) == before.services[other]
    # Should the other one's token expire meanwhile, it is renewed: nothing of the refusal concerns it.
    sim.world.faults.clear()
    assert await account.authorize(other, rejected=token_of(account, other)) != before.services[other]
    assert account.credentials.pass_token == before.pass_token
    assert len(told) == 1  # that the first one is refused still holds


async def test_a_person_is_asked_for_once_though_both_services_are_refused(
    sim: Simulator, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_module, "REFUSAL_REST_S", 0.0)
    monkeypatch.setattr(account_module, "PASSWORD_REST_S", 0.0)
    told: list[AuthError | None] = []
    account = keeper(on_refusal=told.append)
    await account.authorize(MIOT_SID)
    sim.world.account.expire("all")
    sim.settings.update({"captcha": True})
    for sid in (MICO, MIOT_SID):
        with pytest.raises(CaptchaNeededError):
            await account.authorize(sid, rejected=token_of(account, sid))
    assert [type(error) for error in told] == [CaptchaNeededError]
    sim.settings.update({"captcha": False})
    await list_speakers(account)
    # The login is a new one: what was refused to the old one, at the other service too, has passed.
    assert told[1:] == [None]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 401, "body": "<html>Unauthorized</html>"},
        {"status": 403, "body": "<html>Forbidden</html>"},
        {"status": 200, "body": '{"code":70016}'},
        {"status": 200, "body": '{"code":87001,"captchaUrl":"/pass/getCode"}'},
        {"status": 200, "body": '{"code":81003}'},
        {"status": 200, "body": '{"code":0}'},
        {"status": 200, "body": '{"code":0,"passToken":""}'},
        {"status": 200, "body": "null"},
        {"status": 429},
        {"status": 500},
        {"disconnect": True},
        {"truncate": 30},
    ],
)
async def test_a_passtoken_is_never_dropped(sim: Simulator, account: XiaomiAccount, fault: dict[str, Any]) -> None:
    before = account.credentials
    sim.world.account.expire("micoapi")
    break_cloud(sim, PASSPORT, times=None, **fault)
    with pytest.raises(XiaomiError):
        await list_speakers(account)
    assert account.credentials == before


async def test_a_captcha_in_the_way_of_a_kept_password_needs_a_person(sim: Simulator, keeper: Keeper) -> None:
    told: list[AuthError | None] = []
    account = keeper(on_refusal=told.append)
    sim.world.account.expire("all")
    sim.settings.update({"captcha": True})
    for _ in range(3):
        with pytest.raises(CaptchaNeededError):
            await list_speakers(account)
    assert [type(error) for error in told] == [CaptchaNeededError]
    assert password_logins(sim) == 2


async def test_a_ticket_that_is_refused_once_is_made_again(sim: Simulator, account: XiaomiAccount) -> None:
    sim.world.account.expire("micoapi")
    break_cloud(sim, MINA, "/sts", "Unauthorized", status=401)
    assert await list_speakers(account)


async def test_tickets_that_are_always_refused_are_the_clouds_fault(sim: Simulator, account: XiaomiAccount) -> None:
    sim.world.account.expire("micoapi")
    break_cloud(sim, MINA, "/sts", "Unauthorized", status=401, times=None)
    with pytest.raises(CloudError, match="No service token for micoapi"):
        await list_speakers(account)
