"""What a choice among things that come and go needs: a name for each, and a look when there are others."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, ClassVar, Protocol

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import TrackStates, async_track_state_change_filtered


class Named(Protocol):
    """A frozen dataclass with a name."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def name(self) -> str:
        """What it is called."""


def told_apart[T: Named](things: Iterable[T], *, taken: Iterable[str] = ()) -> Iterator[T]:
    """Number those that are called the same, or by a name that is taken."""
    names = set(taken)
    for thing in things:
        name, number = thing.name, 2
        while name in names:
            name, number = f"{thing.name} ({number})", number + 1
        names.add(name)
        yield replace(thing, name=name)


def when_others[T](read: Callable[[], T], listener: Callable[[], None]) -> Callable[..., None]:
    """Return what looks whether there are others, and calls `listener` then."""
    known = read()

    @callback
    def look(*_: object) -> None:
        nonlocal known
        if known != (known := read()):
            listener()

    return look


@callback
def follow_domain(hass: HomeAssistant, domain: str, look: Callable[..., None]) -> CALLBACK_TYPE:
    """Call `look` when an entity of a domain changes, comes or goes; return what ends that."""
    states = TrackStates(all_states=False, entities=set(), domains={domain})
    return async_track_state_change_filtered(hass, states, look).async_remove
