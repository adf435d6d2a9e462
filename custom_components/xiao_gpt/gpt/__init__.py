"""Chat completions of OpenAI and compatible services, without Home Assistant."""

from openai import AsyncOpenAI

from .client import DEFAULT_BASE_URL, list_models, make_client, preferred, probe
from .errors import GptError, Reason
from .moderated_reply import ask_moderation, moderated
from .moderation import COARSE_WORDS, PhraseList
from .reply import Request, ToolCall, stream_reply

__all__ = [
    "COARSE_WORDS",
    "DEFAULT_BASE_URL",
    "AsyncOpenAI",
    "GptError",
    "PhraseList",
    "Reason",
    "Request",
    "ToolCall",
    "ask_moderation",
    "list_models",
    "make_client",
    "moderated",
    "preferred",
    "probe",
    "stream_reply",
]
