"""Buttons of a speaker."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import XiaoGptConfigEntry, XiaoGptCoordinator
from .dialogue import Dialogue
from .entity import DialogueEntity, add_for_each_speaker
from .failures import told
from .phrases import Phrase
from .saying import say

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SpeakerButton(ButtonEntityDescription):
    """A button: what it does, and at which speakers there is one."""

    press: Callable[[Dialogue], Awaitable[object]]
    fits: Callable[[Dialogue], bool] = lambda _: True


async def _clear(dialogue: Dialogue) -> None:
    dialogue.clear()


BUTTONS = (
    SpeakerButton(key="wake", press=Dialogue.wake, fits=lambda dialogue: dialogue.can_continue),
    SpeakerButton(key="stop", press=Dialogue.hush),
    SpeakerButton(key="clear_history", press=_clear, entity_category=EntityCategory.CONFIG),
    SpeakerButton(
        key="test",
        press=lambda dialogue: say(dialogue, Phrase.TEST, urgent=True),
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons of each speaker, and of those that appear later."""
    add_for_each_speaker(
        entry,
        async_add_entities,
        lambda coordinator, dialogue: [
            Button(coordinator, dialogue, description) for description in BUTTONS if description.fits(dialogue)
        ],
    )


class Button(DialogueEntity, ButtonEntity):
    """One of the buttons."""

    entity_description: SpeakerButton

    def __init__(self, coordinator: XiaoGptCoordinator, dialogue: Dialogue, description: SpeakerButton) -> None:
        """Take which button it is."""
        super().__init__(coordinator, dialogue, description.key)
        self.entity_description = description

    @override
    async def async_press(self) -> None:
        """Do it, and return when it is done."""
        with told(self.dialogue.speaker.info.name):
            await self.entity_description.press(self.dialogue)
