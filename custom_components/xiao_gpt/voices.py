"""In which voice a speaker answers: XiaoAI's own, or one of Home Assistant's."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
import time
from typing import Final

from homeassistant.components.tts import ATTR_VOICE, Provider, TextToSpeechEntity
from homeassistant.components.tts.const import DATA_COMPONENT, DATA_TTS_MANAGER, DOMAIN as TTS_DOMAIN
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import language as language_util

from .choices import follow_domain, told_apart, when_others
from .const import LOGGER
from .language import spoken_language

NATIVE: Final = "native"
"""XiaoAI's own voice. It is a translation key."""
UNHEARD_S = 600.0
"""So long a voice is not tried again that was not heard: it takes seconds to know, in which nothing is said."""
FAILED_S = 60.0
"""The same for an engine that failed."""


@dataclass(frozen=True, slots=True)
class HomeVoice:
    """A voice of Home Assistant's."""

    key: str
    """Stays the same whatever it is called: the id of the registered entity or of the engine, and of the voice."""
    engine: str
    """What Home Assistant knows the engine by now."""
    language: str
    voice: str | None
    """Which of the engine's; None: its usual one."""
    name: str


@callback
def async_home_voices(hass: HomeAssistant) -> list[HomeVoice]:
    """Return the voices that speak Chinese, each by a name of its own; none while Home Assistant has no engine."""
    if DATA_COMPONENT not in hass.data:
        return []
    found = [voice for engine in _engines(hass) for voice in _voices_of(hass, *engine)]
    found.sort(key=lambda voice: (voice.name.casefold(), voice.engine))
    return list(told_apart(found, taken=[NATIVE]))


def _engines(hass: HomeAssistant) -> Iterator[tuple[str, str, str, TextToSpeechEntity | Provider]]:
    """Yield key, id and name of each engine, and itself."""
    registry = er.async_get(hass)
    for entity in hass.data[DATA_COMPONENT].entities:
        known, state = registry.async_get(entity.entity_id), hass.states.get(entity.entity_id)
        key = known.id if known is not None else entity.entity_id
        yield key, entity.entity_id, state.name if state is not None else entity.entity_id, entity
    for engine, provider in hass.data[DATA_TTS_MANAGER].providers.items():
        if not provider.has_entity:
            yield engine, engine, provider.name or engine, provider


def _voices_of(
    hass: HomeAssistant, key: str, engine: str, name: str, instance: TextToSpeechEntity | Provider
) -> Iterator[HomeVoice]:
    """Yield an engine's usual voice, and each that can be chosen."""
    language = _language(hass, instance.supported_languages)
    if language is None:
        return
    yield HomeVoice(key, engine, language, None, name)
    if ATTR_VOICE in (instance.supported_options or []):
        for voice in instance.async_get_supported_voices(language) or []:
            yield HomeVoice(f"{key}/{voice.voice_id}", engine, language, voice.voice_id, f"{name} · {voice.name}")


def _language(hass: HomeAssistant, supported: Iterable[str]) -> str | None:
    """Return which of the languages of an engine is the one that is spoken at the speakers."""
    languages = list(supported)
    matches = language_util.matches(spoken_language(hass), languages, hass.config.country)
    return next(iter(matches), None) or next((tag for tag in languages if tag.lower().startswith("cmn")), None)


class VoiceChoice:
    """In which voice one speaker answers."""

    def __init__(self, hass: HomeAssistant, speaker_name: str, on_change: Callable[[], None]) -> None:
        """Take where it is.

        Args:
            hass: Home Assistant.
            speaker_name: what the speaker is called in the log.
            on_change: called when another one was chosen.
        """
        self._hass = hass
        self._speaker_name = speaker_name
        self._on_change = on_change
        self._missed = False
        self._rests_until = float("-inf")
        self._key: str | None = None

    @property
    def key(self) -> str | None:
        """Which was chosen, whether it is there or not; None: XiaoAI's own."""
        return self._key

    @callback
    def choose(self, key: str | None) -> None:
        """Answer in a voice from now on."""
        self._rests_until = float("-inf")
        if key != self._key:
            self._key, self._missed = key, False
            self._on_change()

    @property
    def all(self) -> list[HomeVoice]:
        """Home Assistant's voices that can be chosen."""
        return async_home_voices(self._hass)

    @callback
    def named(self, name: str) -> HomeVoice | None:
        """Return the one of a name."""
        return next((voice for voice in self.all if voice.name == name), None)

    @property
    def current(self) -> HomeVoice | None:
        """The voice of Home Assistant's that was chosen; None: XiaoAI's own, or it is gone."""
        return None if self._key is None else next((voice for voice in self.all if voice.key == self._key), None)

    @property
    def usable(self) -> HomeVoice | None:
        """The voice that answers now; None: XiaoAI's own. It is said once in the log if that was not chosen."""
        current = self.current
        missing = self._key is not None and current is None
        if missing and not self._missed:
            LOGGER.warning("The voice chosen for %s is not there; XiaoAI's own answers meanwhile", self._speaker_name)
        self._missed = missing
        return current if time.monotonic() >= self._rests_until else None

    @callback
    def failed(self, *, unheard: bool) -> None:
        """Leave the voice alone for a while.

        Args:
            unheard: whether the speaker could not play it; else the voice itself failed.
        """
        self._rests_until = time.monotonic() + (UNHEARD_S if unheard else FAILED_S)

    @callback
    def follow(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` when there may be others; return what ends that."""
        return follow_domain(self._hass, TTS_DOMAIN, when_others(lambda: self.all, listener))
