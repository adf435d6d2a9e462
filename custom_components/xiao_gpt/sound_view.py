"""Audio that a speaker fetches from Home Assistant while it is still being made."""

from contextlib import suppress
from http import HTTPStatus
import secrets

from aiohttp import web
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .speech import Sound

_PATH = f"/api/{DOMAIN}/voice"
_SOUNDS: HassKey[dict[str, Sound]] = HassKey(f"{DOMAIN}_sounds")
"""What there is to fetch, by a name that nobody can guess: a speaker cannot log in."""


@callback
def async_setup_sounds(hass: HomeAssistant) -> None:
    """Let speakers fetch audio."""
    hass.data[_SOUNDS] = {}
    hass.http.register_view(SoundView(hass.data[_SOUNDS]))


@callback
def async_offer_sound(hass: HomeAssistant, sound: Sound) -> str:
    """Let an audio be fetched; return the path where."""
    name = f"{secrets.token_urlsafe(16)}.mp3"
    hass.data[_SOUNDS][name] = sound
    return f"{_PATH}/{name}"


@callback
def async_withdraw_sound(hass: HomeAssistant, sound: Sound) -> None:
    """Let an audio not be fetched any more: some models begin again when they have come to the end."""
    sounds = hass.data[_SOUNDS]
    for name in [name for name, offered in sounds.items() if offered is sound]:
        del sounds[name]


class SoundView(HomeAssistantView):
    """Hands out audio as it comes."""

    requires_auth = False
    url = f"{_PATH}/{{name}}"
    name = f"api:{DOMAIN}:voice"

    def __init__(self, sounds: dict[str, Sound]) -> None:
        """Take what there is to fetch."""
        self._sounds = sounds

    async def head(self, request: web.Request, name: str) -> web.Response:
        """Tell what kind of audio it is: some players ask before they fetch."""
        return self._missing() if name not in self._sounds else web.Response(content_type="audio/mpeg")

    async def get(self, request: web.Request, name: str) -> web.StreamResponse:
        """Hand an audio out, from its beginning to its end."""
        sound = self._sounds.get(name)
        if sound is None:
            return self._missing()
        response: web.StreamResponse | None = None
        with suppress(ConnectionError):  # the speaker has enough
            async for data in sound.fetch():
                if response is None:
                    response = web.StreamResponse()
                    response.content_type = "audio/mpeg"
                    await response.prepare(request)
                await response.write(data)
            if response is not None:
                await response.write_eof()
        return response or self._missing()

    @staticmethod
    def _missing() -> web.Response:
        return web.Response(status=HTTPStatus.NOT_FOUND)
