"""A voice that needs no network: its MP3 is silent, and as long as the words. For tests on a real Home Assistant."""

from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.components.tts import TextToSpeechEntity
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.components.tts.entity import TTSAudioRequest, TTSAudioResponse
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

DOMAIN = "quiet_voice"

FRAME = b"\xff\xf3\x44\xc0" + bytes(92)
"""A silent frame: MPEG 2 layer III, 24 kHz, 32 kbit/s, one channel."""
FRAME_S = 0.024
CHARACTERS_PER_S = 12.0


class QuietVoice(TextToSpeechEntity):
    """An engine that begins with the first words."""

    _attr_name = "小声"
    _attr_unique_id = DOMAIN
    _attr_default_language = "zh-CN"
    _attr_supported_languages: list[str] = ["zh-CN"]  # noqa: RUF012 (Home Assistant has it so)

    async def async_stream_tts_audio(self, request: TTSAudioRequest) -> TTSAudioResponse:
        """Speak the words as they come."""

        async def audio() -> AsyncGenerator[bytes]:
            async for words in request.message_gen:
                yield FRAME * round(len(words) / CHARACTERS_PER_S / FRAME_S)

        return TTSAudioResponse("mp3", audio())


async def async_setup(hass: HomeAssistant, config: ConfigType | dict[str, Any]) -> bool:
    """Add the voice."""
    await hass.data[DATA_COMPONENT].async_add_entities([QuietVoice()])
    return True
