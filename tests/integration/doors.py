"""Things in a home that nobody should open by mistake."""

from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, entity_registry as er
from homeassistant.setup import async_setup_component

DOOR, GARAGE, CURTAIN = "lock.front", "cover.garage", "cover.curtain"


async def add_doors(hass: HomeAssistant, door: str = "大门") -> None:
    """Add a locked front door, a closed garage and a closed curtain, in the hall, exposed to the voice assistants."""
    booleans = ("front", "garage", "curtain")
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {name: {} for name in booleans}})
    sections = [
        {"lock": [_lock("front", door)]},
        {"cover": [_cover("garage", "车库门", "garage"), _cover("curtain", "窗帘", "curtain")]},
    ]
    assert await async_setup_component(hass, "template", {"template": sections})
    await hass.async_block_till_done()
    registry = er.async_get(hass)
    hall = ar.async_get(hass).async_create("门厅")
    for entity_id in (DOOR, GARAGE, CURTAIN):
        domain, name = entity_id.split(".")
        found = registry.async_get_entity_id(domain, "template", name)
        assert found is not None
        registry.async_update_entity(found, new_entity_id=entity_id, area_id=hall.id)
        async_expose_entity(hass, "conversation", entity_id, should_expose=True)
    await hass.async_block_till_done()
    assert is_locked(hass)


def is_locked(hass: HomeAssistant) -> bool:
    """Return whether the front door is locked."""
    return _state(hass, DOOR) == "locked"


def is_open(hass: HomeAssistant, cover: str) -> bool:
    """Return whether a cover is open."""
    return _state(hass, cover) == "open"


def _state(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


def _turn(name: str, state: str) -> list[dict[str, Any]]:
    return [{"action": f"input_boolean.turn_{state}", "target": {"entity_id": f"input_boolean.{name}"}}]


def _lock(name: str, called: str) -> dict[str, Any]:
    return {
        "name": called,
        "unique_id": name,
        "state": f"{{{{ is_state('input_boolean.{name}', 'off') }}}}",
        "lock": _turn(name, "off"),
        "unlock": _turn(name, "on"),
    }


def _cover(name: str, called: str, kind: str) -> dict[str, Any]:
    return {
        "name": called,
        "unique_id": name,
        "device_class": kind,
        "state": f"{{{{ is_state('input_boolean.{name}', 'on') }}}}",
        "open_cover": _turn(name, "on"),
        "close_cover": _turn(name, "off"),
    }
