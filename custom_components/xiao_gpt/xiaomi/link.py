"""The two lines to one speaker, ubus and MIoT: single requests, and what their answers mean."""

from typing import Any

from miservice import MiIOService, MiNAService

from .account import XiaomiAccount
from .answers import PlayStatus, miot_accepted, miot_status, ubus_answer
from .speakers import Iid

MEDIA = "app_ios"


class Link:
    """Sends requests to one speaker. Every method raises the subclass of `XiaomiError` that its answer stands for."""

    def __init__(self, account: XiaomiAccount, device_id: str, did: str) -> None:
        """Take whose speaker it is, and its ids on the two lines."""
        self._device_id = device_id
        self._did = did
        self._mina = MiNAService(account)
        self._miio = MiIOService(account)

    async def ubus(self, path: str, method: str, **message: Any) -> dict[str, Any]:
        """Call a ubus method and return its answer."""
        return ubus_answer(await self._mina.ubus_request(self._device_id, method, path, message))

    async def player(self, method: str, **message: Any) -> dict[str, Any]:
        """Call a method of the media player and return its answer."""
        return await self.ubus("mediaplayer", method, media=MEDIA, **message)

    async def play_music(self, url: str) -> None:
        """Play what an address holds as if it were a piece of Xiaomi's music service."""
        ubus_answer(await self._mina.play_by_music_url(self._device_id, url))

    async def ubus_status(self) -> PlayStatus:
        """Return the play status that ubus tells."""
        return PlayStatus.from_ubus(await self.player("player_get_play_status"))

    async def act(self, action: Iid, *arguments: str | bool | int) -> None:
        """Carry out a MIoT action."""
        siid, aiid = action
        params = {"did": self._did, "siid": siid, "aiid": aiid, "in": list(arguments)}
        miot_accepted(await self._miio.miot_request("action", params))

    async def set(self, prop: Iid, value: int) -> None:
        """Set a MIoT property."""
        params = [{"did": self._did, "siid": prop[0], "piid": prop[1], "value": value}]
        results = await self._miio.miot_request("prop/set", params)
        miot_accepted(results[0] if isinstance(results, list) and results else None)

    async def miot_status(self, playing_state: Iid, volume: Iid | None) -> PlayStatus | None:
        """Return the play status that MIoT tells; None if that property cannot be read."""
        wanted = [playing_state] if volume is None else [playing_state, volume]
        params = [{"did": self._did, "siid": siid, "piid": piid} for siid, piid in wanted]
        return miot_status(await self._miio.miot_request("prop/get", params))
