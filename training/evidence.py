"""What XiaoAI's own answers are worth as evidence, learned from and measured on a set of the project's own.

Each line of `evidence/answers.jsonl` has an utterance, what XiaoAI made of it, and who should have had the last word.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from custom_components.xiao_gpt.routing.reply import PLAYS, SURE, Reply, features

ANSWERS = Path(__file__).parent / "evidence" / "answers.jsonl"

SHARES = {"a": 0.55, "b": 0.12, "c": 0.16, "d": 0.02, "e": 0.06, "f": 0.09}
"""How often each case happens in a home, by estimate: in the set the rare ones are as many as the frequent ones."""
_AS_WRONG = 0.93
"""The set's utterances are easier than those of real logs: the classifier's log odds are blurred until it is right as
seldom as there, or an answer would seem to be worth less than it is."""
_BLURS = 5
"""How often each utterance is looked at, blurred differently."""
_C = 1.0


@dataclass(frozen=True, slots=True)
class Case:
    """An utterance, XiaoAI's answer, and who should have answered."""

    text: str
    reply: Reply
    llm: bool
    """The label of the utterance by itself."""
    gpt: bool
    """Whether the language model should have the last word, given the answer."""
    kind: str


def read() -> list[Case]:
    """Return the set."""
    lines = [json.loads(line) for line in ANSWERS.read_text("utf-8").splitlines()]
    return [
        Case(
            line["text"],
            Reply(line["answer"], line["kind"] == "AUDIO", line["kind"] == "LLM"),
            line["label"] == "llm",
            line["wanted"] == "gpt",
            line["case"],
        )
        for line in lines
    ]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Weights for the router, and what they are worth."""

    weights: dict[str, float]
    """Log odds that each feature of a reply adds."""
    without: float
    """Share of a home's utterances that the right one answers by the words alone."""
    within: float
    """The same with XiaoAI's answer, in parts that the weights were not learned from."""
    by_case: dict[str, tuple[float, float]]
    """Both for each case."""


def learn(cases: Sequence[Case], odds: Callable[[str], float], seed: int) -> Evidence:
    """Return the weights for replies, given the classifier's log odds of utterances."""
    rng = np.random.default_rng(seed)
    sharp = np.clip([odds(case.text) for case in cases], -SURE, SURE)
    blurred = np.concatenate([_blur(sharp, np.array([case.llm for case in cases]), rng) for _ in range(_BLURS)])
    cases = [*cases] * _BLURS
    gpt = np.array([case.gpt for case in cases])
    kinds = np.array([case.kind for case in cases])
    plays = np.array([case.reply.plays_audio for case in cases])
    counts = Counter(kinds.tolist())
    shares = np.array([SHARES[case.kind] / counts[case.kind] for case in cases])
    seen = [features(case.reply, native=bool(odd < 0)) for case, odd in zip(cases, blurred, strict=True)]
    names = sorted(frozenset().union(*seen))
    matrix = np.column_stack([blurred, *([name in one for one in seen] for name in names)])
    right = np.where(plays, (blurred + PLAYS > 0) == gpt, False)
    spoken = np.flatnonzero(~plays)
    # An utterance is in one fold with all its blurred copies.
    groups = np.tile(np.arange(len(cases) // _BLURS), _BLURS)
    for learned, measured in StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(
        spoken, kinds[spoken], groups[spoken]
    ):
        machine = _fit(matrix[spoken[learned]], gpt[spoken[learned]], shares[spoken[learned]])
        right[spoken[measured]] = machine.predict(matrix[spoken[measured]]) == gpt[spoken[measured]]
    machine = _fit(matrix[spoken], gpt[spoken], shares[spoken])
    slope, *weights = machine.coef_[0]
    # The bias belongs to neither side in particular; each side's own feature takes it.
    bias = {name: 0.0 if "." in name else machine.intercept_[0] for name in names}
    alone = (blurred > 0) == gpt
    return Evidence(
        {
            name: round(float(np.clip((weight + bias[name]) / slope, -SURE, SURE)), 3)
            for name, weight in zip(names, weights, strict=True)
        },
        _share(alone, shares),
        _share(right, shares),
        {kind: (float(alone[kinds == kind].mean()), float(right[kinds == kind].mean())) for kind in sorted(SHARES)},
    )


def _blur(
    odds: npt.NDArray[np.float64], llm: npt.NDArray[np.bool_], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return log odds that are wrong about the label as often as those of real logs."""
    noise = rng.normal(size=len(odds))
    for size in np.arange(0.0, 20.0, 0.25):
        if (((odds + size * noise) > 0) == llm).mean() <= _AS_WRONG:
            break
    return odds + size * noise


def _fit(
    matrix: npt.NDArray[np.float64], gpt: npt.NDArray[np.bool_], shares: npt.NDArray[np.float64]
) -> LogisticRegression:
    weights = shares * len(shares) / shares.sum()
    return LogisticRegression(C=_C, max_iter=1000).fit(matrix, gpt, sample_weight=weights)


def _share(right: npt.NDArray[np.bool_], shares: npt.NDArray[np.float64]) -> float:
    return float((right * shares).sum() / shares.sum())
