"""The linear support vector machine: TF-IDF over runs of tokens, pruned, with 8-bit weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from custom_components.xiao_gpt.routing.linear import grams

from .corpus import INTENTS, Utterance

type Arrays = dict[str, npt.NDArray[np.generic]]

_C = 0.5
_RAREST = 2


@dataclass(frozen=True, slots=True)
class LinearMachine:
    """The trained machine in full precision."""

    vectorizer: TfidfVectorizer
    weights: npt.NDArray[np.float64]
    """Shape (features, 1 + intents): the label's border, llm being positive, and each intent's."""
    bias: npt.NDArray[np.float64]

    def scores(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return the distances from the borders, shape (texts, 1 + intents)."""
        return np.asarray(self.vectorizer.transform(texts) @ self.weights + self.bias)


def train(utterances: Sequence[Utterance], weights: Sequence[float], features: int, seed: int) -> LinearMachine:
    """Return a machine of at most so many features: those with the largest weights of a first, larger one."""
    vectorizer = TfidfVectorizer(analyzer=grams, sublinear_tf=True, min_df=_RAREST, dtype=np.float64)
    texts = [utterance.text for utterance in utterances]
    first = _fit(vectorizer.fit_transform(texts), utterances, weights, seed)
    importance = np.abs(first[0]).max(1) * np.sqrt(_document_shares(vectorizer, texts))
    names = vectorizer.get_feature_names_out()[np.argsort(-importance, kind="stable")[:features]]
    vectorizer = TfidfVectorizer(analyzer=grams, sublinear_tf=True, vocabulary=sorted(names.tolist()), dtype=np.float64)
    return LinearMachine(vectorizer, *_fit(vectorizer.fit_transform(texts), utterances, weights, seed))


def _document_shares(vectorizer: TfidfVectorizer, texts: Sequence[str]) -> npt.NDArray[np.float64]:
    counts = np.asarray((vectorizer.transform(texts) > 0).sum(0)).ravel()
    return counts / len(texts)


def _fit(
    matrix: sparse.csr_matrix, utterances: Sequence[Utterance], weights: Sequence[float], seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return weights, shape (features, 1 + intents), and bias."""
    targets = [np.array([utterance.label == "llm" for utterance in utterances])]
    targets += [np.array([utterance.intent == intent for utterance in utterances]) for intent in INTENTS]
    machines = [
        LinearSVC(C=_C, random_state=seed).fit(matrix, target, sample_weight=np.asarray(weights)) for target in targets
    ]
    return (
        np.stack([machine.coef_[0] for machine in machines], 1),
        np.array([machine.intercept_[0] for machine in machines]),
    )


def quantised(machine: LinearMachine) -> tuple[Arrays, list[str]]:
    """Return what `routing/linear.py` reads: arrays, and the features in the order of their rows."""
    scales = np.abs(machine.weights).max(0) / 127
    arrays: Arrays = {
        "idf": machine.vectorizer.idf_.astype(np.float16),
        "weights": np.rint(machine.weights / scales).astype(np.int8),
        "scales": scales.astype(np.float32),
        "bias": machine.bias.astype(np.float32),
    }
    return arrays, machine.vectorizer.get_feature_names_out().tolist()
