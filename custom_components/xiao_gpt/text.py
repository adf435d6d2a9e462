"""Texts of a speaker."""

from typing import override

from homeassistant.components.text import TextEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import XiaoGptConfigEntry
from .entity import DialogueEntity, add_for_each_speaker
from .failures import told

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the texts of each speaker, and of those that appear later."""
    add_for_each_speaker(
        entry,
        async_add_entities,
        lambda coordinator, dialogue: (
            [Directive(coordinator, dialogue, "directive")] if dialogue.speaker.model.execute is not None else []
        ),
    )


class Directive(DialogueEntity, TextEntity):
    """What is typed is told to XiaoAI, as if it had been said; shows what was told last since the start."""

    _attr_native_value = ""

    @override
    async def async_set_value(self, value: str) -> None:
        """Tell XiaoAI; nothing, if it is empty."""
        if value.strip():
            with told(self.dialogue.speaker.info.name, refused="cannot_execute"):
                await self.dialogue.execute(value.strip())
        self._attr_native_value = value.strip()
        self.async_write_ha_state()
