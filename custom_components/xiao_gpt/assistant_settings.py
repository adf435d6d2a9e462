"""What an assistant's subentry holds beside its name, model, persona and tools: in sections, as in the form."""

from collections.abc import Mapping
import json
from typing import Any, Final

from .gpt import RESERVED, Parameters
from .gpt.history import DEFAULT_HISTORY_TOKENS

SECTION_SAMPLING: Final = "sampling"
SECTION_REASONING: Final = "reasoning"
SECTION_HISTORY: Final = "history"
SECTION_PRICES: Final = "prices"
SECTION_WEB_SEARCH: Final = "search"
SECTION_VENDOR: Final = "vendor"

CONF_CONFIRM_EFFECTS: Final = "confirm_effects"
"""Whether an assistant asks first before it touches a lock, an alarm or a door (by default it does)."""
CONF_TEMPERATURE: Final = "temperature"
CONF_TOP_P: Final = "top_p"
CONF_PRESENCE: Final = "presence_penalty"
CONF_FREQUENCY: Final = "frequency_penalty"
CONF_MAX_TOKENS: Final = "max_tokens"
CONF_STOP: Final = "stop"
CONF_EFFORT: Final = "reasoning_effort"
CONF_PAST_TURNS: Final = "past_turns"
CONF_HISTORY_TOKENS: Final = "history_tokens"
CONF_INPUT: Final = "input"
CONF_CACHED: Final = "cached"
CONF_OUTPUT: Final = "output"
CONF_CURRENCY: Final = "currency"
CONF_WEB_SEARCH: Final = "web_search"
CONF_EXTRAS: Final = "extras"

SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    SECTION_SAMPLING: (CONF_TEMPERATURE, CONF_TOP_P, CONF_PRESENCE, CONF_FREQUENCY, CONF_MAX_TOKENS, CONF_STOP),
    SECTION_REASONING: (CONF_EFFORT,),
    SECTION_HISTORY: (CONF_PAST_TURNS, CONF_HISTORY_TOKENS),
    SECTION_PRICES: (CONF_INPUT, CONF_CACHED, CONF_OUTPUT, CONF_CURRENCY),
    SECTION_WEB_SEARCH: (CONF_WEB_SEARCH,),
    SECTION_VENDOR: (CONF_EXTRAS,),
}
"""The fields of each section of the form."""


class ExtrasError(ValueError):
    """Text that is no vendor extras.

    Attributes:
        key: what is wrong, a translation key.
        detail: where or which.
    """

    def __init__(self, key: str, detail: str = "") -> None:
        super().__init__(f"{key}: {detail}")
        self.key = key
        self.detail = detail


def parse_extras(text: str) -> dict[str, Any]:
    """Return vendor extras typed as JSON; nothing for an empty text.

    Raises:
        ExtrasError: they are no object, or would replace what a request is made of.
    """
    if not text.strip():
        return {}
    try:
        extras = json.loads(text)
    except ValueError as err:
        raise ExtrasError("extras_not_json", str(err)) from err
    if not isinstance(extras, dict):
        raise ExtrasError("extras_not_object")
    if taken := sorted(RESERVED & extras.keys()):
        raise ExtrasError("extras_reserved", ", ".join(taken))
    return extras


def parameters_of(data: Mapping[str, Any]) -> Parameters:
    """Return the parameters that an assistant's data, or the input of its form, sets.

    Raises:
        ExtrasError: the vendor extras make no sense.
    """
    flat = _flat(data)
    limit = flat.get(CONF_MAX_TOKENS)
    return Parameters(
        temperature=flat.get(CONF_TEMPERATURE),
        top_p=flat.get(CONF_TOP_P),
        presence_penalty=flat.get(CONF_PRESENCE),
        frequency_penalty=flat.get(CONF_FREQUENCY),
        max_tokens=None if limit is None else int(limit),
        stop=tuple(flat.get(CONF_STOP) or ()),
        reasoning_effort=flat.get(CONF_EFFORT) or None,
        web_search=bool(flat.get(CONF_WEB_SEARCH)),
        extras=parse_extras(flat.get(CONF_EXTRAS) or ""),
    )


def past_turns_of(data: Mapping[str, Any]) -> int | None:
    """Return how many past turns the model is given, or None for all that there are."""
    turns = _flat(data).get(CONF_PAST_TURNS)
    return None if turns is None else int(turns)


def history_tokens_of(data: Mapping[str, Any]) -> int:
    """Return how many tokens of a conversation the model is given at most."""
    return int(_flat(data).get(CONF_HISTORY_TOKENS, DEFAULT_HISTORY_TOKENS))


def section_of(field: str) -> str | None:
    """Return the section that a field is in, or None."""
    return next((section for section, fields in SECTIONS.items() if field in fields), None)


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for section in SECTIONS for field, value in data.get(section, {}).items()}
