"""Whatever the cloud answers to a login, only the package's own errors come of it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from copy import deepcopy
from dataclasses import replace
import json
from typing import Any

import aiohttp
from aiohttp import web
from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest

from custom_components.xiao_gpt.xiaomi import (
    CloudClient,
    Credentials,
    Login,
    Password,
    Way,
    XiaomiAccount,
    XiaomiError,
    list_speakers,
)
from custom_components.xiao_gpt.xiaomi.credentials import MICO, MIOT
from custom_components.xiao_gpt.xiaomi.http import Reply
from simulator.app import Simulator
from simulator.cloud import compact
from simulator.errors import InvalidInput

from .json_values import json_values
from .support import password_of, token_of

JSON = json_values("code", "location", "userId")

HOSTILE = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)

FIELDS = {
    "code": st.sampled_from([0, 1, 70016, 70014, 87001, 81003, "0", None, [], {}]),
    "location": st.sampled_from(["/identity/result/check?a=b", "https://api2.mina.mi.com/sts?a=b", "http://[", 7, ""]),
    "notificationUrl": st.sampled_from(["/fe/service/identity/authStart?context=x", "https://[", [], None]),
    "captchaUrl": st.sampled_from(["/pass/getCode?x", "//[", 5, None]),
    "userId": JSON,
    "passToken": JSON,
    "ssecurity": JSON,
    "nonce": JSON,
    "qs": JSON,
    "sid": JSON,
    "_sign": JSON,
    "callback": JSON,
    "flag": JSON,
    "options": JSON,
    "qr": st.sampled_from(["https://account.xiaomi.com/qr", "file:///etc/passwd", 3]),
    "lp": st.sampled_from(["https://account.xiaomi.com/lp", "https://example.com/lp", "lp", 3]),
    "timeout": JSON,
    "tips": JSON,
    "data": JSON,
    "result": JSON,
    "message": JSON,
}
BODIES = st.one_of(
    st.fixed_dictionaries({}, optional=FIELDS).map(lambda body: "&&&START&&&" + compact(body)),
    st.fixed_dictionaries({}, optional=FIELDS).map(compact),
    JSON.map(compact),
    st.text(max_size=20),
    st.sampled_from(["[" * 100_000, '{"code":0', "&&&START&&&", "\x89PNG"]),
)
ANSWERS = st.lists(st.tuples(st.sampled_from([200, 302, 400, 401, 403, 404, 429, 500]), BODIES), min_size=1, max_size=8)


@asynccontextmanager
async def cloud_that_answers(answers: list[tuple[int, str]]) -> AsyncGenerator[CloudClient]:
    """A cloud that gives these answers, whatever it is asked; the last one again and again."""
    left: Iterator[tuple[int, str]] = iter(answers)
    last = answers[-1]

    async def answer(_: web.Request) -> web.Response:
        status, body = next(left, last)
        headers = (
            {"Location": body[:40].replace("\n", "").replace("\r", "").replace("\x00", "")} if status == 302 else {}
        )
        response = web.Response(status=status, body=body.encode(errors="replace"), headers=headers)
        response.set_cookie("serviceToken", "token")
        return response

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield CloudClient(session, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


async def by_password(client: CloudClient) -> None:
    login = Login(client)
    for step in (
        lambda: login.by_password(Password("user", "password")),
        login.captcha_picture,
        login.verification_ways,
        lambda: login.send_code(Way.PHONE),
        lambda: login.verify(Way.EMAIL, "123456"),
    ):
        try:
            await step()
        except XiaomiError:
            continue


async def by_qr_code(client: CloudClient) -> None:
    login = Login(client)
    async with asyncio.timeout(5):
        await login.wait_for_scan(await login.qr_code())


async def staying_logged_in(client: CloudClient) -> None:
    account = XiaomiAccount(client, Credentials("1", "DEVICE", "V1:x", password=Password("user", "password")))
    await list_speakers(account)


@pytest.mark.parametrize("way", [by_password, by_qr_code, staying_logged_in], ids=lambda way: way.__name__)
@HOSTILE
@example(answers=[(200, '{"location":"http://["}')])
@example(answers=[(200, '{"code":0,"notificationUrl":"https://["}')])
@example(answers=[(200, '{"code":81003,"notificationUrl":"/a?skipUrl=http://["}'), (302, "http://[")])
@given(answers=ANSWERS)
async def test_only_our_own_errors_come_of_it(
    socket_enabled: None, way: Callable[[CloudClient], Awaitable[Any]], answers: list[tuple[int, str]]
) -> None:
    async with cloud_that_answers(answers) as client:
        try:
            await way(client)
        except XiaomiError:
            return


# The truth, spoilt in some places: so that what comes after the first answer is reached as well

GONE = "gone"
SPOILT = st.sampled_from(
    [GONE, "", "\ud800", "a\r\nb: c", "http://[", "//[", "https://example.com/", "/", 0, 1, -1, {}, []]
)
CHANGES = st.lists(st.tuples(st.integers(0, 40), SPOILT | JSON), max_size=3)
"""Which of an answer's values are changed, and to what."""


class TamperedClient(CloudClient):
    """The way to a cloud that tells the truth, on which somebody changes the answers of one path."""

    def __init__(self, session: aiohttp.ClientSession, sim: Simulator, path: str) -> None:
        super().__init__(session, sim.url)
        self._path = path
        self.changes: list[tuple[int, Any]] = []
        self.seen = 0

    async def request(self, method: str, url: str, **options: Any) -> Reply:
        reply = await super().request(method, url, **options)
        if not url.partition("?")[0].endswith(self._path):
            return reply
        self.seen += 1
        answer = reply.json()
        for place, value in self.changes:
            places = list(places_in(answer))
            if not places:
                break
            inside, key = places[place % len(places)]
            if value == GONE:
                del inside[key]
            else:
                inside[key] = deepcopy(value)  # the next change may be made inside it
        return replace(reply, content=f"&&&START&&&{json.dumps(answer, sort_keys=True)}".encode())


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield where each value stands."""
    if isinstance(value, dict | list):
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from places_in(inner)


async def with_captcha_and_verification(sim: Simulator, client: CloudClient) -> None:
    sim.settings.update({"captcha": True, "verification": True, "verification_interval": 0.0})
    login, password = Login(client), password_of(sim)
    with suppress(XiaomiError):
        await login.by_password(password)
    await login.captcha_picture()
    with suppress(XiaomiError):
        await login.by_password(password, sim.world.account.as_json()["captchas"][-1])
    ways = await login.verification_ways()
    with suppress(XiaomiError):
        await login.send_code(ways[0] if ways else Way.PHONE)
    json.dumps((await login.verify(Way.PHONE, sim.settings.verification_code)).as_dict(), ensure_ascii=False).encode()


async def with_a_scan(sim: Simulator, client: CloudClient) -> None:
    login = Login(client)
    code = await login.qr_code()
    with suppress(InvalidInput):
        sim.world.account.scan()
    json.dumps((await login.wait_for_scan(code)).as_dict(), ensure_ascii=False).encode()


async def for_a_long_time(sim: Simulator, client: CloudClient) -> None:
    sim.settings.update({"repeat_pass_token": True})
    credentials = await Login(client).by_pass_token(str(sim.world.account.user_id), sim.world.account.log_in(None))
    account = XiaomiAccount(client, replace(credentials, password=password_of(sim)))
    for _ in range(2):
        assert all(info.hardware for info in await list_speakers(account))
        await account.authorize(MIOT)
        sim.world.account.expire("micoapi")
    await account.authorize(MICO, rejected=token_of(account, MICO))


@pytest.mark.parametrize(
    ("way", "path"),
    [
        (with_captcha_and_verification, "/pass/serviceLogin"),
        (with_captcha_and_verification, "/pass/serviceLoginAuth2"),
        (with_captcha_and_verification, "/identity/list"),
        (with_captcha_and_verification, "/identity/auth/verifyPhone"),
        (with_captcha_and_verification, "/identity/auth/sendPhoneTicket"),
        (with_a_scan, "/pass/serviceLogin"),
        (with_a_scan, "/longPolling/loginUrl"),
        (with_a_scan, "/longPolling/lp"),
        (for_a_long_time, "/pass/serviceLogin"),
        (for_a_long_time, "/admin/v2/device_list"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
@settings(HOSTILE, max_examples=15)
@example(changes=[])
@given(changes=CHANGES)
async def test_only_our_own_errors_come_of_a_truth_that_is_spoilt(
    sim: Simulator,
    session: aiohttp.ClientSession,
    way: Callable[[Simulator, CloudClient], Awaitable[None]],
    path: str,
    changes: list[tuple[int, Any]],
) -> None:
    client = TamperedClient(session, sim, path)
    client.changes = changes
    try:
        async with asyncio.timeout(20):
            await way(sim, client)
    except XiaomiError:
        assert changes  # what is not spoilt works
    assert client.seen
