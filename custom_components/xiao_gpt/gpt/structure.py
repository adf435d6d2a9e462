"""Replies that are data: what a service is asked for, and what comes back."""

import json
from typing import Any

_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
"""Formats that OpenAI's strict schemas may have; another one is refused."""
_NOT_STRICT = frozenset({"default", "uniqueItems"})
"""Words of JSON Schema that strict schemas may not have."""

type Schema = dict[str, Any]


class NoDataError(Exception):
    """A reply is not the data that was asked for; the message tells the model why."""


def response_format(name: str, schema: Schema) -> dict[str, Any]:
    """Return the parameter that asks a service for data of a schema."""
    strict = strict_schema(schema)
    form: dict[str, Any] = {"name": _identifier(name), "schema": strict or schema, "strict": strict is not None}
    return {"type": "json_schema", "json_schema": form}


def strict_schema(schema: Schema) -> Schema | None:
    """Return a schema as OpenAI's strict mode wants it: all fields required, optional ones may be null, no others.

    None where that cannot be: an object of any fields.
    """
    kept = {key: value for key, value in schema.items() if key not in _NOT_STRICT}
    if kept.get("format") not in _FORMATS:
        kept.pop("format", None)
    if kept.get("type") == "object" or "properties" in kept:
        properties = kept.get("properties")
        if not properties or kept.get("additionalProperties"):
            return None
        required = set(kept.get("required", ()))
        fields = {}
        for name, each in properties.items():
            if (field := strict_schema(each)) is None:
                return None
            fields[name] = field if name in required else _nullable(field)
        kept |= {"properties": fields, "required": list(fields), "additionalProperties": False}
    for key in ("anyOf", "oneOf"):
        if key in kept:
            choices = [strict_schema(choice) for choice in kept.pop(key)]
            if None in choices:
                return None
            kept["anyOf"] = choices
    if isinstance(items := kept.get("items"), dict) and (strict := strict_schema(items)) is not None:
        kept["items"] = strict
    elif "items" in kept or "allOf" in kept:
        return None
    return kept


def instruction(schema: Schema) -> str:
    """Return what asks a model for data in words, for services that have no parameter for it."""
    described = json.dumps(schema, ensure_ascii=False)
    return (
        "Answer with one JSON object and nothing else: no explanation, no code fence. It must fit this JSON schema:\n"
        f"{described}"
    )


def parse(text: str, schema: Schema) -> Any:
    """Return the data in a reply; of optional fields those that are null are left out.

    Raises:
        NoDataError: there is none.
    """
    text = text.strip()
    # Reasoning models without a channel of their own, and those that cannot do without a fence.
    text = text.rpartition("</think>")[2].strip()
    if text.startswith("```"):
        text = text.partition("\n")[2].rpartition("```")[0].strip()
    try:
        return _without_nulls(json.loads(text), schema)
    except (ValueError, RecursionError) as err:
        raise NoDataError(f"That is not JSON: {err}") from err


def _without_nulls(value: Any, schema: Any) -> Any:
    if not isinstance(schema, dict):
        return value
    if isinstance(value, list):
        return [_without_nulls(each, schema.get("items")) for each in value]
    if isinstance(value, dict) and isinstance(fields := schema.get("properties"), dict):
        required = schema.get("required", ())
        return {
            name: _without_nulls(each, fields.get(name))
            for name, each in value.items()
            if each is not None or name in required
        }
    return value


def _nullable(schema: Schema) -> Schema:
    kind = schema.get("type")
    if not isinstance(kind, str):
        return {"anyOf": [schema, {"type": "null"}]}
    made = schema | {"type": [kind, "null"]}
    if "enum" in made:
        made["enum"] = [*made["enum"], None]
    return made


def _identifier(name: str) -> str:
    """Return a name as services take it: ASCII letters, digits, dashes; at most 64."""
    kept = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in name)[:64]
    return kept if kept.strip("_") else "data"
