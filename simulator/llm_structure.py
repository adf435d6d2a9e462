"""Structured outputs: what `response_format` may hold, and an answer that fits the schema in it."""

import json
import re
from typing import Any

from .llm_protocol import ApiError, Json

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
_EXAMPLES = {"date-time": "2026-11-21T08:00:00Z", "time": "08:00:00", "date": "2026-11-21"}


def parse_response_format(form: object, words: str) -> Json | None:
    """Return the schema that an answer must fit; None: any text will do.

    Args:
        form: the parameter of the request.
        words: of all messages together.

    Raises:
        ApiError: OpenAI would refuse it.
    """
    if form is None:
        return None
    if not isinstance(form, dict):
        raise ApiError(
            400,
            "Invalid type for 'response_format': expected an object.",
            param="response_format",
            code="invalid_type",
        )
    match form.get("type"):
        case "text":
            return None
        case "json_object":
            if "json" not in words.lower():
                raise ApiError(
                    400,
                    "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
                    "'json_object'.",
                    param="messages",
                )
            return {"type": "object", "properties": {}}
        case "json_schema":
            return _schema(form.get("json_schema"))
        case None:
            raise _missing("response_format.type")
        case kind:
            raise ApiError(
                400,
                f"Invalid value: '{kind}'. Supported values are: 'json_object', 'json_schema', and 'text'.",
                param="response_format.type",
                code="invalid_value",
            )


def _schema(form: object) -> Json:
    where = "response_format.json_schema"
    if not isinstance(form, dict):
        raise _missing(where)
    if not isinstance(name := form.get("name"), str):
        raise _missing(f"{where}.name")
    if not _NAME.fullmatch(name):
        raise ApiError(
            400,
            f"Invalid '{where}.name': string does not match pattern. Expected a string that matches the pattern "
            "'^[a-zA-Z0-9_-]+$'.",
            param=f"{where}.name",
            code="invalid_value",
        )
    if not isinstance(schema := form.get("schema"), dict):
        raise _missing(f"{where}.schema")
    if form.get("strict"):
        if schema.get("type") != "object":
            raise _invalid(name, (), "schema must be a JSON Schema of 'type: \"object\"'")
        _check_strict(name, schema, ())
    return schema


def _check_strict(name: str, schema: object, path: tuple[str, ...]) -> None:
    """Refuse what OpenAI's strict mode does not support."""
    if not isinstance(schema, dict):
        raise _invalid(name, path, "schema must be an object")
    if "properties" in schema or schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            raise _invalid(name, path, "'additionalProperties' is required to be supplied and to be false")
        if absent := [each for each in properties if each not in schema.get("required", ())]:
            raise _invalid(
                name,
                path,
                "'required' is required to be supplied and to be an array including every key in properties. "
                f"Missing '{absent[0]}'",
            )
        for each, inner in properties.items():
            _check_strict(name, inner, (*path, "properties", each))
    for word in ("default", "uniqueItems", "allOf", "oneOf", "not", "patternProperties"):
        if word in schema:
            raise _invalid(name, path, f"'{word}' is not permitted")
    if (form := schema.get("format")) is not None and form not in _FORMATS:
        raise _invalid(name, path, f"'{form}' is not a valid format")
    if schema.get("type") == "array" and "items" not in schema:
        raise _invalid(name, path, "array schema missing items")
    if "items" in schema:
        _check_strict(name, schema["items"], (*path, "items"))
    for index, choice in enumerate(schema.get("anyOf", ())):
        _check_strict(name, choice, (*path, "anyOf", str(index)))


def _invalid(name: str, path: tuple[str, ...], why: str) -> ApiError:
    return ApiError(
        400,
        f"Invalid schema for response_format '{name}': In context={path!r}, {why}.",
        param="response_format",
    )


def fitting(schema: Json, words: str) -> str:
    """Return JSON that fits a schema; its texts are `words`."""
    return json.dumps(_example(schema, words), ensure_ascii=False)


def _example(schema: Json, words: str) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], words)
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            return {name: _example(inner, words) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return [_example(schema.get("items", {}), words)]
        case "number" | "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
    return _EXAMPLES.get(schema.get("format", ""), words)


def _missing(param: str) -> ApiError:
    return ApiError(400, f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
