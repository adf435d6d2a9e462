"""How much attention each speaker gets: by its dialogue, by who is in the room, by the time of the day."""

from collections.abc import Callable
import time

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import get_device_class
from homeassistant.util import dt as dt_util

from .dialogue import Dialogue
from .polling import Attention
from .settings import Settings

SENSORS_S = 60.0
"""How long the list of a room's sensors is kept: it is asked for at each request to the cloud."""
_PRESENCE = {BinarySensorDeviceClass.OCCUPANCY, BinarySensorDeviceClass.PRESENCE, BinarySensorDeviceClass.MOTION}


class AttentionGuide:
    """Tells how much attention the speakers of one entry deserve now."""

    def __init__(self, hass: HomeAssistant, settings: Settings) -> None:
        """Take the home that they stand in."""
        self._hass = hass
        self._settings = settings
        self._last_spoken_to: Dialogue | None = None
        self._sensors: dict[str, tuple[float, list[str]]] = {}

    @callback
    def follow(self, dialogue: Dialogue, review: Callable[[], None]) -> Callable[[], None]:
        """Call `review` whenever a dialogue has changed in a way that may matter; return what ends that."""

        @callback
        def changed() -> None:
            if dialogue.answering:
                self._last_spoken_to = dialogue
            review()

        return dialogue.observe(changed)

    @callback
    def attention(self, dialogue: Dialogue) -> Attention:
        """Return how likely it is that someone speaks to a speaker now."""
        own = dialogue.attention
        if own is Attention.LIVELY:
            return own
        if self._settings.is_night(dt_util.now().time()):
            return Attention.RESTING
        if own is Attention.OFF:
            return own
        occupied = self._is_occupied(dialogue.device_id)
        if occupied or dialogue is self._last_spoken_to or dialogue.speaker.plays:
            return Attention.NEAR
        return Attention.AWAY if occupied is False else own

    def _is_occupied(self, device_id: str) -> bool | None:
        """Return whether someone is in a speaker's area; None where nothing tells."""
        device = dr.async_get(self._hass).async_get(device_id)
        if device is None or device.area_id is None:
            return None
        states = {
            state.state
            for entity_id in self._sensors_of(device.area_id)
            if (state := self._hass.states.get(entity_id)) is not None
        }
        return True if STATE_ON in states else False if STATE_OFF in states else None

    def _sensors_of(self, area_id: str) -> list[str]:
        """Return the area's sensors that tell if someone is there."""
        now = time.monotonic()
        since, sensors = self._sensors.get(area_id, (float("-inf"), []))
        if now - since > SENSORS_S:
            sensors = _presence_sensors(self._hass, area_id)
            self._sensors[area_id] = now, sensors
        return sensors


def _presence_sensors(hass: HomeAssistant, area_id: str) -> list[str]:
    registry = er.async_get(hass)
    entries = er.async_entries_for_area(registry, area_id)
    for device in dr.async_entries_for_area(dr.async_get(hass), area_id):
        entries += [entry for entry in er.async_entries_for_device(registry, device.id) if entry.area_id is None]
    return [
        entry.entity_id
        for entry in entries
        if entry.domain == Platform.BINARY_SENSOR and get_device_class(hass, entry.entity_id) in _PRESENCE
    ]
