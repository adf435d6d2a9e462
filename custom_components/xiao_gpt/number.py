"""Numbers of a speaker."""

from abc import abstractmethod
from typing import override

from homeassistant.components.number import NumberMode, RestoreNumber
from homeassistant.const import PERCENTAGE, EntityCategory
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
            ([] if dialogue.speaker.reports_status else [SpeakingRate(coordinator, dialogue, "speaking_rate")])
            + [AnswerVolume(coordinator, dialogue, "answer_volume")]
        ),
    )


class _DialogueNumber(DialogueEntity, RestoreNumber):
    """A number of a dialogue that a person sets, and that stays so over a restart."""

    _attr_entity_category = EntityCategory.CONFIG
    _attr_mode = NumberMode.SLIDER

    @abstractmethod
    def _set(self, value: float) -> None:
        """Let it count from now on."""

    @override
    async def async_added_to_hass(self) -> None:
        """Restore what was set."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_number_data()) is not None and last.native_value is not None:
            await self.async_set_native_value(last.native_value)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it."""
        self._set(value)
        self._attr_native_value = value
        self.async_write_ha_state()


class AnswerVolume(_DialogueNumber):
    """How loud a speaker answers; 0: as loud as it is."""

    _attr_native_value = 0
    _attr_native_min_value = 0
    _attr_native_max_value = 100
    _attr_native_step = 1
    _attr_native_unit_of_measurement = PERCENTAGE

    @override
    def _set(self, value: float) -> None:
        self.dialogue.loudness.percent = round(value) or None


class SpeakingRate(_DialogueNumber):
    """How fast a speaker speaks that does not tell when it is silent; of the others it is learned.

    Unknown until someone sets it: pieces are kept short then, since their end is guessed.
    """

    _attr_native_min_value = 3.0
    _attr_native_max_value = 8.0
    _attr_native_step = 0.1

    @override
    def _set(self, value: float) -> None:
        self.dialogue.set_rate = SpeechRate.at(value)
