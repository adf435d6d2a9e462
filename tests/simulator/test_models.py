"""The table of models."""

from simulator.models import MODELS, Status


def test_the_models_that_matter_are_there() -> None:
    assert {"LX06", "L05C", "LX04", "L15A", "X08E", "M01", "LX05", "S12", "X8F"} <= set(MODELS)


def test_services_of_a_model_do_not_collide() -> None:
    for model in MODELS.values():
        assert len({1, model.speaker_siid, model.play_control_siid, model.speech_siid}) == 4, model.hardware
        actions = [action for action in (model.play_text, model.wake_up, model.execute) if action]
        assert len(set(actions)) == len(actions), model.hardware


def test_who_cannot_be_muted_is_blind_too() -> None:
    for model in MODELS.values():
        assert model.pausable_speech or model.ubus_status is Status.BLIND, model.hardware
