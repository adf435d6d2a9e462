"""Breaking the clouds, and reading what happened in them."""

from typing import Any
from urllib.parse import urlsplit

from custom_components.xiao_gpt.xiaomi import Password, XiaomiAccount
from simulator.app import Simulator
from simulator.cloud import compact
from simulator.faults import Fault
from simulator.timeline import Event

PASSPORT = "account.xiaomi.com"
MINA = "api2.mina.mi.com"
PROFILE = "userprofile.mina.mi.com"
MIOT = "api.io.mi.com"

LOGIN_PAGE = "serviceLogin$"
LOGIN_ANSWER = "serviceLoginAuth2$"


def break_cloud(sim: Simulator, host: str, path: str = "", body: Any = None, **fields: Any) -> None:
    """Let the next request to a host go wrong; `body` is answered as JSON instead of the truth."""
    if body is not None:
        fields |= {"status": fields.get("status", 200), "body": body if isinstance(body, str) else compact(body)}
    sim.world.faults.add(Fault(host=host, path=path, **fields))


def password_of(sim: Simulator) -> Password:
    """Return what a person logs in with."""
    return Password(sim.world.account.user, sim.world.account.password)


def requests(sim: Simulator, host: str, since: int = 0) -> list[str]:
    """Return the paths that have been asked for at a host."""
    return [event.fields["path"] for event in sim.timeline.since(since, "http") if event.fields["host"] == host]


def commands(sim: Simulator, since: int = 0) -> list[tuple[str, str]]:
    """Return the commands that speakers have got, and by which way."""
    return [(event.fields["command"], event.fields["via"]) for event in sim.timeline.since(since, "command")]


def exchanges(sim: Simulator, since: int = 0) -> list[str]:
    """Return the services for which the passToken has been exchanged for a token."""
    return [event.fields["sid"] for event in sim.timeline.since(since, "service_token")]


async def happens(sim: Simulator, name: str, since: int = 0, **fields: Any) -> Event:
    """Return the first event of this name with these fields, waiting for it."""

    def matches(event: Event) -> bool:
        return event.event == name and all(event.fields.get(key) == value for key, value in fields.items())

    return await sim.timeline.wait_for(matches, since=since)


def token_of(account: XiaomiAccount, sid: str) -> str:
    """Return the token that the account keeps for a service."""
    return account.credentials.services[sid].token


def host_of(url: str) -> str:
    """Return the host of an address."""
    return urlsplit(url).netloc
