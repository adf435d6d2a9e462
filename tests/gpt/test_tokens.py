"""Tokens: the estimate against the counts of real tokenizers, and the tokenizers' files."""

import base64
import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.xiao_gpt.gpt.bpe import FILES, BpeError, BpeFile, keep, load, read_kept
from custom_components.xiao_gpt.gpt.tokens import (
    CL100K,
    O200K,
    PER_MESSAGE,
    count_message,
    count_prompt,
    encoding_of,
    estimate,
)

# Made by `benchmarks/tokens.py --reference` with the tokenizers themselves.
REFERENCE: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "token_counts.json").read_text())
ALLOWED = 0.15
ENCODINGS = (O200K, CL100K, None)


def off(kinds: list[str], encoding: str | None) -> float:
    """Return how far the estimate is off, as a part of the true number."""
    texts = [text for kind in kinds for text in REFERENCE[kind]]
    true: int = sum(text[encoding or "other"] for text in texts)
    return sum(estimate(text["text"], encoding) for text in texts) / true - 1


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_mixture_of_texts_is_estimated_within_15_per_cent(encoding: str | None) -> None:
    assert abs(off(list(REFERENCE), encoding)) < ALLOWED


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", [kind for kind in REFERENCE if kind != "odd"])
def test_each_usual_kind_of_text_is_estimated_within_15_per_cent(kind: str, encoding: str | None) -> None:
    assert abs(off([kind], encoding)) < ALLOWED


@given(st.text())
def test_any_text_has_tokens_by_its_length(text: str) -> None:
    assert 0 <= estimate(text) <= 4 * len(text)


def test_more_text_is_more_tokens() -> None:
    assert (
        0 == estimate("") < estimate("你好") < estimate("你好，今天天气怎么样") < estimate("你好，今天天气怎么样" * 2)
    )


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-5-mini", O200K),
        ("gpt-4o", O200K),
        ("gpt-4o-mini-2024-07-18", O200K),
        ("gpt-4.1", O200K),
        ("o3-mini", O200K),
        ("openai/gpt-5", O200K),
        ("ft:gpt-4o-mini:home::1", O200K),
        ("gpt-4", CL100K),
        ("gpt-4-turbo", CL100K),
        ("gpt-4-0613", CL100K),
        ("gpt-3.5-turbo", CL100K),
        ("gpt-35-turbo", CL100K),
        ("deepseek-chat", None),
        ("qwen-plus", None),
        ("gpt-oss:20b", None),
    ],
)
def test_the_encoding_of_a_model_is_known_or_none(model: str, encoding: str | None) -> None:
    assert encoding_of(model) == encoding


def test_messages_count_with_their_calls_and_borders() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "turn_on", "arguments": '{"name": "灯"}'}}
    assert count_message({"role": "user", "content": "12345"}, len) == PER_MESSAGE + 5
    assert count_message({"role": "assistant", "content": None, "tool_calls": [call]}, len) == PER_MESSAGE + 7 + 13
    parts = [{"type": "text", "text": "123"}, {"type": "image_url", "image_url": {"url": "data:"}}]
    assert count_message({"role": "user", "content": parts}, len) == PER_MESSAGE + 3
    tool = {"type": "function"}
    assert count_prompt([{"role": "user", "content": "1"}], [tool], len) == PER_MESSAGE + 1 + len('{"type":"function"}')


# The tokenizers' files. A small one stands for the real ones, which nobody can fetch in a test.


RANKS = [bytes([byte]) for byte in range(256)] + [b"ab", b"abc"]
DATA = b"\n".join(base64.b64encode(token) + b" " + str(rank).encode() for rank, token in enumerate(RANKS))
SMALL = BpeFile("none", hashlib.sha256(DATA).hexdigest(), r"\w+|\W+")


def test_a_kept_file_is_found_again(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "if missing"
    assert read_kept(folder, "small", SMALL) is None
    keep(folder, "small", SMALL, DATA)
    assert read_kept(folder, "small", SMALL) == DATA
    assert [path.name for path in folder.iterdir()] == ["small.tiktoken"]


def test_what_is_not_the_file_is_neither_kept_nor_used(tmp_path: Path) -> None:
    with pytest.raises(BpeError):
        keep(tmp_path, "small", SMALL, b"<html>blocked</html>")
    (tmp_path / "small.tiktoken").write_bytes(DATA[:-1])
    assert read_kept(tmp_path, "small", SMALL) is None


def test_a_broken_file_or_no_tiktoken_is_one_error() -> None:
    with pytest.raises(BpeError):
        load("small", b"no ranks", SMALL)


@pytest.mark.skipif(importlib.util.find_spec("tiktoken") is None, reason="tiktoken is not installed")
def test_a_file_makes_a_tokenizer() -> None:
    count = load("small", DATA, SMALL)
    assert count("abc ab a") == 5
    assert count("<|endoftext|>") == 13  # no token is special: people may say anything


@pytest.mark.skipif(importlib.util.find_spec("tiktoken") is None, reason="tiktoken is not installed")
def test_the_patterns_split_as_tiktokens_own() -> None:
    """Whatever is written between tiktoken and us: the patterns are the same."""
    from tiktoken_ext import openai_public

    made: dict[str, str] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openai_public, "load_tiktoken_bpe", lambda url, expected_hash: {url: expected_hash})
        for name, file in FILES.items():
            own = getattr(openai_public, name)()
            made[name] = own["pat_str"]
            assert own["mergeable_ranks"] == {file.url: file.sha256}
    assert made == {name: file.pattern for name, file in FILES.items()}
