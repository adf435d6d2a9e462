"""Data as replies: strict schemas, words for services without them, reading what comes back."""

import json
from typing import Any

import pytest

from custom_components.xiao_gpt.gpt.structure import NoDataError, instruction, parse, response_format, strict_schema
from simulator.llm_structure import parse_response_format

SCHEMA = {
    "type": "object",
    "properties": {
        "count": {"type": "number", "minimum": 0},
        "place": {"type": "string", "enum": ["in", "out"]},
        "lamp": {"type": "string", "format": "entity_id"},
        "days": {"type": "array", "items": {"type": "string", "enum": ["Mo", "Tu"]}, "uniqueItems": True},
        "who": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
    "required": ["count"],
}


def test_a_strict_schema_wants_all_and_lets_the_optional_be_null() -> None:
    strict = strict_schema(SCHEMA)
    assert strict == {
        "type": "object",
        "properties": {
            "count": {"type": "number", "minimum": 0},
            "place": {"type": ["string", "null"], "enum": ["in", "out", None]},
            "lamp": {"type": ["string", "null"]},
            "days": {"type": ["array", "null"], "items": {"type": "string", "enum": ["Mo", "Tu"]}},
            "who": {
                "type": ["object", "null"],
                "properties": {"name": {"type": ["string", "null"]}},
                "required": ["name"],
                "additionalProperties": False,
            },
        },
        "required": ["count", "place", "lamp", "days", "who"],
        "additionalProperties": False,
    }
    assert "required" not in SCHEMA["properties"]["who"]  # what was given stays as it was


def test_the_service_accepts_it() -> None:
    assert parse_response_format(response_format("数人 people", SCHEMA), "") == strict_schema(SCHEMA)
    assert response_format("数人 people", SCHEMA)["json_schema"]["name"] == "___people"
    assert response_format("数人", SCHEMA)["json_schema"]["name"] == "data"


@pytest.mark.parametrize(
    "field",
    [
        {"type": "object", "additionalProperties": True},
        {"type": "object"},
        {"type": "array", "items": {"type": "object"}},
        {"type": "array", "items": True},
        {"anyOf": [{"type": "string"}, {"type": "object"}]},
        {"allOf": [{"type": "string"}]},
    ],
)
def test_what_cannot_be_strict_is_not(field: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"any": field}}
    assert strict_schema(schema) is None
    form = response_format("x", schema)["json_schema"]
    assert form == {"name": "x", "schema": schema, "strict": False}


def test_a_choice_may_be_null_too() -> None:
    choice = {"oneOf": [{"type": "string"}, {"type": "number"}]}
    strict = strict_schema({"type": "object", "properties": {"value": choice}})
    assert strict is not None
    wanted = {"anyOf": [{"anyOf": [{"type": "string"}, {"type": "number"}]}, {"type": "null"}]}
    assert strict["properties"]["value"] == wanted


@pytest.mark.parametrize(
    "text",
    [
        '{"count": 2}',
        ' \n{"count": 2, "place": null, "days": null}\n',
        '```json\n{"count": 2}\n```',
        '```\n{"count": 2}\n```',
        '<think>两个？{"count": 3}</think>\n{"count": 2}',
    ],
)
def test_data_is_found_in_a_reply(text: str) -> None:
    assert parse(text, SCHEMA) == {"count": 2}


def test_nulls_go_where_they_stand_for_nothing_only() -> None:
    inner = {"type": "array", "items": SCHEMA}
    text = '[{"count": null, "place": null, "who": {"name": null}, "more": null}]'
    assert parse(text, inner) == [{"count": None, "who": {}}]


@pytest.mark.parametrize("text", ["", "好的", '{"count": 2', "```json\n```", "[" * 100_000])
def test_what_is_no_data_is_told(text: str) -> None:
    with pytest.raises(NoDataError, match="not JSON"):
        parse(text, SCHEMA)


def test_words_hold_the_whole_schema() -> None:
    assert json.dumps(SCHEMA) in instruction(SCHEMA)
