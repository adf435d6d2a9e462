"""The simulated search services: both shapes, and how they fail."""

import aiohttp
import pytest

from simulator.app import Simulator


async def get(sim: Simulator, path: str, **query: str) -> tuple[int, str, object]:
    async with aiohttp.ClientSession() as session, session.get(f"{sim.url}{path}", params=query) as response:
        body = await response.json() if response.content_type == "application/json" else await response.text()
        return response.status, response.content_type, body


async def test_searxng_answers_programs_that_ask_for_json(sim: Simulator) -> None:
    status, _, body = await get(sim, "/searxng/search", q="天气", format="json")
    assert status == 200
    assert isinstance(body, dict)
    assert body["query"] == "天气"
    assert {"url", "title", "content", "publishedDate"} <= body["results"][0].keys()
    assert (await get(sim, "/searxng/search", q="天气"))[1] == "text/html"
    assert (await get(sim, "/searxng/search", format="json"))[0] == 400
    sim.search.json_allowed = False
    assert (await get(sim, "/searxng/search", q="天气", format="json"))[:2] == (403, "text/html")


async def test_serpapi_wants_its_key(sim: Simulator) -> None:
    status, _, body = await get(sim, "/serpapi/search.json", q="天气", api_key=sim.search.api_key)
    assert status == 200
    assert isinstance(body, dict)
    assert {"title", "link", "snippet", "source"} <= body["organic_results"][0].keys()
    status, _, body = await get(sim, "/serpapi/search.json", q="天气", api_key="wrong")
    assert status == 401
    assert isinstance(body, dict)
    assert body["error"].startswith("Invalid API key")
    sim.search.pages.clear()
    _, _, body = await get(sim, "/serpapi/search.json", q="天气", api_key=sim.search.api_key)
    assert isinstance(body, dict)
    assert "hasn't returned any results" in body["error"]


@pytest.mark.parametrize(("fail", "status"), [("forbidden", 403), ("limited", 429), ("server", 500), ("page", 200)])
async def test_both_fail_on_demand(sim: Simulator, fail: str, status: int) -> None:
    sim.search.fail = fail
    for path in ("/searxng/search", "/serpapi/search.json"):
        assert (await get(sim, path, q="天气", format="json"))[0] == status


async def test_it_is_told_without_the_key(sim: Simulator) -> None:
    await get(sim, "/serpapi/search.json", q="天气", api_key=sim.search.api_key)
    (event,) = sim.timeline.since(0, "search")
    assert event.fields["query"] == {"q": "天气"}
