"""Chat completions of OpenAI and compatible services, without Home Assistant."""

from openai import AsyncOpenAI

from .client import DEFAULT_BASE_URL, list_models, make_client, preferred, probe
from .errors import GptError, Reason
from .reply import Request, ToolCall, Usage, stream_reply

__all__ = [
    "DEFAULT_BASE_URL",
    "AsyncOpenAI",
    "GptError",
    "Reason",
    "Request",
    "ToolCall",
    "Usage",
    "list_models",
    "make_client",
    "preferred",
    "probe",
    "stream_reply",
]
