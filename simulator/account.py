"""The Xiaomi account: its password, its tokens and what a login still has to prove."""

import asyncio
import base64
from dataclasses import dataclass, field
import hashlib
import hmac
import secrets
import string
import time
from typing import Any, Literal, get_args

from simulator.errors import InvalidInput
from simulator.settings import Settings
from simulator.timeline import Timeline

type Sid = Literal["micoapi", "xiaomiio", "mijia"]
type Expiring = Literal["micoapi", "xiaomiio", "pass", "all"]

CALLBACKS: dict[Sid, str] = {
    "micoapi": "https://api2.mina.mi.com/sts",
    "xiaomiio": "https://sts.api.io.mi.com/sts",
    "mijia": "https://sts.api.io.mi.com/sts",
}
"""Where each service turns a ticket into its serviceToken."""

# The MIoT host takes the tokens of both: mijia is what the QR login asks for.
MIOT_SIDS: frozenset[Sid] = frozenset({"xiaomiio", "mijia"})

_CAPTCHA_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


_WRONG_CODES = 5
"""A verification ends after so many."""

type Way = Literal["phone", "email"]


@dataclass(slots=True)
class PassToken:
    """A login of one device, good for tickets of every service."""

    device_id: str | None
    """None: good for any device."""
    expires: float


@dataclass(slots=True)
class Ticket:
    """What one login yields for one service; the service's STS takes it once."""

    sid: Sid
    nonce: int
    ssecurity: str


@dataclass(slots=True)
class ServiceToken:
    """What opens one service."""

    sid: Sid
    ssecurity: str
    expires: float


@dataclass(slots=True)
class Identity:
    """A verification (2FA) that is under way."""

    device_id: str
    sid: Sid
    verified: bool = False
    code: str = ""
    """The code that was sent last."""
    code_expires: float = 0.0
    wrong_codes: int = 0


@dataclass(slots=True)
class QrCode:
    """A QR code that waits to be scanned."""

    device_id: str
    expires: float
    confirmed: bool | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it has been scanned and confirmed or declined, or when the simulator ends."""


@dataclass(slots=True)
class Account:
    """One account and everything that has been issued for it."""

    user: str = "13800138000"
    """The phone number to log in with; `email` and `user_id` do too."""
    password: str = "xiaoai-demo"
    user_id: int = 2345678901
    email: str = "demo@example.com"
    c_user_id: str = "n8aXf0Wq3mTt1kRZ5uYVgHjKlPo"
    _settings: Settings = field(default_factory=Settings, repr=False)
    _timeline: Timeline = field(default_factory=Timeline, repr=False)
    _pass_tokens: dict[str, PassToken] = field(default_factory=dict, repr=False)
    _tickets: dict[str, Ticket] = field(default_factory=dict, repr=False)
    _service_tokens: dict[str, ServiceToken] = field(default_factory=dict, repr=False)
    _signs: dict[str, tuple[Sid, str]] = field(default_factory=dict, repr=False)
    _captchas: dict[str, str] = field(default_factory=dict, repr=False)
    _identities: dict[str, Identity] = field(default_factory=dict, repr=False)
    _trusted: set[str] = field(default_factory=set, repr=False)
    _qr_codes: dict[str, QrCode] = field(default_factory=dict, repr=False)
    _wrong_passwords: int = 0
    _last_login: float = float("-inf")
    _last_code: float = float("-inf")

    def attach(self, settings: Settings, timeline: Timeline) -> None:
        """Make it a part of a world."""
        self._settings = settings
        self._timeline = timeline

    # Logging in

    def new_sign(self, sid: Sid, query: str) -> str:
        """Return the `_sign` under which a password login for this query must come back."""
        sign = base64.b64encode(secrets.token_bytes(20)).decode()
        self._signs[sign] = (sid, query)
        return sign

    def redeem_sign(self, sign: str, sid: str, query: str) -> bool:
        """Tell whether the three belong together."""
        return self._signs.get(sign) == (sid, query)

    def is_me(self, user: str) -> bool:
        """Tell whether `user` names this account."""
        return user in (self.user, self.email, str(self.user_id))

    def check_password(self, user: str, password_hash: str) -> bool:
        """Check a login and count the failures."""
        expected = hashlib.md5(self.password.encode()).hexdigest().upper()
        right = self.is_me(user) and hmac.compare_digest(password_hash.encode(), expected.encode())
        self._wrong_passwords = 0 if right else self._wrong_passwords + 1
        self._timeline.record("login", by="password", ok=right)
        return right

    def is_hasty(self) -> bool:
        """Tell whether a password login comes too soon after the one before, and count it."""
        now = time.time()
        hasty = now - self._last_login < self._settings.login_interval
        self._last_login = now
        if hasty:
            self._timeline.record("login", by="password", ok=False)
        return hasty

    def log_in(self, device_id: str | None) -> str:
        """Return a new passToken for a device, or for any."""
        token = "V1:" + secrets.token_urlsafe(96)
        self._pass_tokens[token] = PassToken(device_id, time.time() + self._settings.pass_token_life)
        return token

    def check_pass_token(self, token: str, user_id: str, device_id: str) -> bool:
        """Tell whether a passToken still logs this device in."""
        known = self._pass_tokens.get(token)
        if known is None:
            return False
        right = known.device_id in (device_id, None) and known.expires > time.time() and user_id == str(self.user_id)
        self._timeline.record("login", by="passToken", ok=right)
        return right

    # Captcha

    @property
    def wants_captcha(self) -> bool:
        """Whether a password login must bring a solved captcha."""
        after = self._settings.captcha_after
        return self._settings.captcha or (after > 0 and self._wrong_passwords >= after)

    def new_captcha(self) -> tuple[str, str]:
        """Return the `ick` cookie and the text of a new captcha."""
        ick = secrets.token_urlsafe(24)
        self._captchas[ick] = "".join(secrets.choice(_CAPTCHA_ALPHABET) for _ in range(4))
        return ick, self._captchas[ick]

    def solve_captcha(self, ick: str, text: str) -> bool:
        """Check a solution; a captcha can be tried once."""
        expected = self._captchas.pop(ick, None)
        right = expected is not None and text.strip().upper() == expected
        self._timeline.record("captcha", ok=right)
        return right

    # Verification (2FA)

    def wants_verification(self, device_id: str) -> bool:
        """Whether a login from this device must be verified."""
        return self._settings.verification and device_id not in self._trusted

    def new_identity(self, device_id: str, sid: Sid) -> str:
        """Begin a verification and return its `context`."""
        context = base64.urlsafe_b64encode(secrets.token_bytes(24)).decode()
        self._identities[context] = Identity(device_id, sid)
        return context

    def identity(self, context: str) -> Identity | None:
        """Return a verification that is under way."""
        return self._identities.get(context)

    @property
    def ways(self) -> list[Way]:
        """How a code can be sent."""
        return [way for way in get_args(Way.__value__) if way in self._settings.verification_ways.split(",")]

    @property
    def preferred_way(self) -> Way:
        """The way that is offered first."""
        first = self._settings.verification_ways.partition(",")[0]
        return "email" if first == "email" else "phone"

    def send_code(self, context: str, way: Way) -> bool:
        """Send a code, unless the last one is too recent; what is sent is on the timeline."""
        now = time.time()
        if now - self._last_code < self._settings.verification_interval:
            return False
        self._last_code = now
        identity = self._identities[context]
        identity.code = self._settings.verification_code or f"{secrets.randbelow(10**6):06}"
        identity.code_expires = now + self._settings.verification_code_life
        self._timeline.record("verification_sent", way=way, code=identity.code)
        return True

    def verify(self, context: str, code: str, *, trust: bool) -> bool:
        """Check the code; a device that is to be trusted needs no second one."""
        identity = self._identities.get(context)
        if identity is None:
            return False
        right = bool(code) and code == identity.code and time.time() < identity.code_expires
        self._timeline.record("verification", ok=right)
        if right:
            self._verified(identity, trust=trust)
        else:
            identity.wrong_codes += 1
            if identity.wrong_codes >= _WRONG_CODES:
                self.end_identity(context)
        return right

    def verify_in_browser(self) -> None:
        """Let the person do the newest verification in a browser.

        Raises:
            InvalidInput: there is none.
        """
        if not self._identities:
            raise InvalidInput("no verification is under way")
        self._verified(list(self._identities.values())[-1], trust=True)

    def _verified(self, identity: Identity, *, trust: bool) -> None:
        identity.verified = True
        if trust:
            self._trusted.add(identity.device_id)

    def end_identity(self, context: str) -> None:
        """Forget a verification that is done."""
        self._identities.pop(context, None)

    # QR codes

    def new_qr_code(self, device_id: str) -> str:
        """Return the key of a new QR code."""
        key = secrets.token_urlsafe(18)
        self._qr_codes[key] = QrCode(device_id, time.time() + self._settings.qr_life)
        self._timeline.record("qr_code")
        return key

    def qr_code(self, key: str) -> QrCode | None:
        """Return a QR code that has not been used up, expired or not."""
        return self._qr_codes.get(key)

    def end_qr_code(self, key: str) -> None:
        """Forget a QR code."""
        self._qr_codes.pop(key, None)

    def scan(self, *, confirm: bool = True) -> None:
        """Let the person scan the newest QR code and confirm the login, or decline it.

        Raises:
            InvalidInput: there is none that could be scanned.
        """
        waiting = [code for code in self._qr_codes.values() if not code.settled.is_set() and code.expires > time.time()]
        if not waiting:
            raise InvalidInput("no QR code is waiting")
        waiting[-1].confirmed = confirm
        waiting[-1].settled.set()
        self._timeline.record("login", by="qr", ok=confirm)

    def close(self) -> None:
        """Let nobody wait any more."""
        for code in self._qr_codes.values():
            code.settled.set()

    # Service tokens

    def new_ticket(self, sid: Sid) -> tuple[str, Ticket]:
        """Return the id of a new ticket, and the ticket."""
        # Real nonces are beyond 2**53: a client that reads them as floats signs something else.
        nonce = secrets.randbelow(2**62) + 2**60
        ticket = Ticket(sid, nonce, base64.b64encode(secrets.token_bytes(16)).decode())
        key = secrets.token_urlsafe(32)
        self._tickets[key] = ticket
        return key, ticket

    def redeem_ticket(self, key: str, callback: str, client_sign: str | None) -> str | None:
        """Return the serviceToken for a ticket, None if the ticket or its signature is not good."""
        ticket = self._tickets.get(key)
        if ticket is None or CALLBACKS[ticket.sid] != callback:
            return None
        if client_sign is None:
            if ticket.sid == "micoapi":
                return None
        elif not hmac.compare_digest(client_sign.encode(), client_signature(ticket).encode()):
            return None
        del self._tickets[key]
        token = secrets.token_urlsafe(120)
        self._service_tokens[token] = ServiceToken(
            ticket.sid, ticket.ssecurity, time.time() + self._settings.service_token_life
        )
        self._timeline.record("service_token", sid=ticket.sid)
        return token

    def service(self, token: str, user_id: str, sids: frozenset[Sid]) -> ServiceToken | None:
        """Return what a serviceToken opens, None if it is unknown, expired or of another service."""
        known = self._service_tokens.get(token)
        if known is None or known.sid not in sids or known.expires <= time.time() or user_id != str(self.user_id):
            return None
        return known

    def expire(self, what: str) -> None:
        """Let tokens expire now.

        Raises:
            InvalidInput: there is no such kind of token.
        """
        kinds = get_args(Expiring.__value__)
        if what not in kinds:
            raise InvalidInput(f"what must be one of {', '.join(kinds)}")
        if what in ("pass", "all"):
            self._pass_tokens.clear()
        if what != "pass":
            self._service_tokens = {
                key: token for key, token in self._service_tokens.items() if what not in (token.sid, "all")
            }
        self._timeline.record("expired", what=what)

    def distrust(self) -> None:
        """Forget which devices are trusted: the next password login must be verified again."""
        self._trusted.clear()

    def as_json(self) -> dict[str, Any]:
        """Return what whoever drives the simulator may know; the open captchas' texts are for tests."""
        return {
            "user": self.user,
            "userId": self.user_id,
            "pass_tokens": len(self._pass_tokens),
            "service_tokens": sorted(token.sid for token in self._service_tokens.values()),
            "captchas": list(self._captchas.values()),
            "wants_captcha": self.wants_captcha,
        }


def client_signature(ticket: Ticket) -> str:
    """Return the clientSign that the STS expects."""
    text = f"nonce={ticket.nonce}&{ticket.ssecurity}"
    return base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()


def is_sid(text: str) -> bool:
    """Tell whether `text` names a service that can be logged in to."""
    return text in CALLBACKS


def random_id(length: int) -> str:
    """Return random letters and digits."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))
