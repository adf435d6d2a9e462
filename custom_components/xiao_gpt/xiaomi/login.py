"""The ways into an account that a person can go: password, captcha, verification, QR code, a passToken."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
import hashlib
from http import HTTPStatus
import logging
import time
from typing import Any
from urllib.parse import urlencode

from .credentials import MICO, Credentials, Password, ServiceToken
from .errors import (
    CaptchaNeededError,
    CloudError,
    CodeNotSentError,
    NetworkError,
    QrExpiredError,
    ThrottledError,
    VerificationNeededError,
    WrongCodeError,
    WrongCredentialsError,
    XiaomiError,
)
from .http import CloudClient, Reply
from .passport import CAPTCHA, Passport, query_of, raise_unless_granted, random_device_id, text_of

_LOGGER = logging.getLogger(__name__)

_QR_SID = "mijia"
"""The service that the Mi Home app confirms logins for (xiaomusic); its passToken opens the others too."""
_QR_POLL_S = 120.0
_QR_REST_S = 1.0
"""From the start of a poll to the next at least: polls that are cut off at once must not become a flood."""
_QR_LIFE_S = 300.0


class Way(IntEnum):
    """A way for a code to reach the person; the values are Xiaomi's flags."""

    PHONE = 4
    EMAIL = 8

    @property
    def path_name(self) -> str:
        """The name in the paths of the verification."""
        return "Phone" if self is Way.PHONE else "Email"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a person has to look at."""

    content: bytes
    mime_type: str


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code that logs in whoever confirms it in the Mi Home app."""

    picture: Picture
    poll_url: str
    expires: float
    """`time.monotonic` of the end of its life."""


class Login:
    """One login, from its first request to the credentials, as one device."""

    def __init__(self, client: CloudClient, device_id: str | None = None) -> None:
        """Begin.

        Args:
            client: sends the requests.
            device_id: one that the account knows is not verified again; None makes one up.
        """
        self.client = client
        self.verification_url = ""
        """Xiaomi's page for the verification that was demanded last."""
        self._passport = Passport(client, device_id or random_device_id())
        self._password: Password | None = None
        self._captcha_url = ""

    async def by_password(self, password: Password, captcha: str = "") -> Credentials:
        """Log in with a password.

        Args:
            password: the person's name and password.
            captcha: what the person read in `captcha_picture`, if a captcha was demanded.

        Raises:
            CaptchaNeededError: see `captcha_picture`; after a `captcha`: it was wrong.
            VerificationNeededError: see `verification_ways`.
            WrongCredentialsError: the name or the password is wrong.
            ThrottledError: this account or network may not log in with a password for now.
            XiaomiError: the cloud could not be reached or made no sense.
        """
        self._password = password
        try:
            answer = await self._submit(password, captcha)
        except CaptchaNeededError as err:
            self._captcha_url = err.url
            raise
        except VerificationNeededError as err:
            self.verification_url = err.url
            raise
        self._passport.set_cookies(userId=text_of(answer, "userId"), passToken=text_of(answer, "passToken"))
        token = await self._passport.open_service(answer)
        if token is None:
            return await self._enter()
        return self._credentials({MICO: token})

    async def captcha_picture(self) -> Picture:
        """Return the picture of the captcha that was demanded; each call asks for a new one.

        Raises:
            XiaomiError: the cloud could not be reached or made no sense.
        """
        # The cookie that comes with this very picture says which one is being solved.
        return _picture(await self._passport.send("GET", self._captcha_url))

    async def verification_ways(self) -> list[Way]:
        """Return how a code can be sent to the person, Xiaomi's preference first; empty if only a browser will do.

        Raises:
            XiaomiError: the cloud could not be reached or made no sense.
        """
        if not query_of(self.verification_url):
            return []
        await self._passport.follow(self.verification_url)  # opens the session of the verification
        answer = await self._passport.ask(
            "GET", self.verification_url.replace("/fe/service/identity/authStart", "/identity/list")
        )
        first, options = answer.get("flag"), answer.get("options")
        known = [first, *(options if isinstance(options, list) else [])]
        return sorted((way for way in Way if way in known), key=lambda way: way != first)

    async def send_code(self, way: Way) -> str:
        """Have a code sent; return where to, masked, if Xiaomi tells.

        Raises:
            CodeNotSentError: it is not sent now.
            XiaomiError: the cloud could not be reached or made no sense.
        """
        address = await self._passport.ask("GET", f"/identity/auth/verify{way.path_name}?_flag={way}&_json=true")
        answer = await self._passport.ask(
            "POST", f"/identity/auth/send{way.path_name}Ticket", {"retry": "0", "icode": "", "_json": "true"}
        )
        if answer.get("code") != 0:
            raise CodeNotSentError(str(answer.get("tips") or answer.get("desc") or answer.get("description") or ""))
        return str(address.get(f"masked{way.path_name}") or "")

    async def verify(self, way: Way, code: str) -> Credentials:
        """Log in with the code that the person got.

        Raises:
            WrongCodeError: it is not that one.
            AuthError: the verification went through and something else is wanted.
            XiaomiError: the cloud could not be reached or made no sense.
        """
        answer = await self._passport.ask(
            "POST",
            f"/identity/auth/verify{way.path_name}?_dc={int(time.time() * 1000)}",
            {"_flag": int(way), "ticket": code, "trust": "true", "_json": "true"},
        )
        if answer.get("code") != 0:
            raise WrongCodeError(f"Verification answered with code {answer.get('code')}")
        end = await self._passport.follow(text_of(answer, "location"))
        # Some accounts are asked to confirm their phone number on the way; the page says how to go on without.
        if skip := query_of(end).get("skipUrl"):
            await self._passport.follow(skip)
        if self._passport.cookie("passToken"):
            return await self._enter()
        return await self._again()

    async def verified_elsewhere(self) -> Credentials:
        """Log in after the verification was done in a browser.

        Raises:
            XiaomiError: as `by_password`.
        """
        return await self._again()

    async def by_pass_token(self, user_id: str, pass_token: str) -> Credentials:
        """Log in with a passToken that a browser has got.

        Raises:
            AuthError: it is not accepted.
            XiaomiError: the cloud could not be reached or made no sense.
        """
        self._password = None
        self._passport.set_cookies(userId=user_id, passToken=pass_token)
        return await self._enter()

    async def qr_code(self) -> QrCode:
        """Return a new QR code for the person to scan.

        Raises:
            XiaomiError: the cloud could not be reached or made no sense.
        """
        self._password = None
        self._passport.log_out()
        form = await self._passport.service_login(_QR_SID)
        if form.get("code") == CAPTCHA:
            raise ThrottledError("A captcha in the way of a QR code")  # where there is no form to put it into
        query = query_of(text_of(form, "location")) | {
            "theme": "",
            "bizDeviceType": "",
            "_hasLogo": "false",
            "_qrsize": "240",
        }
        answer = await self._passport.ask(
            "GET", f"/longPolling/loginUrl?{urlencode(query)}&_dc={int(time.time() * 1000)}"
        )
        picture = _picture(await self.client.request("GET", text_of(answer, "qr"), cookies={}))
        life = answer.get("timeout")
        life = float(life) if isinstance(life, int | float) and 0 < life < _QR_LIFE_S else _QR_LIFE_S
        return QrCode(picture, text_of(answer, "lp"), time.monotonic() + life)

    async def wait_for_scan(self, code: QrCode) -> Credentials:
        """Log in once the person has confirmed the QR code.

        Raises:
            QrExpiredError: it takes a new one.
            XiaomiError: the cloud could not be reached or made no sense.
        """
        answer = await self._poll(code)
        self._passport.set_cookies(userId=text_of(answer, "userId"), passToken=text_of(answer, "passToken"))
        try:  # as the app's own login page does; nothing of it is needed here
            await self.client.request("GET", text_of(answer, "location"), cookies={})
        except XiaomiError as err:
            _LOGGER.debug("The service of the QR login was not opened: %s", err)
        return await self._enter()

    async def _poll(self, code: QrCode) -> dict[str, Any]:
        """Wait for the confirmation; a poll that ends without news is followed by the next."""
        while (left := code.expires - (asked := time.monotonic())) > 0:
            try:
                reply = await self._passport.send("GET", code.poll_url, timeout=min(_QR_POLL_S, left))
            except NetworkError as err:
                if not err.uncertain:  # there is no connection at all
                    raise
            else:
                if reply.status == HTTPStatus.OK and (answer := reply.json()).get("code") == 0:
                    return answer
                if reply.status != HTTPStatus.REQUEST_TIMEOUT:
                    break
            await asyncio.sleep(asked + _QR_REST_S - time.monotonic())
        raise QrExpiredError("The QR code was not confirmed")

    async def _submit(self, password: Password, captcha: str) -> dict[str, Any]:
        self._passport.log_out()  # who is logged in gets no form
        challenge = await self._passport.service_login(MICO)
        form = {name: challenge.get(name) for name in ("qs", "sid", "_sign", "callback")}
        if None in form.values():
            if challenge.get("code") == CAPTCHA and captcha:
                # Under suspicion there is no form to put the captcha into.
                raise ThrottledError("No login form in spite of a captcha")
            with suppress(WrongCredentialsError):  # nobody has typed any yet
                raise_unless_granted(challenge)
            raise CloudError("A login page without a form")
        form |= {
            "_json": "true",
            "user": password.username,
            "hash": hashlib.md5(password.password.encode()).hexdigest().upper(),
        }
        if captcha:
            form["captCode"] = captcha
        query = f"_json=true&_dc={int(time.time() * 1000)}"
        answer = await self._passport.ask("POST", f"/pass/serviceLoginAuth2?{query}", form)
        raise_unless_granted(answer)
        return answer

    async def _again(self) -> Credentials:
        if self._password is not None:
            return await self.by_password(self._password)
        if self._passport.cookie("passToken"):
            return await self._enter()
        raise WrongCredentialsError("Nothing to log in with")

    async def _enter(self) -> Credentials:
        try:
            token = await self._passport.enter(MICO)
        except CaptchaNeededError as err:
            # It is for the form of the password, and there is none here.
            raise ThrottledError("A captcha in the way of a passToken") from err
        except VerificationNeededError as err:
            self.verification_url = err.url
            raise
        return self._credentials({MICO: token})

    def _credentials(self, services: dict[str, ServiceToken]) -> Credentials:
        return Credentials(
            user_id=self._passport.cookie("userId"),
            device_id=self._passport.device_id,
            pass_token=self._passport.cookie("passToken"),
            services=services,
            password=self._password,
        )


def _picture(reply: Reply) -> Picture:
    kinds = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
    for magic, mime_type in kinds.items():
        if reply.content.startswith(magic):
            return Picture(reply.content, mime_type)
    raise CloudError(f"No picture where one should be (HTTP {reply.status})")


def read_cookies(text: str) -> dict[str, str]:
    """Return the cookies in what a person copied from a browser: ``userId=1; passToken=V1:…``, lines or a table."""
    found = {}
    for part in text.strip().removeprefix("Cookie:").replace("\n", ";").split(";"):
        name, _, value = part.strip().replace("\t", "=", 1).partition("=")
        value = value.partition("\t")[0].strip().strip('"')  # a table goes on with domain, path and dates
        if value:
            found[name.strip()] = value
    return found
