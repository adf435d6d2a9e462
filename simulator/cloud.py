"""What the simulated hosts have in common: a table of paths, and replies."""

from collections.abc import Awaitable, Callable, Mapping
import json
from typing import Any

from aiohttp import web

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type Routes = Mapping[str, Handler]
"""The handler of each path of a host. It looks at the method itself: the clouds answer a wrong one in their way."""


def reply(body: Any, status: int = 200) -> web.Response:
    """Return a JSON reply as the clouds write it."""
    return web.json_response(body, status=status, dumps=compact)


def compact(body: Any) -> str:
    """Return JSON without escapes and spaces."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


async def form(request: web.Request) -> dict[str, str]:
    """Return the text fields of a form."""
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
