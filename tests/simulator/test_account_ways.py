"""The ways into the account beside the password: codes that are sent, QR codes, passTokens of a browser."""

import asyncio
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from yarl import URL

from simulator.app import Simulator
from tests.simulator.xiaomi_client import ACCOUNT, XiaomiClient

AUTH = f"{ACCOUNT}/identity/auth"


@pytest.fixture
async def demanded(client: XiaomiClient, sim: Simulator) -> dict[str, str]:
    """The cookies of a verification that has been demanded."""
    sim.settings.update({"verification": True, "verification_code": ""})
    demand = await client.password_login(await client.service_login("micoapi"))
    query = urlsplit(demand["notificationUrl"]).query
    async with client.session.get(URL(f"{ACCOUNT}/identity/list?{query}", encoded=True)) as response:
        return {"identity_session": response.cookies["identity_session"].value}


async def send(client: XiaomiClient, cookies: dict[str, str], way: str = "Phone") -> int:
    form = {"retry": "0", "icode": "", "_json": "true"}
    reply = await client._prefixed("POST", f"{AUTH}/send{way}Ticket", data=form, cookies=cookies)
    return int(reply["code"])


async def verify(client: XiaomiClient, cookies: dict[str, str], code: str) -> int:
    form = {"_flag": "4", "ticket": code, "trust": "true", "_json": "true"}
    return int((await client._prefixed("POST", f"{AUTH}/verifyPhone", data=form, cookies=cookies))["code"])


def sent(sim: Simulator) -> list[str]:
    return [event.fields["code"] for event in sim.timeline.since(0, "verification_sent")]


async def test_each_code_is_another_and_the_last_one_counts(
    client: XiaomiClient, sim: Simulator, demanded: dict[str, str]
) -> None:
    sim.settings.update({"verification_interval": 0.0})
    assert [await send(client, demanded) for _ in range(2)] == [0, 0]
    first, second = sent(sim)
    assert [len(code) for code in (first, second)] == [6, 6]
    if first != second:
        assert await verify(client, demanded, first) != 0
    assert await verify(client, demanded, second) == 0


async def test_codes_are_not_sent_in_a_row(client: XiaomiClient, sim: Simulator, demanded: dict[str, str]) -> None:
    assert await send(client, demanded) == 0
    assert await send(client, demanded, "Email") != 0
    assert len(sent(sim)) == 1


async def test_a_way_that_the_account_lacks_is_refused(
    client: XiaomiClient, sim: Simulator, demanded: dict[str, str]
) -> None:
    sim.settings.update({"verification_ways": "email"})
    assert await send(client, demanded) != 0
    assert await send(client, demanded, "Email") == 0


async def test_too_many_wrong_codes_end_it(client: XiaomiClient, sim: Simulator, demanded: dict[str, str]) -> None:
    await send(client, demanded)
    assert 0 not in [await verify(client, demanded, "wrong") for _ in range(5)]
    assert await verify(client, demanded, sent(sim)[0]) == 10016


async def test_an_expired_code_is_wrong(client: XiaomiClient, sim: Simulator, demanded: dict[str, str]) -> None:
    sim.settings.update({"verification_code_life": 0.0})
    await send(client, demanded)
    assert await verify(client, demanded, sent(sim)[0]) == 70014


async def test_a_person_can_do_it_in_a_browser(client: XiaomiClient, sim: Simulator, demanded: dict[str, str]) -> None:
    sim.world.account.verify_in_browser()
    again = await client.password_login(await client.service_login("micoapi"))
    assert again["passToken"]


async def test_the_confirmation_page_has_a_way_on(
    client: XiaomiClient, sim: Simulator, demanded: dict[str, str]
) -> None:
    sim.settings.update({"verification_confirm_page": True})
    await send(client, demanded)
    assert await verify(client, demanded, sent(sim)[0]) == 0
    query = urlencode({"context": demanded["identity_session"]})
    async with client.session.get(f"{ACCOUNT}/identity/result/check?{query}") as page:
        assert "passToken" not in page.cookies
        (skip,) = parse_qs(page.url.query_string)["skipUrl"]
    async with client.session.get(URL(skip), allow_redirects=False) as done:
        assert done.cookies["passToken"].value


async def test_hasty_logins_are_met_with_a_captcha(client: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"login_interval": 60.0})
    assert (await client.password_login(await client.service_login("micoapi")))["code"] == 0
    assert (await client.password_login(await client.service_login("micoapi")))["code"] == 87001
    assert [event.fields["ok"] for event in sim.timeline.since(0, "login")] == [True, False]


async def test_a_suspicious_device_gets_no_form(client: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"suspicious": True})
    step = await client.service_login("micoapi")
    assert (step["code"], "qs" in step) == (87001, False)


# The QR code


async def begin(client: XiaomiClient) -> dict[str, str]:
    form = await client.service_login("mijia")
    query = urlsplit(form["location"]).query + "&theme=&bizDeviceType=&_hasLogo=false&_qrsize=240&_dc=1"
    reply = await client._prefixed(
        "GET", f"{ACCOUNT}/longPolling/loginUrl?{query}", cookies={"deviceId": client.device_id}
    )
    assert reply["code"] == 0
    return reply


async def test_a_confirmed_scan_logs_in(client: XiaomiClient, sim: Simulator) -> None:
    code = await begin(client)
    async with client.session.get(URL(code["qr"], encoded=True)) as picture:
        assert (await picture.read()).startswith(b"\x89PNG")
    poll = asyncio.create_task(client._prefixed("GET", code["lp"]))
    sim.world.account.scan()
    login = await poll
    assert login["userId"] == sim.world.account.user_id
    assert (await client.sts(login))[0] == 200
    client.pass_token = login["passToken"]
    await client.log_in("micoapi")
    assert await client.devices()


async def test_a_declined_scan_does_not(client: XiaomiClient, sim: Simulator) -> None:
    code = await begin(client)
    sim.world.account.scan(confirm=False)
    login = await client._prefixed("GET", code["lp"])
    assert login["code"] != 0
    assert "passToken" not in login


@pytest.mark.parametrize(("change", "status"), [({"qr_life": 0.05}, 403), ({"qr_poll": 0.05}, 408)])
async def test_a_poll_ends_without_a_scan(
    client: XiaomiClient, sim: Simulator, change: dict[str, float], status: int
) -> None:
    sim.settings.update(change)
    code = await begin(client)
    async with client.session.get(URL(code["lp"], encoded=True)) as response:
        assert response.status == status


async def test_nobody_is_kept_waiting_when_the_simulator_ends(client: XiaomiClient, sim: Simulator) -> None:
    code = await begin(client)

    async def wait() -> str:
        try:
            return str((await client._prefixed("GET", code["lp"]))["code"])
        except aiohttp.ClientError:
            return "cut"

    poll = asyncio.create_task(wait())
    await sim.timeline.wait_for(lambda event: event.event == "qr_code")
    sim.world.close()
    assert await poll != "0"


# A passToken of a browser, and the control API


@pytest.mark.parametrize(("device", "right"), [(None, True), ("ABCDEFGHIJ123456", True), ("BROWSER", False)])
async def test_a_passtoken_is_good_for_its_device_or_for_all(
    client: XiaomiClient, sim: Simulator, device: str | None, right: bool
) -> None:
    async with client.session.post(f"{sim.url}/_sim/pass_token", json={"device_id": device}) as response:
        client.pass_token = (await response.json())["passToken"]
    assert ((await client.service_login("micoapi"))["code"] == 0) is right


async def test_the_person_can_be_told_what_to_do(
    client: XiaomiClient, sim: Simulator, demanded: dict[str, str]
) -> None:
    code = await begin(client)
    for path in ("scan", "verify"):
        async with client.session.post(f"{sim.url}/_sim/{path}", json={}) as response:
            assert response.status == 200
    assert (await client._prefixed("GET", code["lp"]))["code"] == 0
    for path in ("scan",):  # nothing is left to be scanned
        async with client.session.post(f"{sim.url}/_sim/{path}", json={}) as response:
            assert response.status == 400
