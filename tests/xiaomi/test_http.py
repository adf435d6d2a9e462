"""One request: cookies exact, errors told apart, no secrets in messages."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
import logging
import socket
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
import pytest

from custom_components.xiao_gpt.xiaomi import CloudError, NetworkError, ThrottledError, XiaomiError
from custom_components.xiao_gpt.xiaomi.http import USER_AGENT, CloudClient, Reply
from simulator.app import Simulator

from .support import PASSPORT, break_cloud

PAGE = "https://account.xiaomi.com/pass/serviceLogin?sid=micoapi&_json=true"


@pytest.fixture
def client(sim: Simulator, session: aiohttp.ClientSession) -> CloudClient:
    return CloudClient(session, f"{sim.url}/")


@pytest.fixture
async def mirror(session: aiohttp.ClientSession) -> AsyncGenerator[CloudClient]:
    """A client whose gateway answers with what it was sent."""

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/redirect"):
            raise web.HTTPFound("https://example.com/")
        sent = {"method": request.method, "path": request.path_qs, "headers": dict(request.headers)}
        response = web.json_response(sent | {"body": await request.text()})
        response.headers["Date"] = request.headers.get("X-Date", "")
        response.headers.add("Set-Cookie", "serviceToken=a/b+c=; Path=/; HttpOnly")
        response.headers.add("Set-Cookie", "userId=1; Path=/")
        return response

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield CloudClient(session, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


async def test_a_host_is_reached_through_the_gateway(client: CloudClient) -> None:
    reply = await client.request("GET", PAGE, cookies={})
    assert reply.text.startswith("&&&START&&&")
    assert reply.json()["sid"] == "micoapi"


@pytest.mark.parametrize("url", ["http://account.xiaomi.com/pass", "ftp://x", "", "https://["])
async def test_only_what_is_encrypted_is_sent(session: aiohttp.ClientSession, url: str) -> None:
    with pytest.raises(CloudError):
        await CloudClient(session).request("GET", url, cookies={})


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX-Evil: 1", "a\x00b"])
async def test_what_no_header_can_hold_is_not_sent(client: CloudClient, value: str) -> None:
    with pytest.raises(CloudError):
        await client.request("GET", PAGE, cookies={"passToken": value})


async def test_a_name_that_nobody_knows_is_no_network(session: aiohttp.ClientSession) -> None:
    class Nobody(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            raise OSError(None, "DNS server returned answer with no data")

        async def close(self) -> None:
            """Nothing is open."""

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Nobody())) as lost:
        with pytest.raises(NetworkError, match="DNS") as caught:
            await CloudClient(lost).request("POST", PAGE, cookies={})
    assert not caught.value.uncertain


async def test_a_cloud_that_cannot_be_reached_has_certainly_done_nothing(
    session: aiohttp.ClientSession, unused_tcp_port: int
) -> None:
    client = CloudClient(session, f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(NetworkError) as caught:
        await client.request("POST", PAGE, cookies={})
    assert not caught.value.uncertain


@pytest.mark.parametrize(
    ("fault", "uncertain"),
    [
        ({"disconnect": True}, True),
        ({"truncate": 5}, True),
        ({"status": 502}, False),
        ({"status": 504}, True),
        ({"status": 429}, False),
    ],
)
async def test_it_is_told_what_may_have_been_done_all_the_same(
    sim: Simulator, client: CloudClient, fault: dict[str, Any], uncertain: bool
) -> None:
    break_cloud(sim, PASSPORT, **fault)
    with pytest.raises(XiaomiError) as caught:
        await client.request("POST", PAGE, cookies={})
    assert caught.value.uncertain is uncertain


async def test_cookies_are_sent_to_the_letter_and_read_from_the_answer(mirror: CloudClient) -> None:
    cookies = {"passToken": 'V1:a"b\\c/+==', "userId": "1"}
    reply = await mirror.request("GET", "https://host/path?x=1", cookies=cookies)
    sent = reply.json()
    assert sent["path"] == "/host/path?x=1"
    assert sent["headers"]["Cookie"] == 'passToken=V1:a"b\\c/+==; userId=1'
    assert sent["headers"]["User-Agent"] == USER_AGENT
    assert reply.cookies == {"serviceToken": "a/b+c=", "userId": "1"}


async def test_a_session_without_a_jar_carries_no_cookie_to_the_next_request(mirror: CloudClient) -> None:
    await mirror.request("GET", "https://host/", cookies={})
    reply = await mirror.request("GET", "https://host/", cookies={"a": "b"})
    assert reply.json()["headers"]["Cookie"] == "a=b"


async def test_a_form_and_headers_are_sent(mirror: CloudClient) -> None:
    reply = await mirror.request(
        "POST", "https://host/", cookies={}, data={"文": "字 +"}, headers={"User-Agent": "me", "X-Date": "never"}
    )
    sent = reply.json()
    assert (sent["method"], sent["body"]) == ("POST", "%E6%96%87=%E5%AD%97+%2B")
    assert sent["headers"]["User-Agent"] == "me"


async def test_a_redirect_is_not_followed(mirror: CloudClient) -> None:
    assert (await mirror.request("GET", "https://host/redirect", cookies={})).status == 302


async def test_the_servers_clock_is_read_where_it_can_be(mirror: CloudClient) -> None:
    for header, date in [("Sun, 06 Nov 1994 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)), ("x", None)]:
        reply = await mirror.request("GET", "https://host/", cookies={}, headers={"X-Date": header})
        assert reply.date == date
    assert (await mirror.request("GET", "https://host/", cookies={})).date is None


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"disconnect": True}, NetworkError),
        ({"truncate": 5}, NetworkError),
        ({"status": 429, "body": "slow down"}, ThrottledError),
        ({"status": 500}, CloudError),
        ({"status": 503, "body": "<html>"}, CloudError),
    ],
)
async def test_what_went_wrong_is_told_apart(
    sim: Simulator, client: CloudClient, fault: dict[str, Any], error: type[XiaomiError]
) -> None:
    break_cloud(sim, PASSPORT, times=None, **fault)
    with pytest.raises(error) as caught:
        await client.request("GET", PAGE, cookies={})
    assert type(caught.value) is error


async def test_a_connection_lost_once_is_made_again_for_a_question_and_not_for_a_command(
    sim: Simulator, client: CloudClient
) -> None:
    break_cloud(sim, PASSPORT, disconnect=True)
    assert (await client.request("GET", PAGE, cookies={})).status == 200
    break_cloud(sim, PASSPORT, disconnect=True)  # a command may have been carried out
    with pytest.raises(NetworkError):
        await client.request("POST", PAGE, cookies={})


async def test_a_cloud_that_never_answers_is_given_up(sim: Simulator, client: CloudClient) -> None:
    break_cloud(sim, PASSPORT, hang=True)
    with pytest.raises(NetworkError, match="TimeoutError") as caught:
        await client.request("GET", PAGE, cookies={}, timeout=0.1)
    assert caught.value.uncertain


async def test_an_error_shows_neither_query_nor_cookies(
    sim: Simulator, client: CloudClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    break_cloud(sim, PASSPORT, disconnect=True, times=None)
    with pytest.raises(NetworkError) as caught:
        await client.request("GET", PAGE + "&auth=ticket", cookies={"passToken": "secret"})
    for words in (str(caught.value), caplog.text):
        assert "ticket" not in words
        assert "secret" not in words


@pytest.mark.parametrize("text", ["", "<html>", '{"a":', "[1]", '"x"', "null", "1"])
def test_a_body_that_is_no_json_object_is_the_clouds_fault(text: str) -> None:
    for status, uncertain in ((200, True), (403, False)):
        with pytest.raises(CloudError) as caught:
            Reply(status, text.encode(), {}).json()
        assert caught.value.uncertain is uncertain


@pytest.mark.parametrize("text", ['{"nonce":1610098522385872896}', '&&&START&&&{"nonce":1610098522385872896}'])
def test_a_body_is_read_with_and_without_the_prefix_and_exactly(text: str) -> None:
    assert Reply(200, text.encode(), {}).json() == {"nonce": 1610098522385872896}
