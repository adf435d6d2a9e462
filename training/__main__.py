"""From data to shipped files and the report: python -m training [--data DIR]."""

import argparse
from functools import partial
import hashlib
import json
import logging
from pathlib import Path
import random

import numpy as np
import torch

from custom_components.xiao_gpt.routing import ModelKind, load

from . import data, distilling, evidence, finetuning, quantisation, shipping, svm
from .calibration import calibrate
from .corpus import Utterance
from .data import Data
from .encoder import Encoder, Shape
from .finetuning import Example
from .noise import Noise
from .pretraining import pretrain
from .report import Trained, write_report
from .vocabulary import Tokenizer, build, rarity

_LOG = logging.getLogger("training")
_SEED = 20261121
_CACHE = Path(__file__).parent.parent / ".run" / "training"
_SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
_PRETRAINING_EPOCHS = 5
_FINETUNING_EPOCHS = 4
_FINETUNING_RATE = 1.5e-3
_FEATURES = 120_000
_NOISY_WEIGHT = 0.35
"""What a noisy copy of an utterance counts for the linear machine."""


def main() -> None:
    """Train everything and write it."""
    parser = argparse.ArgumentParser(prog="training", description=__doc__)
    parser.add_argument(
        "--data",
        type=Path,
        default=_SHARED if _SHARED.is_dir() else None,
        help="the folder of open data; without it the project's own utterances alone are learned from",
    )
    parser.add_argument("--epochs", type=int, default=_PRETRAINING_EPOCHS, help="of pre-training")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    cases = evidence.read()
    measured = [Utterance(case.text, "chat" if case.llm else "device", "evidence") for case in cases]
    llm = np.array([case.llm for case in cases])
    known = data.read(arguments.data, measured, _SEED)
    _LOG.info(
        "%d own, %d open, %d composed utterances; %d texts",
        len(known.own.utterances),
        len(known.open.utterances),
        len(known.composed),
        len(known.texts),
    )
    vocabulary = build(known.texts)

    noise = Noise([utterance.text for utterance in known.own.utterances])
    machine = _train_svm(known.labelled, noise)
    arrays, features = svm.quantised(machine)
    texts = [utterance.text for utterance in measured]
    rare = rarity([utterance.text for utterance, _ in known.labelled], vocabulary)
    shipping.write("svm", arrays, features, rare, calibrate(machine.scores(texts)[:, 0], llm))

    tokenizer = Tokenizer(vocabulary, Shape(len(vocabulary)).positions)
    encoder = _pretrained(Shape(len(vocabulary)), tokenizer, known, arguments.epochs)
    examples = [finetuning.labelled(utterance, weight) for utterance, weight in known.labelled]
    finetune = partial(
        finetuning.finetune,
        (encoder.shape, encoder.state_dict()),
        tokenizer,
        noise=noise,
        epochs=_FINETUNING_EPOCHS,
        rate=_FINETUNING_RATE,
    )
    model = finetune(examples, seed=_SEED)
    soft: list[Example] = []
    if known.unlabelled:
        soft = distilling.distilled(known.unlabelled, model, tokenizer, machine, _SEED)
        model = finetune([*examples, *soft], seed=_SEED + 1)
    odds = finetuning.label_log_odds(torch.tensor(finetuning.predict(model, tokenizer, texts))).numpy()
    shipping.write("bert", quantisation.quantised(model), vocabulary, rare, calibrate(odds.astype(np.float64), llm))

    shipping.write_json("both.json", _weigh(texts, llm))
    both = load(ModelKind.BOTH)
    worth = evidence.learn(cases, lambda text: both.classify(text).odds, _SEED)
    shipping.write_json("reply.json", {"weights": worth.weights})
    write_report(Trained(known, model, tokenizer, worth, measured, len(soft)))


def _train_svm(utterances: list[tuple[Utterance, float]], noise: Noise) -> svm.LinearMachine:
    rng = random.Random(_SEED)
    noisy = [
        (Utterance(noise(utterance.text, rng), utterance.intent, "noise"), _NOISY_WEIGHT)
        for utterance, weight in utterances
        if weight >= 1
    ]
    learned = [*utterances, *noisy]
    return svm.train([one for one, _ in learned], [weight for _, weight in learned], _FEATURES, _SEED)


def _pretrained(shape: Shape, tokenizer: Tokenizer, known: Data, epochs: int) -> Encoder:
    """Return the pre-trained encoder, from the last run with the same texts if there was one."""
    facts = json.dumps([shape.as_dict(), epochs, _SEED, known.texts], ensure_ascii=False)
    path = _CACHE / f"{hashlib.sha256(facts.encode()).hexdigest()[:16]}.pt"
    if path.exists():
        _LOG.info("pre-trained before: %s", path.name)
        encoder = Encoder(shape)
        encoder.load_state_dict(torch.load(path))
        return encoder
    encoder = pretrain(shape, tokenizer, known.texts, epochs, _SEED)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(encoder.state_dict(), path)
    return encoder


def _weigh(texts: list[str], llm: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> dict[str, float]:
    """Return what the log odds of each model count where both are asked: the means, calibrated together."""
    models = load(ModelKind.BERT), load(ModelKind.SVM)
    odds = np.array([[model.classify(text).odds for model in models] for text in texts])
    together = calibrate(odds.sum(1), llm)
    return {"bert": together.slope, "svm": together.slope, "offset": together.offset}


if __name__ == "__main__":
    main()
