"""XiaoAI: hears a person at a speaker, answers by itself, and keeps the record that the clouds show.

A question is asked (running speech ends), XiaoAI begins to answer, the record becomes visible. None of the three waits
for another question's: a second question silences the first answer, and both are recorded.
"""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
import time
from typing import Any, Literal
import uuid

from simulator.errors import InvalidInput
from simulator.settings import Settings
from simulator.speaker import Speaker, Track
from simulator.timeline import Timeline
from simulator.timers import Timers

type Origin = Literal["voice", "ubus", "miot"]

DEFAULT_ANSWER = "我还没学会这个技能，你可以换个问法。"
DEFAULT_MUSIC_ANSWER = "好的，为你播放音乐。"
DEFAULT_TRACK = Track("小河淌水", "合奏")
WAKE_ANSWER = "在呢"

# Compared without punctuation. XiaoAI obeys these without a word.
_STOP_WORDS = frozenset({"闭嘴", "停止", "停", "停下", "别说了", "不要说了", "安静", "停止播放", "关闭音乐", "别唱了"})
_PAUSE_WORDS = frozenset({"暂停", "暂停播放", "暂停音乐"})


class Kind(StrEnum):
    """What an answer is made of."""

    TTS = "TTS"
    LLM = "LLM"
    AUDIO = "AUDIO"
    EMPTY = "EMPTY"
    """Nothing: XiaoAI did something without a word."""


@dataclass(slots=True)
class Record:
    """One entry of the conversation."""

    time: int
    """Milliseconds of the cloud's clock; the identity of the entry."""
    query: str
    answers: list[dict[str, Any]]
    spoken: str
    """The words of the answer."""
    visible: bool = False
    hidden: bool = False
    """Kept back by a cloud that has a bad day (hass-miot#1923)."""
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)


class XiaoAI:
    """The assistant in one speaker."""

    def __init__(self, speaker: Speaker, settings: Settings, timeline: Timeline) -> None:
        self._speaker = speaker
        self._settings = settings
        self._timeline = timeline
        self._timers = Timers()
        self._answering: asyncio.TimerHandle | None = None
        self._records: list[Record] = []
        self._hiding = False
        self._known: dict[str, tuple[str, Kind]] = {}

    def teach(self, text: str, answer: str, kind: Kind = Kind.TTS) -> None:
        """Let XiaoAI know what it answers to `text` where nothing else is said about that."""
        self._known[text] = answer, kind

    def ask(
        self,
        text: str,
        answer: str | None = None,
        kind: Kind = Kind.TTS,
        *,
        track: Track | None = None,
        recorded: bool = True,
        late_edit: float | None = None,
        silent: bool = False,
        origin: Origin = "voice",
    ) -> Record:
        """Let someone say `text` to the speaker.

        Args:
            text: The words.
            answer: What XiaoAI says; what it was taught, or a polite refusal, if None.
            kind: What the answer is made of. AUDIO speaks, then plays `track`. EMPTY says nothing.
            track: The music of an AUDIO answer.
            recorded: Whether the cloud keeps a record (it forgets some kinds of answers).
            late_edit: Seconds from the record without answers to the one with answers; the setting if None.
            silent: XiaoAI does it without speaking (execute-text-directive).
            origin: Who says it: a person, or a client through one of the clouds.

        Raises:
            InvalidInput: the speaker is offline, or there are no words.
        """
        if not self._speaker.online:
            raise InvalidInput(f"{self._speaker.name} is offline and hears nothing")
        if not text.strip():
            raise InvalidInput("nothing was said")
        if answer is None and text in self._known:
            answer, kind = self._known[text]
        command = text.strip(" 。！？，.!?,")
        obeys = command in _STOP_WORDS or command in _PAUSE_WORDS
        if obeys and answer is None:
            kind = Kind.EMPTY
        spoken = _spoken(answer, kind)
        record = Record(self._next_time(), text, _answers(kind, spoken, track), spoken)
        self._timeline.record("asked", speaker=self._speaker.name, text=text, kind=kind.value, origin=origin)
        self._cut_answer()
        delay = self._settings.answer_delay
        then = partial(self._speaker.play_music, track or DEFAULT_TRACK) if kind is Kind.AUDIO else None
        if obeys:
            self._answering = self._timers.after(delay, partial(self._obey, stop=command in _STOP_WORDS))
        elif spoken and not silent:
            self._answering = self._timers.after(delay, partial(self._speaker.say, spoken, "xiaoai", then))
        elif then is not None:
            self._answering = self._timers.after(delay, then)
        if recorded:
            self._keep(record, delay + self._settings.record_delay, late_edit)
        return record

    def wake(self) -> None:
        """Listen, as if the wake word had been said; XiaoAI says that it does."""
        self._cut_answer()
        self._speaker.say(WAKE_ANSWER, "xiaoai")

    def hang_up(self) -> None:
        """Drop an answer that has not begun: the speaker went offline."""
        if self._answering is not None:
            self._answering.cancel()
            self._answering = None

    def records(self, until: int | None = None) -> list[Record]:
        """Return the visible records, newest first, of those not after `until` (ms, inclusive)."""
        return [
            record
            for record in reversed(self._records)
            if record.visible and not record.hidden and (until is None or record.time <= until)
        ]

    def remembered(self) -> list[Record]:
        """Return the records as the speaker itself has them, newest first: none is kept back."""
        return [record for record in reversed(self._records) if record.visible]

    def hide_records(self, hidden: bool) -> None:
        """Keep the records from now on back, or show what was kept back."""
        self._hiding = hidden
        if hidden:
            return
        for record in self._records:
            if record.hidden:
                record.hidden = False
                if record.visible:
                    self._tell_visible(record)

    def close(self) -> None:
        """Cancel what is pending."""
        self._timers.cancel()

    def _cut_answer(self) -> None:
        self.hang_up()
        self._speaker.interrupt()

    def _obey(self, *, stop: bool) -> None:
        if stop:
            self._speaker.stop_music()
        else:
            self._speaker.pause_music()

    def _keep(self, record: Record, delay: float, late_edit: float | None) -> None:
        """Show the record after `delay` seconds, in two steps if it is to be edited late."""
        record.hidden = self._hiding
        self._records.append(record)
        later = self._settings.late_edit if late_edit is None else late_edit
        answers = record.answers
        if later > 0:
            record.answers = []
            self._timers.after(delay + later, partial(self._edit, record, answers))
        self._timers.after(delay, partial(self._show, record))

    def _show(self, record: Record) -> None:
        record.visible = True
        self._tell_visible(record)

    def _tell_visible(self, record: Record) -> None:
        """Note that a record is written; `hidden` where the cloud keeps it back, and it is noted again once shown."""
        hidden = {"hidden": True} if record.hidden else {}
        self._timeline.record(
            "record_visible", speaker=self._speaker.name, text=record.query, time=record.time, **hidden
        )

    def _edit(self, record: Record, answers: list[dict[str, Any]]) -> None:
        record.answers = answers
        self._timeline.record("record_edited", speaker=self._speaker.name, text=record.query, time=record.time)

    def _next_time(self) -> int:
        now = int((time.time() + self._settings.clock_offset) * 1000)
        return max(now, self._records[-1].time + 1) if self._records else now


def _spoken(answer: str | None, kind: Kind) -> str:
    if kind is Kind.EMPTY:
        return ""
    if answer is not None:
        return answer
    return DEFAULT_MUSIC_ANSWER if kind is Kind.AUDIO else DEFAULT_ANSWER


def _answers(kind: Kind, text: str, track: Track | None) -> list[dict[str, Any]]:
    """Return the answers as the conversation API shows them."""
    tts = {"bitSet": [0, 1, 0, 1], "type": "TTS", "tts": {"bitSet": [0, 1], "text": text}}
    match kind:
        case Kind.EMPTY:
            return []
        case Kind.TTS:
            return [tts]
        case Kind.LLM:
            return [{"bitSet": [0, 1, 0, 0, 1], "type": "LLM", "llm": {"bitSet": [0, 1], "text": text}}]
        case Kind.AUDIO:
            music = track or DEFAULT_TRACK
            info = {"bitSet": [0, 1, 1, 1], "title": music.title, "artist": music.artist, "cpName": "xiaomi"}
            audio = {"bitSet": [0, 1], "audioInfoList": [info]}
            return [*([tts] if text else []), {"bitSet": [0, 1, 1], "type": "AUDIO", "audio": audio}]
