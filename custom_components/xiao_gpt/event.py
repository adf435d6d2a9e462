"""Events of a speaker."""

from typing import Any, override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import XiaoGptConfigEntry
from .entity import DialogueEntity, add_for_each_speaker
from .exchange import By, Exchange
from .routing import Decision, Route
from .told import of_exchange, of_heard
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


class _Telling(DialogueEntity, EventEntity):
    """Something that is told of a dialogue."""

    @callback
    def _tell(self, told: dict[str, Any], kind: str) -> None:
        """Show what happened; the type of the event is under the name `kind`."""
        shown = {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in told.items()}
        self._trigger_event(shown.pop(kind), shown)
        self.async_write_ha_state()


class Answered(_Telling):
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
        self._tell(of_exchange(exchange), "by")


class Heard(_Telling):
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
        self._tell(of_heard(record, decision), "route")
