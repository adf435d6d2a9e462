"""Search services of the web: SearXNG under /searxng and SerpAPI under /serpapi, with the same pages behind both."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from simulator.timeline import Timeline

FAILURES = ("forbidden", "limited", "server", "page", "hang_up")
"""Refused; too many searches; a fault; a web page instead of JSON; the connection is cut."""

type _Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the web."""

    title: str
    url: str
    text: str
    date: str | None = None
    """When it was published, in ISO form."""
    source: str | None = None
    """What SerpAPI calls the site."""


PAGES = (
    Page(
        "今日要闻：多地迎来降温",
        "https://www.xinhuanet.com/2026/1121/c.htm",
        "中央气象台预计，未来三天北方大部气温将下降六到八摄氏度。",
        "2026-11-21T07:30:00",
        "新华网",
    ),
    Page(
        "天气预报 - 北京",
        "https://www.weather.com.cn/weather/101010100.shtml",
        "今天白天晴，最高气温9℃，夜间最低气温零下1℃，北风三级。",
        None,
        "中国天气网",
    ),
)


class SearchEngine:
    """Both services; every search finds all pages."""

    def __init__(self, timeline: Timeline) -> None:
        self.pages: list[Page] = list(PAGES)
        """What every search finds."""
        self.answer: str | None = None
        """What is told before the pages: the result of a calculator or the like."""
        self.api_key = "serp-simulator"
        """What SerpAPI wants."""
        self.json_allowed = True
        """Whether SearXNG's settings list JSON among the formats; they do not when it is new."""
        self.fail: str | None = None
        """One of `FAILURES`."""
        self._timeline = timeline

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of both."""
        return [
            web.get("/searxng/search", self._failing(self._searxng)),
            web.get("/serpapi/search.json", self._failing(self._serpapi)),
        ]

    def _failing(self, handler: _Handler) -> _Handler:
        async def answer(request: web.Request) -> web.Response:
            query = {name: value for name, value in request.query.items() if name != "api_key"}
            self._timeline.record("search", path=request.path, query=query, fail=self.fail)
            match self.fail:
                case "forbidden":
                    return web.json_response({"error": "Forbidden"}, status=403)
                case "limited":
                    return _limited(request)
                case "server":
                    return web.Response(status=500, text="<html>Internal Server Error</html>", content_type="text/html")
                case "page":
                    return web.Response(text="<!DOCTYPE html><html>results</html>", content_type="text/html")
                case "hang_up":
                    if request.transport is not None:
                        request.transport.abort()
                    return web.Response(status=499)
            return await handler(request)

        return answer

    async def _searxng(self, request: web.Request) -> web.Response:
        if not (query := request.query.get("q", "").strip()):
            return web.Response(status=400, text="<html>No query</html>", content_type="text/html")
        if request.query.get("format") != "json":
            return web.Response(text="<!DOCTYPE html><html>results</html>", content_type="text/html")
        if not self.json_allowed:  # flask's abort(403): a page
            return web.Response(status=403, text="<title>403 Forbidden</title>", content_type="text/html")
        results: list[dict[str, Any]] = [
            {
                "url": page.url,
                "title": page.title,
                "content": page.text,
                "publishedDate": page.date,
                "engine": "bing",
                "engines": ["bing"],
                "parsed_url": [],
                "category": "general",
                "score": 1.0,
            }
            for page in self.pages
        ]
        return web.json_response(
            {
                "query": query,
                "number_of_results": 0,
                "results": results,
                "answers": [{"url": None, "engine": "calculator", "answer": self.answer}] if self.answer else [],
                "corrections": [],
                "infoboxes": [],
                "suggestions": [],
                "unresponsive_engines": [],
            }
        )

    async def _serpapi(self, request: web.Request) -> web.Response:
        if request.query.get("api_key") != self.api_key:
            message = "Invalid API key. Your API key should be here: https://serpapi.com/manage-api-key"
            return web.json_response({"error": message}, status=401)
        if not request.query.get("q", "").strip():
            return web.json_response({"error": "Missing query `q` parameter."}, status=400)
        body: dict[str, Any] = {
            "search_metadata": {"id": "1", "status": "Success"},
            "search_parameters": {"engine": request.query.get("engine", "google"), "q": request.query["q"]},
            "search_information": {"organic_results_state": "Results for exact spelling"},
        }
        if not self.pages:
            return web.json_response(body | {"error": "Google hasn't returned any results for this query."})
        if self.answer:
            body["answer_box"] = {"type": "calculator_result", "result": self.answer, "answer": self.answer}
        body["organic_results"] = [
            {
                "position": position,
                "title": page.title,
                "link": page.url,
                "displayed_link": page.url,
                "snippet": page.text,
                **({"date": page.date} if page.date else {}),
                **({"source": page.source} if page.source else {}),
            }
            for position, page in enumerate(self.pages, 1)
        ]
        return web.json_response(body)


def _limited(request: web.Request) -> web.Response:
    if request.path.startswith("/serpapi"):
        return web.json_response({"error": "Your account has run out of searches."}, status=429)
    return web.Response(status=429, text="Too Many Requests", content_type="text/plain")
