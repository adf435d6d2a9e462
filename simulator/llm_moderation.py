"""The moderation endpoint as OpenAI documents it: which of the categories a text falls into."""

import json
import re
import secrets
from typing import Any

from .llm_protocol import ApiError

MODELS = ("omni-moderation-latest", "omni-moderation-2024-09-26")

_CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm"),
    *("self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic"),
)
_FLAGGED, _CLEAN = 0.93, 0.0001


def moderate(body: bytes, pattern: str | None) -> dict[str, Any]:
    """Return the verdict on what a request carries.

    Args:
        body: the request's.
        pattern: regular expression of what is flagged, as violence; None flags nothing.

    Raises:
        ApiError: the request is not one that OpenAI would take.
    """
    try:
        request = json.loads(body)
    except ValueError as err:
        raise ApiError(400, "We could not parse the JSON body of your request.") from err
    if not isinstance(request, dict) or "input" not in request:
        raise ApiError(400, "Missing required parameter: 'input'.", param="input", code="missing_required_parameter")
    model = request.get("model", MODELS[0])
    if model not in MODELS:
        raise ApiError(400, f"Invalid value for 'model' = {model}.", param="model")
    found = request["input"]
    if not found or not isinstance(found, str | list):
        raise ApiError(400, "Invalid value for 'input'.", param="input")
    # A list of strings is judged one by one, a list of parts (texts and images) as a whole.
    texts: list[Any] = [found] if isinstance(found, str) else found
    if all(isinstance(part, dict) for part in texts):
        texts = [" ".join(str(part.get("text", "")) for part in texts)]
    return {
        "id": f"modr-{secrets.token_hex(12)}",
        "model": MODELS[1],
        "results": [_result(str(text), pattern) for text in texts],
    }


def _result(text: str, pattern: str | None) -> dict[str, Any]:
    flagged = pattern is not None and re.search(pattern, text, re.IGNORECASE) is not None
    return {
        "flagged": flagged,
        "categories": {name: flagged and name == "violence" for name in _CATEGORIES},
        "category_scores": {name: _FLAGGED if flagged and name == "violence" else _CLEAN for name in _CATEGORIES},
        "category_applied_input_types": {name: ["text"] for name in _CATEGORIES},
    }
