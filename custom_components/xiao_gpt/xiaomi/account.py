"""A Xiaomi account that stays logged in: service tokens that renew themselves.

It is handed to miservice's services as their account object. A login gives a passToken, which lives for weeks; each
service (sid) has a token of its own, made from the passToken in two requests, which lives for hours to days. A token
that a service no longer takes is made anew from the passToken; where that is not accepted either, the password logs in
again if the person had it kept, and else only a person can help.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
import logging
import time
from typing import Any

import aiohttp

from .credentials import MICO, MIOT, Credentials, ServiceToken
from .errors import AuthError, CloudError, SpeakerOfflineError, SpeakerRefusedError, ThrottledError
from .http import TIMEOUT_S, CloudClient, Reply
from .login import Login
from .passport import Passport

_LOGGER = logging.getLogger(__name__)

PASSWORD_REST_S = 60.0
"""At least so long between two logins with a kept password: more of them end in captchas (xiaomusic#16)."""
REFUSAL_REST_S = 600.0
"""How long a refused passToken is left alone before it is tried again: a verification that the person does in a browser
takes up to an hour to have effect (mi-gpt#22)."""
MAX_REFUSAL_REST_S = 3600.0
_TIMEOUTS_S = {MICO: 10.0, MIOT: TIMEOUT_S}

_EXPIRED_CODES = (2, 3)
_EXPIRED_WORDS = ("auth", "invalid signature", "servicetoken_expired")


@dataclass(slots=True)
class LoginGate:
    """Keeps logins with the kept password apart; of one account, however often it is loaded."""

    last: float = float("-inf")
    """`time.monotonic` of the last one."""

    def pass_through(self) -> None:
        """Note a login.

        Raises:
            ThrottledError: the last one is too recent.
        """
        now = time.monotonic()
        if now - self.last < PASSWORD_REST_S:
            raise ThrottledError("The last login with the password is too recent")
        self.last = now


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a service cannot be opened without a person."""

    error: AuthError
    pass_token: str
    rest: float
    until: float


class XiaomiAccount:
    """A logged-in account."""

    def __init__(
        self,
        client: CloudClient,
        credentials: Credentials,
        *,
        on_change: Callable[[Credentials], None] | None = None,
        on_refusal: Callable[[AuthError | None], None] | None = None,
        gate: LoginGate | None = None,
    ) -> None:
        """Take what is known of the account.

        Args:
            client: sends the requests.
            credentials: those of a login.
            on_change: called with the new credentials whenever they change, to be kept.
            on_refusal: called once with the reason when only a person can help, and with None if that has passed.
            gate: that of earlier objects for the same account.
        """
        self.client = client
        self._credentials = credentials
        self._on_change = on_change
        self._on_refusal = on_refusal
        self._gate = gate or LoginGate()
        self._refusals: dict[str, _Refusal] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._password_lock = asyncio.Lock()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The HTTP session (asked for by miservice's services)."""
        return self.client.session

    @property
    def credentials(self) -> Credentials:
        """The credentials to keep."""
        return self._credentials

    @property
    def token(self) -> dict[str, Any]:
        """The credentials in the shape that miservice's services read."""
        credentials = self._credentials
        return {
            "deviceId": credentials.device_id,
            "userId": credentials.user_id,
            **{sid: (token.ssecurity, token.token) for sid, token in credentials.services.items()},
        }

    async def authorize(self, sid: str, rejected: str | None = None) -> ServiceToken:
        """Return a token for the service `sid`, made anew if there is none.

        Args:
            sid: the service.
            rejected: a token that the service no longer takes. Callers that saw the same one rejected cause one
                exchange, not many.

        Raises:
            AuthError: only a person can help. Nothing is asked of the cloud for a while then.
            XiaomiError: the cloud could not be reached or made no sense.
        """
        async with self._locks[sid]:
            current = self._credentials.services.get(sid)
            if current is not None and current.token != rejected:
                return current
            if refusal := self._standing_refusal(sid):
                raise refusal.error
            tried = self._credentials.pass_token
            try:
                token = await self._exchange(sid)
            except AuthError as err:
                _LOGGER.debug("The passToken does not open %s: %s", sid, err)
                token = await self._after_refusal(sid, tried, err)
            self._forget_refusal(sid)
            return token

    async def request(
        self,
        sid: str,
        method: str,
        url: str,
        *,
        data: Callable[[], Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> tuple[dict[str, Any], Reply]:
        """Send a request to a service, renewing its token once if it has expired.

        Args:
            sid: the service.
            method: the HTTP method.
            url: the address.
            data: makes the form. Called for each try, since what it signs with may have changed.
            headers: HTTP headers.
            cookies: cookies besides the account's own.
            timeout: seconds until each answer must be there; None: what is usual for the service.

        Returns:
            The JSON body, whose code is 0, and the reply that it came in.

        Raises:
            XiaomiError: as its subclasses say.
        """
        token = await self.authorize(sid)
        for last_try in (False, True):
            form = data() if data else None  # may add to the cookies
            reply = await self.client.request(
                method,
                url,
                cookies={"userId": self._credentials.user_id, "serviceToken": token.token, **(cookies or {})},
                data=form,
                headers=headers,
                timeout=timeout or _TIMEOUTS_S.get(sid, TIMEOUT_S),
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

    async def _exchange(self, sid: str) -> ServiceToken:
        """Make a token of the passToken."""
        credentials = self._credentials
        passport = Passport(
            self.client,
            credentials.device_id,
            {"userId": credentials.user_id, "passToken": credentials.pass_token},
        )
        try:
            token = await passport.enter(sid)
        finally:
            if passport.renewed:
                self._keep(replace(self._credentials, pass_token=passport.renewed))
        # Of what is known now, not of the copy from before: another service may have been opened meanwhile.
        known = self._credentials
        self._keep(replace(known, services={**known.services, sid: token}))
        return token

    async def _after_refusal(self, sid: str, tried: str, error: AuthError) -> ServiceToken:
        """Make a token after the passToken `tried` was refused, or raise what a person has to know."""
        try:
            await self._log_in_again(tried, error)
            return await self._exchange(sid)
        except AuthError as err:
            first, last = not self._refusals, self._refusals.get(sid)
            rest = min(last.rest * 2, MAX_REFUSAL_REST_S) if last else REFUSAL_REST_S
            self._refusals[sid] = _Refusal(err, self._credentials.pass_token, rest, time.monotonic() + rest)
            if first and self._on_refusal:
                self._on_refusal(err)
            raise

    async def _log_in_again(self, tried: str, error: AuthError) -> None:
        """Log in with the kept password, unless someone else just has; raise `error` if none is kept."""
        async with self._password_lock:
            if self._credentials.pass_token != tried:
                return
            password = self._credentials.password
            if password is None:
                raise error
            self._gate.pass_through()
            new = await Login(self.client, self._credentials.device_id).by_password(password)
            known = self._credentials
            self._keep(replace(known, pass_token=new.pass_token, services={**known.services, **new.services}))

    def _forget_refusal(self, sid: str) -> None:
        """Note that a service was opened; what was refused to a passToken that is no longer has passed too."""
        if not self._refusals:
            return
        self._refusals = {
            other: refusal
            for other, refusal in self._refusals.items()
            if other != sid and refusal.pass_token == self._credentials.pass_token
        }
        if not self._refusals and self._on_refusal:
            self._on_refusal(None)

    def _standing_refusal(self, sid: str) -> _Refusal | None:
        refusal = self._refusals.get(sid)
        if refusal is None or refusal.pass_token != self._credentials.pass_token or time.monotonic() >= refusal.until:
            return None
        return refusal

    def _keep(self, credentials: Credentials) -> None:
        if credentials != self._credentials:
            self._credentials = credentials
            if self._on_change is not None:
                self._on_change(credentials)


def _token_expired(reply: Reply) -> bool:
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return True
    if reply.status != HTTPStatus.OK or not reply.text.startswith("{"):
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
        raise SpeakerOfflineError("The speaker does not answer the cloud", uncertain=True)
    if code == 100:
        raise SpeakerRefusedError(f"The speaker refused: {body.get('data')}")
    raise CloudError(f"HTTP {reply.status}, code {code}: {body.get('message')}")
