"""What goes wrong on the way to the clouds, on demand: late, wrong, broken or missing replies."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
import random
import re
from typing import Any

from simulator.errors import InvalidInput


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong for the next requests that match."""

    host: str = ""
    """The host it concerns; empty: every one."""
    path: str = ""
    """A regular expression searched in the path; empty: every one."""
    times: int | None = 1
    """How many more requests it hits; None: all."""
    share: float = 1.0
    """Which part of the requests it hits, at random (the same in each run); one that it does not hit is not counted."""
    delay: float = 0.0
    """Seconds by which the reply (of whatever kind) is late."""
    status: int | None = None
    """Reply with this status and `body` instead of the truth."""
    body: str = ""
    content_type: str = "application/json"
    hang: bool = False
    """Never reply."""
    disconnect: bool = False
    """Close the connection without a reply. The request is not carried out."""
    truncate: int | None = None
    """Carry out the request, send this many bytes of the reply's body and close the connection."""

    def __post_init__(self) -> None:
        try:
            re.compile(self.path)
        except re.error as err:
            raise InvalidInput(f"path is no regular expression: {err}") from err
        if sum((self.status is not None, self.hang, self.disconnect, self.truncate is not None)) > 1:
            raise InvalidInput("only one of status, hang, disconnect, truncate can happen to a request")
        if self.times is not None and self.times < 1:
            raise InvalidInput("times must be at least 1, or null for ever")
        if not 0 < self.share <= 1:
            raise InvalidInput("share must be above 0 and at most 1")
        if self.delay < 0 or (self.truncate or 0) < 0:
            raise InvalidInput("delay and truncate must not be negative")
        if self.status is not None and not 200 <= self.status <= 599:
            raise InvalidInput("status must be between 200 and 599")

    def hits(self, host: str, path: str) -> bool:
        """Tell whether it concerns a request."""
        return self.times != 0 and self.host in ("", host) and re.search(self.path, path) is not None


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "host": lambda value: isinstance(value, str),
    "path": lambda value: isinstance(value, str),
    "times": lambda value: value is None or type(value) is int,
    "share": lambda value: type(value) in (int, float),
    "delay": lambda value: type(value) in (int, float),
    "status": lambda value: value is None or type(value) is int,
    "body": lambda value: isinstance(value, str),
    "content_type": lambda value: isinstance(value, str) and "/" in value,
    "hang": lambda value: isinstance(value, bool),
    "disconnect": lambda value: isinstance(value, bool),
    "truncate": lambda value: value is None or type(value) is int,
}


def parse(data: dict[str, Any]) -> Fault:
    """Make a fault of JSON.

    Raises:
        InvalidInput: an unknown field or a bad value.
    """
    names = [field.name for field in fields(Fault)]
    if unknown := sorted(set(data) - set(names)):
        raise InvalidInput(f"unknown fields: {', '.join(unknown)}; known: {', '.join(names)}")
    for name, value in data.items():
        if not _CHECKS[name](value):
            raise InvalidInput(f"{name}: {value!r} is not a possible value")
    return Fault(**data)


class Faults:
    """The faults that are still to come; the first that matches a request is the one that happens."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []
        self._chance = random.Random(0)

    def add(self, fault: Fault) -> None:
        """Add a fault after those that are there."""
        self._pending.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        self._pending.clear()

    def take(self, host: str, path: str) -> Fault | None:
        """Return the fault that happens to this request, counting it."""
        fault = next((fault for fault in self._pending if fault.hits(host, path) and self._happens(fault)), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if not fault.times:
                self._pending.remove(fault)
        return fault

    def _happens(self, fault: Fault) -> bool:
        return fault.share == 1 or self._chance.random() < fault.share

    def as_json(self) -> list[dict[str, Any]]:
        """Return the faults that are still to come."""
        return [asdict(fault) for fault in self._pending]
