"""The conversation records as the cloud hands them out."""

from typing import Any

import pytest

from simulator.app import Simulator
from tests.simulator.support import event
from tests.simulator.xiaomi_client import PROFILE, XiaomiClient

LIVING, BED = "客厅小爱", "卧室小爱"


async def _three(sim: Simulator) -> list[int]:
    times = [sim.world.ask(LIVING, text).time for text in ("一", "二", "三")]
    for text in ("一", "二", "三"):
        await event(sim, "record_visible", text=text)
    return times


async def test_records_come_newest_first(cloud: XiaomiClient, sim: Simulator) -> None:
    await _three(sim)
    data = await cloud.conversation(LIVING)
    assert [record["query"] for record in data["records"]] == ["三", "二", "一"]
    assert data["nextEndTime"] == 0


async def test_the_timestamp_is_an_inclusive_upper_bound(cloud: XiaomiClient, sim: Simulator) -> None:
    _, second, _ = await _three(sim)
    data = await cloud.conversation(LIVING, until=second)
    assert [record["query"] for record in data["records"]] == ["二", "一"]


async def test_pages_go_on_at_next_end_time(cloud: XiaomiClient, sim: Simulator) -> None:
    first, *_ = await _three(sim)
    page = await cloud.conversation(LIVING, limit=2)
    assert [record["query"] for record in page["records"]] == ["三", "二"]
    assert page["nextEndTime"] == first


async def test_a_record_is_invisible_until_it_is_written(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.settings.update({"record_delay": 60.0})
    sim.world.ask(LIVING, "一")
    await event(sim, "speech_started")
    assert (await cloud.conversation(LIVING))["records"] == []


async def test_records_belong_to_their_speaker(cloud: XiaomiClient, sim: Simulator) -> None:
    await _three(sim)
    assert (await cloud.conversation(BED))["records"] == []


@pytest.mark.parametrize("change", [{"hardware": "L15A"}, {"deviceId": "unknown"}])
async def test_a_wrong_speaker_has_no_records_and_no_error(
    cloud: XiaomiClient, sim: Simulator, change: dict[str, Any]
) -> None:
    await _three(sim)
    assert await cloud.conversation(LIVING, **change) == {"bitSet": [0, 1, 1], "records": [], "nextEndTime": 0}


@pytest.mark.parametrize("missing", ["userId", "serviceToken", "deviceId"])
async def test_every_cookie_is_required(cloud: XiaomiClient, sim: Simulator, missing: str) -> None:
    cookies = {
        "userId": cloud.user_id,
        "serviceToken": cloud.tokens["micoapi"],
        "deviceId": sim.world.speaker(LIVING).device_id,
    }
    del cookies[missing]
    url = f"{PROFILE}/device_profile/v2/conversation?hardware=LX06&timestamp=1&limit=1"
    status, body = await cloud.json("GET", url, cookies=cookies)
    assert (status, body["code"]) == (400, 601)
    assert f"Required cookie '{missing}'" in body["data"]


async def test_an_expired_token_gets_html(cloud: XiaomiClient, sim: Simulator) -> None:
    sim.world.account.expire("all")
    cookies = {"userId": cloud.user_id, "serviceToken": cloud.tokens["micoapi"], "deviceId": "any"}
    url = f"{PROFILE}/device_profile/v2/conversation?hardware=LX06&timestamp=1&limit=1"
    async with cloud.session.get(url, cookies=cookies) as response:
        assert (response.status, response.content_type) == (401, "text/html")


@pytest.mark.parametrize("query", ["", "&timestamp=soon", "&timestamp=1&limit=all"])
async def test_bad_parameters_are_illegal(cloud: XiaomiClient, query: str) -> None:
    cookies = {"userId": cloud.user_id, "serviceToken": cloud.tokens["micoapi"], "deviceId": "any"}
    url = f"{PROFILE}/device_profile/v2/conversation?hardware=LX06{query}"
    status, body = await cloud.json("GET", url, cookies=cookies)
    assert (status, body["code"]) == (400, 601)
