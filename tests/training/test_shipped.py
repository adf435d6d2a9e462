"""What is shipped is what the report is about."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from custom_components.xiao_gpt.routing.classifier import MODELS
from training.corpus import LLM, NATIVE

TRAINING = Path(__file__).parents[2] / "training"
LARGEST = {"svm.npz": 2_000_000, "bert.npz": 6_000_000, "both.json": 1_000, "reply.json": 10_000}


def figures() -> dict[str, dict[str, str | int]]:
    files: dict[str, dict[str, str | int]] = json.loads((TRAINING / "figures.json").read_text("utf-8"))["files"]
    return files


def test_the_figures_name_each_file_that_is_shipped() -> None:
    assert {path.name for path in MODELS.iterdir()} == figures().keys() == LARGEST.keys()


@pytest.mark.parametrize("name", LARGEST)
def test_a_file_is_the_one_that_was_measured(name: str) -> None:
    content = (MODELS / name).read_bytes()
    assert figures()[name] == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


@pytest.mark.parametrize("name", LARGEST)
def test_the_report_names_a_file_with_its_size_and_hash(name: str) -> None:
    content = (MODELS / name).read_bytes()
    line = f"| `{name}` | {len(content)} | `{hashlib.sha256(content).hexdigest()}` |"
    assert line in (TRAINING / "REPORT.md").read_text("utf-8").splitlines()


@pytest.mark.parametrize(("name", "largest"), LARGEST.items())
def test_a_file_is_small(name: str, largest: int) -> None:
    assert 0 < (MODELS / name).stat().st_size <= largest


@pytest.mark.parametrize("name", ["svm.npz", "bert.npz"])
def test_a_model_has_the_intents_of_the_corpus_and_nothing_to_execute(name: str) -> None:
    with np.load(MODELS / name, allow_pickle=False) as file:
        facts = json.loads(file["facts"].tobytes())
        assert all(file[array].dtype != object for array in file.files)
    assert (facts["native"], facts["llm"]) == (list(NATIVE), list(LLM))
