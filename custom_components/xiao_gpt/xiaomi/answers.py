"""What the speakers' answers mean, ubus and MIoT."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
from typing import Any, Self

from .errors import CloudError, SpeakerOfflineError, SpeakerRefusedError

# The official list of codes is ha_xiaomi_home's miot/i18n/en.json.
_TIMEOUTS = {-704053036, -704083036}
_AWAY = {
    -704010000,  # unauthorized: removed from the account
    -704040999,  # function offline
    -704042001,  # device does not exist
    -704042011,  # device offline
    -704090001,  # no device
}
_PLAYING, _PAUSED = 1, 2


@dataclass(frozen=True, slots=True)
class Piece:
    """What is playing or paused: a piece of music, or whatever an address holds."""

    title: str = ""
    artist: str = ""
    cover: str = ""
    """Address of a picture; empty where there is none."""
    duration_s: float | None = None
    position_s: float | None = None

    @classmethod
    def of(cls, detail: Any) -> Self | None:
        """Read `play_song_detail`; None where there is none."""
        if not isinstance(detail, dict):
            return None
        title, artist, cover = (
            value if isinstance(value := detail.get(name), str) else "" for name in ("title", "artist", "cover")
        )
        return cls(title, artist, cover, _seconds(detail.get("duration")), _seconds(detail.get("position")))


@dataclass(frozen=True, slots=True)
class PlayStatus:
    """What a speaker says it is doing."""

    playing: bool
    music: bool
    """Whether it is music or a video, not speech. MIoT does not tell them apart: False there."""
    paused: bool = False
    volume: int | None = None
    """In percent; None where it does not say."""
    piece: Piece | None = field(default=None, compare=False)
    """What is playing or paused; None where it does not say. Its position changes all the time: it is not compared."""

    @classmethod
    def from_ubus(cls, answer: Mapping[str, Any]) -> Self:
        """Read the inner answer to `player_get_play_status`.

        During speech there is no media type; 3 is music, 13 a video (mi-gpt base.ts).

        Raises:
            CloudError: it is of an unknown shape.
        """
        try:
            info = json.loads(answer["info"])
        except (LookupError, RecursionError, TypeError, ValueError) as err:
            raise CloudError("A play status of an unknown shape") from err
        if not isinstance(info, dict):
            raise CloudError("A play status of an unknown shape")
        status = info.get("status")
        return cls(
            playing=status == _PLAYING,
            music=bool(info.get("media_type")),
            paused=status == _PAUSED,
            volume=_percent(info.get("volume")),
            piece=Piece.of(info.get("play_song_detail")),
        )


def ubus_answer(body: Any) -> dict[str, Any]:
    """Return the inner answer of a ubus call.

    Raises:
        SpeakerRefusedError: the speaker refused.
        CloudError: the answer is of an unknown shape.
    """
    data = body.get("data", {}) if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise CloudError("A ubus answer of an unknown shape", uncertain=True)
    code = data.get("code", 0)
    if code != 0:
        raise SpeakerRefusedError(f"ubus code {code}" if type(code) is int else "ubus code of an unknown shape")
    return data


def miot_accepted(result: Any) -> None:
    """Do nothing if a MIoT result is good.

    Raises:
        SpeakerOfflineError: the speaker did not answer.
        SpeakerRefusedError: the speaker, or its spec, does not let it be done.
        CloudError: the result is of an unknown shape.
    """
    code = result.get("code") if isinstance(result, dict) else None
    if type(code) is not int:
        raise CloudError("A MIoT answer of an unknown shape", uncertain=True)
    if code in _TIMEOUTS:
        raise SpeakerOfflineError(f"MIoT code {code}", uncertain=True)
    if code in _AWAY:
        raise SpeakerOfflineError(f"MIoT code {code}")
    if code != 0:
        raise SpeakerRefusedError(f"MIoT code {code}")


def miot_status(results: Any) -> PlayStatus | None:
    """Return the play status by the results of a read of the playing state and, if it was asked for too, the volume.

    None if the playing state cannot be read.

    Raises:
        SpeakerOfflineError: the speaker did not answer.
        CloudError: the results are of an unknown shape.
    """
    if not isinstance(results, list) or not results:
        raise CloudError("A MIoT answer of an unknown shape")
    state, *others = results
    try:
        miot_accepted(state)
    except SpeakerRefusedError:
        return None
    volume = next((other.get("value") for other in others if isinstance(other, dict)), None)
    value = state.get("value")
    return PlayStatus(playing=value == _PLAYING, music=False, paused=value == _PAUSED, volume=_percent(volume))


def _percent(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= 100 else None


def _seconds(milliseconds: Any) -> float | None:
    return milliseconds / 1000 if type(milliseconds) is int and milliseconds >= 0 else None
