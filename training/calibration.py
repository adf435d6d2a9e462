"""From a model's scores to probabilities, and to the borders between which it is unsure."""

from dataclasses import dataclass
import math

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

type Numbers = npt.NDArray[np.float64]
type Truths = npt.NDArray[np.bool_]

COST_COMMAND_LOST = 1.0
"""A command for XiaoAI that goes to the language model: often nothing happens at all."""
COST_QUESTION_LOST = 0.8
"""A question for the language model that XiaoAI keeps: a canned reply, and it is asked again."""
COST_UNSURE = 0.16
"""An utterance that is answered with care: slower, and at some price. Chosen so that about nine of ten of
`validation.jsonl` are answered without."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Log odds = slope * score + offset."""

    slope: float
    offset: float

    def __call__(self, scores: Numbers) -> Numbers:
        """Return the log odds of llm."""
        return self.slope * scores + self.offset


def calibrate(scores: Numbers, llm: Truths) -> Calibration:
    """Return the logistic regression from scores to labels (Platt's calibration)."""
    machine = LogisticRegression(C=1e6).fit(scores[:, None], llm)
    return Calibration(float(machine.coef_[0, 0]), float(machine.intercept_[0]))


def borders() -> dict[str, float]:
    """Return the log odds at which either error costs as much, on average, as being unsure."""
    native = COST_UNSURE / COST_QUESTION_LOST  # the probability of llm below which "native" is the cheapest answer
    llm = 1 - COST_UNSURE / COST_COMMAND_LOST
    return {"native": _log_odds(native), "llm": _log_odds(llm)}


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))
