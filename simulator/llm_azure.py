"""What is different about the API at Azure: paths and versions, the key's header, errors, and the content filter."""

from collections.abc import Iterable
from http import HTTPStatus
import json
import re
from typing import Any

from aiohttp import web

from .llm_protocol import ApiError, Json

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")
_MESSAGES = {
    401: "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource.",
    429: "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded call rate limit of "
    "your current pricing tier. Please retry after some seconds.",
}
"""The gateway before the model says these; what the model says itself is OpenAI's."""


class AzureError(ApiError):
    """A request that Azure's gateway refuses: its errors have a code and a message alone."""

    def body(self) -> Json:
        """Return the documented error body."""
        return {"error": {"code": self.code, "message": str(self)}}


def presented_key(request: web.Request, *, azure: bool) -> str:
    """Return the key that a request brings, or nothing."""
    if azure and (key := request.headers.get("api-key")) is not None:
        return key.strip()
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" and not azure else ""


def check_version(request: web.Request) -> None:
    """Refuse a request without a version, as a path that does not exist."""
    if not _VERSION.fullmatch(request.query.get("api-version", "")):
        raise AzureError(404, "Resource not found", code="404")


def for_deployment(body: bytes, deployment: str, deployments: Iterable[str]) -> bytes:
    """Return the body of a request with the model that the deployment is, which is called as the deployment."""
    if deployment not in deployments:
        raise AzureError(
            404,
            "The API deployment for this resource does not exist. If you created the deployment within the last 5 "
            "minutes, please wait a moment and try again.",
            code="DeploymentNotFound",
        )
    try:
        data = json.loads(body)
    except ValueError:
        return body
    return json.dumps(data | {"model": deployment}).encode() if isinstance(data, dict) else body


def refused(error: ApiError) -> ApiError:
    """Return a refusal as the gateway words it, where it is the gateway's."""
    if isinstance(error, AzureError) or error.status not in _MESSAGES or error.code == "insufficient_quota":
        return error
    return AzureError(
        error.status, _MESSAGES[error.status], code=str(HTTPStatus(error.status).value), retry_after=error.retry_after
    )


def preamble() -> Json:
    """Return the first chunk of a stream: what the content filter thinks of the question, and no choice."""
    safe: dict[str, Any] = {
        kind: {"filtered": False, "severity": "safe"} for kind in ("hate", "self_harm", "sexual", "violence")
    }
    return {
        "id": "",
        "object": "",
        "created": 0,
        "model": "",
        "choices": [],
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": safe}],
    }
