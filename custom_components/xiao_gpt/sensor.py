"""Sensors of what the language model is used for: by assistant, and by key of the service."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_MODEL, EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .assistant import assistant_device
from .const import DOMAIN, SUBENTRY_ASSISTANT
from .coordinator import XiaoGptConfigEntry
from .entity import add_for_each_speaker
from .gpt import Key
from .metering import price_for
from .speaker_sensors import sensors_of
from .usage import Account, Ledger

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class UsageDescription(SensorEntityDescription):
    """What a sensor shows of an account."""

    shown: Callable[[Account], int]


def _counts(key: str, shown: Callable[[Account], int]) -> UsageDescription:
    return UsageDescription(key=key, translation_key=key, state_class=SensorStateClass.TOTAL_INCREASING, shown=shown)


ASSISTANT_SENSORS = (
    _counts("requests", lambda account: account.total.requests),
    _counts("prompt_tokens", lambda account: account.total.prompt_tokens),
    _counts("completion_tokens", lambda account: account.total.completion_tokens),
    _counts("tokens_today", lambda account: account.today.tokens),
)
KEY_SENSORS = (
    _counts("key_requests", lambda account: account.total.requests),
    _counts("key_tokens", lambda account: account.total.tokens),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of speakers, assistants and keys, and take those away of keys that are no longer there."""
    add_for_each_speaker(entry, async_add_entities, sensors_of)
    ledger = entry.runtime_data.ledger
    for subentry in entry.get_subentries_of_type(SUBENTRY_ASSISTANT):
        sensors: list[SensorEntity] = [AssistantUsage(ledger, entry, subentry, what) for what in ASSISTANT_SENSORS]
        # Without a price there is nothing to show; when a person types one, the entry is loaded anew.
        if (price := price_for(subentry, subentry.data[CONF_MODEL])) is not None:
            sensors.append(AssistantCost(ledger, entry, subentry, price.currency))
        async_add_entities(sensors, config_subentry_id=subentry.subentry_id)
    keys = [KeyUsage(ledger, entry, key, what) for key in entry.runtime_data.service.ring.keys for what in KEY_SENSORS]
    _forget_others(hass, entry, {sensor.unique_id for sensor in keys})
    async_add_entities(keys)


@callback
def _forget_others(hass: HomeAssistant, entry: XiaoGptConfigEntry, known: Collection[str | None]) -> None:
    """Remove the sensors of keys that are no longer used: nothing will ever be counted there."""
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        is_keys = entity.domain == Platform.SENSOR and entity.unique_id.startswith(f"{entry.entry_id}-")
        if is_keys and entity.unique_id not in known:
            registry.async_remove(entity.entity_id)


class LedgerSensor(SensorEntity):
    """A sensor that shows a part of the ledger."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, ledger: Ledger, account: Account) -> None:
        """Take what is shown."""
        self._ledger = ledger
        self.account = account

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what is counted."""
        await super().async_added_to_hass()
        self.async_on_remove(self._ledger.observe(self.async_write_ha_state))


class AssistantUsage(LedgerSensor):
    """How often an assistant was asked, or how many tokens it took."""

    entity_description: UsageDescription

    def __init__(
        self, ledger: Ledger, entry: XiaoGptConfigEntry, subentry: ConfigSubentry, description: UsageDescription
    ) -> None:
        """Take whose usage it is and what of it."""
        super().__init__(ledger, ledger.of_assistant(subentry.subentry_id))
        self.entity_description = description
        self._attr_unique_id = f"{subentry.subentry_id}-{description.key}"
        self._attr_device_info = assistant_device(entry, subentry)

    @property
    @override
    def native_value(self) -> int:
        """The count."""
        return self.entity_description.shown(self.account)


class AssistantCost(LedgerSensor):
    """What an assistant has cost, in the currency of its price."""

    _attr_translation_key = "cost"
    _attr_device_class = SensorDeviceClass.MONETARY
    _attr_state_class = SensorStateClass.TOTAL
    _attr_suggested_display_precision = 4

    def __init__(self, ledger: Ledger, entry: XiaoGptConfigEntry, subentry: ConfigSubentry, currency: str) -> None:
        """Take whose cost it is."""
        super().__init__(ledger, ledger.of_assistant(subentry.subentry_id))
        self._attr_unique_id = f"{subentry.subentry_id}-cost"
        self._attr_device_info = assistant_device(entry, subentry)
        self._attr_native_unit_of_measurement = currency

    @property
    @override
    def native_value(self) -> float:
        """The sum since the beginning."""
        return round(self.account.total.costs.get(str(self.native_unit_of_measurement), 0.0), 6)


class KeyUsage(LedgerSensor):
    """How often a key was used, or for how many tokens."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_entity_registry_enabled_default = False
    entity_description: UsageDescription

    def __init__(self, ledger: Ledger, entry: XiaoGptConfigEntry, key: Key, description: UsageDescription) -> None:
        """Take which key it is and what of its usage."""
        super().__init__(ledger, ledger.of_key(key.id))
        self.entity_description = description
        self._attr_unique_id = f"{entry.entry_id}-{key.id}-{description.key}"
        self._attr_translation_placeholders = {"key": key.shown}
        self._attr_device_info = dr.DeviceInfo(
            identifiers={(DOMAIN, f"{entry.entry_id}-service")},
            translation_key="service",
            entry_type=dr.DeviceEntryType.SERVICE,
        )

    @property
    @override
    def native_value(self) -> int:
        """The count."""
        return self.entity_description.shown(self.account)
