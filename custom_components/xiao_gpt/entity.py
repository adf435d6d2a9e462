"""What all entities of a speaker share."""

from collections.abc import Callable, Iterable
from typing import override

from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import XiaoGptConfigEntry, XiaoGptCoordinator
from .dialogue import Dialogue


class SpeakerEntity(CoordinatorEntity[XiaoGptCoordinator]):
    """An entity of one speaker."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: XiaoGptCoordinator, did: str, key: str) -> None:
        """Take the speaker's did and what the entity is called within it."""
        super().__init__(coordinator)
        self._did = did
        self._attr_unique_id = f"{did}-{key}"
        self._attr_translation_key = key
        self._attr_device_info = dr.DeviceInfo(identifiers={(DOMAIN, did)})

    @property
    @override
    def available(self) -> bool:
        """Whether the speaker can be reached."""
        return super().available and self.coordinator.is_available(self._did)


class DialogueEntity(SpeakerEntity):
    """An entity of one speaker that is about the dialogue there."""

    def __init__(self, coordinator: XiaoGptCoordinator, dialogue: Dialogue, key: str) -> None:
        """Take the dialogue and what the entity is called within the speaker."""
        super().__init__(coordinator, dialogue.speaker.info.did, key)
        self.dialogue = dialogue

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what changes by voice or by itself."""
        await super().async_added_to_hass()
        self.async_on_remove(self.dialogue.observe(self.async_write_ha_state))


def add_for_each_speaker(
    entry: XiaoGptConfigEntry,
    add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[XiaoGptCoordinator, Dialogue], Iterable[Entity]],
) -> None:
    """Add the entities that `make` returns for each speaker, and for those that appear later."""
    coordinator = entry.runtime_data.coordinator
    known: set[str] = set()

    @callback
    def check_speakers() -> None:
        new = coordinator.data.keys() - known
        known.update(new)
        for did in new:
            add_entities(make(coordinator, entry.runtime_data.dialogues[did]))

    check_speakers()
    entry.async_on_unload(coordinator.async_add_listener(check_speakers))
