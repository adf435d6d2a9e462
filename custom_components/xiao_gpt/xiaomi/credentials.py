"""What is kept of a login."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

MICO: Final = "micoapi"
"""Service of the speakers: device list, ubus, conversation records."""
MIOT: Final = "xiaomiio"
"""Service of the MIoT actions and properties."""


@dataclass(frozen=True, slots=True)
class ServiceToken:
    """What opens one service."""

    ssecurity: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Password:
    """What a person logs in with; kept only where the person asked for it."""

    username: str = field(repr=False)
    """Phone number, e-mail address or Xiaomi id."""
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """All that must be kept to stay logged in."""

    user_id: str
    device_id: str = field(repr=False)
    """Made up at the first login; the passToken is bound to it."""
    pass_token: str = field(repr=False)
    services: Mapping[str, ServiceToken] = field(default_factory=dict, repr=False)
    """Tokens by service id; each expires and is renewed by itself."""
    password: Password | None = field(default=None, repr=False)
    """To log in anew when the passToken has expired; None unless the person wanted it kept."""

    def as_dict(self) -> dict[str, Any]:
        """Return the credentials as JSON values."""
        kept = {
            "user_id": self.user_id,
            "device_id": self.device_id,
            "pass_token": self.pass_token,
            "services": {sid: [token.ssecurity, token.token] for sid, token in self.services.items()},
        }
        return kept if self.password is None else kept | {"password": [self.password.username, self.password.password]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Make the credentials of what `as_dict` returned."""
        password = data.get("password")
        return cls(
            user_id=data["user_id"],
            device_id=data["device_id"],
            pass_token=data["pass_token"],
            services={sid: ServiceToken(*pair) for sid, pair in data.get("services", {}).items()},
            password=Password(*password) if password else None,
        )
