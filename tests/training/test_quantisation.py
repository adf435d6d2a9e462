"""The shipped encoder against the trained one; needs the environment for training."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

import torch

from custom_components.xiao_gpt.routing import ModelKind, classifier, load
from custom_components.xiao_gpt.routing.encoder import Encoder as Shipped
from training import shipping
from training.calibration import Calibration
from training.corpus import INTENTS, NATIVE
from training.encoder import Classifier, Encoder, Shape
from training.quantisation import quantised
from training.vocabulary import Tokenizer, build, padded, rarity

TEXTS = ["打开客厅的灯", "天空为什么是蓝色的", "放cctv5", "", "没见过的字在这里", "灯" * 100]
VOCABULARY = build(TEXTS * 3)


@pytest.fixture(scope="module")
def model() -> Classifier:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    found = Classifier(Encoder(Shape(len(VOCABULARY), hidden=64, layers=3, heads=4, feed_forward=128)), len(INTENTS))
    for parameter in found.parameters():  # far from where they begin, normalisations and biases too
        torch.nn.init.normal_(parameter, mean=0.1, std=0.2)
    found.eval()
    return found


@pytest.mark.parametrize("text", TEXTS)
def test_eight_bits_and_numpy_say_what_32_bits_and_torch_say(model: Classifier, text: str) -> None:
    with torch.inference_mode():
        expected = model(padded([Tokenizer(VOCABULARY, model.encoder.shape.positions).ids(text)]))[0].numpy()
    logits = Shipped(quantised(model), VOCABULARY).logits(text)
    # Eight bits for weights and activations: about a hundredth of the spread for each of the layers.
    assert np.abs(logits - expected).max() <= 0.1 * expected.std() + 0.02
    assert logits.argmax() == expected.argmax()


def test_the_same_model_is_written_byte_for_byte_and_read_again(
    model: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "MODELS", tmp_path)
    monkeypatch.setattr(classifier, "MODELS", tmp_path)
    written = [
        shipping.write(
            "bert", quantised(model), VOCABULARY, rarity(TEXTS, VOCABULARY), Calibration(0.5, 0.25)
        ).read_bytes()
        for _ in range(2)
    ]
    assert written[0] == written[1]
    known = load(ModelKind.BERT)
    logits = Shipped(quantised(model), VOCABULARY).logits(TEXTS[0])
    llm, native = (np.log(np.exp(side).sum()) for side in (logits[len(NATIVE) :], logits[: len(NATIVE)]))
    assert known.classify(TEXTS[0]).odds == pytest.approx(0.5 * (llm - native) + 0.25, abs=1e-4)
    assert known.classify(TEXTS[0]).intent in INTENTS


def test_special_tokens_come_first_and_rare_ones_are_unknown() -> None:
    assert build(["灯灯灯 tv tv tv 关"])[:4] == ["[PAD]", "[UNK]", "[CLS]", "[MASK]"]
    assert build(["灯灯灯灯 tv tv tv 关"])[4:] == ["灯", "tv"]
    assert Tokenizer(build(["灯灯灯"]), 3).ids("灯关灯灯") == [2, 4, 1]
