"""What can go wrong with an LLM service, told apart by what the user can do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import httpx
import httpx2
import openai


class Reason(StrEnum):
    """Why a request failed. The values are translation keys."""

    CANNOT_CONNECT = "llm_cannot_connect"
    TIMEOUT = "llm_timeout"
    INVALID_KEY = "llm_invalid_key"
    FORBIDDEN = "llm_forbidden"
    QUOTA = "llm_quota"
    RATE_LIMITED = "llm_rate_limited"
    NO_SUCH_MODEL = "llm_no_such_model"
    NOT_FOUND = "llm_not_found"
    REFUSED = "llm_refused"
    SERVICE = "llm_service_error"
    EMPTY = "llm_empty_reply"
    BUDGET = "llm_budget_spent"
    """Ours, not the service's: it was not even asked."""


class GptError(Exception):
    """A request to the service failed.

    Attributes:
        reason: why.
        detail: the service's own words, without anything secret.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


# While a stream is read, openai's client lets the errors of the HTTP client through: Home Assistant's is httpx, its own
# one is httpx2.
_TIMEOUTS = (openai.APITimeoutError, httpx.TimeoutException, httpx2.TimeoutException)
_BROKEN_STREAMS = (httpx.HTTPError, httpx2.HTTPError)

_QUOTA_CODES = {"insufficient_quota", "insufficient_balance", "billing_hard_limit_reached"}


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the client's exceptions inside the block into `GptError`."""
    try:
        yield
    except _TIMEOUTS as err:
        raise GptError(Reason.TIMEOUT) from err
    except openai.APIConnectionError as err:
        raise GptError(Reason.CANNOT_CONNECT) from err
    except openai.APIStatusError as err:
        raise GptError(_reason(err), _detail(err)) from err
    except openai.APIError as err:  # an error event in the middle of a stream
        raise GptError(Reason.SERVICE, err.message) from err
    except openai.OpenAIError as err:
        raise GptError(Reason.REFUSED, str(err)) from err
    except _BROKEN_STREAMS as err:
        raise GptError(Reason.SERVICE, "the answer broke off") from err
    except UnicodeEncodeError as err:  # HTTP headers are ASCII, and so are keys
        raise GptError(Reason.INVALID_KEY) from err
    except ValueError as err:  # openai's client lets it through, too
        raise GptError(Reason.SERVICE, "the answer is not JSON") from err


def _reason(err: openai.APIStatusError) -> Reason:
    match err.status_code:
        case 401:
            return Reason.INVALID_KEY
        case 402:  # DeepSeek and others: the balance is used up
            return Reason.QUOTA
        case 403:
            return Reason.FORBIDDEN
        case 404 if err.code == "model_not_found" or "model" in err.message.lower():
            return Reason.NO_SUCH_MODEL
        case 404:
            return Reason.NOT_FOUND
        case 429 if err.code in _QUOTA_CODES or err.type in _QUOTA_CODES:
            return Reason.QUOTA
        case 429:
            return Reason.RATE_LIMITED
        case status if status >= 500:
            return Reason.SERVICE
        case _ if err.code == "model_not_found":
            return Reason.NO_SUCH_MODEL
    return Reason.REFUSED


def _detail(err: openai.APIStatusError) -> str:
    body = err.body
    message = body.get("message") if isinstance(body, dict) else None
    return str(message) if message else f"HTTP {err.status_code}"
