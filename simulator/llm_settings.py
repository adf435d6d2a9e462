"""How the simulated model behaves: its key, its models, its pace and its failures."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .llm_profiles import PROFILES
from .llm_protocol import ApiError
from .llm_replies import ScriptError

# Whole seconds, as the header wants; the least, since clients do wait for it.
_RETRY_AFTER = 1

FAILURES: dict[str, Callable[[], ApiError] | None] = {
    "auth": partial(ApiError, 401, "Incorrect API key provided: sk-****.", code="invalid_api_key"),
    "quota": partial(
        ApiError,
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        kind="insufficient_quota",
        code="insufficient_quota",
    ),
    "rate": partial(
        ApiError,
        429,
        f"Rate limit reached on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in "
        f"{_RETRY_AFTER}s.",
        kind="requests",
        code="rate_limit_exceeded",
        retry_after=_RETRY_AFTER,
    ),
    "server": partial(
        ApiError, 500, "The server had an error while processing your request. Sorry about that!", kind="server_error"
    ),
    "overloaded": partial(
        ApiError,
        503,
        "Our servers are currently overloaded. Please try again later.",
        kind="service_unavailable_error",
        code="server_is_overloaded",
    ),
    "disconnect": None,
}

# A spent quota or rate concerns completions only: OpenAI goes on listing its models.
FAILURES_EVERYWHERE = ("auth", "server", "overloaded")

# What a key alone may suffer from, while others work; these may also come in the middle of an answer.
KEY_FAILURES = ("auth", "quota", "rate")


def _is_number(value: object, least: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= least


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and _is_number(value, least)


_SETTING_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "api_key": (lambda value: value is None or isinstance(value, str), "a text or null"),
    "more_keys": (
        lambda value: isinstance(value, list) and all(isinstance(key, str) and key for key in value),
        "a list of texts",
    ),
    "fail_keys": (
        lambda value: isinstance(value, dict) and all(failure in KEY_FAILURES for failure in value.values()),
        f"an object of keys with one of {', '.join(KEY_FAILURES)} each",
    ),
    "fail_after": (lambda value: value is None or _is_count(value, 1), "a number of tokens from 1, or null"),
    "models": (
        lambda value: isinstance(value, list) and all(isinstance(model, str) and model for model in value),
        "a list of texts",
    ),
    "image_models": (
        lambda value: isinstance(value, list) and all(isinstance(model, str) and model for model in value),
        "a list of texts",
    ),
    "json_schema": (lambda value: isinstance(value, bool), "true or false"),
    "first_token": (lambda value: _is_number(value, 0), "a number of seconds from 0"),
    "tokens_per_second": (lambda value: _is_number(value, 0) and value > 0, "a number above 0"),
    "burst": (lambda value: _is_count(value, 1), "a number of tokens from 1"),
    "stall_after": (lambda value: value is None or _is_count(value, 0), "a number from 0, or null"),
    "list_models": (lambda value: isinstance(value, bool), "true or false"),
    "profile": (lambda value: value in list(PROFILES), f"one of {', '.join(PROFILES)}"),
    "moderations": (lambda value: isinstance(value, bool), "true or false"),
    "flag": (lambda value: value is None or isinstance(value, str), "a regular expression or null"),
    "moderation_time": (lambda value: _is_number(value, 0), "a number of seconds from 0"),
    "fail": (lambda value: value is None or value in list(FAILURES), f"null or one of {', '.join(FAILURES)}"),
    "fail_times": (lambda value: value is None or _is_count(value, 1), "a number from 1, or null"),
}


@dataclass
class LLMSettings:
    """How the endpoint behaves; an answer keeps the settings that it began with."""

    api_key: str | None = "sk-simulator"
    """The key that is accepted; None accepts any, and none at all."""
    more_keys: list[str] = field(default_factory=list)
    """Further keys that are accepted, each with a quota and a limit of its own."""
    models: list[str] = field(default_factory=lambda: ["gpt-5-mini", "gpt-4o-mini"])
    """Names of the models that are served."""
    image_models: list[str] = field(default_factory=list)
    """Names of the models that make pictures; many services have none."""
    json_schema: bool = True
    """Whether answers can be asked for that fit a JSON schema; not every service can."""
    first_token: float = 0.6
    """Seconds from a request to its first token."""
    tokens_per_second: float = 40
    """Tokens per second from the first one on; a token is one or two Chinese characters or a piece of a word."""
    burst: int = 1
    """How many tokens come at once: the pace stays the same, but the connection brings them in bursts."""
    stall_after: int | None = None
    """Tokens after which an answer falls silent with its connection open; None for never."""
    list_models: bool = True
    """Whether `/v1/models` exists; it does not at some providers."""
    profile: str = "openai"
    """Whose ways the endpoint has; see `llm_profiles`."""
    moderations: bool = True
    """Whether `/v1/moderations` exists; it does not at most providers."""
    flag: str | None = None
    """Regular expression of what the moderation flags; None for nothing."""
    moderation_time: float = 0.02
    """Seconds that the moderation takes for its verdict."""
    fail: str | None = None
    """How requests fail, if they do.

    "auth" (401), "server" (500) and "overloaded" (503) concern every request, "quota" (429), "rate" (429 with
    Retry-After) and "disconnect" (half an answer) only completions.
    """
    fail_times: int | None = None
    """How many requests fail before `fail` goes back to None; None for all."""
    fail_keys: dict[str, str] = field(default_factory=dict)
    """How the requests of some keys fail: "auth", "quota" or "rate"."""
    fail_after: int | None = None
    """Tokens after which these three come as an event in the middle of a streamed answer; None for at once."""

    def update(self, changes: object) -> None:
        """Take over the settings that `changes` names.

        Raises:
            ScriptError: one is unknown or out of range; none is taken over then.
        """
        if not isinstance(changes, dict):
            raise ScriptError("settings are an object")
        for name, value in changes.items():
            if name not in _SETTING_CHECKS:
                raise ScriptError(f"there is no setting {name}")
            accepts, expected = _SETTING_CHECKS[name]
            if not accepts(value):
                raise ScriptError(f"{name} is {expected}")
        for name, value in changes.items():
            setattr(self, name, value)

    def take_failure(self, *kinds: str, key: str = "") -> str | None:
        """Return how a request of `key` fails, if in one of `kinds`, and count it."""
        if (own := self.fail_keys.get(key)) in kinds:
            return own
        if self.fail not in kinds:
            return None
        failure = self.fail
        if self.fail_times is not None:
            self.fail_times -= 1
            if self.fail_times <= 0:
                self.fail = self.fail_times = None
        return failure


def raise_failure(failure: str) -> None:
    """Refuse a request in the way that `failure` names, unless it fails only later."""
    if error := error_of(failure):
        raise error


def error_of(failure: str) -> ApiError | None:
    """Return what the service says to a failure, if it says anything."""
    return make_error() if (make_error := FAILURES[failure]) else None
