"""How account.xiaomi.com answers."""

from typing import Any

from aiohttp import web

from simulator.cloud import compact

HOST = "https://account.xiaomi.com"
PREFIX = "&&&START&&&"


def prefixed(body: dict[str, Any]) -> web.Response:
    """Return JSON with the prefix that keeps it from being run as a script."""
    return web.Response(text=PREFIX + compact(body), content_type="application/json")


def failed(code: int, description: str, **more: Any) -> web.Response:
    """Return why something was not done."""
    return prefixed(
        {"code": code, "result": "error", "desc": description, "description": description, "securityStatus": 0, **more}
    )
