"""Pictures made by a service's image model."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import re
from typing import Any

from openai import AsyncOpenAI

# Touching `client.images` for the first time imports its module; here the importer does it, off the event loop.
from openai.resources.images import AsyncImages as AsyncImages
from openai.types import ImagesResponse

from .errors import GptError, Reason, translated_errors
from .reply import Usage

TIMEOUT_S = 180
"""OpenAI says that a complex picture takes up to two minutes."""

_IMAGE_MODEL = re.compile(
    r"(?:^|[/-])(?:(?:chat)?gpt-image|dall-e|cogview|glm-image|qwen-image|wanx?[\d.]*-(?:t2i|image)|wanx|seedream|kolors"
    r"|flux(?![a-z])|stable-diffusion|imagen|hunyuan-?image|z-image)",
    re.IGNORECASE,
)
_KINDS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
)
_SIZE = re.compile(r"(\d+)\s*[x*×]\s*(\d+)")
_BASE64_ONLY = re.compile(r"(?:^|/)dall-e")
"""These answer with an address unless they are asked for the picture itself; most others know no such parameter."""
_NOTHING_TOLD = Usage(0, 0)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was made."""

    data: bytes
    mime_type: str
    size: tuple[int, int] | None = None
    """Width and height in pixels, where the service tells them."""
    revised_prompt: str | None = None
    """What the service made of the prompt, where it tells that."""
    usage: Usage = _NOTHING_TOLD
    """In tokens, where the service tells them: most count pictures."""


def is_image_model(name: str) -> bool:
    """Return whether a model makes pictures, by its name: no list of models tells."""
    return _IMAGE_MODEL.search(name) is not None


def preferred_image_model(models: list[str]) -> str | None:
    """Return the image model to suggest out of a list: the newest of the first family."""
    found = sorted(filter(is_image_model, models), key=lambda name: ("gpt-image" in name, name))
    return found[-1] if found else None


async def generate_image(
    client: AsyncOpenAI, model: str, prompt: str, fetch: Callable[[str], Awaitable[bytes]]
) -> Picture:
    """Return a picture made of a prompt.

    Args:
        client: of the service.
        model: which makes it.
        prompt: what it shows.
        fetch: reads an address, for services that answer with one; the key is not for whoever is there.

    Raises:
        GptError: the service could not be used, or sent no picture.
    """
    options: dict[str, Any] = {"response_format": "b64_json"} if _BASE64_ONLY.search(model) else {}
    with translated_errors():
        reply: ImagesResponse = await client.images.generate(
            model=model, prompt=prompt, n=1, timeout=TIMEOUT_S, **options
        )
    if not reply.data:
        raise GptError(Reason.EMPTY)
    image = reply.data[0]
    if image.b64_json:
        try:
            # Some put the head of a data URL before it.
            data = base64.b64decode(image.b64_json.partition("base64,")[2] or image.b64_json, validate=True)
        except (binascii.Error, ValueError) as err:
            raise GptError(Reason.SERVICE, "the picture is not base64") from err
    elif image.url:
        data = await fetch(image.url)
    else:
        raise GptError(Reason.EMPTY)
    kind = next((kind for pattern, kind in _KINDS if pattern.match(data)), None)
    if kind is None:
        raise GptError(Reason.SERVICE, "what was sent is no picture")
    size = _SIZE.fullmatch(str(reply.size or ""))
    usage = Usage(reply.usage.input_tokens, reply.usage.output_tokens) if reply.usage else _NOTHING_TOLD
    return Picture(data, kind, (int(size[1]), int(size[2])) if size else None, image.revised_prompt, usage)
