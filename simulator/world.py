"""The simulated world: an account, its speakers with XiaoAI inside, and what goes wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
import time
from typing import Any

from simulator.account import Account
from simulator.errors import InvalidInput
from simulator.faults import Faults
from simulator.models import MODELS
from simulator.settings import Settings
from simulator.speaker import Speaker, Track
from simulator.timeline import Timeline
from simulator.xiaoai import Kind, Record, XiaoAI


@dataclass(frozen=True, slots=True)
class Home:
    """A speaker that stands somewhere."""

    name: str
    hardware: str
    room: str

    @classmethod
    def parse(cls, text: str) -> Home:
        """Read ``NAME:MODEL:ROOM``.

        Raises:
            InvalidInput: not three parts, or an unknown model.
        """
        parts = [part.strip() for part in text.split(":")]
        if len(parts) != 3 or not all(parts):
            raise InvalidInput(f"{text!r} is not NAME:MODEL:ROOM")
        name, hardware, room = parts
        if hardware not in MODELS:
            raise InvalidInput(f"unknown model {hardware}; known: {', '.join(MODELS)}")
        return cls(name, hardware, room)


DEFAULT_HOME = (
    Home("客厅小爱", "LX06", "客厅"),
    Home("卧室小爱", "L05C", "卧室"),
    Home("厨房小爱", "LX05", "厨房"),
)


class World:
    """All that there is behind the simulated clouds."""

    def __init__(
        self,
        settings: Settings | None = None,
        timeline: Timeline | None = None,
        home: Iterable[Home] = DEFAULT_HOME,
        account: Account | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.timeline = timeline or Timeline()
        self.account = account or Account()
        self.account.attach(self.settings, self.timeline)
        self.faults = Faults()
        self.speakers: list[Speaker] = []
        self._xiaoai: dict[str, XiaoAI] = {}
        self._records_hidden = False
        for place in home:
            self.add_speaker(place)

    def add_speaker(self, place: Home) -> Speaker:
        """Plug in a speaker.

        Raises:
            InvalidInput: an unknown model, or a name that is taken or was the first one of a renamed speaker.
        """
        if place.hardware not in MODELS:
            raise InvalidInput(f"unknown model {place.hardware}; known: {', '.join(MODELS)}")
        if any(speaker.name == place.name for speaker in self.speakers):
            raise InvalidInput(f"there is already a speaker named {place.name}")
        speaker = Speaker(place.name, MODELS[place.hardware], place.room, self.settings, self.timeline)
        if self.by_device_id(speaker.device_id) is not None:
            raise InvalidInput(f"{place.name} was the first name of another {place.hardware}")
        self.speakers.append(speaker)
        xiaoai = self._xiaoai[speaker.device_id] = XiaoAI(speaker, self.settings, self.timeline)
        xiaoai.hide_records(self._records_hidden)
        return speaker

    def rename_speaker(self, speaker: Speaker | str, name: str) -> None:
        """Give a speaker another name; its ids stay.

        Raises:
            InvalidInput: there is no such speaker, or the name is taken.
        """
        speaker = self.speaker(speaker)
        if any(other.name == name for other in self.speakers if other is not speaker):
            raise InvalidInput(f"there is already a speaker named {name}")
        speaker.name = name

    def remove_speaker(self, speaker: Speaker | str) -> None:
        """Remove a speaker from the account.

        Raises:
            InvalidInput: there is no such speaker.
        """
        speaker = self.speaker(speaker)
        self.set_online(speaker, False)
        self.speakers.remove(speaker)
        speaker.close()
        self._xiaoai.pop(speaker.device_id).close()

    def speaker(self, which: Speaker | str) -> Speaker:
        """Return the speaker with this name, deviceID, did or hardware.

        Raises:
            InvalidInput: there is none, or more than one of this hardware.
        """
        if isinstance(which, Speaker):
            return which
        found = [speaker for speaker in self.speakers if which in (speaker.name, speaker.device_id, speaker.did)]
        found = found or [speaker for speaker in self.speakers if speaker.model.hardware == which]
        if len(found) != 1:
            names = ", ".join(f"{speaker.name} ({speaker.model.hardware})" for speaker in self.speakers)
            raise InvalidInput(f"{len(found)} speakers match {which!r}; there are: {names}")
        return found[0]

    def by_device_id(self, device_id: str) -> Speaker | None:
        """Return the speaker that MiNA knows by this id."""
        return next((speaker for speaker in self.speakers if speaker.device_id == device_id), None)

    def by_did(self, did: str) -> Speaker | None:
        """Return the speaker that MIoT knows by this id."""
        return next((speaker for speaker in self.speakers if speaker.did == did), None)

    def xiaoai(self, speaker: Speaker) -> XiaoAI:
        """Return the assistant in a speaker."""
        return self._xiaoai[speaker.device_id]

    def ask(
        self,
        speaker: Speaker | str,
        text: str,
        answer: str | None = None,
        kind: Kind | str = Kind.TTS,
        *,
        track: Track | None = None,
        recorded: bool = True,
        late_edit: float | None = None,
    ) -> Record:
        """Let a person say `text` to a speaker; see `XiaoAI.ask`.

        Raises:
            InvalidInput: no such speaker or kind, the speaker is offline, or no words.
        """
        try:
            kind = Kind(kind)
        except ValueError as err:
            raise InvalidInput(f"kind must be one of {', '.join(Kind)}") from err
        xiaoai = self.xiaoai(self.speaker(speaker))
        return xiaoai.ask(text, answer, kind, track=track, recorded=recorded, late_edit=late_edit)

    def teach(self, text: str, answer: str, kind: Kind | str = Kind.TTS) -> None:
        """Let XiaoAI in every speaker know what it answers to `text`, whoever says it; see `XiaoAI.teach`."""
        for xiaoai in self._xiaoai.values():
            xiaoai.teach(text, answer, Kind(kind))

    def hide_records(self, hidden: bool) -> None:
        """Keep all records from now on back from the conversation API, or show what was kept back."""
        self._records_hidden = hidden
        for xiaoai in self._xiaoai.values():
            xiaoai.hide_records(hidden)

    def set_online(self, speaker: Speaker | str, online: bool) -> None:
        """Pull a speaker's plug, or put it in again.

        Raises:
            InvalidInput: there is no such speaker.
        """
        speaker = self.speaker(speaker)
        speaker.set_online(online)
        if not online:
            self.xiaoai(speaker).hang_up()

    def clock(self) -> float:
        """Return the cloud's time, in seconds since 1970."""
        return time.time() + self.settings.clock_offset

    def as_json(self) -> dict[str, Any]:
        """Return the state of everything, for whoever drives the simulator."""
        return {
            "speakers": [self._speaker_json(speaker) for speaker in self.speakers],
            "settings": self.settings.as_json(),
            "faults": self.faults.as_json(),
            "account": self.account.as_json(),
            "records_hidden": self._records_hidden,
        }

    def close(self) -> None:
        """Cancel all timers and let nobody wait any more."""
        self.account.close()
        for speaker in self.speakers:
            speaker.close()
            self.xiaoai(speaker).close()

    def _speaker_json(self, speaker: Speaker) -> dict[str, Any]:
        music = speaker.music
        return {
            "name": speaker.name,
            "hardware": speaker.model.hardware,
            "room": speaker.room,
            "deviceID": speaker.device_id,
            "did": speaker.did,
            "online": speaker.online,
            "volume": speaker.volume,
            "muted": speaker.muted,
            "status": speaker.state.status,
            "speaking": speaker.speech,
            "music": music[0].title or music[0].url if music else None,
            "records": len(self.xiaoai(speaker).records()),
        }
