"""The simulator's settings: how fast, how late and how difficult the simulated world is."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from simulator.errors import InvalidInput


@dataclass(slots=True, kw_only=True)
class Settings:
    """What can be set, at the start and while running. Every duration is in seconds."""

    characters_per_second: float = 5.0
    """How fast the speakers speak: Chinese characters per second."""
    tts_cap: int = 220
    """How many characters of one text the speakers speak; the rest of a longer one is lost."""
    filtered_words: str = ""
    """Words, with commas between, that the word filter swallows: a client's text with one is accepted, not spoken."""
    deaf_pauses: int = 0
    """So many pause commands in the course of one speech, or one piece of music, are accepted without effect."""
    status_lag: float = 0.4
    """How long after a start the play status begins to show it."""
    status_tail: float = 0.2
    """How long after an end the play status still shows what has ended."""
    url_seconds: float = 30.0
    """How long a played URL sounds that does not lead to this machine: such a one is not fetched."""
    home_host: str = ""
    """A name that leads to this machine, as Home Assistant's does in a home. What a URL of this name, or of a loopback
    address, holds is fetched and sounds as it comes."""
    answer_delay: float = 0.8
    """From the end of a question to the first sound of XiaoAI's answer."""
    record_delay: float = 0.3
    """From XiaoAI's first sound to the record of the question in the conversation API."""
    duplicate_records: bool = False
    """Whether each record is listed twice; both count for the `limit` of a page."""
    late_edit: float = 0.0
    """If above 0, a record first appears without answers and gets them this much later."""
    round_trip: float = 0.04
    """How long every request to the cloud takes beyond its work."""
    miot_delay: float = 0.3
    """How long a MIoT action takes to reach the speaker and to be confirmed, beyond the round trip."""
    clock_offset: float = 0.0
    """By how much the cloud's clock is ahead of this machine's; negative: behind."""
    service_token_life: float = 12 * 3600.0
    """For how long a serviceToken is good."""
    pass_token_life: float = 30 * 86400.0
    """For how long a passToken is good."""
    repeat_pass_token: bool = False
    """Whether a login by passToken repeats it in its reply; clients have seen both."""
    captcha: bool = False
    """Whether a password login must solve a captcha."""
    captcha_after: int = 0
    """After this many wrong passwords in a row a captcha is demanded until a login succeeds; 0: never."""
    suspicious: bool = False
    """Whether a device without a passToken gets a captcha demand in place of the login form."""
    login_interval: float = 0.0
    """Password logins closer together than this are answered with a captcha demand."""
    verification: bool = False
    """Whether a password login from an untrusted device must be verified (2FA)."""
    verification_ways: str = "phone,email"
    """How the account can be sent a code, the first by preference."""
    verification_code: str = "246810"
    """The code that is "sent" by text message or e-mail for a verification; empty: a random one each time."""
    verification_code_life: float = 300.0
    """For how long a code is good."""
    verification_interval: float = 60.0
    """Codes are not sent more often than this."""
    verification_confirm_page: bool = False
    """Whether a verification ends on the page that asks to confirm the phone number."""
    qr_life: float = 300.0
    """For how long a QR code can be scanned."""
    qr_poll: float = 0.0
    """After how long a poll for the scan ends without news (HTTP 408); 0: not before the code expires."""

    def __post_init__(self) -> None:
        self.update({})

    def update(self, changes: dict[str, Any]) -> None:
        """Change some settings, or none if any of `changes` is bad.

        Raises:
            InvalidInput: an unknown name, a wrong type or a value out of range.
        """
        known = {field.name: field.type for field in fields(self)}
        if unknown := sorted(set(changes) - set(known)):
            raise InvalidInput(f"unknown settings: {', '.join(unknown)}; known: {', '.join(known)}")
        merged = {name: _typed(name, known[name], value) for name, value in (asdict(self) | changes).items()}
        for name, value in merged.items():
            if isinstance(value, (int, float)) and value < 0 and name != "clock_offset":
                raise InvalidInput(f"{name} must not be negative")
        if merged["characters_per_second"] == 0:
            raise InvalidInput("characters_per_second must be above 0")
        for name, value in merged.items():
            setattr(self, name, value)

    def as_json(self) -> dict[str, Any]:
        """Return all settings as a JSON object."""
        return asdict(self)


def _typed(name: str, kind: Any, value: Any) -> Any:
    """Return `value` as the type that the setting has; an int will do for a float, a bool never for a number."""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise InvalidInput(f"{name} must be of type {kind.__name__}")
    return value
