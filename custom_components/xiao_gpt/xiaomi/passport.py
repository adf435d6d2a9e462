"""account.xiaomi.com: the requests that every way into an account is made of."""

from base64 import b64encode
from collections.abc import Mapping
import hashlib
from http import HTTPStatus
import secrets
import string
from typing import Any
from urllib.parse import parse_qs, quote, urljoin, urlsplit

from .credentials import ServiceToken
from .errors import CaptchaNeededError, CloudError, VerificationNeededError, WrongCredentialsError
from .http import TIMEOUT_S, CloudClient, Reply

HOST = "https://account.xiaomi.com"

CAPTCHA = 87001
"""Code of an answer that demands a captcha, for the first time or because the last one was wrong (xiaomusic#16)."""
_WRONG_PASSWORD = (70016, 70002, 20003)
_VERIFICATION = 81003
_MOST_REDIRECTS = 10


class Passport:
    """Speaks with account.xiaomi.com as one device, whose cookies it keeps."""

    def __init__(self, client: CloudClient, device_id: str, cookies: Mapping[str, str] | None = None) -> None:
        """Take the client to send with.

        Args:
            client: sends the requests.
            device_id: see `Credentials`.
            cookies: those to begin with (``userId`` and ``passToken`` of an earlier login).
        """
        self.device_id = device_id
        self.renewed = ""
        """A passToken that came in the answer to one; most answers have none, and the old one stays (xiaomusic#549)."""
        self._client = client
        self._cookies = {"sdkVersion": "3.9", "deviceId": device_id, **(cookies or {})}

    def cookie(self, name: str) -> str:
        """Return a cookie that was set, or an empty text."""
        return self._cookies.get(name, "")

    def set_cookies(self, **cookies: str) -> None:
        """Set cookies as if the host had."""
        self._cookies.update(cookies)

    def log_out(self) -> None:
        """Forget who was logged in, not what the host knows this device by."""
        for name in ("userId", "cUserId", "passToken"):
            self._cookies.pop(name, None)

    async def send(
        self, method: str, url: str, form: Mapping[str, Any] | None = None, *, timeout: float = TIMEOUT_S
    ) -> Reply:
        """Send a request to a path or an address of the host, and keep the cookies that come back.

        Raises:
            CloudError: the address is on another host, which must not get these cookies.
            XiaomiError: as its subclasses say.
        """
        url = _absolute(url)
        if not _is_ours(url):
            raise CloudError("A login that leads to another host")
        reply = await self._client.request(method, url, cookies=self._cookies, data=form, timeout=timeout)
        self._cookies.update(reply.cookies)
        return reply

    async def ask(self, method: str, url: str, form: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a request as `send` does and return the JSON object in the reply."""
        return (await self.send(method, url, form)).json()

    async def follow(self, url: str) -> str:
        """Get an address and those that it redirects to, as long as they are on this host; return the last one.

        Raises:
            CloudError: there is no end to it.
            XiaomiError: as its subclasses say.
        """
        url = _absolute(url)
        for _ in range(_MOST_REDIRECTS):
            reply = await self.send("GET", url)
            if reply.location is None:
                return url
            url = _absolute(reply.location, url)
            if not _is_ours(url):
                return url
        raise CloudError("A login that redirects without end")

    async def service_login(self, sid: str) -> dict[str, Any]:
        """Ask for a login to a service: granted (code 0) to one who has a passToken, else a form to fill in."""
        return await self.ask("GET", f"/pass/serviceLogin?sid={quote(sid)}&_json=true&_locale=zh_CN")

    async def enter(self, sid: str) -> ServiceToken:
        """Open a service by the passToken and return its token; `renewed` is set by the way.

        Raises:
            AuthError: the passToken is not accepted.
            XiaomiError: the cloud could not be reached or made no sense.
        """
        for _ in range(2):
            answer = await self.service_login(sid)
            raise_unless_granted(answer)
            if answer.get("passToken"):
                self.renewed = text_of(answer, "passToken")
                self.set_cookies(passToken=self.renewed)
            if token := await self.open_service(answer):
                return token
            # A ticket just made is refused at times (hass-miot: MiCloudStsUnauthorized); the next one is not.
        raise CloudError(f"No service token for {sid}: its tickets are refused")

    async def open_service(self, answer: Mapping[str, Any]) -> ServiceToken | None:
        """Exchange the answer to a granted login for the token of its service; None if the ticket is refused."""
        ssecurity = text_of(answer, "ssecurity")
        # The nonce is larger than 2^53: it must never pass through a float.
        proof = hashlib.sha1(f"nonce={text_of(answer, 'nonce')}&{ssecurity}".encode()).digest()
        sign = quote(b64encode(proof), safe="")
        reply = await self._client.request("GET", f"{text_of(answer, 'location')}&clientSign={sign}", cookies={})
        if reply.status == HTTPStatus.UNAUTHORIZED:
            return None
        # Of this very answer: a jar may hold another service's cookie of the same name.
        token = reply.cookies.get("serviceToken")
        if not token:
            raise CloudError(f"No service token in the answer to a login (HTTP {reply.status})")
        return ServiceToken(ssecurity, token)


def random_device_id() -> str:
    """Return an id for a device that the account does not know yet."""
    return "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(16))


def text_of(answer: Mapping[str, Any], name: str) -> str:
    """Return a field of an answer that must be there.

    Raises:
        CloudError: it is not, or it holds what can be neither sent nor kept (half a character, a line's end).
    """
    text = str(answer.get(name) or "")
    if not text or not text.isprintable():
        raise CloudError(f"A login answer without {name}")
    return text


def query_of(url: str) -> dict[str, str]:
    """Return the query of an address, the first value of each name.

    Raises:
        CloudError: it is no address.
    """
    try:
        return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    except ValueError as err:
        raise CloudError("A login that leads to an address that is none") from err


def raise_unless_granted(answer: Mapping[str, Any]) -> None:
    """Raise what the answer to a login stands for, unless the login was granted.

    Raises:
        CaptchaNeededError: a captcha is wanted first.
        VerificationNeededError: a verification is wanted first.
        WrongCredentialsError: wrong account, password or passToken.
        CloudError: anything else.
    """
    code = answer.get("code")
    if code == CAPTCHA:
        raise CaptchaNeededError(_absolute(str(answer.get("captchaUrl") or "")))
    # A verification is asked for with code 0 and without a user: everything but the address is missing.
    if code == _VERIFICATION or (answer.get("notificationUrl") and not answer.get("location")):
        raise VerificationNeededError(_absolute(str(answer.get("notificationUrl") or "")))
    if code in _WRONG_PASSWORD:
        raise WrongCredentialsError(f"Login refused with code {code}")
    if code != 0:
        raise CloudError(f"Login answered with code {code}")


def _absolute(url: str, base: str = HOST) -> str:
    try:
        return urljoin(base, url)
    except ValueError as err:
        raise CloudError("A login that leads to an address that is none") from err


def _is_ours(url: str) -> bool:
    """Tell whether an address is on the account's host or, as the long poll may be, on one below it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    ours = urlsplit(HOST).hostname or ""
    return parts.scheme == "https" and (host == ours or host.endswith(f".{ours}"))
