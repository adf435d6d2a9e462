"""Searching the web: what is found, cut for the ear, and what can go wrong."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from aiohttp import ClientSession, web
import pytest

from custom_components.xiao_gpt.gpt import search as module
from custom_components.xiao_gpt.gpt.search import (
    MAX_FINDINGS,
    MAX_TEXT,
    MAX_TOTAL,
    Finding,
    SearchError,
    SearchKind,
    SearchReason,
    SearchService,
    search,
)
from simulator.app import Simulator
from simulator.search import Page

NEWS = Finding(
    "今日要闻：多地迎来降温", "新华网", "中央气象台预计，未来三天北方大部气温将下降六到八摄氏度。", "2026-11-21"
)


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture(params=SearchKind)
def service(request: pytest.FixtureRequest, sim: Simulator) -> SearchService:
    return of(sim, request.param)


def of(sim: Simulator, kind: SearchKind, key: str | None = None) -> SearchService:
    return SearchService(kind, f"{sim.url}/{kind}", sim.search.api_key if key is None else key)


type Serve = Callable[[Any], Awaitable[SearchService]]


@pytest.fixture
async def serve(socket_enabled: None) -> AsyncGenerator[Serve]:
    """Return a function that starts a SearXNG which answers everything with one body."""
    runners = []

    async def serve(body: Any) -> SearchService:
        async def answer(request: web.Request) -> web.StreamResponse:
            if isinstance(body, bytes):
                return web.Response(body=body, content_type="application/json")
            return web.json_response(body)

        app = web.Application()
        app.router.add_get("/search", answer)
        runners.append(runner := web.AppRunner(app))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return SearchService(SearchKind.SEARXNG, f"http://127.0.0.1:{runner.addresses[0][1]}")

    yield serve
    for runner in runners:
        await runner.cleanup()


async def test_both_kinds_find_the_same(session: ClientSession, service: SearchService) -> None:
    found = await search(session, service, "今天的新闻")
    assert found[0] == NEWS
    assert [finding.source for finding in found] == ["新华网", "中国天气网"]
    assert found[1].as_dict().keys() == {"title", "source", "text"}  # of no date


async def test_the_question_reaches_the_service(session: ClientSession, sim: Simulator) -> None:
    for kind in SearchKind:
        await search(session, of(sim, kind), "小米 & 股价?", language="zh-CN")
    searxng, serpapi = (event.fields["query"] for event in sim.timeline.since(0, "search"))
    assert searxng == {"q": "小米 & 股价?", "format": "json", "language": "zh-CN"}
    assert serpapi == {"q": "小米 & 股价?", "hl": "zh-cn", "engine": "google"}


async def test_the_address_may_be_typed_as_the_browser_shows_it(session: ClientSession, sim: Simulator) -> None:
    for tail in ("/", "/search"):
        assert await search(session, SearchService(SearchKind.SEARXNG, f"{sim.url}/searxng{tail}"), "新闻")
    service = SearchService(SearchKind.SERPAPI, f"{sim.url}/serpapi/search.json", sim.search.api_key)
    assert await search(session, service, "新闻")


async def test_nothing_found_is_no_error(session: ClientSession, sim: Simulator, service: SearchService) -> None:
    sim.search.pages.clear()
    assert await search(session, service, "新闻") == []


async def test_a_calculators_answer_comes_first(session: ClientSession, sim: Simulator, service: SearchService) -> None:
    sim.search.answer = "42"
    first, second, *_ = await search(session, service, "六乘七")
    assert first.text == "42"
    assert second == NEWS


async def test_what_is_found_is_bounded(session: ClientSession, sim: Simulator, service: SearchService) -> None:
    sim.search.pages[:] = [Page(f"{n}" * 300, "https://example.com/", f"{n}很长" * 400) for n in range(10, 40)]
    found = await search(session, service, "长")
    assert 2 <= len(found) <= MAX_FINDINGS
    assert all(len(finding.text) <= MAX_TEXT and finding.text.endswith("…") for finding in found)
    assert sum(len(text) for finding in found for text in finding.as_dict().values()) <= MAX_TOTAL


async def test_few_short_ones_of_many(session: ClientSession, sim: Simulator, service: SearchService) -> None:
    sim.search.pages[:] = [Page("题", "https://example.com/", f"第{n}条") for n in range(30)]
    sim.search.pages.insert(1, sim.search.pages[0])  # the same once more
    assert [finding.text for finding in await search(session, service, "短")] == [f"第{n}条" for n in range(5)]


async def test_markup_and_hidden_characters_go(session: ClientSession, sim: Simulator, service: SearchService) -> None:
    hidden = "看\u202e见\u200b的 &lt;script&gt;x&lt;/script&gt;&amp; <b>这些</b>\n\t话\x07"
    sim.search.pages[:] = [Page("<em>题</em>", "https://example.com/", hidden)]
    (found,) = await search(session, service, "题")
    assert found.title == "题"
    assert found.text == "看 见 的 x& 这些 话"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://news.sina.com.cn/c/1.html", "新浪网"),
        ("https://zh.wikipedia.org/wiki/A", "维基百科"),
        ("https://baike.baidu.com/item/a", "百度百科"),
        ("https://www.example.com/a?b", "example.com"),
        ("http://[broken", ""),
        ("", ""),
    ],
)
async def test_sites_are_called_as_people_call_them(
    session: ClientSession, sim: Simulator, url: str, name: str
) -> None:
    sim.search.pages[:] = [Page("题", url, "话")]
    (found,) = await search(session, of(sim, SearchKind.SEARXNG), "题")
    assert found.source == name


@pytest.mark.parametrize(
    ("fail", "reason"),
    [
        ("forbidden", SearchReason.INVALID_KEY),
        ("limited", SearchReason.LIMITED),
        ("server", SearchReason.SERVICE),
        ("page", SearchReason.NO_JSON),
        ("hang_up", SearchReason.CANNOT_CONNECT),
    ],
)
async def test_each_failure_has_its_reason(
    session: ClientSession, sim: Simulator, service: SearchService, fail: str, reason: SearchReason
) -> None:
    sim.search.fail = fail
    with pytest.raises(SearchError) as caught:
        await search(session, service, "新闻")
    assert caught.value.reason is reason


async def test_a_wrong_key_is_told_and_shown_nowhere(session: ClientSession, sim: Simulator) -> None:
    service = of(sim, SearchKind.SERPAPI, "my-secret")
    with pytest.raises(SearchError) as caught:
        await search(session, service, "新闻")
    assert caught.value.reason is SearchReason.INVALID_KEY
    assert "my-secret" not in f"{caught.value!r} {service!r} {service}"
    sim.search.fail = "hang_up"
    with pytest.raises(SearchError) as caught:
        await search(session, service, "新闻")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__  # the client's own error may hold the address


async def test_a_new_searxng_answers_browsers_only(session: ClientSession, sim: Simulator) -> None:
    sim.search.json_allowed = False
    with pytest.raises(SearchError) as caught:
        await search(session, of(sim, SearchKind.SEARXNG), "新闻")
    assert caught.value.reason is SearchReason.NO_JSON


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://127.0.0.1:9", SearchReason.CANNOT_CONNECT),
        ("nonsense", SearchReason.NOT_FOUND),
        ("ftp://127.0.0.1/", SearchReason.NOT_FOUND),
    ],
)
async def test_an_address_that_is_none(session: ClientSession, address: str, reason: SearchReason) -> None:
    with pytest.raises(SearchError) as caught:
        await search(session, SearchService(SearchKind.SEARXNG, address), "新闻")
    assert caught.value.reason is reason


async def test_another_server_is_no_search_service(session: ClientSession, sim: Simulator) -> None:
    with pytest.raises(SearchError) as caught:
        await search(session, SearchService(SearchKind.SEARXNG, sim.llm_url), "新闻")
    assert caught.value.reason is SearchReason.NOT_FOUND


@pytest.mark.parametrize("body", [[], {"hello": 1}, {"results": "many"}, b"[" * 100_000, b"\xff\xfe", b'{"results":'])
async def test_an_answer_of_another_shape_is_told(session: ClientSession, serve: Serve, body: Any) -> None:
    with pytest.raises(SearchError) as caught:
        await search(session, await serve(body), "新闻")
    assert caught.value.reason is SearchReason.NO_JSON


async def test_odd_results_are_left_out(session: ClientSession, serve: Serve) -> None:
    body = {
        "results": [None, "text", {}, {"content": None}, {"content": ["a"], "url": 7}, {"content": "好", "url": 7}],
        "answers": ["一", {"answer": 2}, None],
    }
    found = await search(session, await serve(body), "新闻")
    assert [(finding.text, finding.source) for finding in found] == [("一", ""), ("2", ""), ("好", "")]


async def test_an_endless_answer_is_given_up(
    session: ClientSession, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BODY", 1000)
    with pytest.raises(SearchError) as caught:
        await search(session, await serve(b" " * 5000), "新闻")
    assert caught.value.reason is SearchReason.SERVICE


async def test_a_slow_service_is_not_waited_for(session: ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.05)
    silent = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        with pytest.raises(SearchError) as caught:
            await search(session, SearchService(SearchKind.SEARXNG, f"http://127.0.0.1:{port}"), "新闻")
        assert caught.value.reason is SearchReason.TIMEOUT
        silent.close_clients()
