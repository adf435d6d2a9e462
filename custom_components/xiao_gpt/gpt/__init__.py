"""Chat completions of OpenAI and compatible services, without Home Assistant."""

from openai import AsyncOpenAI

from .client import DEFAULT_BASE_URL, list_models, make_client, preferred, probe
from .errors import GptError, Reason
from .keys import Fault, Key, KeyRing
from .reply import Request, ToolCall, stream_reply
from .service import Kind, Service, ServiceConfig

__all__ = [
    "DEFAULT_BASE_URL",
    "AsyncOpenAI",
    "Fault",
    "GptError",
    "Key",
    "KeyRing",
    "Kind",
    "Reason",
    "Request",
    "Service",
    "ServiceConfig",
    "ToolCall",
    "list_models",
    "make_client",
    "preferred",
    "probe",
    "stream_reply",
]
