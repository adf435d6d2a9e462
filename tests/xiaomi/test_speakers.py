"""The table of models holds together, and agrees with the speakers of the simulator."""

import json

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.xiaomi.speakers import (
    MODELS,
    UNKNOWN,
    Certainty,
    Model,
    PlayUrl,
    Silent,
    Status,
    is_known,
    model_of,
)
from simulator.models import MODELS as SPEAKERS, Status as Report

from .json_values import json_values

LISTED = (  # noqa: SIM905
    "LX06 S12 S12A MDZ-25-DA LX01 LX05 LX5A LX05A L06A L06 L07A L7A L04M LX04 L05B L05C L05G L09A L09B L15A L16A L17A "
    "M03A 16B 07G OH2 OH2P OH1M OH1P OH11 OH27 OH8 X08A X08C X08E X8F X8S X6A X10A ASX4B X4B M01"
).split()
"""Every hardware code in shared/reference/hardware.md."""
FIELDS = list(Model().as_dict())


@pytest.mark.parametrize("hardware", ["LX06", "lx06", "Lx06"])
def test_a_model_is_found_however_its_code_is_spelled(hardware: str) -> None:
    assert model_of(hardware) is MODELS["LX06"]
    assert is_known(hardware)


@pytest.mark.parametrize("hardware", ["", "ZZ99", "小爱"])
def test_of_an_unknown_model_nothing_is_assumed(hardware: str) -> None:
    model = model_of(hardware)
    assert not is_known(hardware)
    assert model is UNKNOWN
    assert model.status is Status.NONE
    assert not model.miot_first
    assert model.sure is Certainty.INFERRED


def test_every_model_that_is_known_anywhere_is_in_the_table() -> None:
    assert set(LISTED) <= MODELS.keys()


@pytest.mark.parametrize(("hardware", "model"), MODELS.items())
def test_an_entry_is_sound(hardware: str, model: Model) -> None:
    assert hardware == hardware.upper()
    assert (model.playing_state is not None) == (model.status is Status.MIOT)
    assert model.play_text is not None or not model.miot_first
    assert model.ubus_speaks or model.miot_first
    assert model.pausable or not model.ubus_speaks
    assert model.wake_up is not None or not model.wake_up_args
    assert model.name
    assert 0 < model.text_limit <= 200
    assert 0 <= model.min_volume < 20
    services = {iid[0] for iid in (model.play_text, model.wake_up, model.execute) if iid is not None}
    assert len(services) <= 1, "the actions are of one service"


@pytest.mark.parametrize("model", [*MODELS.values(), UNKNOWN, Model()])
def test_an_entry_can_be_kept(model: Model) -> None:
    assert Model.from_dict(json.loads(json.dumps(model.as_dict()))) == model


@given(json_values(*FIELDS), st.sampled_from(FIELDS))
def test_what_was_kept_and_cannot_be_read_is_no_model(value: object, field: str) -> None:
    kept = Model.from_dict(Model().as_dict() | {field: value})
    assert kept is None or Model.from_dict(kept.as_dict()) == kept
    assert Model.from_dict({key: item for key, item in Model().as_dict().items() if key != field}) is None


@pytest.mark.parametrize(
    ("kind", "silent", "argument"),
    [(Silent.BOOL, True, True), (Silent.BOOL, False, False), (Silent.UINT8, True, 0), (Silent.UINT8, False, 1)],
)
def test_silence_is_asked_for_as_the_model_wants_it(kind: Silent, silent: bool, argument: bool | int) -> None:
    assert kind.argument(silent=silent) is argument


@pytest.mark.parametrize("hardware", sorted(SPEAKERS.keys() & MODELS.keys()))
def test_a_model_is_spoken_through_as_its_speaker_wants_it(hardware: str) -> None:
    model, speaker = MODELS[hardware], SPEAKERS[hardware]
    assert model.play_text == speaker.play_text
    assert model.has_records == speaker.conversation
    assert model.ubus_speaks <= speaker.ubus_tts, "ubus speech is silent"
    assert model.miot_first or speaker.ubus_tts
    assert model.pausable == speaker.pausable_speech
    assert model.plays_url is PlayUrl.BY_MUSIC or speaker.plays_urls
    assert model.status is not Status.UBUS or speaker.ubus_status is Report.GOOD
    if model.status is Status.MIOT:
        assert model.playing_state == (speaker.play_control_siid, 1)
        assert speaker.state_readable
        assert speaker.state_reported
    if model.wake_up is not None and speaker.wake_up is not None:
        assert (model.wake_up, bool(model.wake_up_args)) == (speaker.wake_up, speaker.wake_up_takes_text)
    if model.execute is not None and speaker.execute is not None:
        assert (model.execute, model.silent.value) == (speaker.execute, speaker.silent.value)
        assert model.silent_execute_works == speaker.silent_execute_works
