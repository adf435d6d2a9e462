"""account.xiaomi.com: logging in by a QR code that is scanned with the Mi Home app.

The shape is xiaomusic's. Our own choices: the answer to a login that is declined, HTTP 408 for a poll that ends early.
"""

import asyncio
from collections.abc import Callable
import io
import time
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
import segno

from simulator.account import Sid
from simulator.cloud import Routes
from simulator.passport_reply import HOST, failed, prefixed
from simulator.world import World

_SID: Sid = "mijia"
_DECLINED = 70019


class QrLogin:
    """The part of the account's web service that waits for a scan."""

    def __init__(self, world: World, success: Callable[..., dict[str, Any]]) -> None:
        """Take the world and what makes the body of a login that went through."""
        self._world = world
        self._account = world.account
        self._success = success

    def routes(self) -> Routes:
        """Return its paths."""
        return {
            "/longPolling/loginUrl": self._login_url,
            "/longPolling/qr": self._picture,
            "/longPolling/lp": self._poll,
        }

    async def _login_url(self, request: web.Request) -> web.Response:
        if request.query.get("sid") != _SID or not request.query.get("callback"):
            return failed(10016, "参数错误")
        query = urlencode({"k": self._account.new_qr_code(request.cookies.get("deviceId", ""))})
        return prefixed(
            {
                "code": 0,
                "desc": "成功",
                "loginUrl": f"{HOST}/longPolling/login?{query}",
                "qr": f"{HOST}/longPolling/qr?{query}",
                "lp": f"{HOST}/longPolling/lp?{query}",
                "timeout": int(self._world.settings.qr_life) or 1,
            }
        )

    async def _picture(self, request: web.Request) -> web.Response:
        if self._account.qr_code(request.query.get("k", "")) is None:
            return web.Response(status=404)
        picture = io.BytesIO()
        segno.make(f"{HOST}/longPolling/login?{request.query_string}", error="m").save(picture, kind="png", scale=6)
        return web.Response(body=picture.getvalue(), content_type="image/png")

    async def _poll(self, request: web.Request) -> web.Response:
        key = request.query.get("k", "")
        code = self._account.qr_code(key)
        if code is None:
            return web.Response(status=403)
        left = code.expires - time.time()
        longest = self._world.settings.qr_poll
        try:
            async with asyncio.timeout(min(left, longest) if longest else left):
                await code.settled.wait()
        except TimeoutError:
            return web.Response(status=403 if time.time() >= code.expires else 408)
        self._account.end_qr_code(key)
        if not code.confirmed:
            return failed(_DECLINED, "用户取消登录")
        body = self._success(_SID, code.device_id, by_password=False)
        return prefixed(body | {"passToken": self._account.log_in(code.device_id)})
