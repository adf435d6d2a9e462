"""What an assistant asks of its model beside the question, in each vendor's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import re
from typing import Any, Final

from .vendors import Vendor

WEB_SEARCH_TOOL: Final = "$web_search"
"""Moonshot's own tool: the model calls it, is given its arguments back as they are, and then searches."""

NO_REASONING: Final = "none"
"""The effort that switches thinking off, where it can be."""

RESERVED: Final = frozenset({"model", "messages", "stream", "stream_options", "tools", "n"})
"""What extras may not replace: an answer could not be understood any more."""

_SWITCHES_THINKING: Final = frozenset({Vendor.DEEPSEEK, Vendor.MOONSHOT, Vendor.ZHIPU, Vendor.DOUBAO})
"""These have a switch beside, or instead of, an effort."""
_HAS_NO_EFFORT: Final = frozenset({Vendor.MOONSHOT, Vendor.ZHIPU, Vendor.QWEN})

_REASONING_MODEL: Final = re.compile(r"(?:.*/)?(?:gpt-5|o[1-9](?:-|$))")
"""OpenAI's models that refuse `max_tokens`, wherever they are served."""

_FIELDS: Final = {
    "max_completion_tokens": "max_tokens",
    "thinking": "reasoning_effort",
    "enable_thinking": "reasoning_effort",
    "web_search_options": "web_search",
    "enable_search": "web_search",
    "tools": "web_search",
}
"""Which of our own parameters a service's is."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """How a model is to answer; what is None or empty is not sent, so that the service's own defaults hold."""

    temperature: float | None = None
    """0 to 2, at some services to 1."""
    top_p: float | None = None
    """0 to 1."""
    max_tokens: int | None = None
    """Of the answer; with models that think, of their thoughts as well."""
    presence_penalty: float | None = None
    """-2 to 2."""
    frequency_penalty: float | None = None
    """-2 to 2."""
    stop: tuple[str, ...] = ()
    """The answer ends before any of these."""
    reasoning_effort: str | None = None
    """The service's word for it; "none" switches thinking off."""
    web_search: bool = False
    """Whether the service's own search may be used, where it is known to have one."""
    extras: Mapping[str, Any] = field(default_factory=dict)
    """What a vendor understands beyond all that; it wins over the others."""

    def options(self, model: str, vendor: Vendor) -> dict[str, Any]:
        """Return the options of a request to a model; the vendor's own ones are under `extra_body`."""
        own: dict[str, Any] = {}
        options: dict[str, Any] = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "presence_penalty": self.presence_penalty,
            "frequency_penalty": self.frequency_penalty,
            limit_name(model, vendor): self.max_tokens,
            "stop": list(self.stop) or None,
        }
        if self.reasoning_effort:
            thinks = self.reasoning_effort != NO_REASONING
            if vendor in _SWITCHES_THINKING:
                own["thinking"] = {"type": "enabled" if thinks else "disabled"}
            elif vendor is Vendor.QWEN:
                own["enable_thinking"] = thinks
            if vendor not in _HAS_NO_EFFORT and (thinks or vendor not in _SWITCHES_THINKING):
                options["reasoning_effort"] = self.reasoning_effort
        if self.web_search and vendor is Vendor.OPENAI and is_search_model(model):
            options["web_search_options"] = {}
        if self.web_search and vendor is Vendor.QWEN:
            own["enable_search"] = True
        options = {name: value for name, value in options.items() if value is not None}
        if own or self.extras:
            options["extra_body"] = {**own, **self.extras}
        return options

    def tools(self, vendor: Vendor) -> list[dict[str, Any]]:
        """Return the service's own tools that the model may use."""
        if self.web_search and vendor is Vendor.ZHIPU:
            return [{"type": "web_search", "web_search": {"enable": True, "search_engine": "search_std"}}]
        if self.web_search and vendor is Vendor.MOONSHOT:
            return [{"type": "builtin_function", "function": {"name": WEB_SEARCH_TOOL}}]
        return []

    def field_of(self, name: str) -> str:
        """Return which of these fields a parameter that was sent comes from."""
        return "extras" if name in self.extras else _FIELDS.get(name, name)


def limit_name(model: str, vendor: Vendor) -> str:
    """Return what the most tokens of an answer are called.

    OpenAI's newer models refuse the old name; most of the others know no other.
    """
    newer = vendor in (Vendor.OPENAI, Vendor.AZURE) or _REASONING_MODEL.match(model)
    return "max_completion_tokens" if newer else "max_tokens"


def is_search_model(model: str) -> bool:
    """Return whether a model of OpenAI's is one of those that search the web."""
    return "search" in model


def wants_thoughts(vendor: Vendor) -> bool:
    """Return whether a service refuses calls of tools that have lost the thoughts that led to them."""
    return vendor in (Vendor.DEEPSEEK, Vendor.MOONSHOT)


def offers_web_search(vendor: Vendor) -> bool:
    """Return whether a service is known to have a search of its own in chat completions."""
    return vendor in (Vendor.OPENAI, Vendor.QWEN, Vendor.ZHIPU, Vendor.MOONSHOT)


def sent_names(options: Mapping[str, Any]) -> list[str]:
    """Return the names of the parameters in a request's options."""
    return [*(name for name in options if name != "extra_body"), *options.get("extra_body", ())]
