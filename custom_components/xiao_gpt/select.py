"""Choices of a speaker."""

from typing import override

from homeassistant.components.select import SelectEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity

from .coordinator import XiaoGptConfigEntry
from .entity import DialogueEntity, add_for_each_speaker
from .routing import Mode

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the choices of each speaker, and of those that appear later."""
    add_for_each_speaker(
        entry,
        async_add_entities,
        lambda coordinator, dialogue: [AnsweringMode(coordinator, dialogue, "answering_mode")],
    )


class AnsweringMode(DialogueEntity, SelectEntity, RestoreEntity):
    """Which questions the language model answers."""

    _attr_entity_category = EntityCategory.CONFIG

    @property
    @override
    def options(self) -> list[str]:
        """What can be chosen."""
        return list(Mode)

    @override
    async def async_added_to_hass(self) -> None:
        """Restore the choice of the last run."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_extra_data()) is not None and last.as_dict().get("mode") in list(Mode):
            self.dialogue.set(mode=Mode(last.as_dict()["mode"]))

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """What is kept over a restart: the state itself may be "unavailable" when Home Assistant stops."""
        return RestoredExtraData({"mode": self.dialogue.mode})

    @property
    @override
    def current_option(self) -> str:
        """The choice."""
        return self.dialogue.mode

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose."""
        self.dialogue.set(mode=Mode(option))
