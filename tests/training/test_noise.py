"""Noise; needs the environment for training."""

import random

from hypothesis import given, strategies as st
import pytest

pytest.importorskip("pypinyin")

from training.noise import Noise

TEXTS = ["打开客厅的灯", "天空为什么是蓝色的", "一首关于秋天的诗", "是事实十时", "放一首稻香", "今天会下雨吗"]


def test_a_seed_gives_the_same_noise_again() -> None:
    noise = Noise(TEXTS)
    assert [noise(text, random.Random(1)) for text in TEXTS] == [noise(text, random.Random(1)) for text in TEXTS]


def test_a_character_becomes_one_that_sounds_the_same() -> None:
    noise, rng = Noise(["是事"]), random.Random(1)
    found = {noise("是", rng).replace("是", "").replace("事", "") for _ in range(200)}
    assert any(noise("是", random.Random(seed)) == "事" for seed in range(200))
    assert "" in found


def test_dialects_do_not_tell_some_sounds_apart() -> None:
    noise = Noise(["四是", "蓝男", "心星"])
    for one, other in ("四是", "蓝男", "心星"):
        assert any(noise(one, random.Random(seed)) == other for seed in range(300))


@given(st.sampled_from(TEXTS), st.integers(0, 10_000))
def test_most_of_an_utterance_is_left(text: str, seed: int) -> None:
    noisy = Noise(TEXTS)(text, random.Random(seed))
    assert noisy
    assert abs(len(noisy) - len(text)) <= 6
    assert len(set(noisy) & set(text)) >= len(set(text)) / 2


@given(st.text(max_size=30), st.integers(0, 100))
def test_any_text_is_changed_without_failing(text: str, seed: int) -> None:
    assert isinstance(Noise([text, *TEXTS])(text, random.Random(seed)), str)
