"""MP3 as it comes: where its frames are, and how long they sound."""

from collections.abc import Iterator
from typing import NamedTuple

_RATES = (44100, 48000, 32000)
"""Samples per second of MPEG 1; MPEG 2 has half of them, MPEG 2.5 a quarter."""
_BITRATES_1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""kbit/s of layer III, by the index in the header less one."""
_HEADER = 4
_TAG_HEADER = 10
_SUMMARIES = (b"Xing", b"Info", b"VBRI")
"""What a frame without sound begins with that tells how long a file is: it is not true of a part of a longer audio."""
_SUMMARY_WITHIN = 4 + 32 + 4


class Frame(NamedTuple):
    """A frame of an MP3."""

    data: bytes
    seconds: float


class Mp3:
    """Takes MP3 as it comes and gives it out frame by frame; what is no sound is left out."""

    def __init__(self) -> None:
        self._rest = b""
        self._begun = False

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the frames that are complete.

        Raises:
            ValueError: it does not begin as an MP3 does.
        """
        self._rest += data
        at = 0
        rest = self._rest
        while len(rest) - at >= _TAG_HEADER:
            if rest.startswith(b"ID3", at):
                size = _tag_size(rest[at : at + _TAG_HEADER])
            elif measured := _measure(rest[at : at + _HEADER]):
                size, seconds = measured
                self._begun = True
                if at + size <= len(rest) and not _is_summary(frame := rest[at : at + size]):
                    yield Frame(frame, seconds)
            elif self._begun or not rest[at]:
                size = 1
            else:
                raise ValueError("The audio is no MP3")
            if at + size > len(rest):
                break
            at += size
        self._rest = rest[at:]


def _measure(header: bytes) -> tuple[int, float] | None:
    """Return a frame's bytes and seconds by its header; None if it is none of layer III."""
    if len(header) < _HEADER or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return None
    version = header[1] >> 3 & 3  # 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
    bitrate, rate, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or bitrate in (0, 15) or rate == 3:
        return None
    samples = 1152 if version == 3 else 576
    per_second = _RATES[rate] >> {3: 0, 2: 1, 0: 2}[version]
    kbits = (_BITRATES_1 if version == 3 else _BITRATES_2)[bitrate - 1]
    return samples * kbits * 125 // per_second + padding, samples / per_second


def _tag_size(header: bytes) -> int:
    size = 0
    for byte in header[6:10]:
        size = size << 7 | byte & 0x7F
    return _TAG_HEADER + size


def _is_summary(frame: bytes) -> bool:
    return any(mark in frame[:_SUMMARY_WITHIN] for mark in _SUMMARIES)
