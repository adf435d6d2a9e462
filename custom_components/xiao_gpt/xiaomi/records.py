"""Conversation records: what was said to a speaker and what XiaoAI answered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import json
import logging
from typing import Any

from .account import MICO, XiaomiAccount
from .errors import CloudError

_LOGGER = logging.getLogger(__name__)

_URL = "https://userprofile.mina.mi.com/device_profile/v2/conversation"
_FAR_FUTURE_MS = 4_102_444_800_000
"""2100-01-01. The bound is an upper one: a bound taken from a clock that is late would hide new records."""
_UNKNOWN_SHAPE = (AttributeError, LookupError, OverflowError, TypeError, ValueError)
"""What comes of reading JSON that is not as expected."""
_REMEMBERED = 200
"""Records known one by one, five times what is asked for at once; all before them count as heard."""


@dataclass(frozen=True, slots=True)
class Record:
    """One utterance and XiaoAI's own answer to it."""

    time: int
    """Milliseconds of the server's clock; the identity of a record."""
    query: str
    """The utterance as the recogniser understood it."""
    answer: str = ""
    """What XiaoAI says by itself."""
    plays_audio: bool = False
    """Whether XiaoAI answers by playing music or the like."""


async def fetch_records(
    account: XiaomiAccount, device_id: str, hardware: str, limit: int
) -> tuple[list[Record], int | None]:
    """Return the newest records of one speaker, oldest first, and the server's time in ms where it is known.

    Raises:
        XiaomiError: as its subclasses say.
    """
    body, reply = await account.request(
        MICO,
        "GET",
        f"{_URL}?source=dialogu&hardware={hardware}&timestamp={_FAR_FUTURE_MS}&limit={limit}",
        cookies={"deviceId": device_id},
    )
    server_time = int(reply.date.timestamp() * 1000) if reply.date else None
    return parse_records(body.get("data")), server_time


def parse_records(data: Any) -> list[Record]:
    """Return the records in the `data` of a conversation reply, oldest first.

    Records that cannot be understood are left out, with a line in the debug log.

    Raises:
        CloudError: the whole cannot be understood.
    """
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError as err:
            raise CloudError("Conversation records that are not JSON") from err
    if not isinstance(data, dict) or not isinstance(records := data.get("records") or [], list):
        raise CloudError("Conversation records of an unknown shape")
    return sorted((record for raw in records if (record := _record(raw))), key=lambda record: record.time)


def parse_nlp_result(info: Any) -> list[Record]:
    """Return the records in the answer to ubus `nlp_result_get`, oldest first (for speakers without records).

    Those that cannot be understood are left out, with a line in the debug log.

    Raises:
        CloudError: the whole cannot be understood.
    """
    try:
        items = json.loads(info)["result"]
    except (ValueError, KeyError, TypeError) as err:
        raise CloudError("Spoken requests of an unknown shape") from err
    if not isinstance(items, list):
        raise CloudError("Spoken requests of an unknown shape")
    return sorted((record for item in items if (record := _nlp_record(item))), key=lambda record: record.time)


def _record(raw: Any) -> Record | None:
    try:
        answers = [answer for answer in raw.get("answers") or [] if isinstance(answer, dict)]
        return Record(
            time=int(raw["time"]),
            query=raw["query"].strip(),
            answer="".join(_spoken(answer) for answer in answers),
            plays_audio=any(answer.get("type") == "AUDIO" for answer in answers),
        )
    except _UNKNOWN_SHAPE:
        _LOGGER.debug("A conversation record of an unknown shape was left out")
        return None


def _nlp_record(raw: Any) -> Record | None:
    try:
        nlp = json.loads(raw["nlp"])
        answer = nlp["response"]["answer"][0]
        return Record(
            time=int(nlp["meta"]["timestamp"]),
            query=answer["intention"]["query"].strip(),
            answer=str((answer.get("content") or {}).get("to_speak") or ""),
        )
    except _UNKNOWN_SHAPE:
        _LOGGER.debug("A spoken request of an unknown shape was left out")
        return None


def _spoken(answer: dict[str, Any]) -> str:
    """Return the words of a TTS or LLM answer."""
    kind = str(answer.get("type", "")).lower()
    content = answer.get(kind)
    text = content.get("text") if isinstance(content, dict) else None
    return text if isinstance(text, str) else ""


class Unheard:
    """Tells the records that are new from those that were there before or were heard already."""

    def __init__(self) -> None:
        self._floor: int | None = None
        self._heard: set[int] = set()

    @property
    def primed(self) -> bool:
        """Whether the first answer of the server has set what counts as old."""
        return self._floor is not None

    def all_new(self, records: Sequence[Record], limit: int) -> bool:
        """Return whether a full batch of `limit` records is new throughout, so that older new ones may be missing."""
        return len(records) >= limit and all(self._is_new(record) for record in records)

    def select(self, records: Iterable[Record], server_time: int | None) -> list[Record]:
        """Return the records that are new, oldest first.

        The first call sets the baseline by what the server has (or, where it has nothing, by the server's clock) and
        returns nothing: what was said before must not be answered at start-up.
        """
        ordered = sorted(records, key=lambda record: record.time)
        if self._floor is None:
            self._floor = ordered[-1].time if ordered else (server_time or 0)
            return []
        new: dict[int, Record] = {}
        for record in ordered:
            if self._is_new(record):
                new[record.time] = record
        self._heard.update(new)
        for time in sorted(self._heard)[:-_REMEMBERED]:
            self._heard.remove(time)
            self._floor = time
        return list(new.values())

    def _is_new(self, record: Record) -> bool:
        # `time` is the identity: a record may be edited later, and is still the same utterance.
        return record.time > (self._floor or 0) and record.time not in self._heard and bool(record.query)
