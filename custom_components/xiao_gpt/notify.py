"""Messages to a speaker: what is sent is spoken."""

from typing import override

from homeassistant.components.notify import NotifyEntity
from homeassistant.components.notify.const import NotifyEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import XiaoGptConfigEntry
from .entity import DialogueEntity, add_for_each_speaker
from .phrases import Phrase
from .saying import make_sure_it_speaks, say

# Each speaker says one thing after the other by itself; those in other rooms need not wait for it.
PARALLEL_UPDATES = 0
_CLOSED = "。！？!?.…"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the notify entities of each speaker, and of those that appear later."""
    add_for_each_speaker(
        entry,
        async_add_entities,
        lambda coordinator, dialogue: [
            Speak(coordinator, dialogue, "speak"),
            Announce(coordinator, dialogue, "announce"),
        ],
    )


class Speak(DialogueEntity, NotifyEntity):
    """Says a message as soon as the speaker is free: an answer that is being given comes to its end before."""

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Say the message, and return when it has been said."""
        await say(self.dialogue, message)


class Announce(DialogueEntity, NotifyEntity):
    """Says a message at once, after words that call for attention; it ends an answer that is being given.

    It is not louder than the speaker is set to: what is meant for a whole family at noon would wake it at night.
    """

    _attr_supported_features = NotifyEntityFeature.TITLE

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Call for attention, by the title if there is one, say the message, and return when it has been said."""
        opening = title.strip() if title else ""
        if not opening:
            opening = Phrase.ATTENTION
        elif opening[-1] not in _CLOSED:
            opening += "。"
        make_sure_it_speaks(message)
        await say(self.dialogue, f"{opening}{message}", urgent=True)
