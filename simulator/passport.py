"""account.xiaomi.com (logging in, captcha, verification) and the STS that turns a login into a serviceToken."""

import time
from typing import Any, Literal, cast
from urllib.parse import quote, urlencode

from aiohttp import web

from simulator import captcha
from simulator.account import CALLBACKS, Sid, is_sid
from simulator.cloud import Routes, compact, form, reply
from simulator.world import World

PREFIX = "&&&START&&&"
_HOST = "https://account.xiaomi.com"
_PHONE, _EMAIL = 4, 8
_COOKIE_LIFE = 30 * 86400


def _prefixed(body: dict[str, Any]) -> web.Response:
    return web.Response(text=PREFIX + compact(body), content_type="application/json")


def _failed(code: int, description: str, **more: Any) -> web.Response:
    return _prefixed(
        {"code": code, "result": "error", "desc": description, "description": description, "securityStatus": 0, **more}
    )


class Passport:
    """The account's web service."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._account = world.account

    def routes(self) -> Routes:
        """Return the paths of account.xiaomi.com."""
        return {
            "/pass/serviceLogin": self._service_login,
            "/pass/serviceLoginAuth2": self._password_login,
            "/pass/getCode": self._captcha_image,
            "/fe/service/identity/authStart": self._identity_start,
            "/identity/list": self._identity_list,
            "/identity/auth/verifyPhone": self._verify,
            "/identity/auth/verifyEmail": self._verify,
            "/identity/auth/sendPhoneTicket": self._send_code,
            "/identity/auth/sendEmailTicket": self._send_code,
            "/identity/result/check": self._identity_result,
            "/identity/result/done": self._identity_done,
        }

    # Step 1: is this device logged in?

    async def _service_login(self, request: web.Request) -> web.Response:
        sid = request.query.get("sid", "")
        if not is_sid(sid):
            return _failed(10016, "参数错误")
        sid = cast("Sid", sid)
        cookies = request.cookies
        device_id = cookies.get("deviceId", "")
        pass_token = cookies.get("passToken", "")
        if pass_token and self._account.check_pass_token(pass_token, cookies.get("userId", ""), device_id):
            body = self._success(sid, device_id, by_password=False)
            if self._world.settings.repeat_pass_token:
                body["passToken"] = pass_token
            return _prefixed(body)
        query = quote("?" + request.query_string, safe="")
        return _failed(
            70016,
            "登录验证失败",
            serviceParam='{"checkSafePhone":false,"checkSafeAddress":false,"lsrp_score":0.0}',
            qs=query,
            _sign=self._account.new_sign(sid, query),
            sid=sid,
            captchaUrl=None,
            callback=CALLBACKS[sid],
            location=f"{_HOST}/fe/service/login?" + urlencode({"sid": sid, "_json": "true"}),
            pwd=0,
            child=0,
        )

    # Step 2: the password

    async def _password_login(self, request: web.Request) -> web.Response:
        data = await form(request)
        sid = data.get("sid", "")
        device_id = request.cookies.get("deviceId", "")
        if not is_sid(sid):
            return _failed(10016, "参数错误")
        sid = cast("Sid", sid)
        known = self._account.redeem_sign(data.get("_sign", ""), sid, data.get("qs", ""))
        if not known or data.get("callback") != CALLBACKS[sid]:
            return _failed(70016, "登录验证失败", captchaUrl=None)
        if self._account.wants_captcha and not (
            "captCode" in data and self._account.solve_captcha(request.cookies.get("ick", ""), data["captCode"])
        ):
            return self._captcha_demand()
        if not self._account.check_password(data.get("user", ""), data.get("hash", "")):
            return _failed(70016, "登录验证失败", captchaUrl=None)
        if self._account.wants_verification(device_id):
            return self._verification_demand(device_id, sid)
        body = self._success(sid, device_id, by_password=True)
        body["passToken"] = self._account.log_in(device_id)
        return _prefixed(body)

    def _success(self, sid: Sid, device_id: str, *, by_password: bool) -> dict[str, Any]:
        """Return what a login yields; the caller adds the passToken, which a login by passToken leaves out."""
        key, ticket = self._account.new_ticket(sid)
        query = {
            "d": device_id,
            "ticket": "0",
            "pwd": str(int(by_password)),
            "p_ts": str(int(self._world.clock() * 1000)),
            "fid": "0",
            "p_lm": "2",
            "auth": key,
            "nonce": str(ticket.nonce),
            "_ssign": self._account.c_user_id[:12],
        }
        return {
            "qs": f"?sid={sid}",
            "psecurity": ticket.ssecurity,
            "nonce": ticket.nonce,
            "ssecurity": ticket.ssecurity,
            "userId": self._account.user_id,
            "cUserId": self._account.c_user_id,
            "securityStatus": 0,
            "notificationUrl": "",
            "pwd": int(by_password),
            "child": 0,
            "code": 0,
            "result": "ok",
            "desc": "成功",
            "description": "成功",
            "captchaUrl": None,
            "location": f"{CALLBACKS[sid]}?{urlencode(query)}",
        }

    # Captcha

    def _captcha_demand(self) -> web.Response:
        salt = f"{time.time() % 1:.16f}"
        return _failed(87001, "验证码输入错误", captchaUrl=f"/pass/getCode?icodeType=login&{salt}", type="manMachine")

    async def _captcha_image(self, _: web.Request) -> web.Response:
        ick, text = self._account.new_captcha()
        image = web.Response(body=captcha.draw(text), content_type="image/jpeg", headers={"Cache-Control": "no-store"})
        image.set_cookie("ick", ick, httponly=True)
        return image

    # Verification (2FA)

    def _verification_demand(self, device_id: str, sid: Sid) -> web.Response:
        query = urlencode({"sid": sid, "context": self._account.new_identity(device_id, sid), "_locale": "zh_CN"})
        return _prefixed(
            {
                "code": 0,
                "result": "ok",
                "desc": "成功",
                "securityStatus": 16,
                "notificationUrl": f"{_HOST}/fe/service/identity/authStart?{query}",
                "pwd": 1,
                "captchaUrl": None,
            }
        )

    async def _identity_start(self, request: web.Request) -> web.Response:
        context = request.query.get("context", "")
        if self._account.identity(context) is None:
            return web.Response(status=400, text="<html><body>验证已失效</body></html>", content_type="text/html")
        page = web.Response(text="<html><body>安全验证</body></html>", content_type="text/html")
        page.set_cookie("identity_session", context, httponly=True)
        return page

    async def _identity_list(self, request: web.Request) -> web.Response:
        context = request.query.get("context", "")
        if self._account.identity(context) is None:
            return _failed(10016, "参数错误")
        body = _prefixed({"code": 2, "flag": _PHONE, "options": [_PHONE, _EMAIL], "sid": request.query.get("sid", "")})
        body.set_cookie("identity_session", context, httponly=True)
        return body

    async def _send_code(self, request: web.Request) -> web.Response:
        session = request.cookies.get("identity_session", "")
        if request.method != "POST" or self._account.identity(session) is None:
            return _failed(10016, "参数错误")
        way: Literal["phone", "email"] = "phone" if request.path.endswith("sendPhoneTicket") else "email"
        self._account.send_code(way)
        return _prefixed({"code": 0, "result": "ok", "desc": "成功"})

    async def _verify(self, request: web.Request) -> web.Response:
        context = request.cookies.get("identity_session", "")
        if self._account.identity(context) is None:
            return _failed(10016, "参数错误")
        flag = _PHONE if request.path.endswith("verifyPhone") else _EMAIL
        if request.method == "GET":
            address = f"138****{self._account.user[-4:]}" if flag == _PHONE else "d***@example.com"
            name = "maskedPhone" if flag == _PHONE else "maskedEmail"
            return _prefixed({"code": 0, "result": "ok", "desc": "成功", name: address, "flag": flag})
        data = await form(request)
        if data.get("_flag") != str(flag):
            return _failed(10016, "参数错误")
        if not self._account.verify(context, data.get("ticket", ""), trust=data.get("trust") == "true"):
            return _failed(70014, "验证码错误", tips="验证码错误")
        query = urlencode({"context": context, "_locale": "zh_CN"})
        return _prefixed({"code": 0, "result": "ok", "desc": "成功", "location": f"/identity/result/check?{query}"})

    async def _identity_result(self, request: web.Request) -> web.Response:
        context = request.query.get("context", "")
        identity = self._account.identity(context)
        if identity is None or not identity.verified:
            return _failed(10016, "参数错误")
        self._account.end_identity(context)
        # Relative, so that it stays with whoever is asked: the real name or a gateway.
        page = web.Response(status=302, headers={"Location": "done"})
        page.set_cookie("userId", str(self._account.user_id), max_age=_COOKIE_LIFE)
        page.set_cookie("cUserId", self._account.c_user_id, max_age=_COOKIE_LIFE)
        page.set_cookie("passToken", self._account.log_in(identity.device_id), max_age=_COOKIE_LIFE, httponly=True)
        return page

    async def _identity_done(self, _: web.Request) -> web.Response:
        return web.Response(text="<html><body>验证成功</body></html>", content_type="text/html")


class Sts:
    """The place where one service's ticket becomes its serviceToken."""

    def __init__(self, world: World, callback: str) -> None:
        self._account = world.account
        self._callback = callback

    async def handle(self, request: web.Request) -> web.Response:
        """Check the ticket and the client's signature, and set the cookies."""
        query = request.query
        token = self._account.redeem_ticket(query.get("auth", ""), self._callback, query.get("clientSign"))
        if token is None:
            return web.Response(status=401, text="Unauthorized", content_type="text/html")
        if self._callback == CALLBACKS["micoapi"]:
            done = reply({"R": "", "S": "OK"})
        else:
            done = web.Response(text="ok", content_type="text/html")
        done.set_cookie("serviceToken", token, httponly=True)
        done.set_cookie("userId", str(self._account.user_id))
        done.set_cookie("cUserId", self._account.c_user_id)
        return done
