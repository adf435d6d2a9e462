"""Utterances composed of frames and names."""

from collections import Counter
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from training.composing import LEXICON, compose
from training.corpus import INTENTS, CorpusError


def test_every_frame_of_the_real_lexicon_can_be_filled() -> None:
    composed = compose(6_000, 1)
    assert len(composed) == 6_000
    assert len({utterance.text for utterance in composed}) == 6_000
    assert not [utterance.text for utterance in composed if set("{}\t#") & set(utterance.text)]
    assert all(utterance.intent in INTENTS and utterance.source == "composed" for utterance in composed)
    assert len(Counter(utterance.label for utterance in composed)) == 2


def test_every_list_of_the_real_lexicon_has_names_that_stand_once() -> None:
    for path in LEXICON.glob("*.txt"):
        if path.stem != "frames":
            lines = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
            assert len(lines) >= 20, path.name
            assert len(set(lines)) == len(lines), path.name


def test_a_seed_gives_the_same_again_and_another_seed_something_else() -> None:
    assert compose(200, 7) == compose(200, 7)
    assert compose(200, 7) != compose(200, 8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cities.txt").write_text("北京\n\n 上海 \n", "utf-8")
    (tmp_path / "stories.txt").write_text("小红帽\n", "utf-8")
    (tmp_path / "dishes.txt").write_text("红烧肉\n", "utf-8")
    (tmp_path / "diseases.txt").write_text("感冒\n", "utf-8")
    (tmp_path / "songs.txt").write_text("稻香\t周杰伦\n", "utf-8")
    (tmp_path / "properties.txt").write_text("空调\t温度\t26度\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("frame", "texts"),
    [
        ("{city}天气", {"北京天气", "上海天气"}),
        ("从{city}到{city}", {"从北京到北京", "从北京到上海", "从上海到北京", "从上海到上海"}),
        ("讲{story}", {"讲小红帽"}),
        ("{dish}怎么做", {"红烧肉怎么做"}),
        ("{disease}怎么办", {"感冒怎么办"}),
        ("放{song}", {"放稻香"}),
        ("把{device_property}", {"把空调温度26度"}),
        ("你好", {"你好"}),
    ],
)
def test_a_slot_takes_a_name_of_its_list(folder: Path, frame: str, texts: set[str]) -> None:
    (folder / "frames.txt").write_text(f"# llm chat\n{frame}\n", "utf-8")
    composed = compose(50, 1, folder)
    assert {utterance.text for utterance in composed} == texts
    assert len(composed) == len(texts)


@given(count=st.integers(0, 60), seed=st.integers(0, 1000))
def test_so_many_as_asked_for_come_and_no_more(count: int, seed: int) -> None:
    assert len(compose(count, seed)) == count


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ("# llm chat\n你好\n{planet}和{moon}和{city}\n", "no list for moon, planet in: {planet}和{moon}和{city}"),
        ("你好\n", r"frames\.txt:1: a frame before the first section"),
        ("\n# llm nonsense\n", r"frames\.txt:2: no such intent: nonsense"),
    ],
)
def test_what_is_wrong_with_the_frames_is_told(folder: Path, frames: str, message: str) -> None:
    (folder / "frames.txt").write_text(frames, "utf-8")
    with pytest.raises(CorpusError, match=message):
        compose(10, 1, folder)
