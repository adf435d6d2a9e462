"""Voices of Home Assistant that need no network: their MP3 is silent, and as long as the words."""

import asyncio

from homeassistant.components.tts import TextToSpeechEntity, Voice
from homeassistant.components.tts.entity import TTSAudioRequest, TTSAudioResponse

from tests.integration.support import SPEED

FRAME = b"\xff\xf3\x44\xc0" + bytes(92)
"""A silent frame: MPEG 2 layer III, 24 kHz, 32 kbit/s, one channel."""
FRAME_S = 0.024
CHARACTERS_PER_S = 5.0 * SPEED


def mp3(words: str) -> bytes:
    """Return how words sound."""
    return FRAME * round(len(words) / CHARACTERS_PER_S / FRAME_S)


def seconds(words: str) -> float:
    """Return how long words sound."""
    return round(len(words) / CHARACTERS_PER_S / FRAME_S) * FRAME_S


class Engine(TextToSpeechEntity):
    """An engine that makes a whole text at once."""

    _attr_default_language = "en-US"

    def __init__(
        self, name: str = "小声", voices: dict[str, str] | None = None, languages: tuple[str, ...] = ("en-US", "zh-CN")
    ) -> None:
        self._attr_name = name
        self._attr_supported_languages = list(languages)
        self._attr_unique_id = name
        self._voices = voices or {}
        self._attr_supported_options = ["voice"] if voices else []
        self.asked: list[str] = []
        """What it was given to say, in the parts in which it came."""
        self.requests: list[tuple[str, dict[str, str]]] = []
        """Language and options of each request."""
        self.fails_at: int | None = None
        """The part at which it fails."""
        self.takes = 0.01
        """Seconds for a part."""
        self.idles_at: int | None = None
        """The part at which it stops without a word."""

    def async_get_supported_voices(self, language: str) -> list[Voice] | None:
        return [Voice(*voice) for voice in self._voices.items()] or None

    async def _speak(self, words: str) -> bytes:
        if len(self.asked) == self.fails_at:
            raise OSError("the voice is hoarse")
        if len(self.asked) == self.idles_at:
            await asyncio.Event().wait()
        self.asked.append(words)
        await asyncio.sleep(self.takes)
        return mp3(words)

    async def async_get_tts_audio(self, message, language, options):
        self.requests.append((language, options))
        return "mp3", await self._speak(message)


class StreamingEngine(Engine):
    """An engine that begins with the first words."""

    async def async_stream_tts_audio(self, request: TTSAudioRequest) -> TTSAudioResponse:
        self.requests.append((request.language, request.options))

        async def audio():
            async for words in request.message_gen:
                yield await self._speak(words)

        return TTSAudioResponse("mp3", audio())
