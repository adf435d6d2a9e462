"""The one place that tells Home Assistant 2026.10 from 2026.11."""

from contextlib import AbstractContextManager
import inspect
from typing import Any

from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import chat_session

_TAKES_CONTEXT = "context" in inspect.signature(chat_session.async_get_chat_session).parameters


def async_get_chat_session(
    hass: HomeAssistant, conversation_id: str, context: Context
) -> AbstractContextManager[chat_session.ChatSession]:
    """Return the chat session; 2026.11 wants to know for whom."""
    options: dict[str, Any] = {"context": context} if _TAKES_CONTEXT else {}
    return chat_session.async_get_chat_session(hass, conversation_id, **options)


def async_insert_history(chat_log: conversation.ChatLog, history: list[conversation.Content]) -> None:
    """Put what was said earlier after the system's message, before the turn that is being taken."""
    chat_log.content[1:1] = history
    if hasattr(chat_log, "turn_start"):  # 2026.11
        chat_log.turn_start += len(history)
