"""The table of models holds together, and agrees with the speakers of the simulator."""

import pytest

from custom_components.xiao_gpt.xiaomi.models import MODELS, UNKNOWN, Model, Status, model_of
from simulator.models import MODELS as SPEAKERS, Status as Report


@pytest.mark.parametrize("hardware", ["LX06", "lx06", "Lx06"])
def test_a_model_is_found_however_its_code_is_spelled(hardware: str) -> None:
    assert model_of(hardware) is MODELS["LX06"]


@pytest.mark.parametrize("hardware", ["", "ZZ99", "小爱"])
def test_of_an_unknown_model_nothing_is_assumed(hardware: str) -> None:
    model = model_of(hardware)
    assert model is UNKNOWN
    assert model.status is Status.NONE
    assert not model.miot_first


@pytest.mark.parametrize(("hardware", "model"), MODELS.items())
def test_an_entry_is_sound(hardware: str, model: Model) -> None:
    assert hardware == hardware.upper()
    assert (model.playing_state is not None) == (model.status is Status.MIOT)
    assert model.play_text is not None or not model.miot_first
    assert model.name
    assert 0 < model.text_limit <= 200


@pytest.mark.parametrize("hardware", sorted(SPEAKERS.keys() & MODELS.keys()))
def test_a_model_is_spoken_through_as_its_speaker_wants_it(hardware: str) -> None:
    model, speaker = MODELS[hardware], SPEAKERS[hardware]
    assert model.play_text == speaker.play_text
    assert model.has_records == speaker.conversation
    assert model.miot_first or speaker.ubus_tts, "ubus speech is silent"
    assert model.status is not Status.UBUS or speaker.ubus_status is Report.GOOD
    if model.status is Status.MIOT:
        assert model.playing_state == (speaker.play_control_siid, 1)
        assert speaker.state_readable
        assert speaker.state_reported


def test_the_tables_have_all_simulated_speakers_in_common() -> None:
    assert SPEAKERS.keys() <= MODELS.keys()
