"""What the things and rooms are called that the assistants of Home Assistant may control."""

from typing import Any

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_listen_entity_updates, async_should_expose
from homeassistant.core import CALLBACK_TYPE, CoreState, HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, entity_registry as er

from .routing import normal

_SHORTEST = 2
"""A name of one character would be found in every other utterance."""


class HomeNames:
    """Knows the names, and reads them again when something about them has changed."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Take whose things they are."""
        self._hass = hass
        self._known: frozenset[str] | None = None

    @callback
    def follow(self) -> CALLBACK_TYPE:
        """Notice changes; return what ends that."""
        ends = [
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._forget),
            self._hass.bus.async_listen(ar.EVENT_AREA_REGISTRY_UPDATED, self._forget),
            async_listen_entity_updates(self._hass, conversation.DOMAIN, self._forget),
        ]

        @callback
        def end() -> None:
            for one in ends:
                one()

        return end

    @property
    def all(self) -> frozenset[str]:
        """The names of exposed entities and of areas, and their other names, as the router compares them."""
        if self._known is not None:
            return self._known
        names = frozenset(name for name in map(normal, self._read()) if len(name) >= _SHORTEST)
        if self._hass.state is CoreState.running:  # before, things appear of which no registry tells
            self._known = names
        return names

    def _read(self) -> list[str]:
        entities, areas = er.async_get(self._hass), ar.async_get(self._hass)
        names = [name for area in areas.async_list_areas() for name in (area.name, *area.aliases)]
        for state in self._hass.states.async_all():
            if async_should_expose(self._hass, conversation.DOMAIN, state.entity_id):
                names.append(state.name)
                if (entry := entities.async_get(state.entity_id)) is not None:
                    names += [alias for alias in entry.aliases if isinstance(alias, str)]
        return names

    @callback
    def _forget(self, _: Any = None) -> None:
        self._known = None
