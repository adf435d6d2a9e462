"""One speaker: what it is, and the commands that it takes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
import json
import logging
from typing import Any, Self

from miservice import MiIOService, MiNAService

from .account import XiaomiAccount
from .errors import CloudError, SpeakerError, SpeakerOfflineError, SpeakerRefusedError, XiaomiError
from .models import Model, Status, model_of
from .records import Record, fetch_records, parse_nlp_result

_LOGGER = logging.getLogger(__name__)

_PLAYING = 1
_OFFLINE_CODES = {-704042011, -704042001}


@dataclass(frozen=True, slots=True)
class SpeakerInfo:
    """What the cloud says of a speaker."""

    device_id: str
    """UUID in Xiaomi's speaker service."""
    did: str
    """The device's id in Mi Home; stays the same over resets of the account."""
    name: str
    """The name given to it in Mi Home."""
    hardware: str
    """Model code, for example LX06."""
    online: bool
    serial: str = ""
    rom: str = ""

    @classmethod
    def from_cloud(cls, data: Mapping[str, Any]) -> Self:
        """Read one entry of the device list.

        Raises:
            CloudError: it has no id or no hardware code.
        """
        try:
            return cls(
                device_id=str(data["deviceID"]),
                did=str(data.get("miotDID") or data["deviceID"]),
                name=str(data.get("alias") or data.get("name") or data["hardware"]),
                hardware=str(data["hardware"]),
                online=data.get("presence") != "offline",
                serial=str(data.get("serialNumber") or ""),
                rom=str(data.get("romVersion") or ""),
            )
        except KeyError as err:
            raise CloudError(f"A speaker without {err}") from err
        except (AttributeError, TypeError) as err:
            raise CloudError("A speaker of an unknown shape") from err

    @property
    def model(self) -> Model:
        """What is known of its model."""
        return model_of(self.hardware)


@dataclass(frozen=True, slots=True)
class PlayStatus:
    """What a speaker says it is doing."""

    playing: bool
    music: bool
    """Whether it is music or a video, not speech."""


class Speaker:
    """Commands to one speaker, one after the other, so that they cannot overtake each other."""

    def __init__(self, account: XiaomiAccount, info: SpeakerInfo) -> None:
        self.info = info
        self._account = account
        self._mina = MiNAService(account)
        self._miio = MiIOService(account)
        self._queue = asyncio.Lock()

    @property
    def model(self) -> Model:
        """What is known of its model."""
        return self.info.model

    @property
    def limit(self) -> int:
        """How many characters one speech may have."""
        return self.model.text_limit

    @property
    def reports_status(self) -> bool:
        """Whether `is_speaking` can be relied upon."""
        return self.model.status is not Status.NONE

    async def say(self, text: str) -> None:
        """Begin to speak `text`; what was being spoken ends.

        The ways that the model has are tried one after the other.

        Raises:
            XiaomiError: none of them worked; of the first one.
        """
        ways: list[Callable[[str], Awaitable[None]]] = [self._say_by_ubus]
        if self.model.play_text is not None:
            ways.insert(0 if self.model.miot_first else 1, self._say_by_miot)
        async with self._queue:
            first_error: SpeakerError | CloudError | None = None
            for way in ways:
                try:
                    await way(text)
                except SpeakerOfflineError:
                    raise
                except (SpeakerError, CloudError) as err:
                    _LOGGER.debug("%s does not speak this way: %s", self.info.hardware, err)
                    first_error = first_error or err
                else:
                    return
        raise first_error or SpeakerRefusedError("no way to speak")

    async def pause(self) -> None:
        """Silence what the speaker plays, speech or music; it may go on later.

        Raises:
            XiaomiError: as its subclasses say.
        """
        async with self._queue:
            _accepted(await self._mina.player_pause(self.info.device_id))

    async def stop(self) -> None:
        """Silence what the speaker plays, for good.

        Raises:
            XiaomiError: as its subclasses say.
        """
        async with self._queue:
            # Some models ignore a stop that no pause came before (songloft).
            _accepted(await self._mina.player_pause(self.info.device_id))
            _accepted(await self._mina.player_stop(self.info.device_id))

    async def status(self) -> PlayStatus | None:
        """Return what the speaker says it is doing; None where the model does not say.

        Raises:
            XiaomiError: as its subclasses say.
        """
        match self.model.status:
            case Status.UBUS:
                answer = _accepted(await self._mina.player_get_status(self.info.device_id))
                try:
                    info = json.loads(answer["info"])
                    return PlayStatus(playing=info.get("status") == _PLAYING, music=bool(info.get("media_type")))
                except (KeyError, TypeError, ValueError, AttributeError) as err:
                    raise CloudError("A play status of an unknown shape") from err
            case Status.MIOT if self.model.playing_state is not None:
                value = await _understood(self._miio.miot_get_prop(self.info.did, self.model.playing_state))
                return None if value is None else PlayStatus(playing=value == _PLAYING, music=False)
            case _:
                return None

    async def is_speaking(self) -> bool | None:
        """Return whether the speaker is speaking (not playing music); None if that cannot be known just now."""
        try:
            status = await self.status()
        except XiaomiError as err:
            _LOGGER.debug("The play status of %s could not be read: %s", self.info.name, err)
            return None
        return None if status is None else status.playing and not status.music

    async def records(self, limit: int = 5) -> tuple[list[Record], int | None]:
        """Return the newest records, oldest first, and the server's time in ms where it is known.

        Raises:
            XiaomiError: as its subclasses say.
        """
        if self.model.has_records:
            return await fetch_records(self._account, self.info.device_id, self.info.hardware, limit)
        answer = _accepted(await self._mina.ubus_request(self.info.device_id, "nlp_result_get", "mibrain", {}))
        return parse_nlp_result(answer.get("info")), None

    async def _say_by_ubus(self, text: str) -> None:
        _accepted(await self._mina.text_to_speech(self.info.device_id, text))

    async def _say_by_miot(self, text: str) -> None:
        code = await _understood(self._miio.miot_action(self.info.did, self.model.play_text, [text]))
        if code in _OFFLINE_CODES:
            raise SpeakerOfflineError(f"MIoT code {code}")
        if code != 0:
            raise SpeakerRefusedError(f"MIoT code {code}")


async def list_speakers(account: XiaomiAccount) -> list[SpeakerInfo]:
    """Return the account's speakers.

    Raises:
        XiaomiError: as its subclasses say.
    """
    devices = await MiNAService(account).device_list()
    if not isinstance(devices, list):
        raise CloudError("A device list of an unknown shape")
    return [SpeakerInfo.from_cloud(device) for device in devices]


async def _understood(answer: Awaitable[Any]) -> Any:
    """Return what miservice makes of a MIoT answer; it takes the shape for granted."""
    try:
        return await answer
    except (AttributeError, IndexError, KeyError, TypeError) as err:
        raise CloudError("A MIoT answer of an unknown shape") from err


def _accepted(answer: Any) -> dict[str, Any]:
    """Return the inner answer of a ubus call, or raise if the device refused."""
    data = answer.get("data", {}) if isinstance(answer, dict) else None
    if not isinstance(data, dict):
        raise CloudError("A ubus answer of an unknown shape")
    if data.get("code", 0) != 0:
        raise SpeakerRefusedError(f"ubus code {data['code']}")
    return data
