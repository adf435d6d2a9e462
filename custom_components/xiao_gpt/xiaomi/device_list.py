"""The speakers of an account, as the cloud lists them."""

from collections.abc import Mapping
from dataclasses import dataclass
import logging
from typing import Any, Self

from miservice import MiIOService, MiNAService

from .account import XiaomiAccount
from .errors import CloudError, XiaomiError
from .speakers import Model, is_known, model_of
from .spec import look_up, usual_model

_LOGGER = logging.getLogger(__name__)


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
    def from_cloud(cls, data: Any) -> Self:
        """Read one entry of the device list.

        Raises:
            CloudError: it has no id or no hardware code.
        """
        if not isinstance(data, Mapping):
            raise CloudError("A speaker of an unknown shape")
        device_id, hardware = _word(data.get("deviceID")), _word(data.get("hardware"))
        if not device_id or not hardware:
            raise CloudError("A speaker without an id or a hardware code")
        return cls(
            device_id=device_id,
            did=_word(data.get("miotDID")) or device_id,
            name=_word(data.get("alias")) or _word(data.get("name")) or hardware,
            hardware=hardware,
            online=data.get("presence") != "offline",
            serial=_word(data.get("serialNumber")),
            rom=_word(data.get("romVersion")),
        )

    @property
    def model(self) -> Model:
        """What the table has of its model."""
        return model_of(self.hardware)

    @property
    def known(self) -> bool:
        """Whether the table has its model."""
        return is_known(self.hardware)


async def list_speakers(account: XiaomiAccount) -> list[SpeakerInfo]:
    """Return the account's speakers. One that cannot be understood is left out as long as there are others.

    Raises:
        XiaomiError: as its subclasses say.
    """
    devices = await MiNAService(account).device_list()
    if not isinstance(devices, list):
        raise CloudError("A device list of an unknown shape")
    infos: dict[str, SpeakerInfo] = {}
    error: CloudError | None = None
    for device in devices:
        try:
            info = SpeakerInfo.from_cloud(device)
        except CloudError as err:
            _LOGGER.debug("A speaker was left out: %s", err)
            error = err
        else:
            infos.setdefault(info.device_id, info)
    if error is not None and not infos:
        raise error
    return list(infos.values())


async def find_model(account: XiaomiAccount, info: SpeakerInfo) -> Model | None:
    """Return how a speaker that the table does not know is spoken through, by its MIoT spec; None if it has none.

    Costs megabytes: the result, None too, is to be kept.

    Raises:
        XiaomiError: the specs could not be read.
    """
    return await look_up(account.client, await _miot_model(account, info))


async def _miot_model(account: XiaomiAccount, info: SpeakerInfo) -> str:
    """Return the speaker's model as Mi Home has it, or the usual one where Mi Home cannot be asked."""
    try:
        result = await MiIOService(account).miio_request(
            "/home/device_list", {"getVirtualModel": False, "getHuamiDevices": 0}
        )
    except XiaomiError as err:
        _LOGGER.debug("Mi Home does not tell the model of %s: %s", info.hardware, err)
        result = None
    devices = result.get("list") if isinstance(result, Mapping) else None
    for device in devices if isinstance(devices, list) else ():
        if isinstance(device, Mapping) and _word(device.get("did")) == info.did and (model := device.get("model")):
            return _word(model) or usual_model(info.hardware)
    return usual_model(info.hardware)


def _word(value: Any) -> str:
    """Return a name or an id as text; the cloud writes ids as numbers at times."""
    if isinstance(value, str):
        return value
    return str(value) if type(value) is int and abs(value) < 2**64 else ""
