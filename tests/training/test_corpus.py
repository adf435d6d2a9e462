"""The project's own utterances."""

from collections import Counter, defaultdict
import json
from pathlib import Path

import pytest

from training.corpus import INTENTS, LLM, NATIVE, UTTERANCES, CorpusError, Utterance, own, read

SHARED = Path(__file__).parents[3] / "shared" / "data" / "validation.jsonl"
EVIDENCE = UTTERANCES.parent / "evidence" / "answers.jsonl"


@pytest.fixture(scope="module")
def utterances() -> list[Utterance]:
    return own()


def test_the_real_files_are_all_read(utterances: list[Utterance]) -> None:
    files = {path.stem for path in UTTERANCES.glob("*.txt")}
    assert files
    assert {utterance.source for utterance in utterances} == files


def test_there_are_enough_utterances_of_either_side_and_of_every_intent(utterances: list[Utterance]) -> None:
    distinct = {utterance.key: utterance for utterance in utterances}.values()
    labels = Counter(utterance.label for utterance in distinct)
    intents = Counter(utterance.intent for utterance in distinct)
    assert labels.keys() == {"native", "llm"}
    assert min(labels.values()) >= 8_000, labels
    assert intents.keys() == set(INTENTS)
    assert min(intents.values()) >= 300, intents


def test_each_utterance_says_something_and_few_say_the_same_or_contradict(utterances: list[Utterance]) -> None:
    labels: dict[str, set[str]] = defaultdict(set)
    for utterance in utterances:
        labels[utterance.key].add(utterance.label)
    assert "" not in labels
    assert len(labels) >= 0.97 * len(utterances)
    assert [key for key, found in labels.items() if len(found) > 1] == []


def test_no_utterance_is_endless_or_marked_up(utterances: list[Utterance]) -> None:
    odd = [
        utterance.text for utterance in utterances if len(utterance.text) > 120 or set("{}|#\t") & set(utterance.text)
    ]
    assert odd == []


def test_what_the_models_are_calibrated_on_was_not_copied_from_here(utterances: list[Utterance]) -> None:
    keys = {utterance.key for utterance in utterances}
    lines = [json.loads(line)["text"] for line in EVIDENCE.read_text("utf-8").splitlines()]
    same = [text for text in lines if Utterance(text, "chat", "").key in keys]
    # Everybody says 下一首 and 开灯; training has to leave these out, see test_data.py.
    assert len(same) <= 0.06 * len(lines), same[:20]


@pytest.mark.skipif(not SHARED.exists(), reason="the open data is not here")
def test_hardly_an_utterance_is_one_of_those_that_are_measured_on(utterances: list[Utterance]) -> None:
    measured = {utterance.key for utterance in read(SHARED)}
    same = [utterance.text for utterance in utterances if utterance.key in measured]
    assert len(same) <= 0.02 * len(utterances), same[:20]


def test_intents_belong_to_one_side_each() -> None:
    assert (*NATIVE, *LLM) == INTENTS
    assert len(set(INTENTS)) == len(INTENTS)
    assert {Utterance("x", intent, "").label for intent in NATIVE} == {"native"}
    assert {Utterance("x", intent, "").label for intent in LLM} == {"llm"}


def test_a_file_has_sections_blank_lines_and_remarks(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("# llm chat | a child\n你好呀\n\n  你几岁  \n#native device\n开灯\n", "utf-8")
    (tmp_path / "a.txt").write_text("# native time\n几点了\n小爱同学，几点了？\n", "utf-8")
    assert own(tmp_path) == [
        Utterance("几点了", "time", "a"),
        Utterance("小爱同学，几点了？", "time", "a"),
        Utterance("你好呀", "chat", "b"),
        Utterance("你几岁", "chat", "b"),
        Utterance("开灯", "device", "b"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("开灯\n", r"x\.txt:1: an utterance before the first section"),
        ("\n开灯\n# native device\n", r"x\.txt:2: an utterance before the first section"),
        ("# native device\n开灯\n# llm device\n", r"x\.txt:3: no such label and intent: # llm device"),
        ("# native chat\n", r"x\.txt:1: no such label"),
        ("# native\n", r"x\.txt:1: no such label"),
        ("#\n", r"x\.txt:1: no such label"),
        ("# native nonsense | x\n", r"x\.txt:1: no such label"),
        ("# NATIVE device\n", r"x\.txt:1: no such label"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "x.txt").write_text(content, "utf-8")
    with pytest.raises(CorpusError, match=message):
        own(tmp_path)


def test_lines_of_json_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"text": "开灯", "label": "native", "intent": "device", "source": "s", "split": "t"}\n', "utf-8")
    assert read(path) == [Utterance("开灯", "device", "s")]
