"""Tries a request again where that can do no harm."""

import asyncio
from collections.abc import Awaitable, Callable
import random

from .errors import CloudError, NetworkError, SpeakerOfflineError, ThrottledError, XiaomiError

BACK_OFF_S = (0.3, 1.0)
"""Waits before the second and the third try. Whoever said something to a speaker is waiting."""
PATIENCE_S = 4.0
"""A try that took so long is the last: the command behind it in the speaker's queue waits too."""


async def insist[Answer](
    ask: Callable[[], Awaitable[Answer]], *, harmless: bool = False, tries: int = len(BACK_OFF_S) + 1
) -> Answer:
    """Return the answer to a request, asking again after faults that may pass.

    Args:
        ask: sends the request.
        harmless: whether doing it twice is as good as once. If not, it is sent again only where it has certainly not
            been carried out.
        tries: how often to send it at most.

    Raises:
        XiaomiError: of the last try.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    for wait in BACK_OFF_S[: tries - 1]:
        try:
            return await ask()
        except XiaomiError as err:
            if not _may_pass(err, harmless=harmless) or loop.time() - began > PATIENCE_S:
                raise
        await rest(wait)
    return await ask()


async def rest(seconds: float) -> None:
    """Let time pass, about so many seconds."""
    await asyncio.sleep(spread(seconds))


def spread(seconds: float) -> float:
    """Return a time a quarter longer or shorter, at random: what failed together does not try again together."""
    return seconds * random.uniform(0.75, 1.25)  # noqa: S311 (no cryptography)


def _may_pass(error: XiaomiError, *, harmless: bool) -> bool:
    if harmless:
        return isinstance(error, (NetworkError, CloudError, ThrottledError, SpeakerOfflineError))
    return isinstance(error, (NetworkError, CloudError, ThrottledError)) and not error.uncertain
