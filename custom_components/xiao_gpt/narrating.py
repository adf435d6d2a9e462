"""Answers in a voice of Home Assistant's: its engine reads, the speaker fetches what is read."""

from collections.abc import AsyncGenerator, Callable

from homeassistant.components import tts
from homeassistant.components.tts.helper import get_engine_instance
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .addresses import home_for_speaker
from .const import LOGGER
from .sound_view import async_offer_sound, async_withdraw_sound
from .speech import NarrationError, Sound
from .voices import HomeVoice
from .xiaomi import Speaker, XiaomiError


class EngineReader:
    """One of Home Assistant's voices."""

    def __init__(self, hass: HomeAssistant, voice: HomeVoice) -> None:
        """Take the voice."""
        self._hass = hass
        self._voice = voice

    @property
    def streams(self) -> bool:
        """Whether its engine begins before it has all the words."""
        engine = get_engine_instance(self._hass, self._voice.engine)
        return isinstance(engine, tts.TextToSpeechEntity) and engine.async_supports_streaming_input()

    async def read(self, words: AsyncGenerator[str]) -> AsyncGenerator[bytes]:
        """Yield the MP3 of some words; Home Assistant converts what an engine makes of another kind.

        Raises:
            Exception: whatever the engine raises.
        """
        options = {tts.ATTR_PREFERRED_FORMAT: "mp3"}
        if self._voice.voice is not None:
            options[tts.ATTR_VOICE] = self._voice.voice
        stream = tts.async_create_stream(self._hass, self._voice.engine, self._voice.language, options)
        # Not as a message: each of those would be kept on the disk.
        stream.async_set_message_stream(words)
        try:
            async for data in stream.async_stream_result():
                yield data
        finally:
            stream.delete()


class FetchingPlayer:
    """A speaker that plays what it fetches from Home Assistant."""

    def __init__(self, hass: HomeAssistant, speaker: Speaker, on_over: Callable[[NarrationError | None], None]) -> None:
        """Take the speaker, and who is told how it went."""
        self._hass = hass
        self._speaker = speaker
        self._on_over = on_over

    @property
    def reports_status(self) -> bool:
        """Whether it can be asked if it plays."""
        return self._speaker.reports_status

    async def play(self, sound: Sound) -> None:
        """Begin to play an audio; XiaoAI's own words, which it would not replace, are silenced.

        Raises:
            NarrationError: there is no address, or the speaker does not take it.
        """
        try:
            address = home_for_speaker(self._hass)
        except HomeAssistantError as err:
            reason, details = err.translation_key or "", err.translation_placeholders or {}
            raise NarrationError("Home Assistant has no address for a speaker", reason, **details) from err
        try:
            if self._speaker.model.pausable:
                await self._speaker.pause()
            await self._speaker.play_url(f"{address}{async_offer_sound(self._hass, sound)}")
        except XiaomiError as err:
            raise NarrationError(f"The speaker did not take the address: {err}") from err

    async def is_playing(self) -> bool | None:
        """Tell whether it plays, or None where that cannot be known just now."""
        try:
            status = await self._speaker.status()
        except XiaomiError as err:
            LOGGER.debug("The play status of %s could not be read: %s", self._speaker.info.name, err)
            return None
        return None if status is None else status.playing

    async def stop(self) -> None:
        """Silence it, as far as that can be done."""
        try:
            await self._speaker.stop()
        except XiaomiError as err:
            LOGGER.debug("%s could not be silenced: %s", self._speaker.info.name, err)

    def leave(self, sound: Sound, failure: NarrationError | None) -> None:
        """Take note that an audio is over, or why it could not be heard."""
        async_withdraw_sound(self._hass, sound)
        self._on_over(failure)
