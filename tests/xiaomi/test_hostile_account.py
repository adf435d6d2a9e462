"""Whatever the cloud answers to a login, only the package's own errors come of it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
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
from simulator.cloud import compact

from .json_values import json_values

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
