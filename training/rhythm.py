"""What a home's rhythm is worth: python -m training.rhythm [--data DIR].

Homes are simulated whose people give commands at some hours and talk at others. Their utterances are drawn from the
validation set, or from the held-out author's where there is no folder of open data. Prints a table.
"""

import argparse
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from custom_components.xiao_gpt.routing import ModelKind, Rhythm, load

from . import corpus, evidence

_SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
_HOMES = 12
_UTTERANCES = 3000
"""A family's, in two to six months."""
_BORDERS = (0, 200, 1000, _UTTERANCES)

type _Shares = Callable[[int], float]
"""The share of commands at an hour of the day."""

_HOMES_BY_HABIT: dict[str, _Shares] = {
    "half and half": lambda _: 0.5,
    "commands for the most part (80 %)": lambda _: 0.8,
    "talk for the most part (80 %)": lambda _: 0.2,
    "commands at getting up and coming home, talk in the evening": lambda hour: (
        0.9 if hour < 9 or 18 <= hour < 20 else 0.2 if hour >= 20 else 0.6
    ),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="training.rhythm", description=__doc__)
    parser.add_argument("--data", type=Path, default=_SHARED if _SHARED.is_dir() else None)
    folder: Path | None = parser.parse_args().data
    if folder:
        labelled = [(one.text, one.label == "llm") for one in corpus.read(folder / "validation.jsonl")]
    else:
        labelled = [(case.text, case.llm) for case in evidence.read()]
    classifier = load(ModelKind.BOTH)
    odds = np.array([classifier.classify(text).odds for text, _ in labelled])
    llm = np.array([label for _, label in labelled])
    print(f"{len(labelled)} utterances, {_HOMES} homes of each kind; right without and with the rhythm")
    for habit, shares in _HOMES_BY_HABIT.items():
        right = np.mean([_live(shares, odds, llm, np.random.default_rng(seed)) for seed in range(_HOMES)], axis=0)
        parts = (
            f"{begin}-{end}: {right[0, begin:end].mean():.3f} {right[1, begin:end].mean():.3f}"
            for begin, end in pairwise(_BORDERS)
        )
        print(f"{habit}: {'; '.join(parts)}")


def _live(
    shares: _Shares, odds: npt.NDArray[np.float64], llm: npt.NDArray[np.bool_], rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Return which utterances of a home's were taken for what they are, without and with its rhythm."""
    rhythm, right = Rhythm(), np.empty((2, _UTTERANCES), np.bool_)
    sides = {label: np.flatnonzero(llm == label) for label in (False, True)}
    for index in range(_UTTERANCES):
        hour = int(rng.integers(6, 23))
        one = rng.choice(sides[bool(rng.random() >= shares(hour))])
        shifted = odds[one] + rhythm.shift(hour)
        right[:, index] = (odds[one] > 0) == llm[one], (shifted > 0) == llm[one]
        rhythm.learn(hour, float(odds[one]))
    return right


if __name__ == "__main__":
    main()
