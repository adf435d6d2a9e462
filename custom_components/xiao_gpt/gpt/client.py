"""The connection to an OpenAI-compatible service."""

from typing import Any, TypeGuard

from openai import AsyncOpenAI

# Touching `client.chat` for the first time imports its module; here the importer does it, off the event loop.
from openai.resources.chat import AsyncChat as AsyncChat

from .errors import GptError, Reason, translated_errors

DEFAULT_BASE_URL = "https://api.openai.com/v1"
TIMEOUT_S = 30
"""Longest silence of the service; the client's own default is ten minutes."""

PREFERRED_MODELS = ("gpt-5-mini", "gpt-4.1-mini", "gpt-4o-mini", "deepseek-chat", "qwen-plus", "glm-4-flash")
"""Quick and cheap ones first: at a speaker, waiting is what hurts."""


def make_client(api_key: str, base_url: str, http_client: Any) -> AsyncOpenAI:
    """Return a client for the service. Blocks (it reads certificates and files of the package).

    Args:
        api_key: may be empty for services on the home network that ask for none.
        base_url: of the service's API, for example ``https://api.openai.com/v1``.
        http_client: the HTTP client to send with; it stays the caller's.
    """
    client = AsyncOpenAI(
        api_key=api_key or "none",
        base_url=base_url or DEFAULT_BASE_URL,
        http_client=http_client,
        timeout=TIMEOUT_S,
        max_retries=1,
    )
    client.platform_headers()
    _ = client.chat.completions, client.models, client.images
    return client


async def list_models(client: AsyncOpenAI) -> list[str]:
    """Return the ids of the service's models, or none where the service has no list.

    The body is read here: openai's client breaks where a service answers with a bare list (together.ai) or a web page.

    Raises:
        GptError: the service could not be used.
    """
    try:
        with translated_errors():
            reply = await client.models.with_raw_response.list(timeout=10)
    except GptError as err:
        if err.reason in (Reason.NOT_FOUND, Reason.NO_SUCH_MODEL):
            return []
        raise
    try:
        body = reply.http_response.json()
    except ValueError as err:
        raise GptError(Reason.NOT_FOUND, "no JSON") from err
    models = body.get("data") if isinstance(body, dict) else body
    return sorted(model["id"] for model in models) if _are_models(models) else []


async def probe(client: AsyncOpenAI, model: str) -> None:
    """Ask the model for a first word, as a real question does, and hang up.

    Raises:
        GptError: a question to this model would fail.
    """
    with translated_errors():
        stream = await client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "你好"}], stream=True
        )
        try:
            async for _ in stream:
                return
        finally:
            await stream.close()
    raise GptError(Reason.EMPTY)


def _are_models(models: Any) -> TypeGuard[list[dict[str, str]]]:
    return isinstance(models, list) and all(
        isinstance(model, dict) and isinstance(model.get("id"), str) for model in models
    )


def preferred(models: list[str]) -> str | None:
    """Return the model to suggest out of a list."""
    return next((name for name in PREFERRED_MODELS if name in models), models[0] if models else None)
