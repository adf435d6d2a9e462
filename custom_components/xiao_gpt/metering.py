"""Counting what each reply takes, while it passes by."""

from collections.abc import AsyncGenerator, Callable

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_dumps

from .assistant_settings import SECTION_PRICES
from .gpt import GptError, Request, Thought, ToolCall, Usage
from .gpt.prices import Price, price_of
from .gpt.reply import Part
from .gpt.tokens import count_prompt
from .tokenizers import async_tokenizers
from .usage import Ledger


def price_for(subentry: ConfigSubentry, model: str) -> Price | None:
    """Return what an assistant's tokens cost, if anybody knows."""
    return Price.from_data(subentry.data.get(SECTION_PRICES) or {}, price_of(model))


async def metered(
    hass: HomeAssistant,
    ledger: Ledger,
    subentry: ConfigSubentry,
    request: Request,
    parts: AsyncGenerator[Part],
    *,
    key: Callable[[], str],
) -> AsyncGenerator[str | Thought | ToolCall]:
    """Pass a reply on and count it: by the usage that the service tells, else (it was interrupted, too) by ourselves.

    A request that failed before any answer costs nothing and is not counted.

    Args:
        hass: Home Assistant.
        ledger: where it is counted.
        subentry: the assistant that asks.
        request: what is asked.
        parts: the reply, as `stream_reply` yields it.
        key: tells, when the reply is over, the id of the key that was asked with.
    """
    said: list[str] = []
    usage: Usage | None = None
    failed = False
    try:
        async for part in parts:
            if isinstance(part, Usage):
                usage = part
                continue
            said.append(_text(part))
            yield part
    except GptError:
        failed = True
        raise
    finally:
        await parts.aclose()
        if usage is None and (said or not failed):
            usage = _counted(hass, request, "".join(said))
        if usage is not None:
            ledger.count(usage, price_for(subentry, request.model), assistant=subentry.subentry_id, key=key())


def _counted(hass: HomeAssistant, request: Request, said: str) -> Usage:
    """Return the usage of a reply that the service did not tell it of."""
    tokenizers = async_tokenizers(hass)
    tokenizers.want(request.model)
    count = tokenizers.of(request.model)
    return Usage(count_prompt(request.messages, request.tools, count), count(said))


def _text(part: str | Thought | ToolCall) -> str:
    match part:
        case ToolCall():
            return f"{part.name}{json_dumps(part.arguments)}"
        case Thought():
            return part.text
    return part
