"""account.xiaomi.com: verifying a person by a code (2FA) after a login with the password.

The shape is what three clients agree on. Our own choices, since no client reads them: the code of a sending that is
refused and of a wrong code, how often a code can be tried, the names of the masked addresses.
"""

from urllib.parse import urlencode

from aiohttp import web

from simulator.account import Way
from simulator.cloud import Routes, form
from simulator.passport_reply import HOST, failed, prefixed
from simulator.world import World

_FLAGS: dict[Way, int] = {"phone": 4, "email": 8}
_TOO_OFTEN, _WRONG_CODE, _BAD_REQUEST = 70022, 70014, 10016
_COOKIE_LIFE = 30 * 86400


class Verification:
    """The part of the account's web service that verifies people."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._account = world.account

    def routes(self) -> Routes:
        """Return its paths."""
        return {
            "/fe/service/identity/authStart": self._start,
            "/identity/list": self._list,
            "/identity/auth/verifyPhone": self._verify,
            "/identity/auth/verifyEmail": self._verify,
            "/identity/auth/sendPhoneTicket": self._send_code,
            "/identity/auth/sendEmailTicket": self._send_code,
            "/identity/result/check": self._result,
            "/identity/result/done": self._done,
            "/fe/service/account/confirmPhone": self._done,
        }

    async def _start(self, request: web.Request) -> web.Response:
        context = request.query.get("context", "")
        if self._account.identity(context) is None:
            return web.Response(status=400, text="<html><body>验证已失效</body></html>", content_type="text/html")
        page = web.Response(text="<html><body>安全验证</body></html>", content_type="text/html")
        page.set_cookie("identity_session", context, httponly=True)
        return page

    async def _list(self, request: web.Request) -> web.Response:
        context = request.query.get("context", "")
        if self._account.identity(context) is None:
            return _refused()
        options = [_FLAGS[way] for way in self._account.ways]
        body = prefixed(
            {
                "code": 2,
                "flag": _FLAGS[self._account.preferred_way],
                "options": options,
                "sid": request.query.get("sid", ""),
            }
        )
        body.set_cookie("identity_session", context, httponly=True)
        return body

    async def _send_code(self, request: web.Request) -> web.Response:
        context = request.cookies.get("identity_session", "")
        way: Way = "phone" if request.path.endswith("sendPhoneTicket") else "email"
        if request.method != "POST" or self._account.identity(context) is None or way not in self._account.ways:
            return _refused()
        if not self._account.send_code(context, way):
            return failed(_TOO_OFTEN, "发送太频繁", tips="验证码发送太频繁，请稍后再试")
        return prefixed({"code": 0, "result": "ok", "desc": "成功"})

    async def _verify(self, request: web.Request) -> web.Response:
        context = request.cookies.get("identity_session", "")
        way: Way = "phone" if request.path.endswith("verifyPhone") else "email"
        if self._account.identity(context) is None or way not in self._account.ways:
            return _refused()
        if request.method == "GET":
            masked = self._masked(way)
            return prefixed({"code": 0, "result": "ok", "desc": "成功", "flag": _FLAGS[way], **masked})
        data = await form(request)
        if data.get("_flag") != str(_FLAGS[way]):
            return _refused()
        if not self._account.verify(context, data.get("ticket", ""), trust=data.get("trust") == "true"):
            return failed(_WRONG_CODE, "验证码错误", tips="验证码错误")
        query = urlencode({"context": context, "_locale": "zh_CN"})
        return prefixed({"code": 0, "result": "ok", "desc": "成功", "location": f"/identity/result/check?{query}"})

    def _masked(self, way: Way) -> dict[str, str]:
        if way == "phone":
            return {"maskedPhone": f"{self._account.user[:3]}****{self._account.user[-4:]}"}
        name, _, host = self._account.email.partition("@")
        return {"maskedEmail": f"{name[:1]}***@{host}"}

    async def _result(self, request: web.Request) -> web.Response:
        context = request.query.get("context", "")
        identity = self._account.identity(context)
        if identity is None or not identity.verified:
            return _refused()
        if self._world.settings.verification_confirm_page and "skipped" not in request.query:
            skip = f"{HOST}/identity/result/check?" + urlencode({"context": context, "skipped": "true"})
            # Relative, so that it stays with whoever is asked: the real name or a gateway.
            to = "../../fe/service/account/confirmPhone?" + urlencode({"skipUrl": skip})
            return web.Response(status=302, headers={"Location": to})
        self._account.end_identity(context)
        page = web.Response(status=302, headers={"Location": "done"})
        page.set_cookie("userId", str(self._account.user_id), max_age=_COOKIE_LIFE)
        page.set_cookie("cUserId", self._account.c_user_id, max_age=_COOKIE_LIFE)
        page.set_cookie("passToken", self._account.log_in(identity.device_id), max_age=_COOKIE_LIFE, httponly=True)
        return page

    async def _done(self, _: web.Request) -> web.Response:
        return web.Response(text="<html><body>验证成功</body></html>", content_type="text/html")


def _refused() -> web.Response:
    return failed(_BAD_REQUEST, "参数错误")
