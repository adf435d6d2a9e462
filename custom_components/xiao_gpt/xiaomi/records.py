"""Conversation records: what was said to a speaker and what XiaoAI answered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
import json
import logging
from typing import Any
from urllib.parse import quote

from .account import XiaomiAccount
from .credentials import MICO
from .errors import CloudError

_LOGGER = logging.getLogger(__name__)

RECORDS_HOST = "https://userprofile.mina.mi.com"
_URL = f"{RECORDS_HOST}/device_profile/v2/conversation"
_TIMEOUT_S = 6.0
"""It answers within a second or not at all, and the next request is as good (mi-gpt#131)."""
_FAR_FUTURE_MS = 4_102_444_800_000
"""2100-01-01. The bound is an upper one: a bound taken from a clock that is late would hide new records."""
_UNKNOWN_SHAPE = (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError)
"""What comes of reading JSON that is not as expected."""
_REMEMBERED = 200
"""Records known one by one, five times what is asked for at once; all before them count as heard."""


class Kind(Enum):
    """What XiaoAI answered with."""

    TTS = "tts"
    """Words of a skill."""
    LLM = "llm"
    """Words of its language model."""
    AUDIO = "audio"
    """Music or the like, with words or without."""
    EMPTY = "empty"
    """Nothing that is heard: it did something, or its answer is not known yet."""
    OTHER = "other"
    """Something else, such as a card on a screen."""


@dataclass(frozen=True, slots=True)
class Record:
    """One utterance and XiaoAI's own answer to it."""

    time: int
    """Milliseconds of the server's clock; the identity of a record."""
    query: str
    """The utterance as the recogniser understood it; empty where it understood nothing."""
    answer: str = ""
    """What XiaoAI says by itself."""
    plays_audio: bool = False
    """Whether XiaoAI answers by playing music or the like."""
    kind: Kind = Kind.EMPTY
    """What the answer is made of. It may become another one: records are edited while XiaoAI answers."""


async def fetch_records(
    account: XiaomiAccount, device_id: str, hardware: str, limit: int, *, before_ms: int | None = None
) -> tuple[list[Record], int | None]:
    """Return the newest records of one speaker, oldest first, and the server's time in ms where it is known.

    Args:
        account: whose speaker it is.
        device_id: the speaker's.
        hardware: the speaker's; with another one there are no records.
        limit: how many at most.
        before_ms: only those of this time or before it: one less than the oldest record's gives the page before.

    Raises:
        XiaomiError: as its subclasses say.
    """
    until = _FAR_FUTURE_MS if before_ms is None else before_ms
    body, reply = await account.request(
        MICO,
        "GET",
        f"{_URL}?source=dialogu&hardware={quote(hardware, safe='')}&timestamp={until}&limit={limit}",
        cookies={"deviceId": device_id},
        timeout=_TIMEOUT_S,
    )
    return parse_records(body.get("data")), _milliseconds(reply.date)


def parse_records(data: Any) -> list[Record]:
    """Return the records in the `data` of a conversation reply, oldest first.

    Records that cannot be understood are left out, with a line in the debug log.

    Raises:
        CloudError: the whole cannot be understood.
    """
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError) as err:
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
    except _UNKNOWN_SHAPE as err:
        raise CloudError("Spoken requests of an unknown shape") from err
    if not isinstance(items, list):
        raise CloudError("Spoken requests of an unknown shape")
    return sorted((record for item in items if (record := _nlp_record(item))), key=lambda record: record.time)


def _milliseconds(date: datetime | None) -> int | None:
    try:
        return _time(date.timestamp() * 1000) if date else None
    except OverflowError, ValueError:
        return None


def _record(raw: Any) -> Record | None:
    try:
        answers = raw.get("answers")
        answers = [answer for answer in answers if isinstance(answer, dict)] if isinstance(answers, list) else []
        words = "".join(_spoken(answer) for answer in answers)
        kind = _kind(answers, words)
        return Record(
            time=_time(raw["time"]),
            query=raw["query"].strip(),
            answer=words,
            plays_audio=kind is Kind.AUDIO,
            kind=kind,
        )
    except _UNKNOWN_SHAPE:
        _LOGGER.debug("A conversation record of an unknown shape was left out")
        return None


def _nlp_record(raw: Any) -> Record | None:
    try:
        nlp = json.loads(raw["nlp"])
        answer = nlp["response"]["answer"][0]
        content = answer.get("content")
        words = content.get("to_speak") if isinstance(content, dict) else None
        words = words if isinstance(words, str) else ""
        return Record(
            time=_time(nlp["meta"]["timestamp"]),
            query=answer["intention"]["query"].strip(),
            answer=words,
            kind=Kind.TTS if words else Kind.EMPTY,
        )
    except _UNKNOWN_SHAPE:
        _LOGGER.debug("A spoken request of an unknown shape was left out")
        return None


def _time(value: Any) -> int:
    """Return a record's time.

    Raises:
        TypeError, ValueError, OverflowError: it cannot be one. A baseline of a time that never comes would make deaf.
    """
    time = int(value)
    if not 0 < time < _FAR_FUTURE_MS:
        raise ValueError(time)
    return time


def _kind(answers: list[dict[str, Any]], words: str) -> Kind:
    """Return the kind of all answers together: music counts more than the words before it."""
    types = {str(answer.get("type", "")).upper() for answer in answers}
    if "AUDIO" in types:
        return Kind.AUDIO
    if words:
        return Kind.LLM if "LLM" in types else Kind.TTS
    return Kind.OTHER if types - {"TTS", "LLM", ""} else Kind.EMPTY


def _spoken(answer: dict[str, Any]) -> str:
    """Return the words of a TTS or LLM answer."""
    kind = str(answer.get("type", "")).lower()
    content = answer.get(kind)
    text = content.get("text") if isinstance(content, dict) else None
    return text if isinstance(text, str) else ""


class Unheard:
    """Tells the records that are new from those that were there before or were heard already.

    The clock is the server's throughout, by the records themselves; this machine's may be wrong. `time` is the identity
    of a record: it may be edited later, come twice, or come after younger ones, and is still the same utterance.
    """

    def __init__(self) -> None:
        self._floor: int | None = None
        self._heard: set[int] = set()
        self._wordless: set[int] = set()

    @property
    def primed(self) -> bool:
        """Whether the first answer of the server has set what counts as old."""
        return self._floor is not None

    def all_new(self, records: Sequence[Record]) -> bool:
        """Return whether all of a page of records are new, so that there may be older new ones before them."""
        return bool(records) and not any(self._is_known(record) for record in records)

    def select(self, records: Iterable[Record], server_time: int | None) -> list[Record]:
        """Return the records that are new and have words, oldest first.

        The first call sets the baseline by what the server has (or, where it has nothing, by the server's clock) and
        returns nothing: what was said before must not be answered at start-up.
        """
        ordered = sorted(records, key=lambda record: record.time)
        if self._floor is None:
            self._floor = ordered[-1].time if ordered else (server_time or 0)
            return []
        new: dict[int, Record] = {}
        for record in ordered:
            if record.time <= self._floor or record.time in self._heard:
                continue
            if record.query:
                new[record.time] = record
            else:
                self._wordless.add(record.time)
        self._heard.update(new)
        self._forget()
        return list(new.values())

    def _is_known(self, record: Record) -> bool:
        return record.time <= (self._floor or 0) or record.time in self._heard or record.time in self._wordless

    def _forget(self) -> None:
        """Remember the newest times one by one; all before them are old."""
        times = sorted(self._heard | self._wordless)
        if len(times) > _REMEMBERED:
            self._floor = floor = times[-_REMEMBERED - 1]
            self._heard = {time for time in self._heard if time > floor}
            self._wordless = {time for time in self._wordless if time > floor}
