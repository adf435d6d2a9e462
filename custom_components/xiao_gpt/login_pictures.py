"""Pictures that a person has to look at while logging in: the frontend's dialogs take them by address only."""

from datetime import timedelta
from http import HTTPStatus
import secrets

from aiohttp import web
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .xiaomi import Picture

_URL = f"/api/{DOMAIN}/login_picture"
_VALID = timedelta(minutes=15)
_MOST = 20
"""Flows that were left open are not told apart from those that go on: the oldest pictures are forgotten."""


class LoginPictures(HomeAssistantView):
    """Serves the pictures to whoever got a signed address."""

    url = f"{_URL}/{{key}}"
    name = f"api:{DOMAIN}:login_picture"

    def __init__(self) -> None:
        """Begin with none."""
        self._pictures: dict[str, Picture] = {}

    async def get(self, request: web.Request, key: str) -> web.Response:
        """Return a picture."""
        picture = self._pictures.get(key)
        if picture is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        return web.Response(body=picture.content, content_type=picture.mime_type, headers={"Cache-Control": "no-store"})

    @callback
    def add(self, picture: Picture) -> str:
        """Keep a picture and return its path."""
        key = secrets.token_urlsafe(16)
        self._pictures[key] = picture
        for oldest in list(self._pictures)[:-_MOST]:
            del self._pictures[oldest]
        return f"{_URL}/{key}"


_VIEW: HassKey[LoginPictures] = HassKey(f"{DOMAIN}_login_pictures")


@callback
def show_picture(hass: HomeAssistant, picture: Picture) -> str:
    """Return an address at which a signed-in person's browser or app gets the picture for a while."""
    if (view := hass.data.get(_VIEW)) is None:
        view = hass.data[_VIEW] = LoginPictures()
        hass.http.register_view(view)
    return async_sign_path(hass, view.add(picture), _VALID, use_content_user=True)
