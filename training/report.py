"""Writes REPORT.md and its pictures, from what was trained and what is shipped."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

import numpy as np
import torch

from custom_components.xiao_gpt.routing import Classifier, Context, ModelKind, Route, Router, load

from . import finetuning, shipping
from .corpus import INTENTS, NATIVE, Utterance
from .data import Data
from .encoder import Classifier as Network
from .evidence import Evidence
from .measuring import Numbers, Share, accuracy, answered, by, truths
from .pictures import draw_calibration, draw_confusion
from .vocabulary import Tokenizer

REPORT = Path(__file__).parent / "REPORT.md"
FIGURES = Path(__file__).parent / "figures.json"
_MOST_ERRORS = 25
_NATURAL = (0.07, 0.3, 0.5, 0.7)
"""Shares of commands among what is said: from a phone's assistant to a speaker in a smart home."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run of training has made."""

    data: Data
    network: Network
    tokenizer: Tokenizer
    evidence: Evidence
    held_out: list[Utterance]
    """Nothing was learned from these."""
    distilled: int
    """Texts that the encoder has learned from its teachers."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What was trained, and how it did."""

    trained: Trained
    figures: dict[str, Any]


def write_report(trained: Trained) -> None:
    """Measure what is shipped and write the report, its figures and its pictures."""
    figures = _measure(trained)
    FIGURES.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", "utf-8")
    REPORT.write_text(_text(_Run(trained, figures)), "utf-8")


def _measure(trained: Trained) -> dict[str, Any]:
    """Return all numbers of the report."""
    held_out = trained.held_out
    sets = {"held-out author": held_out}
    if trained.data.validation:
        sets["validation.jsonl"] = trained.data.validation
    kinds = {kind: load(kind) for kind in ModelKind}
    figures: dict[str, Any] = {"sets": {}, "natural": {}, "errors": []}
    for name, utterances in sets.items():
        texts = [utterance.text for utterance in utterances]
        odds = {str(kind): _odds(classifier, texts) for kind, classifier in kinds.items()}
        odds["router"] = _router_odds(kinds[ModelKind.BOTH], texts)
        full = finetuning.label_log_odds(torch.tensor(finetuning.predict(trained.network, trained.tokenizer, texts)))
        odds["bert in 32 bits"] = _shift(full.numpy().astype(np.float64), kinds[ModelKind.BERT])
        borders = kinds[ModelKind.BOTH].borders
        figures["sets"][name] = {
            model: _figures(found, utterances, borders.native, borders.llm) for model, found in odds.items()
        }
    main = "validation.jsonl" if "validation.jsonl" in sets else "held-out author"
    utterances = sets[main]
    texts = [utterance.text for utterance in utterances]
    both = _odds(kinds[ModelKind.BOTH], texts)
    figures["main"] = main
    figures["natural"] = _natural(both, utterances)
    held = [utterance.text for utterance in held_out]
    wrong = [
        (abs(odd), case)
        for odd, case in zip(_odds(kinds[ModelKind.BOTH], held), held_out, strict=True)
        if (odd > 0) != (case.label == "llm")
    ]
    figures["errors"] = [
        {"text": case.text, "label": case.label, "odds": round(odd, 1)}
        for odd, case in sorted(wrong, key=lambda pair: -pair[0])[:_MOST_ERRORS]
    ]
    figures["speed"] = json.loads(
        subprocess.run([sys.executable, "-m", "training.speed"], check=True, capture_output=True, text=True).stdout
    )
    figures["files"] = {
        path.name: {"sha256": shipping.sha256(path), "bytes": path.stat().st_size}
        for path in sorted(shipping.MODELS.iterdir())
        if path.suffix in {".npz", ".json"}
    }
    draw_calibration(both, truths(utterances), main)
    if trained.data.validation:  # of the held-out author's utterances the labels are known, not the intents
        draw_confusion(
            [utterance.intent for utterance in utterances],
            [kinds[ModelKind.BOTH].classify(text).intent for text in texts],
            main,
        )
    return figures


def _odds(classifier: Classifier, texts: Sequence[str]) -> Numbers:
    return np.array([classifier.classify(text).odds for text in texts])


def _router_odds(classifier: Classifier, texts: Sequence[str]) -> Numbers:
    """Return the odds that the whole router's decisions amount to, without context."""
    router = Router(classifier)
    context = Context(enabled=True)
    found = []
    for text in texts:
        decision = router.decide(text, context)
        certainty = min(max(decision.score, 1e-9), 1 - 1e-9)
        size = float(np.log(certainty / (1 - certainty))) if decision.route is not Route.COMMAND else 20.0
        found.append(size if decision.llm else -size)
    return np.array(found)


def _shift(scores: Numbers, classifier: Classifier) -> Numbers:
    """Return scores in full precision as log odds, calibrated as the shipped ones are."""
    with np.load(shipping.MODELS / f"{classifier.kind}.npz", allow_pickle=False) as file:
        slope, offset = json.loads(file["facts"].tobytes())["calibration"]
    return slope * scores + offset


def _figures(odds: Numbers, utterances: Sequence[Utterance], native: float, llm: float) -> dict[str, Any]:
    share, right = answered(odds, utterances, native, llm)
    return {
        "accuracy": _share(accuracy(odds, utterances)),
        "answered": share,
        "answered right": _share(right),
        "by source": {name: _share(found) for name, found in by("source", odds, utterances).items()},
        "by intent": {name: _share(found) for name, found in by("intent", odds, utterances).items()},
    }


def _share(share: Share) -> list[int]:
    return [share.right, share.of]


def _natural(odds: Numbers, utterances: Sequence[Utterance]) -> dict[str, dict[str, float]]:
    """Return what a home would see whose people give so many commands."""
    llm = truths(utterances)
    kept = float((odds[~llm] < 0).mean())
    answered_right = float((odds[llm] > 0).mean())
    return {
        f"{share:.0%}": {
            "right": share * kept + (1 - share) * answered_right,
            "of what XiaoAI gets, commands": share * kept / (share * kept + (1 - share) * (1 - answered_right)),
            "of what the model gets, questions": (1 - share)
            * answered_right
            / ((1 - share) * answered_right + share * (1 - kept)),
        }
        for share in _NATURAL
    }


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def _percent(pair: Sequence[int]) -> str:
    return str(Share(*pair))


def _text(run: _Run) -> str:
    """Return the report."""
    parts: list[Callable[[_Run], str]] = [
        _head,
        _data,
        _accuracy,
        _details,
        _quantisation,
        _speed,
        _evidence,
        _natural_mix,
        _errors,
        _files,
    ]
    return "\n\n".join(part(run) for part in parts) + "\n"


def _head(_: _Run) -> str:
    return """# Report: who answers?

Written by `scripts/train` (`python -m training`); every number is measured by that run on what it shipped. Accuracies
are of the two-way label, with 95 % intervals (Wilson). *Nothing here was measured on the texts that were learned from.*

- **validation.jsonl**: real logs of three assistants and two shared tasks (1,780 lines, measuring only; its labels are
  noisier than a clean test's). What it chose: the weights of the kinds of data, the cost of being unsure, the sizes.
- **held-out author**: the utterances of `evidence/answers.jsonl`, written for this project by an author none of whose
  lines were learned from; the two numbers that make a probability of a score were fitted on them.

Label policy: *native* if the answer needs the home or the speaker, a live feed, or the catalogue of recordings; *llm*
if it is only words from general knowledge, reasoning or conversation. `docs/model-card.md` has the cases in between."""


def _data(run: _Run) -> str:
    data = run.trained.data
    own = Counter(utterance.source for utterance in data.own.utterances)
    native = Counter(utterance.source for utterance in data.own.utterances if utterance.label == "native")
    rows = [
        [f"`utterances/{name}.txt`", count, native[name], count - native[name]] for name, count in sorted(own.items())
    ]
    intents = Counter(utterance.intent for utterance in data.own.utterances)
    opened = Counter(utterance.source for utterance in data.open.utterances)
    return f"""## Data

Own utterances, after cleaning ({data.own.repeated} repeated, {data.own.near} nearly repeated and
{data.own.contradicting} with both labels were left out):

{_table(["file", "lines", "native", "llm"], rows)}

By intent: {", ".join(f"{name} {intents[name]}" for name in INTENTS)}.

Composed of `lexicon/`: {len(data.composed)}. Open data (licences and addresses in `training/README.md`), each line at
half weight: {", ".join(f"{name} {count}" for name, count in sorted(opened.items())) or "none"}
({data.open.repeated} repeated, {data.open.near} nearly repeated, {data.open.contradicting} with both labels left out).
Texts for masked-language pre-training: {len(data.texts)}. Of those without a label {run.trained.distilled} were
labelled by two teachers, the linear machine and a first fine-tuning of the encoder, and learned from at half weight."""


def _accuracy(run: _Run) -> str:
    rows = [
        [
            name,
            model,
            _percent(found["accuracy"]),
            f"{found['answered']:.1%}",
            _percent(found["answered right"]),
        ]
        for name, models in run.figures["sets"].items()
        for model, found in models.items()
    ]
    return f"""## Accuracy

*Answered* is the share on which the model is not unsure, *right then* how often it is right on those.

{_table(["set", "model", "accuracy", "answered", "right then"], rows)}

![calibration](figures/calibration.svg)"""


def _details(run: _Run) -> str:
    if not run.trained.data.validation:
        return "Without the folder of open data there is nothing to measure sources and intents on."
    models = run.figures["sets"][run.figures["main"]]
    parts = []
    for what in ("by source", "by intent"):
        names = models["both"][what]
        rows = [
            [name, names[name][1], *(_percent(models[model][what][name]) for model in ("svm", "bert", "router"))]
            for name in names
        ]
        parts.append(_table([what.removeprefix("by "), "lines", "svm", "bert", "router"], rows))
    return f"On {run.figures['main']}:\n\n" + "\n\n".join([*parts, "![confusion](figures/confusion.svg)"])


def _quantisation(run: _Run) -> str:
    rows = [
        [name, _percent(models["bert in 32 bits"]["accuracy"]), _percent(models["bert"]["accuracy"])]
        for name, models in run.figures["sets"].items()
    ]
    return f"""## int8 against 32 bits

{_table(["set", "PyTorch, 32 bits", "numpy, int8"], rows)}

The largest difference between numpy and onnxruntime, over the logits of 300 utterances with the same int8 weights, is
{run.figures["speed"]["difference"]:.2g}."""


def _speed(run: _Run) -> str:
    rows = [[name, f"{found['p50']:.3f}", f"{found['p95']:.3f}"] for name, found in run.figures["speed"]["ms"].items()]
    return f"""## Speed

Milliseconds for one utterance on one thread, in turns within one run (`python -m training.speed`); numpy takes
{run.figures["speed"]["ratio"]:.2f} times as long as onnxruntime for the same int8 model.

{_table(["what", "median", "95th percentile"], rows)}"""


def _evidence(run: _Run) -> str:
    found = run.trained.evidence
    meaning = {
        "a": "command, done well",
        "b": "question, evaded or failed",
        "c": "question, answered decently by XiaoAI",
        "d": "question, XiaoAI plays something",
        "e": "command, failed, tools may help",
        "f": "command, failed, only the person can help",
    }
    rows = [
        [f"{name}: {meaning[name]}", f"{before:.3f}", f"{after:.3f}"] for name, (before, after) in found.by_case.items()
    ]
    return f"""## XiaoAI's own answer as evidence

`evidence/answers.jsonl`: an utterance, what XiaoAI made of it, who should have had the last word. By the words alone
{found.without:.3f} of a home's utterances go where they should, with XiaoAI's answer {found.within:.3f} (in five parts,
each measured with weights learned from the others; cases weighed by how often they happen, an estimate). The set's
utterances are plainer than those of real logs, so the classifier's log odds are blurred here until it is wrong as often
as there.

{_table(["case", "words alone", "with the answer"], rows)}"""


def _natural_mix(run: _Run) -> str:
    names = list(next(iter(run.figures["natural"].values())))
    rows = [[share, *(f"{found[name]:.3f}" for name in names)] for share, found in run.figures["natural"].items()]
    return f"""## In homes with more or fewer commands

Estimates from {run.figures["main"]} for a share of commands:

{_table(["commands", *names], rows)}"""


def _errors(run: _Run) -> str:
    rows = [[error["text"], error["label"], error["odds"]] for error in run.figures["errors"]]
    return f"""## What it gets wrong

Those of the held-out author's on which both models together were wrong and the surest:

{_table(["utterance", "should be", "log odds of the error"], rows)}"""


def _files(run: _Run) -> str:
    rows = [[f"`{name}`", found["bytes"], f"`{found['sha256']}`"] for name, found in run.figures["files"].items()]
    return f"""## Files

{_table(["file", "bytes", "sha256"], rows)}

Native intents: {", ".join(NATIVE)}."""
