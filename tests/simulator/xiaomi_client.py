"""The least client of the clouds, written after the protocol: it sends what a test tells it to and judges nothing."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from simulator.app import Simulator

PREFIX = "&&&START&&&"
ACCOUNT = "https://account.xiaomi.com"
MINA = "https://api2.mina.mi.com"
PROFILE = "https://userprofile.mina.mi.com"
MIOT = "https://api.io.mi.com/app"


class XiaomiClient:
    """One device that logs in, with the tokens that it has."""

    def __init__(self, session: aiohttp.ClientSession, sim: Simulator) -> None:
        self.session = session
        self.sim = sim
        self.device_id = "ABCDEFGHIJ123456"
        self.pass_token = ""
        self.user_id = str(sim.world.account.user_id)
        self.ssecurity: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    # Logging in

    async def service_login(self, sid: str) -> dict[str, Any]:
        cookies = {"sdkVersion": "3.9", "deviceId": self.device_id}
        if self.pass_token:
            cookies |= {"userId": self.user_id, "passToken": self.pass_token}
        url = f"{ACCOUNT}/pass/serviceLogin?sid={sid}&_json=true"
        return await self._prefixed("GET", url, cookies=cookies)

    async def password_login(
        self, step: dict[str, Any], password: str | None = None, *, captcha: str = "", ick: str = "", **changes: str
    ) -> dict[str, Any]:
        account = self.sim.world.account
        digest = hashlib.md5((password or account.password).encode()).hexdigest().upper()
        form = {name: step[name] for name in ("qs", "sid", "_sign", "callback")}
        form |= {"_json": "true", "user": account.user, "hash": digest} | changes
        if captcha:
            form["captCode"] = captcha
        cookies = {"sdkVersion": "3.9", "deviceId": self.device_id} | ({"ick": ick} if ick else {})
        return await self._prefixed("POST", f"{ACCOUNT}/pass/serviceLoginAuth2", data=form, cookies=cookies)

    async def sts(self, login: dict[str, Any], *, client_sign: str | None = "") -> tuple[int, str]:
        """Fetch the ticket's location: status and serviceToken. `client_sign`: "" computes it, None leaves it out."""
        if client_sign == "":
            text = f"nonce={login['nonce']}&{login['ssecurity']}"
            client_sign = base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()
        url = login["location"] + (f"&clientSign={quote(client_sign, safe='')}" if client_sign else "")
        async with self.session.get(URL(url, encoded=True)) as response:
            morsel = response.cookies.get("serviceToken")
            return response.status, morsel.value if morsel else ""

    async def log_in(self, sid: str) -> None:
        reply = await self.service_login(sid)
        if reply["code"]:
            reply = await self.password_login(reply)
            self.pass_token = reply["passToken"]
        status, token = await self.sts(reply)
        assert status == 200
        self.ssecurity[sid], self.tokens[sid] = reply["ssecurity"], token

    async def _prefixed(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        async with self.session.request(method, URL(url, encoded=True), **options) as response:
            text = await response.text()
        assert text.startswith(PREFIX)
        reply: dict[str, Any] = json.loads(text.removeprefix(PREFIX))
        return reply

    # MiNA

    def _mina_cookies(self) -> dict[str, str]:
        return {"userId": self.user_id, "serviceToken": self.tokens.get("micoapi", "none")}

    async def devices(self) -> list[dict[str, Any]]:
        status, body = await self.json("GET", f"{MINA}/admin/v2/device_list?master=0", cookies=self._mina_cookies())
        assert (status, body["code"]) == (200, 0)
        devices: list[dict[str, Any]] = body["data"]
        return devices

    async def ubus(self, name: str, path: str, method: str, message: Any) -> tuple[int, Any]:
        form = {
            "deviceId": self.sim.world.speaker(name).device_id,
            "path": path,
            "method": method,
            "message": json.dumps(message),
            "requestId": "app_ios_1",
        }
        return await self.json("POST", f"{MINA}/remote/ubus", data=form, cookies=self._mina_cookies())

    async def say(self, name: str, text: str) -> None:
        status, body = await self.ubus(name, "mibrain", "text_to_speech", {"text": text})
        assert (status, body["code"], body["data"]["code"]) == (200, 0, 0)

    async def operate(self, name: str, action: str) -> None:
        status, body = await self.ubus(name, "mediaplayer", "player_play_operation", {"action": action})
        assert (status, body["code"], body["data"]["code"]) == (200, 0, 0)

    async def status(self, name: str) -> dict[str, Any]:
        _, body = await self.ubus(name, "mediaplayer", "player_get_play_status", {})
        info: dict[str, Any] = json.loads(body["data"]["info"])
        return info

    async def conversation(self, name: str, *, until: int = 9999999999999, limit: int = 10, **changes: Any) -> Any:
        """Return the data of a conversation reply. `changes`: hardware or cookies."""
        speaker = self.sim.world.speaker(name)
        hardware = changes.pop("hardware", speaker.model.hardware)
        cookies = self._mina_cookies() | {"deviceId": speaker.device_id} | changes
        url = f"{PROFILE}/device_profile/v2/conversation?source=dialogu&hardware={hardware}"
        status, body = await self.json("GET", f"{url}&timestamp={until}&limit={limit}", cookies=cookies)
        assert (status, body["code"]) == (200, 0)
        return json.loads(body["data"])

    # MIoT

    async def miot(self, uri: str, body: Any, *, minutes_ago: int = 0, **changes: Any) -> tuple[int, Any]:
        """Send a signed request. `changes` replaces fields of the form after signing."""
        minutes = (int(time.time() / 60) - minutes_ago).to_bytes(4)
        nonce = secrets.token_bytes(8) + minutes
        key = hashlib.sha256(base64.b64decode(self.ssecurity["xiaomiio"]) + nonce).digest()
        text, sent_nonce = json.dumps(body), base64.b64encode(nonce).decode()
        message = "&".join((uri, base64.b64encode(key).decode(), sent_nonce, f"data={text}"))
        signature = base64.b64encode(hmac.digest(key, message.encode(), "sha256")).decode()
        form = {"_nonce": sent_nonce, "data": text, "signature": signature} | changes
        cookies = {"userId": self.user_id, "serviceToken": self.tokens["xiaomiio"], "PassportDeviceId": self.device_id}
        return await self.json("POST", MIOT + uri, data=form, cookies=cookies)

    async def act(self, name: str, action: tuple[int, int], *arguments: Any) -> Any:
        """Call an action; its inner code, or the outer one if that is not 0."""
        did = self.sim.world.speaker(name).did
        params = {"did": did, "siid": action[0], "aiid": action[1], "in": list(arguments)}
        _, body = await self.miot("/miotspec/action", {"params": params})
        return body["code"] or body["result"]["code"]

    async def prop(self, name: str, siid: int, piid: int) -> dict[str, Any]:
        params = [{"did": self.sim.world.speaker(name).did, "siid": siid, "piid": piid}]
        _, body = await self.miot("/miotspec/prop/get", {"params": params, "datasource": 1})
        result: dict[str, Any] = body["result"][0]
        return result

    async def set_prop(self, name: str, siid: int, piid: int, value: Any) -> int:
        params = [{"did": self.sim.world.speaker(name).did, "siid": siid, "piid": piid, "value": value}]
        _, body = await self.miot("/miotspec/prop/set", {"params": params})
        code: int = body["result"][0]["code"]
        return code

    async def json(self, method: str, url: str, **options: Any) -> tuple[int, Any]:
        async with self.session.request(method, url, **options) as response:
            return response.status, await response.json(content_type=None)
