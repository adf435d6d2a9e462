"""Searching the web through a configurable search service, for an answer that is spoken: a few short findings.

Two shapes of API are understood: that of SearXNG, which people run at home, and that of SerpAPI, which several paid
services imitate.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
import html
import json
import re
from typing import Any
from urllib.parse import urlsplit

import aiohttp

DEFAULT_SERPAPI = "https://serpapi.com"
TIMEOUT_S = 8.0
"""Someone waits at a speaker; SearXNG itself gives its engines three seconds, SerpAPI answers within five."""
MAX_FINDINGS = 5
MAX_TITLE = 80
MAX_TEXT = 220
"""Characters of one finding's text: what a search engine shows is about 160."""
MAX_TOTAL = 1500
"""Characters of all findings together; a model reads them in a blink and for little money."""
MAX_BODY = 2_000_000
"""Bytes of a reply. SearXNG's are some 50 kB, SerpAPI's up to 300 kB."""

_TAG = re.compile(r"<[^<>]{0,200}>")
_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\s]+")
"""Control characters, also those that reverse or hide text, and runs of space."""
_ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")

SITES = {
    "36kr.com": "36氪",
    "baike.baidu.com": "百度百科",
    "bilibili.com": "哔哩哔哩",
    "caixin.com": "财新网",
    "cctv.com": "央视网",
    "chinadaily.com.cn": "中国日报网",
    "chinanews.com.cn": "中国新闻网",
    "cnr.cn": "央广网",
    "csdn.net": "CSDN",
    "douban.com": "豆瓣",
    "gmw.cn": "光明网",
    "gov.cn": "政府网站",
    "huanqiu.com": "环球网",
    "ifeng.com": "凤凰网",
    "jiemian.com": "界面新闻",
    "news.cn": "新华网",
    "people.com.cn": "人民网",
    "qq.com": "腾讯网",
    "sina.com.cn": "新浪网",
    "sohu.com": "搜狐网",
    "thepaper.cn": "澎湃新闻",
    "toutiao.com": "今日头条",
    "weather.com.cn": "中国天气网",
    "wikipedia.org": "维基百科",
    "xiachufang.com": "下厨房",
    "xinhuanet.com": "新华网",
    "yicai.com": "第一财经",
    "zhihu.com": "知乎",
    "163.com": "网易",
}
"""What sites are called by people, by domain: an address is nothing for the ear."""


class SearchKind(StrEnum):
    """The shape of a search service's API."""

    SEARXNG = "searxng"
    SERPAPI = "serpapi"


class SearchReason(StrEnum):
    """Why a search failed. The values are translation keys."""

    CANNOT_CONNECT = "search_cannot_connect"
    TIMEOUT = "search_timeout"
    INVALID_KEY = "search_invalid_key"
    NO_JSON = "search_no_json"
    """SearXNG answers with web pages only, unless its settings allow JSON."""
    LIMITED = "search_limited"
    """Too many searches, or all that were paid for."""
    NOT_FOUND = "search_not_found"
    SERVICE = "search_service_error"


class SearchError(Exception):
    """A search failed.

    Attributes:
        reason: why.
        detail: more, without anything secret.
    """

    def __init__(self, reason: SearchReason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class SearchService:
    """A search service, as a person has set it."""

    kind: SearchKind
    address: str
    """Without the path that its kind has."""
    key: str = ""

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"SearchService({self.kind}, {self.address})"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found: plain text, as short as it is useful."""

    title: str
    source: str
    """What the site is called."""
    text: str
    date: str = ""
    """When it was published, as far as the service tells."""

    def as_dict(self) -> dict[str, Any]:
        """Return what there is of it."""
        parts = {"title": self.title, "source": self.source, "date": self.date, "text": self.text}
        return {name: value for name, value in parts.items() if value}


async def search(
    session: aiohttp.ClientSession, service: SearchService, query: str, *, language: str = "zh-CN"
) -> list[Finding]:
    """Return the best that a service finds, at most `MAX_FINDINGS` and `MAX_TOTAL` characters; maybe nothing.

    Args:
        session: sends the request.
        service: where to search.
        query: what for.
        language: of the results, preferably.

    Raises:
        SearchError: the service could not be used.
    """
    base = service.address.rstrip("/")
    if service.kind is SearchKind.SEARXNG:
        url = f"{base.removesuffix('/search')}/search"
        body = await _get(session, url, {"q": query, "format": "json", "language": language})
        return _bounded(_searxng(body))
    url = f"{(base or DEFAULT_SERPAPI).removesuffix('/search.json')}/search.json"
    body = await _get(session, url, {"q": query, "api_key": service.key, "hl": language.lower(), "engine": "google"})
    return _bounded(_serpapi(body))


async def _get(session: aiohttp.ClientSession, url: str, query: Mapping[str, str]) -> dict[str, Any]:
    # The client's errors name the address with the key in it: none of them is passed on or chained.
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            session.get(url, params=query, headers={"Accept": "application/json"}) as response,
        ):
            status = response.status
            body = await _read(response)
    except TimeoutError:
        raise SearchError(SearchReason.TIMEOUT) from None
    except aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError:
        raise SearchError(SearchReason.NOT_FOUND, "no address") from None
    except aiohttp.ClientConnectionError:
        raise SearchError(SearchReason.CANNOT_CONNECT) from None
    except aiohttp.ClientError as err:
        raise SearchError(SearchReason.SERVICE, type(err).__name__) from None
    try:
        content = json.loads(body)
    except ValueError, RecursionError:
        content = None
    said = _clean(content.get("error"), MAX_TEXT) if isinstance(content, dict) else ""
    if status != 200:
        raise SearchError(_reason(status, said), said or f"HTTP {status}")
    if not isinstance(content, dict):
        raise SearchError(SearchReason.NO_JSON)
    return content


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY:
            raise SearchError(SearchReason.SERVICE, "too long an answer")
    return bytes(body)


def _reason(status: int, said: str) -> SearchReason:
    match status:
        case 401:
            return SearchReason.INVALID_KEY
        case 403 if not said:  # SearXNG: a format that its settings do not list
            return SearchReason.NO_JSON
        case 403:
            return SearchReason.INVALID_KEY
        case 402 | 429:
            return SearchReason.LIMITED
        case 404:
            return SearchReason.NOT_FOUND
    return SearchReason.SERVICE


def _searxng(body: Mapping[str, Any]) -> Iterable[Finding]:
    if not isinstance(body.get("results"), list):
        raise SearchError(SearchReason.NO_JSON, "no results in it")
    for answer in _list(body.get("answers")):  # of calculators, converters and the like; once mere texts
        text = answer.get("answer") if isinstance(answer, dict) else answer
        yield Finding("", "", _clean(text, MAX_TEXT))
    for result in _dicts(body["results"]):
        yield Finding(
            _clean(result.get("title"), MAX_TITLE),
            _site(result.get("url")),
            _clean(result.get("content"), MAX_TEXT),
            _date(result.get("publishedDate")),
        )


def _serpapi(body: Mapping[str, Any]) -> Iterable[Finding]:
    if "organic_results" not in body and "search_metadata" not in body and "error" not in body:
        raise SearchError(SearchReason.NO_JSON, "no results in it")
    if isinstance(box := body.get("answer_box"), dict):
        yield Finding(
            _clean(box.get("title"), MAX_TITLE),
            _site(box.get("link")),
            _clean(box.get("answer") or box.get("snippet"), MAX_TEXT),
        )
    # That nothing was found is told as an error, with a status of 200.
    for result in _dicts(_list(body.get("organic_results"))):
        yield Finding(
            _clean(result.get("title"), MAX_TITLE),
            _site(result.get("link"), result.get("source")),
            _clean(result.get("snippet"), MAX_TEXT),
            _date(result.get("date")),
        )


def _bounded(findings: Iterable[Finding]) -> list[Finding]:
    """Return the first that say something, without the same text twice, within the limits."""
    kept: list[Finding] = []
    left = MAX_TOTAL
    for finding in findings:
        if not finding.text or finding.text in {known.text for known in kept}:
            continue
        left -= sum(map(len, (finding.title, finding.source, finding.text, finding.date)))
        if left < 0 or len(kept) == MAX_FINDINGS:
            break
        kept.append(finding)
    return kept


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(values: list[Any]) -> Iterable[dict[str, Any]]:
    return (value for value in values if isinstance(value, dict))


def _clean(value: Any, limit: int) -> str:
    """Return a text without markup, in one line, cut to a length."""
    if not isinstance(value, str | int | float):
        return ""
    text = html.unescape(_TAG.sub("", str(value)[: limit * 20]))
    text = _UNSPEAKABLE.sub(" ", _TAG.sub("", text)).strip()
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def _date(value: Any) -> str:
    text = _clean(value, 24)
    iso = _ISO_DATE.fullmatch(text)
    return iso[1] if iso else text


def _site(url: Any, source: Any = None) -> str:
    """Return what a site is called: as people know it, else as the service calls it, else its host."""
    try:
        host = (urlsplit(url).hostname or "") if isinstance(url, str) else ""
    except ValueError:
        host = ""
    parts = host.split(".")
    for start in range(len(parts)):
        if name := SITES.get(".".join(parts[start:])):
            return name
    return _clean(source, MAX_TITLE) or _clean(host.removeprefix("www."), MAX_TITLE)
