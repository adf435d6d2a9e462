"""Numbers of a speaker."""

from typing import override

from homeassistant.components.number import NumberMode, RestoreNumber
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import XiaoGptConfigEntry
from .entity import DialogueEntity, add_for_each_speaker
from .speech import SpeechRate

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the numbers of each speaker, and of those that appear later."""
    add_for_each_speaker(
        entry,
        async_add_entities,
        lambda coordinator, dialogue: (
            [] if dialogue.speaker.reports_status else [SpeakingRate(coordinator, dialogue, "speaking_rate")]
        ),
    )


class SpeakingRate(DialogueEntity, RestoreNumber):
    """How fast a speaker speaks that does not tell when it is silent; of the others it is learned.

    Unknown until someone sets it: pieces are kept short then, since their end is guessed.
    """

    _attr_entity_category = EntityCategory.CONFIG
    _attr_native_min_value = 3.0
    _attr_native_max_value = 8.0
    _attr_native_step = 0.1
    _attr_mode = NumberMode.SLIDER

    @override
    async def async_added_to_hass(self) -> None:
        """Restore what was set."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_number_data()) is not None and last.native_value is not None:
            await self.async_set_native_value(last.native_value)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the pace by ear."""
        self.dialogue.set_rate = SpeechRate.at(value)
        self._attr_native_value = value
        self.async_write_ha_state()
