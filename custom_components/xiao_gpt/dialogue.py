"""The dialogue at one speaker: what was heard is decided, answered and spoken, one turn at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import replace
import time
from typing import Any

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import Context as HassContext, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .answer import Answer, Said
from .const import DOMAIN, LOGGER, SUBENTRY_ASSISTANT
from .memory import Memory
from .names import HomeNames
from .phrases import Phrase
from .polling import Attention
from .routing import Command, Context, Decision, Mode, Previous, Reason, Reply, Route, Router, normal
from .session import Session
from .settings import Settings
from .speech import Clock, Ending, SpeechRate, Talk, Voice
from .turn import Scope, Turn, Words, converse, keep
from .xiaomi import Kind, Record, Speaker, SpeakerOfflineError, SpeakerRefusedError, XiaomiError

LIVELY_S = 60.0
"""How long after the last exchange a follow-up question is likely."""
TOO_LATE_S = 180.0
"""The cloud has kept records back for minutes (hass-miot#1923): whoever asked may be in bed by now."""
_NOBODYS = frozenset({Reason.SWITCHED_OFF, Reason.NOTHING_TO_STOP, Reason.SAYS_NOTHING})
"""Utterances that not even an automation is interested in."""
HANDED_OVER_S = 30.0
"""So soon XiaoAI's record of what it was told to do in a person's place is seen."""
DISTRUST_S = 120.0
"""How long after a failure XiaoAI is not silenced before the agent's first words have come."""


def spoken_language(hass: HomeAssistant) -> str:
    """Return the language spoken at the speakers: XiaoAI understands Chinese only."""
    return hass.config.language if hass.config.language.startswith("zh") else "zh-Hans"


class Dialogue:
    """Answers at one speaker."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        speaker: Speaker,
        device_id: str,
        *,
        router: Router,
        settings: Settings,
        memory: Memory,
        names: HomeNames,
    ) -> None:
        """Take the speaker and the device that stands for it in Home Assistant."""
        self.speaker = speaker
        self.device_id = device_id
        self.enabled = False
        """Whether advanced dialogue is on."""
        self.continuous = False
        """Whether the speaker listens again after each answer."""
        self.mode = Mode.AUTOMATIC
        self.set_rate: SpeechRate | None = None
        """The pace, where a person has set it; else it is learned."""
        self._hass = hass
        self._entry = entry
        self._router = router
        self._settings = settings
        self._memory = memory
        self._names = names
        self._before: tuple[Record, Decision, float] | None = None
        self._handed_over: tuple[str, float] | None = None
        self._listeners: list[Callable[[Record, Decision], None]] = []
        self._observers: list[Callable[[], None]] = []
        self._turns: list[Turn] = []
        self._urgent: set[Turn] = set()
        self._one_at_a_time = asyncio.Lock()
        self._newer = asyncio.Event()
        self._lively_until = self._distrust_until = float("-inf")

    # What can be set and seen

    @callback
    def set(self, *, enabled: bool | None = None, continuous: bool | None = None, mode: Mode | None = None) -> None:
        """Change how the dialogue is held, and tell who observes it."""
        before = self.enabled, self.continuous, self.mode
        self.enabled = self.enabled if enabled is None else enabled
        self.continuous = self.continuous if continuous is None else continuous
        self.mode = self.mode if mode is None else mode
        if enabled is False:
            self._lively_until = float("-inf")
        if before != (self.enabled, self.continuous, self.mode):
            self._changed()

    @callback
    def observe(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call `observer` when anything about the dialogue has changed; return what ends that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    @callback
    def listen(self, listener: Callable[[Record, Decision], None]) -> Callable[[], None]:
        """Call `listener` with what is heard and who answers it; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _changed(self) -> None:
        for observer in self._observers:
            observer()

    @property
    def can_continue(self) -> bool:
        """Whether the speaker can be made to listen again."""
        return self.speaker.model.wake_up is not None

    @property
    def attention(self) -> Attention:
        """How likely it is that someone speaks to the speaker now, by the dialogue itself."""
        if self._turns or time.monotonic() < self._lively_until:
            return Attention.LIVELY
        return Attention.IDLE if self.enabled else Attention.OFF

    @callback
    def pay_attention(self, seconds: float) -> None:
        """Expect that someone speaks to the speaker within so many seconds; 0: no longer."""
        now = time.monotonic()
        self._lively_until = max(self._lively_until, now + seconds) if seconds else now
        self._changed()

    @property
    def answering(self) -> bool:
        """Whether an answer is being given."""
        return any(not turn.interrupted for turn in self._turns)

    # What happens

    @callback
    def heard(self, record: Record, age: float = 0.0) -> None:
        """Take a new utterance: whatever it is, it ends the answer to the one before.

        Args:
            record: the utterance.
            age: seconds since it was spoken.
        """
        if age > TOO_LATE_S:
            LOGGER.warning(
                "What was said to %s came to be known %.0f s later, and is not answered", self.speaker.info.name, age
            )
            return
        context = self._context(record)
        if not context.handed_over:  # that is no person's word
            self.interrupt()
        decision = self._router.decide(record.query, context)
        LOGGER.debug(
            "%s heard %d characters: %s (%s)",
            self.speaker.info.name,
            len(record.query),
            decision.route,
            decision.reason,
        )
        self._newer.set()
        self._newer = asyncio.Event()
        for listener in self._listeners:
            listener(record, decision)
        before = self._before
        if decision.route is not Route.COMMAND:
            self._before = record, decision, time.monotonic()
        elif decision.intent is Command.ASK_LLM and before is not None:
            # It is asked again as if it had been said just now, by the one who should have been asked.
            self._memory.correct(before[0].query, llm=True)
            record = replace(before[0], answer="")  # XiaoAI's answer to it is long over
            decision = replace(before[1], route=Route.LLM, reason=Reason.CORRECTED, llm=True)
            self._before = record, decision, time.monotonic()
        if decision.intent is Command.STOP:
            self.set(continuous=False)  # "别说了" is not an invitation to go on
        if decision.reason in _NOBODYS:
            return
        turn = Turn(record.query, self.talk(self.speaker))
        self._turns.append(turn)
        self._changed()
        self._start(self._take(turn, decision, record), "turn")

    def _context(self, record: Record) -> Context:
        """Return what is known besides the words."""
        previous = None
        if self._before is not None:
            _, decision, when = self._before
            previous = Previous(decision.llm, time.monotonic() - when)
        return replace(
            self._settings.context(self._names.all),
            enabled=self.enabled,
            answering=self.answering,
            reply=_reply(record),
            previous=previous,
            handed_over=self._was_handed_over(record.query),
            mode=self.mode,
            continuous=self.continuous,
        )

    def _was_handed_over(self, query: str) -> bool:
        """Return whether it is not a person who says this, but what XiaoAI was told to do in a person's place."""
        if self._handed_over is None:
            return False
        words, when = self._handed_over
        return normal(query) == normal(words) and time.monotonic() < when + HANDED_OVER_S

    def _start(self, doing: Coroutine[Any, Any, None], what: str) -> None:
        self._entry.async_create_background_task(self._hass, doing, f"{DOMAIN} {what} at {self.speaker.info.did}")

    @callback
    def interrupt(self) -> None:
        """End the answer that is being given: nothing more of it is asked for or spoken."""
        for turn in self._turns:
            turn.interrupt()

    async def stop(self) -> None:
        """End the answer that is being given and silence the speaker; do nothing if there is none.

        Raises:
            XiaomiError: the speaker could not be silenced.
        """
        if self.answering:
            self.interrupt()
            await self.speaker.stop()

    async def hush(self) -> None:
        """Silence the speaker, whatever it says or plays.

        Raises:
            XiaomiError: the speaker could not be silenced.
        """
        self.interrupt()
        await self.speaker.stop()

    async def wake(self) -> None:
        """Let the speaker listen, in place of an answer that is being given.

        Raises:
            XiaomiError: the speaker could not be woken; a `SpeakerRefusedError` where its model cannot.
        """
        self.interrupt()
        await self.speaker.wake()
        self.pay_attention(LIVELY_S)

    async def execute(self, text: str, *, silent: bool = False) -> bool:
        """Let XiaoAI do what `text` says; its record of that is nobody's question.

        Returns:
            Whether it was told to be silent.

        Raises:
            XiaomiError: the speaker could not be told; a `SpeakerRefusedError` where its model cannot do it.
        """
        if not silent:
            self.interrupt()
        self._handed_over = text, time.monotonic()
        return await self.speaker.execute(text, silent=silent)

    @callback
    def clear(self) -> None:
        """Forget what was talked about; an answer that is being given belongs to what is forgotten."""
        memory = self._memory.of(self.speaker.info.did)
        memory.session = Session(memory.session.number + 1)
        self._memory.async_changed()

    @property
    def agent_id(self) -> str:
        """The agent that answers at the speaker."""
        return self._agent_id

    # Turns

    def talk(self, voice: Voice) -> Talk:
        """Return what speaks at the speaker's pace, through `voice`."""
        return Talk(voice, self.rate, substitute=Phrase.FILTERED)

    @asynccontextmanager
    async def our_turn(self, turn: Turn, *, urgent: bool = False) -> AsyncIterator[None]:
        """Hold a turn that nobody at the speaker asked for; it can be interrupted as any other can.

        Args:
            turn: it waits for those before it.
            urgent: whether these are ended, but for those that are urgent themselves.
        """
        if urgent:  # the words that come replace what is being said
            for other in self._turns:
                if other not in self._urgent:
                    other.interrupt()
        async with self._one_at_a_time:
            # Only now: what somebody says before it has begun is no reason not to say it.
            self._turns.append(turn)
            if urgent:
                self._urgent.add(turn)
            self._changed()
            try:
                yield
            finally:
                self._turns.remove(turn)
                self._urgent.discard(turn)
                self._changed()

    async def ask(self, turn: Turn, *, agent_id: str | None = None) -> str | None:
        """Ask the agent what a turn says, as part of the conversation, and speak the answer while it comes.

        Args:
            turn: the question; it is held.
            agent_id: who is asked; None: who answers at the speaker.

        Returns:
            What was said about a failure, or None if there was an answer.

        Raises:
            XiaomiError: the speaker could not be spoken through.
        """
        session, failures = self._open_session(), list[str]()
        words = Words(turn, self._settings.max_characters)

        async def converse_and_note() -> str | None:
            if failure := await self._converse(turn, words, session, Scope.AGENT, agent_id):
                failures.append(failure)
            return failure

        try:
            # Nobody asked XiaoAI: there is nothing to be silenced, and nobody waits.
            said = await Answer(self.speaker, turn, words).give(converse_and_note, patient=True)
        finally:
            keep(turn, session)
            self._memory.async_changed()
        return None if said is Said.BY_AGENT else "".join(failures) or Phrase.STALLED

    async def _take(self, turn: Turn, decision: Decision, record: Record) -> None:
        """Take one turn, after those before it have ended."""
        try:
            async with self._one_at_a_time:
                newer, xiaoai_speaks = self._newer, False
                if decision.route is Route.COMMAND:
                    await self._obey(turn, decision)
                    xiaoai_speaks = decision.intent is Command.ASK_XIAOAI
                elif decision.route is Route.HOME:
                    xiaoai_speaks = not await self._let_home(turn, Scope.HOME)
                elif decision.route is Route.NATIVE:
                    xiaoai_speaks = not await self._let_home(turn, Scope.SENTENCES)
                elif await self._answer(turn, record) is Said.BY_XIAOAI:
                    await self._hear_out(record.answer, newer)
                if self.continuous and not xiaoai_speaks and not turn.interrupted and not newer.is_set():
                    await self.speaker.wake()
        except SpeakerOfflineError as err:
            LOGGER.debug("%s does not answer: %s", self.speaker.info.name, err)  # the coordinator says so, once
        except XiaomiError as err:
            LOGGER.warning("%s could not be spoken through: %s", self.speaker.info.name, err)
        finally:
            self._turns.remove(turn)
            if self.enabled and decision.route is not Route.NATIVE:
                self._lively_until = time.monotonic() + LIVELY_S
            self._memory.async_changed()
            self._changed()

    async def _hear_out(self, answer: str, newer: asyncio.Event) -> None:
        """Wait for the end of XiaoAI's own answer, or for something newer that is said."""
        # It began before its record was seen, so nothing is learned from when it ends.
        await Ending(self.speaker, deepcopy(self.rate), Clock(), newer).wait(answer, punctual=False)

    async def _obey(self, turn: Turn, decision: Decision) -> None:
        """Do what the person told the dialogue itself."""
        match decision.intent:
            case Command.STOP:
                await self.speaker.stop()
            case Command.TURN_ON:
                self.set(enabled=True)
                await self._speak(turn, Phrase.TURNED_ON)
            case Command.TURN_OFF:
                self.set(enabled=False, continuous=False)
                await self._speak(turn, Phrase.TURNED_OFF)
            case Command.CONTINUE if not self.can_continue:
                await self._speak(turn, Phrase.CANNOT_CONTINUE)
            case Command.CONTINUE:
                self.set(continuous=True)
                await self._speak(turn, Phrase.CONTINUES)
            case Command.DISCONTINUE:
                self.set(continuous=False)
                await self._speak(turn, Phrase.CONTINUES_NOT)
            case Command.ASK_XIAOAI:
                await self._let_xiaoai(turn)
            case Command.ASK_LLM:
                await self._speak(turn, Phrase.NOTHING_BEFORE)
            case Command.NEW_TOPIC:
                self._memory.of(self.speaker.info.did).session.clear()
                await self._speak(turn, Phrase.NEW_TOPIC)

    async def _let_xiaoai(self, turn: Turn) -> None:
        """Remember that XiaoAI should have answered what was said before, and let it do so now."""
        if self._before is None:
            await self._speak(turn, Phrase.NOTHING_BEFORE)
            return
        record, decision, when = self._before
        self._memory.correct(record.query, llm=False)
        self._before = record, replace(decision, llm=False), when
        self._handed_over = record.query, time.monotonic()
        try:
            await self.speaker.execute(record.query)
        except SpeakerRefusedError:
            await self._speak(turn, Phrase.REMEMBERED)

    async def _let_home(self, turn: Turn, scope: Scope) -> bool:
        """Let Home Assistant act; return whether it did. What it does not understand is XiaoAI's, which is at it.

        A sentence that sets off an automation does so whoever else would have answered it.
        """
        last = self._memory.of(self.speaker.info.did).session.last
        session = self._open_session()
        words = Words(turn, self._settings.max_characters)
        try:
            understood = await self._converse(turn, words, session, scope) is None
        finally:
            keep(turn, session)
        if understood:
            await self.speaker.pause()
            turn.talk.finish()
            await turn.talk.run()
        else:
            session.last = last  # what XiaoAI answers is no part of the conversation
        return understood

    async def _speak(self, turn: Turn, phrase: Phrase) -> None:
        await self.speaker.pause()
        turn.talk.feed(phrase)
        turn.talk.finish()
        await turn.talk.run()

    def _open_session(self) -> Session:
        """Return what is remembered of the conversation, a new one if the last is too long ago."""
        session = self._memory.of(self.speaker.info.did).session
        session.open(dt_util.utcnow().timestamp(), self._settings.session_s)
        return session

    async def _converse(
        self, turn: Turn, words: Words, session: Session, scope: Scope = Scope.ALL, agent_id: str | None = None
    ) -> str | None:
        """Ask Home Assistant's conversation; see `converse`."""
        return await converse(
            self._hass,
            turn,
            words,
            agent_id=agent_id or self.agent_id,
            session=session,
            conversation_id=session.conversation_id(self.speaker.info.did),
            device_id=self.device_id,
            language=spoken_language(self._hass),
            context=HassContext(),
            scope=scope,
        )

    async def _answer(self, turn: Turn, record: Record) -> Said:
        """Let Home Assistant or the agent answer, and speak the answer while it comes."""
        session = self._open_session()
        words = Words(turn, self._settings.max_characters)
        answer = Answer(self.speaker, turn, words, thinking_after_s=self._settings.thinking_after_s)
        instead = record.answer if Reply(record.answer).is_good else None
        try:
            said = await answer.give(
                lambda: self._converse(turn, words, session),
                instead=instead,
                patient=instead is not None and time.monotonic() < self._distrust_until,
            )
        finally:
            keep(turn, session)
        if not turn.interrupted:
            self._distrust_until = float("-inf") if said is Said.BY_AGENT else time.monotonic() + DISTRUST_S
        return said

    @property
    def rate(self) -> SpeechRate:
        """The pace of the speaker's voice."""
        return self.set_rate or self._memory.of(self.speaker.info.did).rate

    @property
    def _agent_id(self) -> str:
        """The conversation entity of the entry's first assistant."""
        registry = er.async_get(self._hass)
        for subentry in self._entry.subentries.values():
            if subentry.subentry_type == SUBENTRY_ASSISTANT and (
                entity_id := registry.async_get_entity_id(Platform.CONVERSATION, DOMAIN, subentry.subentry_id)
            ):
                return entity_id
        return conversation.HOME_ASSISTANT_AGENT


def _reply(record: Record) -> Reply | None:
    """Return what XiaoAI made of an utterance; None where its record does not tell, or not yet."""
    if record.kind in (Kind.EMPTY, Kind.OTHER) and not record.answer:
        return None
    return Reply(record.answer, record.plays_audio, record.kind is Kind.LLM)
