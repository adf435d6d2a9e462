"""What can go wrong with an LLM service, told apart by what the user can do about it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum

import httpx
import httpx2
import openai

from .refusals import refused_parameter


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
    PARAMETER_REFUSED = "llm_parameter_refused"
    REFUSED = "llm_refused"
    SERVICE = "llm_service_error"
    EMPTY = "llm_empty_reply"


class GptError(Exception):
    """A request to the service failed.

    Attributes:
        reason: why.
        detail: the service's own words, without anything secret.
        parameter: the one that the service refused, as it was sent; None for other reasons.
    """

    def __init__(self, reason: Reason, detail: str = "", *, parameter: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.parameter = parameter


# While a stream is read, openai's client lets the errors of the HTTP client through: Home Assistant's is httpx, its own
# one is httpx2.
_TIMEOUTS = (openai.APITimeoutError, httpx.TimeoutException, httpx2.TimeoutException)
_BROKEN_STREAMS = (httpx.HTTPError, httpx2.HTTPError)

_QUOTA_CODES = {
    "insufficient_quota",
    "insufficient_balance",
    "billing_hard_limit_reached",
    "exceeded_current_quota_error",  # Moonshot
    "1113",  # Zhipu
    "Arrearage",  # Qwen
    "AccountOverdueError",  # Doubao
}
_MODEL_CODES = {"model_not_found", "1211"}
"""The second one is Zhipu's."""


@contextmanager
def translated_errors(sent: Iterable[str] = ()) -> Iterator[None]:
    """Turn the client's exceptions inside the block into `GptError`.

    Args:
        sent: the names of the parameters that the service may refuse.
    """
    try:
        yield
    except _TIMEOUTS as err:
        raise GptError(Reason.TIMEOUT) from err
    except openai.APIConnectionError as err:
        raise GptError(Reason.CANNOT_CONNECT) from err
    except openai.APIStatusError as err:
        reason = _reason(err)
        refused = refused_parameter(err.body, sent) if reason is Reason.REFUSED else None
        raise GptError(Reason.PARAMETER_REFUSED if refused else reason, _detail(err), parameter=refused) from err
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
    if "api key not valid" in err.message.lower():  # Gemini calls it a bad request
        return Reason.INVALID_KEY
    if {str(err.code), str(err.type)} & _QUOTA_CODES:
        return Reason.QUOTA
    match err.status_code:
        case 401:
            return Reason.INVALID_KEY
        case 402:  # DeepSeek and others: the balance is used up
            return Reason.QUOTA
        case 403:
            return Reason.FORBIDDEN
        case 404 if str(err.code) in _MODEL_CODES or "model" in err.message.lower():
            return Reason.NO_SUCH_MODEL
        case 404:
            return Reason.NOT_FOUND
        case 429:
            return Reason.RATE_LIMITED
        case status if status >= 500:
            return Reason.SERVICE
        # DeepSeek says it in words only.
        case _ if str(err.code) in _MODEL_CODES or "model not exist" in err.message.lower():
            return Reason.NO_SUCH_MODEL
    return Reason.REFUSED


def _detail(err: openai.APIStatusError) -> str:
    body = err.body
    if isinstance(body, list) and body and isinstance(body[0], dict):  # Gemini
        body = body[0].get("error")
    message = body.get("message") if isinstance(body, dict) else None
    return str(message) if message else f"HTTP {err.status_code}"
