"""Events of a speaker."""

from typing import override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import XiaoGptConfigEntry
from .entity import DialogueEntity, add_for_each_speaker
from .exchange import By, Exchange
from .routing import Decision, Route
from .xiaomi import Record

PARALLEL_UPDATES = 0
_LONGEST = 255
"""Characters of a text that are shown."""


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of each speaker, and of those that appear later."""
    add_for_each_speaker(
        entry,
        async_add_entities,
        lambda coordinator, dialogue: [
            Heard(coordinator, dialogue, "heard"),
            Answered(coordinator, dialogue, "answered"),
        ],
    )


class Answered(DialogueEntity, EventEntity):
    """What was answered, by whom, and how soon: told when the last word is over."""

    @property
    @override
    def event_types(self) -> list[str]:
        """Whose answer it may be."""
        return list(By)

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the exchanges."""
        await super().async_added_to_hass()
        self.async_on_remove(self.dialogue.follow(self._answered))

    @callback
    def _answered(self, exchange: Exchange) -> None:
        first = exchange.first_words_s
        self._trigger_event(
            exchange.by,
            {
                "utterance": exchange.question[:_LONGEST],
                "answer": exchange.answer[:_LONGEST],
                "reason": exchange.reason.value,
                "first_words": None if first is None else round(first, 3),
                "interrupted": exchange.interrupted,
            },
        )
        self.async_write_ha_state()


class Heard(DialogueEntity, EventEntity):
    """What was said, who answers it, and why."""

    @property
    @override
    def event_types(self) -> list[str]:
        """Who may answer."""
        return list(Route)

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what is heard."""
        await super().async_added_to_hass()
        self.async_on_remove(self.dialogue.listen(self._heard))

    @callback
    def _heard(self, record: Record, decision: Decision) -> None:
        self._trigger_event(
            decision.route,
            {
                "utterance": record.query[:_LONGEST],
                "xiaoai": record.answer[:_LONGEST],
                "reason": decision.reason.value,
                "intent": decision.intent,
                "score": round(decision.score, 3),
            },
        )
        self.async_write_ha_state()
