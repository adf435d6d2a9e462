"""What an utterance wants, by one of two shipped models."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
import json
import math
from pathlib import Path
import time
from typing import Any, Protocol
import zipfile

import numpy as np
import numpy.typing as npt

from .encoder import Encoder
from .linear import LinearModel
from .reply import read_weights
from .text import tokens

MODELS = Path(__file__).parent / "models"
WEAK_S = 0.015
"""A machine on which BERT takes longer for one utterance is weak: the linear model is a hundred times as quick."""


class ModelKind(StrEnum):
    """The shipped models."""

    BERT = "bert"
    """A small transformer with 8-bit weights: right more often."""
    SVM = "svm"
    """TF-IDF and a linear support vector machine: quick on anything."""
    BOTH = "both"
    """Both, weighed: they err at different utterances."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a model takes an utterance for."""

    intent: str
    """The likeliest intent of the likelier side."""
    odds: float
    """The log odds that a language model should answer: 0 is even, below is for XiaoAI and the home."""


@dataclass(frozen=True, slots=True)
class Borders:
    """Log odds between which a model had better say that it is unsure, by what each error costs."""

    native: float
    """Below it an utterance is XiaoAI's or the home's."""
    llm: float
    """Above it an utterance is the language model's."""


class Classifier(Protocol):
    """Anything that takes utterances for something."""

    kind: ModelKind
    borders: Borders

    def classify(self, utterance: str) -> Verdict:
        """Return what the utterance is taken for, whatever it is."""

    def rarity(self, token: str) -> float:
        """Return how much a token says about an utterance: its inverse document frequency."""


class Scorer(Protocol):
    """What a model says of an utterance, before it is calibrated."""

    def __call__(self, utterance: str) -> tuple[float, npt.NDArray[np.float32]]:
        """Return how much speaks for the language model and for each intent."""


class Model:
    """A shipped model, calibrated."""

    def __init__(self, kind: ModelKind, score: Scorer, rarity: Mapping[str, float], facts: Mapping[str, Any]) -> None:
        """Take what `load` reads; see `training/shipping.py`."""
        self.kind = kind
        self.borders = Borders(**facts["borders"])
        self._score = score
        self._rarity = rarity
        self._rarest = max(rarity.values(), default=1.0)
        self._native: list[str] = facts["native"]
        self._llm: list[str] = facts["llm"]
        self._slope, self._offset = facts["calibration"]

    def classify(self, utterance: str) -> Verdict:
        """Return what the utterance is taken for, whatever it is."""
        odds, intents = self.weigh(utterance)
        return self.verdict(odds, intents)

    def weigh(self, utterance: str) -> tuple[float, npt.NDArray[np.float32]]:
        """Return the log odds of the language model, and how much speaks for each intent."""
        score, intents = self._score(utterance)
        return self._slope * score + self._offset, intents

    def verdict(self, odds: float, intents: npt.NDArray[np.float32]) -> Verdict:
        """Return the likeliest intent of the side that the odds are for."""
        cut = len(self._native)
        if odds < 0:
            return Verdict(self._native[int(intents[:cut].argmax())], odds)
        return Verdict(self._llm[int(intents[cut:].argmax())], odds)

    def rarity(self, token: str) -> float:
        """Return how much a token says about an utterance: its inverse document frequency."""
        return self._rarity.get(token, self._rarest)


class Both:
    """Both models; the intents are BERT's."""

    kind = ModelKind.BOTH

    def __init__(self, bert: Model, svm: Model, *, of_bert: float, of_svm: float, offset: float) -> None:
        """Take the models and what each one's log odds count."""
        self.borders = bert.borders
        self.rarity = bert.rarity
        self._bert = bert
        self._svm = svm
        self._of_bert = of_bert
        self._of_svm = of_svm
        self._offset = offset

    def classify(self, utterance: str) -> Verdict:
        """Return what the utterance is taken for, whatever it is."""
        bert, intents = self._bert.weigh(utterance)
        svm, _ = self._svm.weigh(utterance)
        odds = self._of_bert * bert + self._of_svm * svm + self._offset
        return self._bert.verdict(odds, intents)


def load(kind: ModelKind) -> Classifier:
    """Return a shipped model, read from disk: call it where that may take a moment.

    Raises:
        OSError: there is no such file.
        ValueError: the file is none of ours.
    """
    read_weights()  # the router needs them where nothing may be read from disk
    if kind is ModelKind.BOTH:
        return _read_both()
    return _read(kind)


def load_best() -> Classifier:
    """Return both models, or the quick one alone where the machine is too weak. Reads from disk, takes a while."""
    both = load(ModelKind.BOTH)
    return load(ModelKind.SVM) if _seconds(both) > WEAK_S else both


def _seconds(classifier: Classifier) -> float:
    """Return how long an utterance takes at best: what else the machine does just now does not count."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        classifier.classify("今天晚上你能不能帮我想想吃什么好")
        times.append(time.perf_counter() - began)
    return min(times)


def _read_both() -> Both:
    weights = json.loads((MODELS / "both.json").read_text("utf-8"))
    try:
        return Both(
            _read(ModelKind.BERT),
            _read(ModelKind.SVM),
            of_bert=weights["bert"],
            of_svm=weights["svm"],
            offset=weights["offset"],
        )
    except KeyError as err:
        raise ValueError(f"both.json lacks {err}") from err


def _read(kind: ModelKind) -> Model:
    try:
        with np.load(MODELS / f"{kind}.npz", allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        facts = json.loads(arrays.pop("facts").tobytes())
        names = arrays.pop("names").tobytes().decode().split("\n")
        score = _bert(arrays, names, len(facts["native"])) if kind is ModelKind.BERT else _svm(arrays, names)
        rarity = dict(zip(facts["tokens"], arrays["rarity"].tolist(), strict=True))
        return Model(kind, score, rarity, facts)
    except (EOFError, KeyError, zipfile.BadZipFile) as err:
        raise ValueError(f"{kind}.npz is damaged: {err}") from err


def _bert(arrays: Mapping[str, npt.NDArray[np.generic]], names: list[str], cut: int) -> Scorer:
    encoder = Encoder(arrays, names)

    def score(utterance: str) -> tuple[float, npt.NDArray[np.float32]]:
        logits = encoder.logits(utterance)
        return _log_sum(logits[cut:]) - _log_sum(logits[:cut]), logits

    return score


def _svm(arrays: Mapping[str, npt.NDArray[np.generic]], names: list[str]) -> Scorer:
    model = LinearModel(arrays, names)

    def score(utterance: str) -> tuple[float, npt.NDArray[np.float32]]:
        scores = model.scores(utterance)
        return float(scores[0]), scores[1:]

    return score


def _log_sum(logits: npt.NDArray[np.float32]) -> float:
    top = float(logits.max())
    return top + math.log(float(np.exp(logits - top).sum()))


def says_nothing(utterance: str) -> bool:
    """Return whether no model can see anything in an utterance."""
    return not tokens(utterance)
