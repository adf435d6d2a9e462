"""Speakers in the world."""

import pytest

from simulator.errors import InvalidInput
from simulator.world import Home, World


def test_a_home_is_read_from_a_text() -> None:
    assert Home.parse("客厅小爱: LX06 :客厅") == Home("客厅小爱", "LX06", "客厅")


@pytest.mark.parametrize("text", ["客厅", "客厅:LX06", "客厅:LX06:", "客厅:ZZ:客厅"])
def test_other_texts_are_no_home(text: str) -> None:
    with pytest.raises(InvalidInput):
        Home.parse(text)


def test_speakers_keep_their_identity_over_restarts() -> None:
    first, second = World(), World()
    assert [speaker.device_id for speaker in first.speakers] == [speaker.device_id for speaker in second.speakers]
    assert len({speaker.did for speaker in first.speakers}) == 3


def test_a_speaker_is_found_by_every_name_it_has() -> None:
    world = World()
    speaker = world.speakers[0]
    for name in (speaker.name, speaker.device_id, speaker.did, "LX06"):
        assert world.speaker(name) is speaker


def test_a_model_that_is_there_twice_names_no_speaker() -> None:
    world = World(home=(Home("一", "LX06", "客厅"), Home("二", "LX06", "卧室")))
    with pytest.raises(InvalidInput, match="2 speakers match"):
        world.speaker("LX06")
