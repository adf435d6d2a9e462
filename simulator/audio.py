"""How long audio sounds that is still coming: MP3 and WAV."""

from dataclasses import dataclass, field
import struct
from typing import Literal

_MPEG1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_WAV_HEADER = 44


@dataclass
class Audio:
    """An audio that arrives in parts."""

    seconds: float = 0.0
    """How long what has arrived sounds."""
    kind: Literal["mp3", "wav"] | None = None
    """None until it is known; what is neither makes no sound."""
    _rest: bytes = field(default=b"", repr=False)
    _bytes_per_second: int = 0

    def add(self, data: bytes) -> float:
        """Take what has just arrived, and return how many seconds of sound came with it."""
        before = self.seconds
        self._rest += data
        if self.kind is None and len(self._rest) >= _WAV_HEADER:
            self.kind = "wav" if self._rest.startswith(b"RIFF") else "mp3"
            if self.kind == "wav":
                (self._bytes_per_second,) = struct.unpack_from("<I", self._rest, 28)
                self._rest = self._rest[_WAV_HEADER:]
        if self.kind == "wav":
            self.seconds += len(self._rest) / self._bytes_per_second
            self._rest = b""
        elif self.kind == "mp3":
            self._take_frames()
        return self.seconds - before

    def _take_frames(self) -> None:
        at = 0
        while at + 4 <= len(self._rest):
            one, two, three = self._rest[at : at + 3]
            version, bitrate, rate = two >> 3 & 3, three >> 4, three >> 2 & 3
            if one != 0xFF or two & 0xE6 != 0xE2 or version == 1 or bitrate in (0, 15) or rate == 3:
                at += 1
                continue
            samples = 1152 if version == 3 else 576
            per_second = _RATES[version][rate]
            kbits = (_MPEG1 if version == 3 else _MPEG2)[bitrate]
            size = samples // 8 * kbits * 1000 // per_second + (three >> 1 & 1)
            if at + size > len(self._rest):
                break
            self.seconds += samples / per_second
            at += size
        self._rest = self._rest[at:]
