"""Tools for language models: to speak at the speakers, to have XiaoAI do things, to know what was said."""

from abc import ABC, abstractmethod
import asyncio
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.llm import LLMContext, Tool, ToolAnnotations, ToolInput, ToolResult
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType
import probatio as vol

from . import directives
from .const import DOMAIN, LOGGER
from .directives import Repeat
from .earlier import time_of
from .handover import RECORD_S
from .interruption import interruption
from .moderation import Moderation
from .places import NoSuchPlaceError, Place, async_find, async_find_one, async_places
from .routing import Decision, Reply, Route
from .saying import begin_to_say
from .xiaomi import Kind, Record, SpeakerOfflineError, SpeakerRefusedError, XiaomiError

ANSWER_S = 5.0
"""How long XiaoAI's own answer is waited for: it is on record after one to three seconds."""
BEGIN_S = 10.0
"""How long the begin of an announcement is waited for."""
MAX_TEXT = 1000
"""Characters that one announcement may have: about four minutes."""
MAX_DIRECTIVE = 200
_LONGEST_TIMER = timedelta(hours=24)

_WHERE = "Name of a speaker or of its room. Leave out for the speaker that the question comes from."


class ToolFailedError(Exception):
    """A tool could not do it; the message tells the model why."""


class SpeakersTool(Tool, ABC):
    """What these tools have in common: arguments are checked, and failures told in words that a model understands."""

    integration = DOMAIN

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Check the arguments, do it, and tell what came of it."""
        try:
            # Some models send null for what they leave out.
            given = {name: value for name, value in tool_input.tool_args.items() if value is not None}
            return ToolResult(data=await self.run(hass, self.parameters(given), llm_context))
        except vol.Invalid as err:
            return _failure(f"Wrong arguments: {err}")
        except (NoSuchPlaceError, ToolFailedError) as err:
            return _failure(str(err))

    @abstractmethod
    async def run(self, hass: HomeAssistant, args: dict[str, Any], llm_context: LLMContext) -> JsonObjectType:
        """Do it and return the result.

        Raises:
            NoSuchPlaceError: no speaker is meant.
            ToolFailedError: it could not be done.
        """

    @override
    def __eq__(self, other: object) -> bool:
        """Tell Home Assistant, where it merges APIs, that two of a kind are the same."""
        return type(self) is type(other)

    @override
    def __hash__(self) -> int:
        return hash(type(self))


class SpeakTool(SpeakersTool):
    """Says something at a speaker."""

    name = f"{DOMAIN}__Speak"
    title = "Speak at a XiaoAI speaker"
    description = (
        "Says a text aloud at a XiaoAI speaker: to tell or call someone in another room, or everywhere. "
        "Not for answering at the speaker that the question comes from: your reply is spoken there anyway."
    )
    parameters = vol.Schema(
        {
            vol.Required("text", description="What to say, in plain spoken words."): vol.All(
                str, vol.Length(min=1, max=MAX_TEXT)
            ),
            vol.Optional("where", description=f"{_WHERE} 'all' for all speakers."): str,
        }
    )
    annotations = ToolAnnotations(destructive=False, open_world=False)

    @override
    async def run(self, hass: HomeAssistant, args: dict[str, Any], llm_context: LLMContext) -> JsonObjectType:
        """Begin to speak, at several speakers at the same time."""
        places = async_find(hass, args.get("where", ""), llm_context.device_id)
        others = [place for place in places if place.dialogue.device_id != llm_context.device_id]
        if not others:
            raise ToolFailedError(
                "That is the speaker that the question comes from. Do not use the tool: reply with the text, and it "
                "will be heard there."
            )
        outcomes = await asyncio.gather(*(self._speak(place, args["text"]) for place in others))
        failures = [outcome for outcome in outcomes if outcome]
        if len(failures) == len(others):
            raise ToolFailedError(" ".join(failures))
        told: dict[str, JsonValueType] = {
            "spoken_at": [place.label for place, outcome in zip(others, outcomes, strict=True) if not outcome]
        }
        if failures:
            told["not_spoken"] = [*failures]
        return told

    @staticmethod
    async def _speak(place: Place, text: str) -> str:
        """Return why it could not be said, or nothing."""
        if await Moderation(place.data.options, place.data.service).flags(text):
            return f"{place.label} does not say such things: the household has set so."
        try:
            async with asyncio.timeout(BEGIN_S):
                await begin_to_say(place.dialogue, text)
        except TimeoutError:
            return ""  # it is said as soon as the speaker has ended what it is at
        except HomeAssistantError as err:
            return _trouble(place, err.__cause__)
        return ""


class XiaoAITool(SpeakersTool):
    """What XiaoAI does by words."""

    annotations = ToolAnnotations()

    async def tell(self, hass: HomeAssistant, place: Place, words: str, *, silent: bool) -> JsonObjectType:
        """Tell XiaoAI something, and return what it made of it.

        Raises:
            ToolFailedError: it was not told, or says that it could not do it.
        """
        place.dialogue.pay_attention(RECORD_S)
        # It goes on when it is no longer waited for: its record must not be taken for a person's words.
        told = hass.async_create_background_task(
            place.dialogue.handover.ask(words, silent=silent), f"{DOMAIN} tells XiaoAI at {place.did}"
        )
        told.add_done_callback(_note)
        try:
            record = await _soon(told)
        except XiaomiError as err:
            raise ToolFailedError(_trouble(place, err)) from err
        result: JsonObjectType = {"speaker": place.label, "told": words}
        if record is None:
            return result | {"answer": None, "note": "XiaoAI was told; what it answered is not known."}
        if Reply(record.answer, record.plays_audio, record.kind is Kind.LLM).failed:
            raise ToolFailedError(f"XiaoAI did not do it. It answered: {record.answer!r}")
        if record.plays_audio:
            result["note"] = "It plays now. Say no more than a word or two, or nobody hears it."
        return result | {"answer": record.answer or None}


class AskXiaoAITool(XiaoAITool):
    """Has XiaoAI do something."""

    name = f"{DOMAIN}__AskXiaoAI"
    title = "Have XiaoAI do something"
    description = (
        "Tells XiaoAI, the speaker's own assistant, to do something, in Chinese words as a person would say them. For "
        "what only XiaoAI can: Mi Home devices and scenes that Home Assistant does not have, music, radio and stories, "
        "the speaker's volume. Returns XiaoAI's answer where it is known. Not for questions that you can answer."
    )
    parameters = vol.Schema(
        {
            vol.Required("words", description="In Chinese, for example 播放周杰伦的歌 or 打开空调."): vol.All(
                str, vol.Length(min=1, max=MAX_DIRECTIVE)
            ),
            vol.Optional("where", description=_WHERE): str,
            vol.Optional("aloud", default=False, description="Whether XiaoAI says its own answer, too."): bool,
        }
    )

    @override
    async def run(self, hass: HomeAssistant, args: dict[str, Any], llm_context: LLMContext) -> JsonObjectType:
        """Tell XiaoAI."""
        place = async_find_one(hass, args.get("where", ""), llm_context.device_id)
        return await self.tell(hass, place, args["words"].strip(), silent=not args["aloud"])


class SetTimerTool(XiaoAITool):
    """Sets a timer of XiaoAI's."""

    name = f"{DOMAIN}__SetTimer"
    title = "Set a timer by XiaoAI"
    description = "Sets a timer or a reminder at a XiaoAI speaker that rings there after a length of time."
    parameters = vol.Schema(
        {
            vol.Optional("hours", default=0): vol.All(vol.Coerce(int), vol.Range(min=0, max=24)),
            vol.Optional("minutes", default=0): vol.All(vol.Coerce(int), vol.Range(min=0, max=1440)),
            vol.Optional("seconds", default=0): vol.All(vol.Coerce(int), vol.Range(min=0, max=3600)),
            vol.Optional("about", description="What to remind of, in Chinese, for example 关火."): vol.All(
                str, vol.Length(max=60)
            ),
            vol.Optional("where", description=_WHERE): str,
        }
    )
    annotations = ToolAnnotations(destructive=False, open_world=False)

    @override
    async def run(self, hass: HomeAssistant, args: dict[str, Any], llm_context: LLMContext) -> JsonObjectType:
        """Tell XiaoAI."""
        length = timedelta(hours=args["hours"], minutes=args["minutes"], seconds=args["seconds"])
        if not timedelta() < length <= _LONGEST_TIMER:
            raise ToolFailedError("A timer is longer than nothing and no longer than 24 hours; else set an alarm.")
        place = async_find_one(hass, args.get("where", ""), llm_context.device_id)
        return await self.tell(hass, place, directives.timer(length, args.get("about", "")), silent=True)


class SetAlarmTool(XiaoAITool):
    """Sets an alarm of XiaoAI's."""

    name = f"{DOMAIN}__SetAlarm"
    title = "Set an alarm by XiaoAI"
    description = "Sets an alarm or a reminder at a XiaoAI speaker that rings there at a time of the day."
    parameters = vol.Schema(
        {
            vol.Required("time", description="Local time, HH:MM of 24 hours."): vol.All(
                str, vol.Match(r"^([01]?\d|2[0-3]):[0-5]\d$")
            ),
            vol.Optional("date", description="YYYY-MM-DD. Leave out for the next time that it is so late."): vol.All(
                str, vol.Match(r"^\d{4}-\d{2}-\d{2}$")
            ),
            vol.Optional("repeat", default=Repeat.ONCE.value): vol.In([each.value for each in Repeat]),
            vol.Optional("about", description="What to remind of, in Chinese, for example 接孩子."): vol.All(
                str, vol.Length(max=60)
            ),
            vol.Optional("where", description=_WHERE): str,
        }
    )
    annotations = ToolAnnotations(destructive=False, open_world=False)

    @override
    async def run(self, hass: HomeAssistant, args: dict[str, Any], llm_context: LLMContext) -> JsonObjectType:
        """Tell XiaoAI."""
        now = dt_util.now()
        hour, _, minute = args["time"].partition(":")
        at = time(int(hour), int(minute))
        on = _day(args.get("date"))
        if on is not None and datetime.combine(on, at) <= now.replace(tzinfo=None):
            raise ToolFailedError(f"That is in the past: it is {now:%Y-%m-%d %H:%M}.")
        words = directives.alarm(at, now, on=on, repeat=Repeat(args["repeat"]), about=args.get("about", ""))
        place = async_find_one(hass, args.get("where", ""), llm_context.device_id)
        return await self.tell(hass, place, words, silent=True)


class LastSaidTool(SpeakersTool):
    """Tells what was said at a speaker."""

    name = f"{DOMAIN}__LastSaid"
    title = "What was said last"
    description = (
        "Returns what people said last to a XiaoAI speaker, who answered it (XiaoAI, Home Assistant or the language "
        "model) and, as far as it is known, the answer; oldest first."
    )
    parameters = vol.Schema({vol.Optional("where", description=_WHERE): str})
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)

    @override
    async def run(self, hass: HomeAssistant, args: dict[str, Any], llm_context: LLMContext) -> JsonObjectType:
        """Look it up."""
        place = async_find_one(hass, args.get("where", ""), llm_context.device_id)
        recent = list(place.dialogue.recent)
        if place.dialogue.device_id == llm_context.device_id and place.dialogue.answering:
            recent = recent[:-1]  # the last one is the very question that is being answered
        answers = _answers(place)
        return {
            "speaker": place.label,
            "said": [_said(record, decision, answers) for record, decision in recent],
        }


class ListSpeakersTool(SpeakersTool):
    """Tells which speakers there are."""

    name = f"{DOMAIN}__ListSpeakers"
    title = "List XiaoAI speakers"
    description = "Returns the XiaoAI speakers of this home, their rooms and whether they can be reached."
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)

    @override
    async def run(self, hass: HomeAssistant, args: dict[str, Any], llm_context: LLMContext) -> JsonObjectType:
        """Look it up."""
        return {
            "speakers": [
                {
                    "name": place.name,
                    "room": place.area.name if place.area else None,
                    "reachable": place.available,
                    "question_comes_from_here": place.dialogue.device_id == llm_context.device_id,
                }
                for place in async_places(hass)
            ]
        }


def speaker_tools() -> list[Tool]:
    """Return a tool of each kind."""
    return [SpeakTool(), AskXiaoAITool(), SetTimerTool(), SetAlarmTool(), LastSaidTool(), ListSpeakersTool()]


def _failure(why: str) -> ToolResult:
    return ToolResult(data={"error": why}, error=True)


async def _soon(told: asyncio.Task[Record | None]) -> Record | None:
    """Return XiaoAI's record if it comes while it is waited for: not for long, and not when nobody listens any more.

    Raises:
        XiaomiError: XiaoAI could not be told.
    """
    stopped = asyncio.ensure_future(interruption().wait())
    try:
        await asyncio.wait({told, stopped}, timeout=ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
    return told.result() if told.done() else None


@callback
def _note(told: asyncio.Task[Record | None]) -> None:
    """Look at what became of it, whether somebody waits for that or not."""
    if not told.cancelled() and (error := told.exception()) is not None:
        LOGGER.debug("XiaoAI could not be told: %s", error)


def _trouble(place: Place, error: BaseException | None) -> str:
    """Return what is wrong with a speaker, for a model to pass on."""
    if isinstance(error, SpeakerOfflineError):
        return f"{place.label} is offline."
    if isinstance(error, SpeakerRefusedError):
        return f"{place.label} cannot do that."
    if not isinstance(error, XiaomiError):
        return f"{place.label} has nothing to say: there are no words in the text."
    return f"{place.label} cannot be reached through Xiaomi's cloud now."


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ToolFailedError(f"There is no day {text}.") from None


def _answers(place: Place) -> dict[str, str]:
    """Return what was answered to what was said at a speaker, other than by XiaoAI."""
    messages = place.data.memory.of(place.did).session.messages
    pairs = pairwise(messages)
    return {said: answer for (role, said), (next_role, answer) in pairs if (role, next_role) == ("user", "assistant")}


def _said(record: Record, decision: Decision, answers: dict[str, str]) -> JsonObjectType:
    match decision.route:
        case Route.COMMAND:
            by, answer = "this integration (a voice command)", None
        case Route.NATIVE:
            by, answer = "XiaoAI", record.answer
        case _ if record.query in answers:
            by = "Home Assistant" if decision.route is Route.HOME else "language model"
            answer = answers[record.query]
        case Route.HOME:
            by, answer = "XiaoAI", record.answer  # Home Assistant did not understand it
        case _:
            by, answer = "language model", None
    return {
        "at": time_of(record).strftime("%Y-%m-%d %H:%M:%S"),
        "words": record.query,
        "answered_by": by,
        "answer": answer or None,
    }
