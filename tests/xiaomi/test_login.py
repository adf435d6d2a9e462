"""Every way into an account, as a person goes it."""

import asyncio
from collections.abc import AsyncGenerator
import time
from typing import Any

import aiohttp
from aiohttp import web
import pytest

from custom_components.xiao_gpt.xiaomi import (
    AuthError,
    CaptchaNeededError,
    CloudClient,
    CloudError,
    CodeNotSentError,
    Login,
    NetworkError,
    Password,
    QrExpiredError,
    ThrottledError,
    VerificationNeededError,
    Way,
    WrongCodeError,
    WrongCredentialsError,
    XiaomiAccount,
    list_speakers,
    login as login_module,
    read_cookies,
)
from custom_components.xiao_gpt.xiaomi.credentials import MICO
from custom_components.xiao_gpt.xiaomi.login import Picture, QrCode
from custom_components.xiao_gpt.xiaomi.passport import Passport
from simulator.app import Simulator

from .support import (
    LOGIN_ANSWER,
    LOGIN_PAGE,
    MINA,
    PASSPORT,
    break_cloud,
    exchanges,
    happens,
    host_of,
    password_of,
    requests,
)

# Logging in


async def test_a_password_opens_the_speakers_service(sim: Simulator, login: Login, client: CloudClient) -> None:
    credentials = await login.by_password(password_of(sim))
    assert credentials.user_id == str(sim.world.account.user_id)
    assert credentials.pass_token.startswith("V1:")
    assert set(credentials.services) == {MICO}
    assert requests(sim, PASSPORT) == ["/pass/serviceLogin", "/pass/serviceLoginAuth2"]
    assert len(await list_speakers(XiaomiAccount(client, credentials))) == 3


@pytest.mark.parametrize("name", ["user", "email", "user_id"])
async def test_phone_mail_and_number_all_name_the_account(sim: Simulator, login: Login, name: str) -> None:
    credentials = await login.by_password(Password(str(getattr(sim.world.account, name)), sim.world.account.password))
    assert credentials.user_id == str(sim.world.account.user_id)


async def test_a_nonce_beyond_what_a_float_can_hold_is_signed_exactly(sim: Simulator, login: Login) -> None:
    _, ticket = sim.world.account.new_ticket("micoapi")
    assert float(ticket.nonce) > 2**53  # as are all that follow
    for _ in range(3):
        await login.by_password(password_of(sim))
    assert exchanges(sim) == [MICO] * 3


@pytest.mark.parametrize("password", ["wrong", "", "密码"])
async def test_a_wrong_password_is_called_one(sim: Simulator, login: Login, password: str) -> None:
    with pytest.raises(WrongCredentialsError):
        await login.by_password(Password(sim.world.account.user, password))


@pytest.mark.parametrize("code", [70002, 20003])
async def test_every_code_of_refused_credentials_is_known(sim: Simulator, login: Login, code: int) -> None:
    break_cloud(sim, PASSPORT, LOGIN_ANSWER, {"code": code})
    with pytest.raises(WrongCredentialsError, match=str(code)):
        await login.by_password(password_of(sim))


async def test_a_captcha_that_is_demanded_has_an_address(sim: Simulator, login: Login) -> None:
    sim.settings.update({"captcha": True})
    with pytest.raises(CaptchaNeededError) as caught:
        await login.by_password(password_of(sim))
    assert caught.value.url.startswith("https://account.xiaomi.com/pass/getCode?icodeType=login&")


async def test_wrong_passwords_bring_a_captcha_on(sim: Simulator, login: Login) -> None:
    sim.settings.update({"captcha_after": 2})
    for _ in range(2):
        with pytest.raises(WrongCredentialsError):
            await login.by_password(Password(sim.world.account.user, "wrong"))
    with pytest.raises(CaptchaNeededError):
        await login.by_password(password_of(sim))


async def test_a_captcha_may_be_demanded_before_the_password(sim: Simulator, login: Login) -> None:
    break_cloud(sim, PASSPORT, LOGIN_PAGE, {"code": 87001, "captchaUrl": "/pass/getCode?icodeType=login"})
    with pytest.raises(CaptchaNeededError) as caught:
        await login.by_password(password_of(sim))
    assert caught.value.url == "https://account.xiaomi.com/pass/getCode?icodeType=login"


async def test_a_verification_that_is_demanded_has_a_page(sim: Simulator, login: Login) -> None:
    sim.settings.update({"verification": True})
    with pytest.raises(VerificationNeededError) as caught:
        await login.by_password(password_of(sim))
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
    sim: Simulator, login: Login, answer: dict[str, Any], url: str
) -> None:
    break_cloud(sim, PASSPORT, LOGIN_ANSWER, answer)
    with pytest.raises(VerificationNeededError) as caught:
        await login.by_password(password_of(sim))
    assert caught.value.url == url


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
        (LOGIN_ANSWER, {"code": 87001, "captchaUrl": "//["}),
        # Half a character and the end of a line can be neither sent nor kept.
        (
            LOGIN_ANSWER,
            '{"code":0,"userId":1,"passToken":"p","ssecurity":"s","nonce":"\\ud800","location":"https://x/"}',
        ),
        (
            LOGIN_ANSWER,
            '{"code":0,"userId":1,"passToken":"p\\ud800","ssecurity":"s","nonce":1,"location":"https://x/"}',
        ),
        (LOGIN_ANSWER, {"code": 0, "userId": "1\nX: y", "passToken": "p"}),
    ],
)
async def test_a_login_that_makes_no_sense_is_the_clouds_fault(
    sim: Simulator, login: Login, path: str, answer: Any
) -> None:
    break_cloud(sim, PASSPORT, path, answer)
    with pytest.raises(CloudError):
        await login.by_password(password_of(sim))


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
    sim: Simulator, login: Login, fault: dict[str, Any], error: type[Exception]
) -> None:
    break_cloud(sim, PASSPORT, LOGIN_PAGE, times=None, **fault)
    with pytest.raises(error) as caught:
        await login.by_password(password_of(sim))
    assert not isinstance(caught.value, AuthError)
    sim.world.faults.clear()
    await login.by_password(password_of(sim))


async def test_without_a_connection_no_one_blames_the_password(
    session: aiohttp.ClientSession, unused_tcp_port: int
) -> None:
    login = Login(CloudClient(session, f"http://127.0.0.1:{unused_tcp_port}"))
    with pytest.raises(NetworkError):
        await login.by_password(Password("13800138000", "secret"))


async def test_a_ticket_that_is_refused_is_made_again(sim: Simulator, login: Login) -> None:
    break_cloud(sim, MINA, "/sts", "Unauthorized", status=401)
    assert set((await login.by_password(password_of(sim))).services) == {MICO}
    assert requests(sim, PASSPORT).count("/pass/serviceLoginAuth2") == 1


@pytest.mark.parametrize("status", [200, 302, 403])
async def test_a_ticket_that_buys_no_token_is_the_clouds_fault(sim: Simulator, login: Login, status: int) -> None:
    break_cloud(sim, MINA, "/sts", "ok", status=status)
    with pytest.raises(CloudError, match=str(status)):
        await login.by_password(password_of(sim))


async def test_one_login_can_be_used_again(sim: Simulator, login: Login) -> None:
    first = await login.by_password(password_of(sim))
    second = await login.by_password(password_of(sim))
    assert (first.device_id, first.pass_token == second.pass_token) == (second.device_id, False)


# The captcha


def written(sim: Simulator) -> str:
    """Return what is written in the newest picture."""
    text: str = sim.world.account.as_json()["captchas"][-1]
    return text


async def test_a_captcha_is_solved(sim: Simulator, login: Login) -> None:
    sim.settings.update({"captcha": True})
    with pytest.raises(CaptchaNeededError):
        await login.by_password(password_of(sim))
    picture = await login.captcha_picture()
    assert picture.mime_type == "image/jpeg"
    assert picture.content.startswith(b"\xff\xd8\xff")
    assert (await login.by_password(password_of(sim), written(sim).lower())).pass_token


async def test_a_wrong_solution_is_followed_by_another_picture(sim: Simulator, login: Login) -> None:
    sim.settings.update({"captcha": True})
    with pytest.raises(CaptchaNeededError):
        await login.by_password(password_of(sim))
    first = await login.captcha_picture()
    with pytest.raises(CaptchaNeededError):
        await login.by_password(password_of(sim), "wrong")
    second = await login.captcha_picture()
    assert first.content != second.content
    assert (await login.by_password(password_of(sim), written(sim))).pass_token


async def test_a_suspicious_network_is_told_to_wait(sim: Simulator, login: Login) -> None:
    sim.settings.update({"suspicious": True})
    with pytest.raises(CaptchaNeededError):
        await login.by_password(password_of(sim))
    await login.captcha_picture()
    with pytest.raises(ThrottledError):
        await login.by_password(password_of(sim), written(sim))
    assert "/pass/serviceLoginAuth2" not in requests(sim, PASSPORT)


@pytest.mark.parametrize("body", ["<html></html>", "", "{}"])
async def test_what_is_no_picture_is_not_shown(sim: Simulator, login: Login, body: str) -> None:
    sim.settings.update({"captcha": True})
    with pytest.raises(CaptchaNeededError):
        await login.by_password(password_of(sim))
    break_cloud(sim, PASSPORT, "getCode", body)
    with pytest.raises(CloudError):
        await login.captcha_picture()


# The verification


@pytest.fixture
async def asked(sim: Simulator, login: Login) -> Login:
    """A login that has been asked for a verification."""
    sim.settings.update({"verification": True, "verification_code": ""})
    with pytest.raises(VerificationNeededError):
        await login.by_password(password_of(sim))
    return login


async def sent(sim: Simulator) -> str:
    """Return the code that the person gets."""
    code: str = (await happens(sim, "verification_sent")).fields["code"]
    return code


@pytest.mark.parametrize(("way", "address"), [(Way.PHONE, "138****8000"), (Way.EMAIL, "d***@example.com")])
async def test_a_code_verifies(sim: Simulator, client: CloudClient, asked: Login, way: Way, address: str) -> None:
    assert await asked.verification_ways() == [Way.PHONE, Way.EMAIL]
    assert await asked.send_code(way) == address
    event = await happens(sim, "verification_sent")
    assert event.fields["way"] == way.name.lower()
    credentials = await asked.verify(way, event.fields["code"])
    assert len(await list_speakers(XiaomiAccount(client, credentials))) == 3
    assert credentials.password == password_of(sim)


@pytest.mark.parametrize(
    ("ways", "offered"), [("phone", [Way.PHONE]), ("email", [Way.EMAIL]), ("email,phone", [Way.EMAIL, Way.PHONE])]
)
async def test_only_what_the_account_has_is_offered(
    sim: Simulator, asked: Login, ways: str, offered: list[Way]
) -> None:
    sim.settings.update({"verification_ways": ways})
    assert await asked.verification_ways() == offered


async def test_a_wrong_code_can_be_corrected(sim: Simulator, asked: Login) -> None:
    await asked.verification_ways()
    await asked.send_code(Way.PHONE)
    with pytest.raises(WrongCodeError):
        await asked.verify(Way.PHONE, "000")
    assert (await asked.verify(Way.PHONE, await sent(sim))).pass_token


async def test_a_code_is_not_sent_again_at_once_and_the_reason_is_xiaomis(sim: Simulator, asked: Login) -> None:
    await asked.verification_ways()
    await asked.send_code(Way.PHONE)
    with pytest.raises(CodeNotSentError) as caught:
        await asked.send_code(Way.PHONE)
    assert "频繁" in caught.value.detail
    sim.settings.update({"verification_interval": 0.0})
    await asked.send_code(Way.EMAIL)


async def test_an_old_code_is_wrong(sim: Simulator, asked: Login) -> None:
    sim.settings.update({"verification_code_life": 0.0})
    await asked.verification_ways()
    await asked.send_code(Way.PHONE)
    with pytest.raises(WrongCodeError):
        await asked.verify(Way.PHONE, await sent(sim))


async def test_the_page_that_asks_for_more_is_skipped(sim: Simulator, asked: Login) -> None:
    sim.settings.update({"verification_confirm_page": True})
    await asked.verification_ways()
    await asked.send_code(Way.PHONE)
    assert (await asked.verify(Way.PHONE, await sent(sim))).pass_token
    assert "/fe/service/account/confirmPhone" in requests(sim, PASSPORT)


async def test_a_verification_done_in_a_browser_holds(sim: Simulator, asked: Login) -> None:
    with pytest.raises(VerificationNeededError):
        await asked.verified_elsewhere()
    sim.world.account.verify_in_browser()
    assert (await asked.verified_elsewhere()).pass_token


async def test_a_verification_that_leaves_no_cookie_is_followed_by_the_password(sim: Simulator, asked: Login) -> None:
    await asked.verification_ways()
    await asked.send_code(Way.PHONE)
    break_cloud(sim, PASSPORT, "result/check", "<html></html>")
    assert (await asked.verify(Way.PHONE, await sent(sim))).pass_token
    assert requests(sim, PASSPORT).count("/pass/serviceLoginAuth2") == 2


async def test_a_verification_without_a_page_can_only_be_done_in_a_browser(sim: Simulator, login: Login) -> None:
    break_cloud(sim, PASSPORT, LOGIN_ANSWER, {"code": 81003})
    with pytest.raises(VerificationNeededError):
        await login.by_password(password_of(sim))
    assert await login.verification_ways() == []


@pytest.mark.parametrize("location", ["https://example.com/", "https://account.xiaomi.com.evil.com/", "http://[", ""])
async def test_a_verification_that_leads_elsewhere_takes_no_cookies_along(
    sim: Simulator, asked: Login, location: str
) -> None:
    await asked.verification_ways()
    break_cloud(sim, PASSPORT, "verifyPhone", {"code": 0, "location": location})
    with pytest.raises(CloudError):
        await asked.verify(Way.PHONE, "123456")


class Signpost:
    """An account's host that sends whoever comes elsewhere."""

    def __init__(self) -> None:
        self.to = ""
        self.visitors: list[tuple[str, str]] = []
        """Path (with the host first, as gateways have it) and cookies of each request."""

    async def answer(self, request: web.Request) -> web.Response:
        self.visitors.append((request.path, request.headers.get("Cookie", "")))
        response = web.Response(status=302, headers={"Location": self.to} if self.to else {})
        response.set_cookie("passToken", f"V1:{len(self.visitors)}")
        return response


@pytest.fixture
async def signpost(session: aiohttp.ClientSession) -> AsyncGenerator[tuple[Signpost, Passport]]:
    """A host that redirects, and a device that speaks with it."""
    signpost = Signpost()
    app = web.Application()
    app.router.add_get("/{path:.*}", signpost.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = CloudClient(session, f"http://127.0.0.1:{runner.addresses[0][1]}")
    yield signpost, Passport(client, "DEVICE", {"userId": "1"})
    await runner.cleanup()


CHECK = "https://account.xiaomi.com/identity/result/check"


async def test_redirects_without_end_are_left(signpost: tuple[Signpost, Passport]) -> None:
    host, passport = signpost
    host.to = "/identity/result/check"
    with pytest.raises(CloudError, match="without end"):
        await passport.follow(CHECK)
    assert len(host.visitors) == 10


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://example.com/collect",
        "//example.com/collect",
        "http://account.xiaomi.com/plain",
        "https://account.xiaomi.com.example.com/",
        "https://account.xiaomi.com@example.com/",
        "https://api2.mina.mi.com/sts",
    ],
)
async def test_a_redirect_to_another_host_is_not_followed(signpost: tuple[Signpost, Passport], elsewhere: str) -> None:
    host, passport = signpost
    host.to = elsewhere
    await passport.follow(CHECK)
    assert [path for path, _ in host.visitors] == ["/account.xiaomi.com/identity/result/check"]
    with pytest.raises(CloudError):
        await passport.follow(elsewhere if elsewhere.startswith("http") else f"https:{elsewhere}")
    assert len(host.visitors) == 1


async def test_a_redirect_on_the_host_takes_the_cookies_along(signpost: tuple[Signpost, Passport]) -> None:
    host, passport = signpost
    host.to = "https://id.account.xiaomi.com/done"
    with pytest.raises(CloudError, match="without end"):
        await passport.follow(CHECK)
    assert host.visitors[1] == (
        "/id.account.xiaomi.com/done",
        "sdkVersion=3.9; deviceId=DEVICE; userId=1; passToken=V1:1",
    )


async def test_a_redirect_that_leads_nowhere_is_the_end(signpost: tuple[Signpost, Passport]) -> None:
    host, passport = signpost
    assert await passport.follow("/identity/result/check") == CHECK
    assert len(host.visitors) == 1


@pytest.mark.parametrize("location", ["http://[", "https://["])
async def test_a_redirect_to_what_is_no_address_is_the_clouds_fault(
    signpost: tuple[Signpost, Passport], location: str
) -> None:
    host, passport = signpost
    host.to = location
    with pytest.raises(CloudError):
        await passport.follow(CHECK)


# The QR code


async def test_a_scanned_code_logs_in(sim: Simulator, login: Login, client: CloudClient) -> None:
    code = await login.qr_code()
    assert code.picture.mime_type == "image/png"
    waiting = asyncio.create_task(login.wait_for_scan(code))
    await happens(sim, "qr_code")
    sim.world.account.scan()
    credentials = await waiting
    assert credentials.password is None
    assert len(await list_speakers(XiaomiAccount(client, credentials))) == 3
    assert exchanges(sim) == ["mijia", MICO]


async def test_a_code_that_is_declined_has_to_be_made_anew(sim: Simulator, login: Login) -> None:
    code = await login.qr_code()
    sim.world.account.scan(confirm=False)
    with pytest.raises(QrExpiredError):
        await login.wait_for_scan(code)
    code = await login.qr_code()
    sim.world.account.scan()
    assert (await login.wait_for_scan(code)).pass_token


async def test_a_code_that_nobody_scans_expires(sim: Simulator, login: Login) -> None:
    sim.settings.update({"qr_life": 0.2})
    code = await login.qr_code()
    with pytest.raises(QrExpiredError):
        await login.wait_for_scan(code)


async def test_a_poll_that_ends_without_news_is_followed_by_the_next(
    sim: Simulator, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_module, "_QR_REST_S", 0.0)
    sim.settings.update({"qr_poll": 0.05})
    code = await login.qr_code()
    waiting = asyncio.create_task(login.wait_for_scan(code))
    for _ in range(3):
        await happens(sim, "http", since=len(sim.timeline), path="/longPolling/lp", status=408)
    sim.world.account.scan()
    assert (await waiting).pass_token


@pytest.mark.parametrize("fault", [{"disconnect": True}, {"truncate": 5}, {"status": 408}])
async def test_a_poll_that_is_cut_off_is_followed_by_the_next(
    sim: Simulator, login: Login, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    monkeypatch.setattr(login_module, "_QR_REST_S", 0.0)
    sim.settings.update({"qr_poll": 0.05})
    code = await login.qr_code()
    break_cloud(sim, PASSPORT, "/longPolling/lp", times=3, **fault)  # a request for a page is repeated once by itself
    since = len(sim.timeline)
    waiting = asyncio.create_task(login.wait_for_scan(code))
    await happens(sim, "http", since=since, path="/longPolling/lp", status=408)
    while sim.world.faults.as_json():
        await happens(sim, "fault", since=len(sim.timeline))
    sim.world.account.scan()
    assert (await waiting).pass_token


async def test_polls_that_are_cut_off_at_once_do_not_become_a_flood(sim: Simulator, login: Login) -> None:
    code = await login.qr_code()
    break_cloud(sim, PASSPORT, "/longPolling/lp", status=408, times=None)
    short = QrCode(code.picture, code.poll_url, time.monotonic() + 0.5)
    with pytest.raises(QrExpiredError):
        await login.wait_for_scan(short)
    assert requests(sim, PASSPORT).count("/longPolling/lp") == 1


@pytest.mark.parametrize("elsewhere", ["https://example.com/lp", "http://account.xiaomi.com/lp", "lp://x", "https://["])
async def test_a_poll_at_another_host_is_not_made(sim: Simulator, login: Login, elsewhere: str) -> None:
    code = QrCode(Picture(b"", ""), elsewhere, time.monotonic() + 60)
    with pytest.raises(CloudError):
        await login.wait_for_scan(code)
    assert len(sim.timeline) == 0


async def test_a_suspicious_network_gets_no_qr_code(sim: Simulator, login: Login) -> None:
    sim.settings.update({"suspicious": True})
    with pytest.raises(ThrottledError):
        await login.qr_code()


async def test_a_poll_without_a_connection_is_not_waited_for(
    sim: Simulator, login: Login, session: aiohttp.ClientSession, unused_tcp_port: int
) -> None:
    code = await login.qr_code()
    with pytest.raises(NetworkError):
        await Login(CloudClient(session, f"http://127.0.0.1:{unused_tcp_port}")).wait_for_scan(code)


async def test_the_service_of_the_app_is_not_needed(sim: Simulator, login: Login) -> None:
    break_cloud(sim, "sts.api.io.mi.com", status=503)
    code = await login.qr_code()
    sim.world.account.scan()
    assert (await login.wait_for_scan(code)).pass_token


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (LOGIN_PAGE, {"code": 70016}),
        (LOGIN_PAGE, {"code": 70016, "location": "https://account.xiaomi.com/fe"}),
        (LOGIN_PAGE, {"code": 70016, "location": "http://["}),
        ("loginUrl", {"code": 1}),
        ("loginUrl", {"code": 0, "qr": "https://account.xiaomi.com/x"}),
        ("loginUrl", {"code": 0, "qr": 7, "lp": 7}),
        ("/longPolling/qr", "<html></html>"),
    ],
)
async def test_a_code_that_makes_no_sense_is_the_clouds_fault(
    sim: Simulator, login: Login, path: str, answer: Any
) -> None:
    break_cloud(sim, PASSPORT, path, answer)
    with pytest.raises(CloudError):
        await login.qr_code()


async def test_a_scan_without_a_login_is_the_clouds_fault(sim: Simulator, login: Login) -> None:
    code = await login.qr_code()
    break_cloud(sim, PASSPORT, "lp", {"code": 0})
    with pytest.raises(CloudError):
        await login.wait_for_scan(code)


# The passToken


async def test_a_passtoken_from_a_browser_logs_in(sim: Simulator, login: Login, client: CloudClient) -> None:
    account = sim.world.account
    credentials = await login.by_pass_token(str(account.user_id), account.log_in(None))
    assert len(await list_speakers(XiaomiAccount(client, credentials))) == 3
    assert credentials.password is None


async def test_a_passtoken_of_a_device_wants_that_device(sim: Simulator, login: Login, client: CloudClient) -> None:
    account = sim.world.account
    token = account.log_in("BROWSER")
    with pytest.raises(WrongCredentialsError):
        await login.by_pass_token(str(account.user_id), token)
    credentials = await Login(client, "BROWSER").by_pass_token(str(account.user_id), token)
    assert credentials.device_id == "BROWSER"
    with pytest.raises(WrongCredentialsError):
        await login.verified_elsewhere()


async def test_who_has_not_tried_to_log_in_has_nothing_to_log_in_with(sim: Simulator, login: Login) -> None:
    with pytest.raises(WrongCredentialsError):
        await login.verified_elsewhere()
    assert requests(sim, PASSPORT) == []


async def test_a_passtoken_in_a_suspicious_network_has_to_wait(sim: Simulator, login: Login) -> None:
    """A captcha is for the password's form: nobody could say where to put the solution."""
    sim.settings.update({"suspicious": True})
    with pytest.raises(ThrottledError):
        await login.by_pass_token(str(sim.world.account.user_id), "V1:old")


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_passtoken_may_have_to_be_verified_too(sim: Simulator, login: Login, elsewhere: bool) -> None:
    account = sim.world.account
    context = account.new_identity(login._passport.device_id, "micoapi")
    page = f"/fe/service/identity/authStart?sid=micoapi&context={context}"
    break_cloud(sim, PASSPORT, LOGIN_PAGE, {"code": 0, "notificationUrl": page})
    with pytest.raises(VerificationNeededError):
        await login.by_pass_token(str(account.user_id), account.log_in(None))
    assert await login.verification_ways() == [Way.PHONE, Way.EMAIL]
    if elsewhere:
        assert (await login.verified_elsewhere()).pass_token
        return
    await login.send_code(Way.EMAIL)
    assert (await login.verify(Way.EMAIL, (await happens(sim, "verification_sent")).fields["code"])).pass_token


@pytest.mark.parametrize(
    "text",
    [
        "userId=1; passToken=V1:a/b+c==; deviceId=x",
        'passToken="V1:a/b+c=="\nuserId=1\ndeviceId=x',
        "userId\t1\npassToken\tV1:a/b+c==\ndeviceId\tx\n",
        " deviceId = x;; userId=1;passToken=V1:a/b+c==;nothing",
        "Cookie: userId=1; passToken=V1:a/b+c==; deviceId=x; empty=",
        "passToken\tV1:a/b+c==\t.account.xiaomi.com\t/\t2027-01-01\t99\t✓\nuserId\t1\t.x\t/\r\ndeviceId\tx\t.x",
    ],
)
def test_cookies_are_read_as_they_are_pasted(text: str) -> None:
    assert read_cookies(text) == {"userId": "1", "passToken": "V1:a/b+c==", "deviceId": "x"}
