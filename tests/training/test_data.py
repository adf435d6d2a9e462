"""What is learned from; needs the environment for training."""

import json

import pytest

pytest.importorskip("sklearn")

from training import data
from training.corpus import UTTERANCES, Utterance


def test_what_the_models_are_calibrated_and_measured_on_is_not_learned_from() -> None:
    lines = (UTTERANCES.parent / "evidence" / "answers.jsonl").read_text("utf-8").splitlines()
    measured = [Utterance(json.loads(line)["text"], "chat", "") for line in lines]
    learned = {utterance.key for utterance, _ in data.read(None, measured, 1).labelled}
    assert learned & {utterance.key for utterance in measured} == set()
