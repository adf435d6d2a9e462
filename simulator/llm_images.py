"""Pictures: the images API as OpenAI documents it, and as those that imitate it deviate."""

import base64
import json
import struct
from typing import Any
import zlib

from aiohttp import web

from .llm_protocol import ApiError, Json, unknown_model

_SIDE = 16
PATH = "/_sim/llm/pictures"


def draw(prompt: str) -> bytes:
    """Return a small PNG whose colour depends on the prompt."""
    colour = zlib.crc32(prompt.encode()).to_bytes(4)[:3]
    rows = b"".join(b"\0" + colour * _SIDE for _ in range(_SIDE))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


class Pictures:
    """Makes pictures and keeps those that are asked for by address."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []

    def generate(self, body: bytes, models: list[str], base_url: str) -> tuple[Json, str]:
        """Return the answer to a request, and what was to be drawn.

        GPT image models send the picture itself and know no `response_format`; DALL-E sends an address unless asked
        for base64; all others an address, as most services in China do.

        Raises:
            ApiError: OpenAI would refuse it.
        """
        try:
            data = json.loads(body)
        except ValueError as err:
            raise ApiError(400, "We could not parse the JSON body of your request.") from err
        if not isinstance(data, dict) or not isinstance(prompt := data.get("prompt"), str) or not prompt:
            raise ApiError(
                400, "Missing required parameter: 'prompt'.", param="prompt", code="missing_required_parameter"
            )
        if (model := data.get("model", "dall-e-2")) not in models:
            raise unknown_model(str(model))
        form = data.get("response_format")
        if "gpt-image" in model and form is not None:
            raise ApiError(
                400, "Unknown parameter: 'response_format'.", param="response_format", code="unknown_parameter"
            )
        picture = draw(prompt)
        answer: dict[str, Any] = {"created": 1735689600}
        if "gpt-image" in model:
            answer |= {
                "data": [{"b64_json": base64.b64encode(picture).decode()}],
                "background": "opaque",
                "output_format": "png",
                "quality": "low",
                "size": f"{_SIDE}x{_SIDE}",
                "usage": {"input_tokens": 10, "output_tokens": 100, "total_tokens": 110},
            }
        elif model.startswith("dall-e") and form == "b64_json":
            answer["data"] = [
                {"b64_json": base64.b64encode(picture).decode(), "revised_prompt": f"A picture: {prompt}"}
            ]
        else:
            self._kept.append(picture)
            answer["data"] = [{"url": f"{base_url}{PATH}/{len(self._kept) - 1}"}]
        return answer, prompt

    async def show(self, request: web.Request) -> web.Response:
        """Answer with a picture that was kept; no key is asked for, and one that is sent is a leak."""
        if "Authorization" in request.headers:
            return web.Response(status=400, text="This is no place for a key")
        index = request.match_info["index"]
        if not index.isdecimal() or int(index) >= len(self._kept):
            return web.Response(status=404)
        return web.Response(body=self._kept[int(index)], content_type="image/png")
