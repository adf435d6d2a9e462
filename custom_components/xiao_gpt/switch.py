"""Switches of a speaker."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity

from .const import DOMAIN
from .coordinator import XiaoGptConfigEntry, XiaoGptCoordinator
from .dialogue import Dialogue
from .entity import SpeakerEntity
from .xiaomi import XiaomiError

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switches of each speaker, and of those that appear later."""
    coordinator = entry.runtime_data.coordinator
    known: set[str] = set()

    @callback
    def check_speakers() -> None:
        new = coordinator.data.keys() - known
        known.update(new)
        async_add_entities(AdvancedDialogue(coordinator, entry.runtime_data.dialogues[did]) for did in new)

    check_speakers()
    entry.async_on_unload(coordinator.async_add_listener(check_speakers))


class AdvancedDialogue(SpeakerEntity, SwitchEntity, RestoreEntity):
    """Whether XiaoAI's answers are ours to give; off leaves the speaker as it came."""

    # Also hides it from the assistants: "关闭所有开关" must not turn it off.
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, coordinator: XiaoGptCoordinator, dialogue: Dialogue) -> None:
        """Take the dialogue that is switched."""
        super().__init__(coordinator, dialogue.speaker.info.did, "advanced_dialogue")
        self._dialogue = dialogue

    @override
    async def async_added_to_hass(self) -> None:
        """Restore the state of the last run and follow what is switched by voice."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_extra_data()) is not None:
            self._dialogue.set_enabled(bool(last.as_dict().get("enabled")))
        self.async_on_remove(self._dialogue.observe(self.async_write_ha_state))

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """What is kept over a restart: the state itself may be "unavailable" when Home Assistant stops."""
        return RestoredExtraData({"enabled": self._dialogue.enabled})

    @property
    @override
    def is_on(self) -> bool:
        """Whether advanced dialogue is on."""
        return self._dialogue.enabled

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn advanced dialogue on."""
        self._dialogue.set_enabled(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn advanced dialogue off, and end an answer that is being given."""
        self._dialogue.set_enabled(False)
        try:
            await self._dialogue.stop()
        except XiaomiError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="speaker_unreachable",
                translation_placeholders={"name": self._dialogue.speaker.info.name},
            ) from err
