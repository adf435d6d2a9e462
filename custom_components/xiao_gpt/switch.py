"""Switches of a speaker."""

from abc import abstractmethod
from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity

from .const import DOMAIN
from .coordinator import XiaoGptConfigEntry
from .entity import DialogueEntity, add_for_each_speaker
from .xiaomi import XiaomiError

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches of each speaker, and of those that appear later."""
    add_for_each_speaker(
        entry,
        async_add_entities,
        lambda coordinator, dialogue: [
            AdvancedDialogue(coordinator, dialogue, "advanced_dialogue"),
            SilenceXiaoAI(coordinator, dialogue, "silence_xiaoai"),
            *([ContinuousDialogue(coordinator, dialogue, "continuous_dialogue")] if dialogue.can_continue else []),
        ],
    )


class _DialogueSwitch(DialogueEntity, SwitchEntity, RestoreEntity):
    """Something about a dialogue that is on or off, and stays so over a restart."""

    # Also hides it from the assistants: "关闭所有开关" must not turn it off.
    _attr_entity_category = EntityCategory.CONFIG

    @abstractmethod
    def _set(self, *, on: bool) -> None:
        """Turn it on or off."""

    @override
    async def async_added_to_hass(self) -> None:
        """Restore the state of the last run and follow what is switched by voice."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_extra_data()) is not None:
            self._set(on=bool(last.as_dict().get("enabled")))

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """What is kept over a restart: the state itself may be "unavailable" when Home Assistant stops."""
        return RestoredExtraData({"enabled": self.is_on})

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        self._set(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        self._set(on=False)


class AdvancedDialogue(_DialogueSwitch):
    """Whether XiaoAI's answers are ours to give; off leaves the speaker as it came."""

    @property
    @override
    def is_on(self) -> bool:
        """Whether advanced dialogue is on."""
        return self.dialogue.enabled

    @override
    def _set(self, *, on: bool) -> None:
        self.dialogue.set(enabled=on)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn advanced dialogue off, and end an answer that is being given."""
        self._set(on=False)
        try:
            await self.dialogue.stop()
        except XiaomiError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="speaker_unreachable",
                translation_placeholders={"name": self.dialogue.speaker.info.name},
            ) from err


class ContinuousDialogue(_DialogueSwitch):
    """Whether the speaker listens again after each answer, without the wake word."""

    @property
    @override
    def is_on(self) -> bool:
        """Whether it listens again."""
        return self.dialogue.continuous

    @override
    def _set(self, *, on: bool) -> None:
        self.dialogue.set(continuous=on)


class SilenceXiaoAI(_DialogueSwitch):
    """Whether XiaoAI is silenced as soon as the answer is ours to give; else our first words end its own answer."""

    @property
    @override
    def is_on(self) -> bool:
        """Whether it is silenced at once."""
        return self.dialogue.silencing

    @override
    def _set(self, *, on: bool) -> None:
        self.dialogue.set(silencing=on)
