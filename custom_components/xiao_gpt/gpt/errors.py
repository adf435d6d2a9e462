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
    BUDGET = "llm_budget_spent"
    """Ours, not the service's: it was not even asked."""


class GptError(Exception):
    """A request to the service failed.

    Attributes:
        reason: why.
        detail: the service's own words, without anything secret.
        retry_after: seconds after which the service wants to be asked again, where it says so.
        parameter: the one that the service refused, as it was sent; None for other reasons.
    """

    def __init__(
        self, reason: Reason, detail: str = "", retry_after: float | None = None, *, parameter: str | None = None
    ) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        self.parameter = parameter


# While a stream is read, openai's client lets the errors of the HTTP client through: Home Assistant's is httpx, its own
# one is httpx2.
_TIMEOUTS = (openai.APITimeoutError, httpx.TimeoutException, httpx2.TimeoutException)
_BROKEN_STREAMS = (httpx.HTTPError, httpx2.HTTPError)

# In the codes and types of errors, in lower case: gateways keep the words and change the status.
_QUOTA_CODES = {
    "insufficient_quota",
    "insufficient_balance",
    "billing_hard_limit_reached",
    "billing_not_active",
    "exceeded_current_quota_error",  # Moonshot
    "arrearage",  # Qwen
    "allocationquota.freetieronly",  # Qwen
    "accountoverdueerror",  # Doubao
    "insufficient_user_quota",  # gateways
    "1113",  # Zhipu: in arrears
}
_RATE_CODES = {"rate_limit_exceeded", "rate_limit_error", "rate_limit_reached_error", "rate_limited", "1302"}
_KEY_CODES = {"invalid_api_key", "invalid_authentication_error", "authentication_error", "account_deactivated"}
_MODEL_CODES = {"model_not_found", "deploymentnotfound", "1211"}
"""OpenAI's, Azure's and Zhipu's."""


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
        reason = _reason(err.status_code, _codes(err), err.message)
        refused = refused_parameter(err.body, sent) if reason is Reason.REFUSED else None
        raise GptError(
            Reason.PARAMETER_REFUSED if refused else reason, _detail(err), _retry_after(err), parameter=refused
        ) from err
    except openai.APIError as err:  # an error event in the middle of a stream
        raise GptError(_reason_in_stream(err), err.message) from err
    except openai.OpenAIError as err:
        raise GptError(Reason.REFUSED, str(err)) from err
    except _BROKEN_STREAMS as err:
        raise GptError(Reason.SERVICE, "the answer broke off") from err
    except UnicodeEncodeError as err:  # HTTP headers are ASCII, and so are keys
        raise GptError(Reason.INVALID_KEY) from err
    except ValueError as err:  # openai's client lets it through, too
        raise GptError(Reason.SERVICE, "the answer is not JSON") from err


def _reason(status: int, codes: set[str], message: str) -> Reason:
    if "api key not valid" in message.lower():  # Gemini calls it a bad request
        return Reason.INVALID_KEY
    match status:
        case 401:
            return Reason.INVALID_KEY
        case 402:  # DeepSeek and others: the balance is used up
            return Reason.QUOTA
        case 400 | 403 | 429 if codes & _QUOTA_CODES:
            return Reason.QUOTA
        case 403 if codes & _KEY_CODES:
            return Reason.INVALID_KEY
        case 403:
            return Reason.FORBIDDEN
        case 404 if codes & _MODEL_CODES or "model" in message.lower():
            return Reason.NO_SUCH_MODEL
        case 404:
            return Reason.NOT_FOUND
        case 429:
            return Reason.RATE_LIMITED
        case _ if status >= 500:
            return Reason.SERVICE
        # DeepSeek says it in words only.
        case _ if codes & _MODEL_CODES or "model not exist" in message.lower():
            return Reason.NO_SUCH_MODEL
    return Reason.REFUSED


def _reason_in_stream(err: openai.APIError) -> Reason:
    """Return why an answer broke off: there is no status any more, but some services give it as the code."""
    codes = _codes(err)
    for known, reason in (
        (_QUOTA_CODES, Reason.QUOTA),
        (_RATE_CODES, Reason.RATE_LIMITED),
        (_KEY_CODES, Reason.INVALID_KEY),
    ):
        if codes & known:
            return reason
    status = next((int(code) for code in codes if code in ("401", "402", "429")), None)  # OpenRouter
    return Reason.SERVICE if status is None else _reason(status, codes, err.message)


def _codes(err: openai.APIError) -> set[str]:
    """Return the code and the type of an error; some services' codes are numbers, whatever the client's types say."""
    return {str(code).lower() for code in (err.code, err.type) if code is not None}


def _retry_after(err: openai.APIStatusError) -> float | None:
    """Return the seconds of the header; its other form, a date, is not used by these services."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(err.response.headers[name]) * unit)
        except KeyError, ValueError:
            continue
    return None


def _detail(err: openai.APIStatusError) -> str:
    body = err.body
    if isinstance(body, list) and body and isinstance(body[0], dict):  # Gemini
        body = body[0].get("error")
    message = body.get("message") if isinstance(body, dict) else None
    return str(message) if message else f"HTTP {err.status_code}"
