"""Choices of a speaker."""

from abc import abstractmethod
from enum import StrEnum
from typing import override

from homeassistant.components.select import SelectEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity

from .addresses import async_make_sure_speakers_reach_home
from .coordinator import XiaoGptConfigEntry
from .entity import DialogueEntity, add_for_each_speaker
from .routing import DeviceControl, Mode
from .voice_issue import async_forget_voice
from .voices import NATIVE

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the choices of each speaker, and of those that appear later."""
    add_for_each_speaker(
        entry,
        async_add_entities,
        lambda coordinator, dialogue: [
            AnsweringMode(coordinator, dialogue, "answering_mode"),
            DeviceControlChoice(coordinator, dialogue, "device_control"),
            AssistantChoice(coordinator, dialogue, "assistant"),
            AnsweringVoice(coordinator, dialogue, "voice"),
        ],
    )


class _Choice(DialogueEntity, SelectEntity, RestoreEntity):
    """Something about a dialogue that is chosen, and stays so over a restart."""

    _attr_entity_category = EntityCategory.CONFIG
    _kept_as: str

    @property
    @abstractmethod
    def _kept(self) -> str | None:
        """What is kept of the choice."""

    @abstractmethod
    def _restore(self, kept: str) -> None:
        """Choose what was kept, if it still is a choice."""

    @override
    async def async_added_to_hass(self) -> None:
        """Restore the choice of the last run."""
        await super().async_added_to_hass()
        if (last := await self.async_get_last_extra_data()) is not None:
            kept = last.as_dict().get(self._kept_as)
            if isinstance(kept, str):
                self._restore(kept)

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """What is kept over a restart: the state itself may be "unavailable" when Home Assistant stops."""
        return RestoredExtraData({self._kept_as: self._kept})


class _EnumChoice[Option: StrEnum](_Choice):
    """One of a few."""

    _enum: type[Option]

    @property
    @abstractmethod
    def _chosen(self) -> Option:
        """The choice."""

    @abstractmethod
    def _choose(self, option: Option) -> None:
        """Choose."""

    @property
    @override
    def options(self) -> list[str]:
        """What can be chosen."""
        return list(self._enum)

    @property
    @override
    def current_option(self) -> str:
        """The choice."""
        return self._chosen

    @property
    @override
    def _kept(self) -> str:
        return self._chosen

    @override
    def _restore(self, kept: str) -> None:
        if kept in list(self._enum):
            self._choose(self._enum(kept))

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose."""
        self._choose(self._enum(option))


class AnsweringMode(_EnumChoice[Mode]):
    """Which questions the language model answers."""

    _enum = Mode
    _kept_as = "mode"

    @property
    @override
    def _chosen(self) -> Mode:
        return self.dialogue.mode

    @override
    def _choose(self, option: Mode) -> None:
        self.dialogue.set(mode=option)


class DeviceControlChoice(_EnumChoice[DeviceControl]):
    """Who comes first with the home's devices."""

    _enum = DeviceControl
    _kept_as = "device_control"

    @property
    @override
    def _chosen(self) -> DeviceControl:
        return self.dialogue.device_control

    @override
    def _choose(self, option: DeviceControl) -> None:
        self.dialogue.set(device_control=option)


class AssistantChoice(_Choice):
    """Who answers: one of the entry's assistants, or any other conversation agent."""

    _kept_as = "agent"

    @override
    async def async_added_to_hass(self) -> None:
        """Follow who there is."""
        await super().async_added_to_hass()
        self.async_on_remove(self.dialogue.agents.follow(self.async_write_ha_state))

    @property
    @override
    def options(self) -> list[str]:
        """What they are called."""
        return list(self.dialogue.agents.names)

    @property
    @override
    def current_option(self) -> str | None:
        """What the one is called who answers, while the one that was chosen is gone as well."""
        current = self.dialogue.agents.current
        return None if current is None else current.name

    @property
    @override
    def _kept(self) -> str | None:
        return self.dialogue.agents.key

    @override
    def _restore(self, kept: str) -> None:
        self.dialogue.agents.choose(kept)  # who may not be there yet

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose."""
        self.dialogue.agents.choose_by_name(option)


class AnsweringVoice(_Choice):
    """In which voice answers are spoken: XiaoAI's own, or one of Home Assistant's, which the speaker fetches."""

    _kept_as = "voice"

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what voices there are."""
        await super().async_added_to_hass()
        self.async_on_remove(self.dialogue.voices.follow(self.async_write_ha_state))

    @property
    @override
    def options(self) -> list[str]:
        """What they are called."""
        return [NATIVE, *(voice.name for voice in self.dialogue.voices.all)]

    @property
    @override
    def current_option(self) -> str:
        """What the one is called that answers: XiaoAI's own while the one that was chosen is gone."""
        current = self.dialogue.voices.current
        return NATIVE if current is None else current.name

    @property
    @override
    def _kept(self) -> str | None:
        return self.dialogue.voices.key

    @override
    def _restore(self, kept: str) -> None:
        self.dialogue.voices.choose(kept)  # which may not be there yet

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose, if the speaker can fetch anything from Home Assistant.

        Raises:
            HomeAssistantError: it cannot, as far as can be known from here.
        """
        voice = self.dialogue.voices.named(option)
        if voice is not None:
            await async_make_sure_speakers_reach_home(self.hass)
        self.dialogue.voices.choose(None if voice is None else voice.key)
        async_forget_voice(self.hass, self._did)
