"""Files that come along with a message, as the chat completions API takes them."""

import base64
from collections.abc import Iterable
from pathlib import Path

from homeassistant.components import conversation
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from openai.types.chat import ChatCompletionContentPartParam

from .const import DOMAIN

MAX_BYTES = 20 * 1024 * 1024
"""OpenAI takes no larger pictures; most others much smaller ones."""

type Parts = dict[Path, ChatCompletionContentPartParam]


async def async_read_attachments(hass: HomeAssistant, contents: Iterable[conversation.Content]) -> Parts:
    """Return the pictures that come along with any message, by their path.

    Raises:
        HomeAssistantError: one is no picture, or cannot be read.
    """
    found = [
        attachment
        for content in contents
        if isinstance(content, conversation.UserContent)
        for attachment in content.attachments or ()
    ]
    return await hass.async_add_executor_job(_read, found) if found else {}


def _read(attachments: list[conversation.Attachment]) -> Parts:
    return {attachment.path: _part(attachment) for attachment in attachments}


def _part(attachment: conversation.Attachment) -> ChatCompletionContentPartParam:
    placeholders = {"name": attachment.path.name, "kind": attachment.mime_type}
    if not attachment.mime_type.startswith("image/"):
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="attachment_kind", translation_placeholders=placeholders
        )
    try:
        too_large = attachment.path.stat().st_size > MAX_BYTES
        data = b"" if too_large else attachment.path.read_bytes()
    except OSError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="attachment_unreadable",
            translation_placeholders={"name": attachment.path.name},
        ) from err
    if too_large:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="attachment_too_large",
            translation_placeholders={"name": attachment.path.name},
        )
    url = f"data:{attachment.mime_type};base64,{base64.b64encode(data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}
