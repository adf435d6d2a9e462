"""The connection to an OpenAI-compatible service."""

import ssl
from typing import Any, TypeGuard

import httpx2
from openai import AsyncAzureOpenAI, AsyncOpenAI

# Touching `client.chat` for the first time imports its module; here the importer does it, off the event loop.
from openai.resources.chat import AsyncChat as AsyncChat
from openai.resources.moderations import AsyncModerations as AsyncModerations

from .errors import GptError, Reason, translated_errors
from .parameters import Parameters, sent_names
from .reply import Request

DEFAULT_BASE_URL = "https://api.openai.com/v1"
TIMEOUT_S = 30
"""Longest silence of the service; the client's own default is ten minutes."""

PREFERRED_MODELS = ("gpt-5-mini", "gpt-4.1-mini", "gpt-4o-mini", "deepseek-chat", "qwen-plus", "glm-4-flash")
"""Quick and cheap ones first: at a speaker, waiting is what hurts."""

PROBE = "你好"
"""What a model is asked when somebody tries whether it answers."""


def make_client(
    api_key: str, base_url: str, http_client: Any, *, azure_version: str = "", retries: int = 1
) -> AsyncOpenAI:
    """Return a client for the service. Blocks (it reads certificates and files of the package).

    Args:
        api_key: may be empty for services on the home network that ask for none.
        base_url: of the service's API, for example ``https://api.openai.com/v1``; of Azure, the resource's endpoint.
        http_client: the HTTP client to send with; it stays the caller's.
        azure_version: the version of the API, for Azure only.
        retries: how often a request is sent again that failed for a reason that may pass.
    """
    common: dict[str, Any] = {
        "api_key": api_key or "none",
        "http_client": http_client,
        "timeout": TIMEOUT_S,
        "max_retries": retries,
    }
    client = (
        AsyncAzureOpenAI(azure_endpoint=base_url, api_version=azure_version, **common)
        if azure_version
        else AsyncOpenAI(base_url=base_url or DEFAULT_BASE_URL, **common)
    )
    client.platform_headers()
    _ = client.chat.completions, client.models, client.moderations, client.images
    return client


def make_http_client(proxy: str, verify: ssl.SSLContext) -> httpx2.AsyncClient:
    """Return an HTTP client that belongs to the caller, who closes it. Blocks.

    Args:
        proxy: address of an HTTP proxy, or nothing.
        verify: whom to trust, at the service and at a proxy that is spoken to by TLS.
    """
    through = httpx2.Proxy(proxy, ssl_context=verify if proxy.startswith("https:") else None) if proxy else None
    return httpx2.AsyncClient(proxy=through, verify=verify, timeout=TIMEOUT_S)


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


async def probe(client: AsyncOpenAI, model: str, parameters: Parameters | None = None) -> None:
    """Ask the model for a first word, as a real question does, and hang up.

    Raises:
        GptError: a question to this model would fail.
    """
    request = Request(model, [{"role": "user", "content": PROBE}], parameters=parameters or Parameters())
    options = request.options(str(client.base_url))
    with translated_errors(sent_names(options)):
        stream = await client.chat.completions.create(model=model, messages=request.messages, stream=True, **options)
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
