"""account.xiaomi.com (logging in, captcha, verification) and the STS that turns a login into a serviceToken."""

import time
from typing import Any, cast
from urllib.parse import quote, urlencode

from aiohttp import web

from simulator import captcha
from simulator.account import CALLBACKS, Sid, is_sid
from simulator.cloud import Routes, form, reply
from simulator.passport_reply import HOST, failed, prefixed
from simulator.qr_login import QrLogin
from simulator.verification import Verification
from simulator.world import World


class Passport:
    """The account's web service."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._account = world.account
        self._verification = Verification(world)
        self._qr_login = QrLogin(world, self._success)

    def routes(self) -> Routes:
        """Return the paths of account.xiaomi.com."""
        return {
            "/pass/serviceLogin": self._service_login,
            "/pass/serviceLoginAuth2": self._password_login,
            "/pass/getCode": self._captcha_image,
            **self._verification.routes(),
            **self._qr_login.routes(),
        }

    # Step 1: is this device logged in?

    async def _service_login(self, request: web.Request) -> web.Response:
        sid = request.query.get("sid", "")
        if not is_sid(sid):
            return failed(10016, "参数错误")
        sid = cast("Sid", sid)
        cookies = request.cookies
        device_id = cookies.get("deviceId", "")
        pass_token = cookies.get("passToken", "")
        if pass_token and self._account.check_pass_token(pass_token, cookies.get("userId", ""), device_id):
            body = self._success(sid, device_id, by_password=False)
            if self._world.settings.repeat_pass_token:
                body["passToken"] = pass_token
            return prefixed(body)
        if self._world.settings.suspicious:
            return self._captcha_demand()
        query = quote("?" + request.query_string, safe="")
        return failed(
            70016,
            "登录验证失败",
            serviceParam='{"checkSafePhone":false,"checkSafeAddress":false,"lsrp_score":0.0}',
            qs=query,
            _sign=self._account.new_sign(sid, query),
            sid=sid,
            captchaUrl=None,
            callback=CALLBACKS[sid],
            location=f"{HOST}/fe/service/login?"
            + urlencode({"sid": sid, "_json": "true", "callback": CALLBACKS[sid], "qs": f"?sid={sid}"}),
            pwd=0,
            child=0,
        )

    # Step 2: the password

    async def _password_login(self, request: web.Request) -> web.Response:
        data = await form(request)
        sid = data.get("sid", "")
        device_id = request.cookies.get("deviceId", "")
        if not is_sid(sid):
            return failed(10016, "参数错误")
        sid = cast("Sid", sid)
        known = self._account.redeem_sign(data.get("_sign", ""), sid, data.get("qs", ""))
        if not known or data.get("callback") != CALLBACKS[sid]:
            return failed(70016, "登录验证失败", captchaUrl=None)
        if self._account.is_hasty():
            return self._captcha_demand()
        if self._account.wants_captcha and not (
            "captCode" in data and self._account.solve_captcha(request.cookies.get("ick", ""), data["captCode"])
        ):
            return self._captcha_demand()
        if not self._account.check_password(data.get("user", ""), data.get("hash", "")):
            return failed(70016, "登录验证失败", captchaUrl=None)
        if self._account.wants_verification(device_id):
            return self._verification_demand(device_id, sid)
        body = self._success(sid, device_id, by_password=True)
        body["passToken"] = self._account.log_in(device_id)
        return prefixed(body)

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
        return failed(87001, "验证码输入错误", captchaUrl=f"/pass/getCode?icodeType=login&{salt}", type="manMachine")

    async def _captcha_image(self, _: web.Request) -> web.Response:
        ick, text = self._account.new_captcha()
        image = web.Response(body=captcha.draw(text), content_type="image/jpeg", headers={"Cache-Control": "no-store"})
        image.set_cookie("ick", ick, httponly=True)
        return image

    def _verification_demand(self, device_id: str, sid: Sid) -> web.Response:
        query = urlencode({"sid": sid, "context": self._account.new_identity(device_id, sid), "_locale": "zh_CN"})
        return prefixed(
            {
                "code": 0,
                "result": "ok",
                "desc": "成功",
                "securityStatus": 16,
                "notificationUrl": f"{HOST}/fe/service/identity/authStart?{query}",
                "pwd": 1,
                "captchaUrl": None,
            }
        )


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
