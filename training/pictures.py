"""Pictures of the report."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
import numpy as np
import numpy.typing as npt

from .corpus import INTENTS, NATIVE

FOLDER = Path(__file__).parent / "figures"
_BINS = 10

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "xiao_gpt", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})


def draw_calibration(odds: npt.NDArray[np.float64], llm: npt.NDArray[np.bool_], name: str) -> None:
    """Draw how often an utterance is the language model's, by the probability that both models give it."""
    probability = 1 / (1 + np.exp(-odds))
    # Bins of equally many utterances: most are near 0 and 1.
    order = np.array_split(np.argsort(probability), _BINS)
    figure, axes = plt.subplots(figsize=(4.2, 4))
    axes.plot([0, 1], [0, 1], color="#999", linewidth=0.8)
    axes.plot([probability[part].mean() for part in order], [llm[part].mean() for part in order], "o-", color="#1565c0")
    axes.set(xlabel="probability given", ylabel="share that is llm", title=f"Calibration on {name}")
    _save(figure, "calibration")


def draw_confusion(truth: Sequence[str], given: Sequence[str], name: str) -> None:
    """Draw which intents are taken for which."""
    index = {intent: number for number, intent in enumerate(INTENTS)}
    counts = np.zeros((len(INTENTS), len(INTENTS)), int)
    for real, taken in zip(truth, given, strict=True):
        counts[index[real], index[taken]] += 1
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure, axes = plt.subplots(figsize=(7, 6.4))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(range(len(INTENTS)), INTENTS, rotation=60, ha="right")
    axes.set_yticks(range(len(INTENTS)), INTENTS)
    border = len(NATIVE) - 0.5
    axes.axhline(border, color="#c62828", linewidth=0.8)
    axes.axvline(border, color="#c62828", linewidth=0.8)
    axes.set(xlabel="taken for", ylabel="is", title=f"Intents on {name}; the red lines part native and llm")
    _save(figure, "confusion")


def _save(figure: plt.Figure, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    figure.tight_layout()
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)
