"""The moderation endpoint of the simulated service."""

import json

import pytest

from simulator.llm_moderation import moderate
from simulator.llm_protocol import ApiError


def verdicts(found, pattern="炸药|bomb", **fields):
    reply = moderate(json.dumps({"input": found, **fields}).encode(), pattern)
    assert reply["id"].startswith("modr-")
    return [result["flagged"] for result in reply["results"]]


@pytest.mark.parametrize(
    ("found", "flagged"),
    [
        ("怎么做炸药", [True]),
        ("A BOMB", [True]),
        ("怎么做红烧肉", [False]),
        (["红烧肉", "炸药"], [False, True]),
        ([{"type": "text", "text": "红烧肉"}, {"type": "text", "text": "炸药"}], [True]),
    ],
)
def test_it_flags_what_it_was_told_to(found, flagged):
    assert verdicts(found) == flagged
    assert verdicts(found, None) == [False] * len(flagged)


def test_a_category_says_why():
    (result,) = moderate(b'{"input": "bomb"}', "bomb")["results"]
    assert [name for name, holds in result["categories"].items() if holds] == ["violence"]
    assert result["categories"].keys() == result["category_scores"].keys()
    assert result["category_scores"]["violence"] > 0.5


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"input": ""}', b'{"input": []}', b'{"input": 7}', b'{"input": "x", "model": "gpt-5-mini"}'],
)
def test_what_openai_would_refuse_is_refused(body):
    with pytest.raises(ApiError) as caught:
        moderate(body, None)
    assert caught.value.status == 400
