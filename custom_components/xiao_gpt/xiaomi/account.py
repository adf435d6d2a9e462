"""A Xiaomi account: logging in, and service tokens that renew themselves.

It is handed to miservice's services as their account object. One login gives a passToken, which lives for weeks; each
service (sid) has a token of its own, made from the passToken in two requests, which lives for hours to days.
"""

import asyncio
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
import hashlib
import secrets
import string
from typing import Any, Final, Self
from urllib.parse import quote, urljoin

import aiohttp

from .errors import (
    CaptchaNeededError,
    CloudError,
    SpeakerOfflineError,
    SpeakerRefusedError,
    VerificationNeededError,
    WrongCredentialsError,
)
from .http import CloudClient, Reply

MICO: Final = "micoapi"
"""Service of the speakers: device list, ubus, conversation records."""
MIOT: Final = "xiaomiio"
"""Service of the MIoT actions and properties."""

_PASSPORT = "https://account.xiaomi.com"
_WRONG_PASSWORD = {70016, 70002, 20003}
_CAPTCHA = 87001
_VERIFICATION = 81003
_EXPIRED_CODES = {2, 3}
_EXPIRED_WORDS = ("auth", "invalid signature", "servicetoken_expired")


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """What opens one service."""

    ssecurity: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """All that must be kept to stay logged in; the password is not part of it."""

    user_id: str
    device_id: str = field(repr=False)
    """Made up at the first login; the passToken is bound to it."""
    pass_token: str = field(repr=False)
    services: Mapping[str, ServiceToken] = field(default_factory=dict, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the credentials as JSON values."""
        return {
            "user_id": self.user_id,
            "device_id": self.device_id,
            "pass_token": self.pass_token,
            "services": {sid: [token.ssecurity, token.token] for sid, token in self.services.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Make the credentials of what `as_dict` returned."""
        return cls(
            user_id=data["user_id"],
            device_id=data["device_id"],
            pass_token=data["pass_token"],
            services={sid: ServiceToken(*pair) for sid, pair in data.get("services", {}).items()},
        )


class XiaomiAccount:
    """A logged-in (or about to be logged-in) account."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        credentials: Credentials | None = None,
        *,
        gateway: str | None = None,
        device_id: str | None = None,
        on_change: Callable[[Credentials], None] | None = None,
    ) -> None:
        """Take what is known of the account.

        Args:
            session: see `CloudClient`.
            credentials: those of an earlier login.
            gateway: see `CloudClient`.
            device_id: without credentials, the device to log in as: one that the account has verified already is not
                verified again.
            on_change: called with the new credentials whenever they change, to be kept.
        """
        self._client = CloudClient(session, gateway)
        self._credentials = credentials
        self._on_change = on_change
        self._device_id = credentials.device_id if credentials else device_id or _random_id()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def session(self) -> aiohttp.ClientSession:
        """The HTTP session (asked for by miservice's services)."""
        return self._client.session

    @property
    def credentials(self) -> Credentials:
        """The credentials to keep.

        Raises:
            WrongCredentialsError: nobody has logged in yet.
        """
        if self._credentials is None:
            raise WrongCredentialsError("Not logged in")
        return self._credentials

    @property
    def token(self) -> dict[str, Any]:
        """The credentials in the shape that miservice's services read."""
        credentials = self.credentials
        return {
            "deviceId": credentials.device_id,
            "userId": credentials.user_id,
            **{sid: (token.ssecurity, token.token) for sid, token in credentials.services.items()},
        }

    async def login(self, username: str, password: str) -> None:
        """Log in with the password and open the speakers' service.

        Raises:
            AuthError: as its subclasses say.
            XiaomiError: the cloud could not be reached or made no sense.
        """
        challenge = await self._passport("GET", f"/pass/serviceLogin?sid={MICO}&_json=true", {"passToken": ""})
        _raise_if_captcha(challenge)
        form = {name: challenge.get(name) for name in ("qs", "sid", "_sign", "callback")}
        if None in form.values():
            raise CloudError(f"Login page with code {challenge.get('code')} and without a form")
        answer = await self._passport(
            "POST",
            "/pass/serviceLoginAuth2?_json=true",
            {},
            {
                **form,
                "_json": "true",
                "user": username,
                "hash": hashlib.md5(password.encode()).hexdigest().upper(),
            },
        )
        _raise_for_login(answer)
        self._keep(
            Credentials(_text(answer, "userId"), self._device_id, _text(answer, "passToken")),
        )
        await self._open_service(MICO, answer)

    async def authorize(self, sid: str, rejected: str | None = None) -> ServiceToken:
        """Return a token for the service `sid`, made from the passToken if there is none.

        Args:
            sid: the service.
            rejected: a token that the service no longer takes. Callers that saw the same one rejected cause one
                exchange, not many.

        Raises:
            AuthError: the passToken is not accepted any more.
            XiaomiError: the cloud could not be reached or made no sense.
        """
        async with self._locks[sid]:
            current = self.credentials.services.get(sid)
            if current is not None and current.token != rejected:
                return current
            credentials = self.credentials
            answer = await self._passport(
                "GET",
                f"/pass/serviceLogin?sid={quote(sid)}&_json=true",
                {"userId": credentials.user_id, "passToken": credentials.pass_token},
            )
            _raise_for_login(answer)
            # The reply to a passToken often lacks one (xiaomusic#549): the old one stays.
            if new := answer.get("passToken"):
                # Not of the copy from before: another service may have been opened meanwhile.
                self._keep(replace(self.credentials, pass_token=str(new)))
            return await self._open_service(sid, answer)

    async def request(
        self,
        sid: str,
        method: str,
        url: str,
        *,
        data: Callable[[], Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, Any], Reply]:
        """Send a request to a service, renewing its token once if it has expired.

        Args:
            sid: the service.
            method: the HTTP method.
            url: the address.
            data: makes the form. Called for each try, since what it signs with may have changed.
            headers: HTTP headers.
            cookies: cookies besides the account's own.

        Returns:
            The JSON body, whose code is 0, and the reply that it came in.

        Raises:
            XiaomiError: as its subclasses say.
        """
        token = await self.authorize(sid)
        for last_try in (False, True):
            form = data() if data else None  # may add to the cookies
            reply = await self._client.request(
                method,
                url,
                cookies={"userId": self.credentials.user_id, "serviceToken": token.token, **(cookies or {})},
                data=form,
                headers=headers,
            )
            if not _token_expired(reply):
                return _body(reply), reply
            if not last_try:
                token = await self.authorize(sid, rejected=token.token)
        raise CloudError(f"{sid} rejects a token that was just made")

    async def mi_request(
        self,
        sid: str,
        url: str,
        data: Any,
        headers: dict[str, str],
        relogin: bool = True,
    ) -> dict[str, Any]:
        """Send a request as miservice's services ask for it.

        Args:
            sid: the service.
            url: the address.
            data: None for GET, a form for POST, or a function ``(token, cookies)`` that makes it and may add cookies.
            headers: HTTP headers.
            relogin: not used: an expired token is always renewed once.

        Raises:
            XiaomiError: as its subclasses say.
        """
        if not callable(data):
            body, _ = await self.request(
                sid,
                "GET" if data is None else "POST",
                url,
                data=None if data is None else lambda: data,
                headers=headers,
            )
            return body
        cookies: dict[str, str] = {}
        await self.authorize(sid)  # the form is signed with this service's secret
        body, _ = await self.request(
            sid, "POST", url, data=lambda: data(self.token, cookies), headers=headers, cookies=cookies
        )
        if body.get("result") is None:  # miservice would raise a bare Exception
            raise CloudError(f"An answer of {sid} without a result")
        return body

    async def _passport(
        self, method: str, path: str, cookies: Mapping[str, str], form: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        reply = await self._client.request(
            method,
            _PASSPORT + path,
            cookies={"sdkVersion": "3.9", "deviceId": self._device_id, **cookies},
            data=form,
        )
        return reply.json()

    async def _open_service(self, sid: str, answer: Mapping[str, Any]) -> ServiceToken:
        """Exchange the answer to a login for the token of one service."""
        ssecurity = _text(answer, "ssecurity")
        # The nonce is larger than 2^53: it must never pass through a float.
        proof = hashlib.sha1(f"nonce={_text(answer, 'nonce')}&{ssecurity}".encode()).digest()
        reply = await self._client.request(
            "GET", f"{_text(answer, 'location')}&clientSign={quote(b64encode(proof), safe='')}", cookies={}
        )
        value = reply.cookies.get("serviceToken")
        if not value:
            raise CloudError(f"No service token for {sid} (HTTP {reply.status})")
        token = ServiceToken(ssecurity, value)
        self._keep(replace(self.credentials, services={**self.credentials.services, sid: token}))
        return token

    def _keep(self, credentials: Credentials) -> None:
        if credentials != self._credentials:
            self._credentials = credentials
            if self._on_change is not None:
                self._on_change(credentials)


def _random_id() -> str:
    return "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(16))


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not value:
        raise CloudError(f"Login answer without {name}")
    return str(value)


def _raise_if_captcha(answer: Mapping[str, Any]) -> None:
    if answer.get("code") == _CAPTCHA:
        raise CaptchaNeededError(urljoin(_PASSPORT, str(answer.get("captchaUrl") or "")))


def _raise_for_login(answer: Mapping[str, Any]) -> None:
    """Raise what the answer to a login stands for, unless it went through."""
    _raise_if_captcha(answer)
    code = answer.get("code")
    # A verification is asked for with code 0 and without a user: everything but the address is missing.
    if code == _VERIFICATION or (answer.get("notificationUrl") and not answer.get("location")):
        raise VerificationNeededError(urljoin(_PASSPORT, str(answer.get("notificationUrl") or "")))
    if code in _WRONG_PASSWORD:
        raise WrongCredentialsError(f"Login refused with code {code}")
    if code != 0:
        raise CloudError(f"Login answered with code {code}")


def _token_expired(reply: Reply) -> bool:
    if reply.status == 401:
        return True
    if reply.status != 200 or not reply.text.startswith("{"):
        return False
    body = reply.json()
    message = str(body.get("message", "")).lower()
    return body.get("code") != 0 and (
        body.get("code") in _EXPIRED_CODES or any(word in message for word in _EXPIRED_WORDS)
    )


def _body(reply: Reply) -> dict[str, Any]:
    """Return the JSON body, whose code is 0, or raise what its code stands for."""
    body = reply.json()
    code = body.get("code")
    if code == 0:
        return body
    if code == 101:  # "ubus server or device returned invalid result": 3012 inside means that the speaker is silent
        raise SpeakerOfflineError("The speaker does not answer the cloud")
    if code == 100:
        raise SpeakerRefusedError(f"The speaker refused: {body.get('data')}")
    raise CloudError(f"HTTP {reply.status}, code {code}: {body.get('message')}")
