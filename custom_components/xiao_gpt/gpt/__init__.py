"""Chat completions of OpenAI and compatible services, without Home Assistant."""

from openai import AsyncOpenAI

from .client import DEFAULT_BASE_URL, list_models, make_client, preferred, probe
from .errors import GptError, Reason
from .keys import Fault, Key, KeyRing
from .moderated_reply import ask_moderation, moderated
from .moderation import COARSE_WORDS, PhraseList
from .parameters import (
    NO_REASONING,
    RESERVED,
    WEB_SEARCH_TOOL,
    Parameters,
    is_search_model,
    offers_web_search,
    wants_thoughts,
)
from .reply import Request, Thought, Usage, stream_reply
from .service import Kind, Service, ServiceConfig
from .tool_calls import ToolCall
from .vendors import Vendor, vendor_of

__all__ = [
    "COARSE_WORDS",
    "DEFAULT_BASE_URL",
    "NO_REASONING",
    "RESERVED",
    "WEB_SEARCH_TOOL",
    "AsyncOpenAI",
    "Fault",
    "GptError",
    "Key",
    "KeyRing",
    "Kind",
    "Parameters",
    "PhraseList",
    "Reason",
    "Request",
    "Service",
    "ServiceConfig",
    "Thought",
    "ToolCall",
    "Usage",
    "Vendor",
    "ask_moderation",
    "is_search_model",
    "list_models",
    "make_client",
    "moderated",
    "offers_web_search",
    "preferred",
    "probe",
    "stream_reply",
    "vendor_of",
    "wants_thoughts",
]
