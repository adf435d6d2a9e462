"""Which speaker is meant: by its name, its room, or by who asks."""

from collections.abc import Iterator
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr

from .const import DOMAIN
from .coordinator import XiaoGptData
from .dialogue import Dialogue
from .routing import normal

EVERYWHERE = frozenset({"all", "everywhere", "所有", "全部", "全家", "每个", "所有音箱", "全部音箱"})
"""What stands for all speakers."""


class NoSuchPlaceError(Exception):
    """No speaker is meant, or nobody knows which; the message tells a model what it could say instead."""


@dataclass(frozen=True, slots=True)
class Place:
    """A speaker where it stands."""

    data: XiaoGptData
    """Of its account."""
    dialogue: Dialogue
    name: str
    """What people call the speaker."""
    area: ar.AreaEntry | None

    @property
    def did(self) -> str:
        """The speaker's did."""
        return self.dialogue.speaker.info.did

    @property
    def available(self) -> bool:
        """Whether the speaker can be reached."""
        return self.data.coordinator.is_available(self.did)

    @property
    def label(self) -> str:
        """What tells it from the others."""
        return self.name if self.area is None else f"{self.name} ({self.area.name})"

    @property
    def _names(self) -> set[str]:
        names = {self.name, self.dialogue.speaker.info.name}
        return set(filter(None, map(normal, names)))

    @property
    def _room_names(self) -> set[str]:
        if self.area is None:
            return set()
        return set(filter(None, map(normal, (self.area.name, self.area.id, *self.area.aliases))))

    def is_called(self, words: str) -> bool:
        """Return whether the speaker has this name."""
        return words in self._names

    def is_in(self, words: str) -> bool:
        """Return whether it stands in the room of this name."""
        return words in self._room_names

    def sounds_like(self, words: str) -> bool:
        """Return whether the name of the speaker or the room is a part of these words, or they of it."""
        return any(words in name or name in words for name in self._names | self._room_names)


@callback
def async_places(hass: HomeAssistant) -> list[Place]:
    """Return the speakers of all accounts that are loaded, in the order of their names."""
    return sorted(_places(hass), key=lambda place: place.label)


def _places(hass: HomeAssistant) -> Iterator[Place]:
    devices, areas = dr.async_get(hass), ar.async_get(hass)
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.state is not ConfigEntryState.LOADED:
            continue
        data: XiaoGptData = entry.runtime_data
        for did in data.coordinator.data.keys() & data.dialogues.keys():
            dialogue = data.dialogues[did]
            if (device := devices.async_get(dialogue.device_id)) is None or device.disabled:
                continue
            area = areas.async_get_area(device.area_id) if device.area_id else None
            yield Place(data, dialogue, device.name_by_user or device.name or dialogue.speaker.info.name, area)


@callback
def async_find(hass: HomeAssistant, where: str, device_id: str | None) -> list[Place]:
    """Return the speakers that are meant, at least one.

    Args:
        hass: the home.
        where: a name, a room, or a word for all of them; empty: the one where the question comes from.
        device_id: the device that the question comes from, a speaker or another one in the same room.

    Raises:
        NoSuchPlaceError: none is meant, or nobody knows which.
    """
    if not (places := async_places(hass)):
        raise NoSuchPlaceError("There is no XiaoAI speaker.")
    words = normal(where)
    if not words:
        return [_nearest(hass, places, device_id)]
    if words in EVERYWHERE:
        return places
    for fits in (Place.is_called, Place.is_in, Place.sounds_like):
        if found := [place for place in places if fits(place, words)]:
            return found
    raise NoSuchPlaceError(f"There is no speaker or room called {where!r}. {_choice(places)}")


@callback
def async_find_one(hass: HomeAssistant, where: str, device_id: str | None) -> Place:
    """Return the one speaker that is meant; of several in one room, the first that can be reached.

    Raises:
        NoSuchPlaceError: none is meant, or nobody knows which.
    """
    found = async_find(hass, where, device_id)
    if len({place.area and place.area.id for place in found}) > 1:
        raise NoSuchPlaceError(f"Several speakers are meant. {_choice(found)}")
    return next((place for place in found if place.available), found[0])


def _nearest(hass: HomeAssistant, places: list[Place], device_id: str | None) -> Place:
    """Return the speaker that the question comes from, or the one in the same room, or the only one."""
    for place in places:
        if place.dialogue.device_id == device_id:
            return place
    asking = dr.async_get(hass).async_get(device_id) if device_id else None
    if asking is not None and asking.area_id is not None:
        near = [place for place in places if place.area is not None and place.area.id == asking.area_id]
        if near:
            return next((place for place in near if place.available), near[0])
    if len(places) == 1:
        return places[0]
    raise NoSuchPlaceError(f"Say at which speaker. {_choice(places)}")


def _choice(places: list[Place]) -> str:
    return f"There are: {', '.join(place.label for place in places)}."
