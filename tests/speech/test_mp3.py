"""MP3 that arrives in parts."""

import pytest

from custom_components.xiao_gpt.speech.mp3 import Mp3

FRAME = b"\xff\xf3\x44\xc0" + bytes(92)
BIG = b"\xff\xfb\x90\x00" + bytes(413)
"""MPEG 1, 44.1 kHz, 128 kbit/s."""
TAG = b"ID3\x04\x00\x00\x00\x00\x01\x00" + b"\xff\xf3\x44\xc0" * 32
"""With what looks like frames inside."""


def frames(*parts):
    mp3 = Mp3()
    return [frame for part in parts for frame in mp3.feed(part)]


@pytest.mark.parametrize("size", [1, 7, 96, 100, 5000])
def test_the_frames_are_found_wherever_it_is_cut(size):
    whole = TAG + FRAME * 20
    found = frames(*(whole[at : at + size] for at in range(0, len(whole), size)))
    assert b"".join(frame.data for frame in found) == FRAME * 20
    assert sum(frame.seconds for frame in found) == pytest.approx(0.48)


def test_each_kind_has_its_length():
    assert [(len(frame.data), frame.seconds) for frame in frames(BIG)] == [(417, pytest.approx(1152 / 44100))]
    padded = b"\xff\xfb\x92\x00" + bytes(414)
    assert [len(frame.data) for frame in frames(padded)] == [418]
    slowest = b"\xff\xe3\x18\xc0" + bytes(68)  # MPEG 2.5, 8 kbit/s at 8 kHz
    assert [(len(frame.data), frame.seconds) for frame in frames(slowest)] == [(72, pytest.approx(0.072))]


@pytest.mark.parametrize("mark", [b"Xing", b"Info"])
def test_what_tells_the_length_of_a_file_is_left_out(mark):
    summary = BIG[:36] + mark + BIG[40:]
    assert [frame.data for frame in frames(summary + BIG)] == [BIG]


def test_what_is_between_the_frames_is_left_out():
    found = frames(FRAME + b"TAG" + bytes(125) + FRAME + TAG + FRAME)
    assert [frame.data for frame in found] == [FRAME] * 3


@pytest.mark.parametrize("other", [b"RIFF\x00\x00\x00\x00WAVEfmt ", b"OggS" + bytes(20), b"<html>not found</html>"])
def test_what_is_no_mp3_is_not_taken_for_one(other):
    with pytest.raises(ValueError, match="no MP3"):
        frames(other)


def test_nothing_is_nothing():
    assert frames(b"", bytes(50), b"\xff") == []
