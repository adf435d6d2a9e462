"""Sensors of a speaker: what was asked and answered last, how soon, and how often today."""

from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import override

from homeassistant.components.sensor import RestoreSensor, SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from .coordinator import XiaoGptCoordinator
from .dialogue import Dialogue
from .entity import DialogueEntity
from .exchange import By, Exchange

_LONGEST_STATE = 255


def sensors_of(coordinator: XiaoGptCoordinator, dialogue: Dialogue) -> Iterable[SensorEntity]:
    """Return the sensors of one speaker."""
    yield LastQuestion(coordinator, dialogue, "last_question")
    yield LastAnswer(coordinator, dialogue, "last_answer")
    yield FirstWords(coordinator, dialogue, "first_words")
    yield QuestionsToday(coordinator, dialogue, "questions_today")


def shortened(text: str) -> str:
    """Return as much of a text as a state may hold."""
    return text if len(text) <= _LONGEST_STATE else f"{text[: _LONGEST_STATE - 1]}…"


class ExchangeSensor(DialogueEntity, RestoreSensor):
    """A sensor that shows something of the last exchange, over restarts."""

    @override
    async def async_added_to_hass(self) -> None:
        """Restore what was shown, and follow the exchanges."""
        await super().async_added_to_hass()
        if (data := await self.async_get_last_sensor_data()) is not None:
            self._attr_native_value = data.native_value
        self.async_on_remove(self.dialogue.follow(self._over))

    @callback
    def _over(self, exchange: Exchange) -> None:
        self.show(exchange)
        self.async_write_ha_state()

    @abstractmethod
    def show(self, exchange: Exchange) -> None:
        """Take what is shown of an exchange."""


class LastQuestion(ExchangeSensor):
    """What was said last."""

    @override
    def show(self, exchange: Exchange) -> None:
        """Show the question."""
        self._attr_native_value = shortened(exchange.question)


class LastAnswer(ExchangeSensor):
    """What was answered last, whoever did."""

    @override
    def show(self, exchange: Exchange) -> None:
        """Show the answer, as far as it was heard; what nobody answered leaves the one before."""
        if exchange.by is not By.NOBODY:
            self._attr_native_value = shortened(exchange.answer)


class FirstWords(ExchangeSensor):
    """How soon the assistant's last answer began."""

    _attr_device_class = SensorDeviceClass.DURATION
    _attr_native_unit_of_measurement = UnitOfTime.SECONDS
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_suggested_display_precision = 2
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @override
    def show(self, exchange: Exchange) -> None:
        """Show the time of an answer of the assistant's."""
        if exchange.by is By.AGENT and exchange.first_words_s is not None:
            self._attr_native_value = round(exchange.first_words_s, 3)


class QuestionsToday(ExchangeSensor):
    """How often the speaker was spoken to today, while advanced dialogue was on."""

    _attr_state_class = SensorStateClass.TOTAL
    _attr_native_value: int

    @override
    async def async_added_to_hass(self) -> None:
        """Go on from today's count, and begin anew at midnight."""
        await super().async_added_to_hass()
        last = await self.async_get_last_state()
        today = dt_util.start_of_local_day()
        restored = self._attr_native_value if last is not None and last.last_updated >= today else 0
        self._attr_native_value = restored if isinstance(restored, int) else 0
        self._attr_last_reset = today
        self.async_on_remove(async_track_time_change(self.hass, self._midnight, hour=0, minute=0, second=0))

    @callback
    def _midnight(self, now: datetime) -> None:
        self._attr_native_value = 0
        self._attr_last_reset = dt_util.start_of_local_day(now)
        self.async_write_ha_state()

    @override
    def show(self, exchange: Exchange) -> None:
        """Count the question."""
        self._attr_native_value += 1
