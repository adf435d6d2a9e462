"""The dialogue at one speaker: what was heard is decided, answered and spoken, one turn at a time."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from copy import deepcopy
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .agents import AgentChoice
from .answer import Said
from .answering import Answering
from .confirmation import async_is_reply
from .const import DOMAIN, LOGGER
from .dialogue_state import DialogueState
from .earlier import Earlier, reply_of, time_of
from .exchange import By, Exchange
from .handover import Handover, settled
from .loudness import Loudness
from .memory import Memory
from .names import HomeNames
from .narrating import EngineReader, FetchingPlayer
from .obeying import obey
from .phrases import Phrase
from .routing import Command, Context, Decision, Reason, Reply, Route, Router
from .session import Session
from .settings import Settings
from .speech import Clock, Ending, Narration, NarrationError, SpeechRate, Talk, Voice
from .turn import Scope, Turn
from .voice_issue import async_forget_voice, async_report_voice
from .voices import VoiceChoice
from .xiaomi import Record, Speaker, SpeakerOfflineError, SpeakerRefusedError, XiaomiError

TOO_LATE_S = 180.0
"""The cloud has kept records back for minutes (hass-miot#1923): whoever asked may be in bed by now."""
_NOBODYS = frozenset({Reason.SWITCHED_OFF, Reason.NOTHING_TO_STOP, Reason.SAYS_NOTHING})
"""Utterances that not even an automation is interested in."""
KEPT = 50
"""How many exchanges are kept for who looks at them."""
REMEMBERED = 5
"""How many utterances are remembered, for who asks what was said."""


class Dialogue(DialogueState):
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
        super().__init__()
        self.speaker = speaker
        self.device_id = device_id
        self.agents = AgentChoice(hass, entry, speaker.info.name, self.changed)
        """Who answers."""
        self.voices = VoiceChoice(hass, speaker.info.name, self.changed)
        """In which voice."""
        self.handover = Handover(speaker)
        self.loudness = Loudness(speaker)
        self.set_rate: SpeechRate | None = None
        """The pace, where a person has set it; else it is learned."""
        self._hass = hass
        self._entry = entry
        self._router = router
        self._settings = settings
        self._memory = memory
        self._names = names
        self._before: Earlier | None = None
        self.recent: deque[tuple[Record, Decision]] = deque(maxlen=REMEMBERED)
        """What was said to the speaker last, and who answered it; oldest first."""
        self._listeners: list[Callable[[Record, Decision], None]] = []
        self.exchanges: deque[Exchange] = deque(maxlen=KEPT)
        """The last ones, oldest first; they are not kept over a restart."""
        self._followers: list[Callable[[Exchange], None]] = []
        self._newer = asyncio.Event()
        self.answers = Answering(
            hass,
            entry,
            speaker,
            device_id,
            agents=self.agents,
            loudness=self.loudness,
            memory=memory,
            settings=settings,
        )

    @property
    def can_continue(self) -> bool:
        """Whether the speaker can be made to listen again."""
        return self.speaker.model.wake_up is not None

    @callback
    def listen(self, listener: Callable[[Record, Decision], None]) -> Callable[[], None]:
        """Call `listener` with what is heard and who answers it; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def follow(self, follower: Callable[[Exchange], None], *, asked_elsewhere: bool = False) -> Callable[[], None]:
        """Call `follower` with each exchange at the speaker that is over; return what ends that.

        Args:
            follower: is told.
            asked_elsewhere: whether also of those that were asked in Home Assistant, which are nobody's word.
        """

        def tell(exchange: Exchange) -> None:
            if asked_elsewhere or exchange.reason is not None:
                follower(exchange)

        self._followers.append(tell)
        return lambda: self._followers.remove(tell)

    # What happens

    @callback
    def heard(self, record: Record, age: float = 0.0) -> None:
        """Take a new utterance: whatever it is, it ends the answer to the one before.

        Args:
            record: the utterance.
            age: seconds since it was spoken.
        """
        if self.handover.take(record):
            return
        if age > TOO_LATE_S:
            LOGGER.warning(
                "What was said to %s came to be known %.0f s later, and is not answered", self.speaker.info.name, age
            )
            return
        context = self._context(record)
        rest = self.turns.by_address
        if not context.handed_over:  # that is no person's word
            self.interrupt()
        now = self._decide(record, context)
        self._newer.set()
        self._newer = asyncio.Event()
        for listener in self._listeners:
            listener(record, now.decision)
        if not context.handed_over:
            self.recent.append((record, now.decision))
        before, decision = self._before, now.decision
        if decision.route is not Route.COMMAND:
            self._before = now
        elif decision.intent is Command.ASK_LLM and before is not None:
            # It is asked again as if it had been said just now, by the one who should have been asked.
            self._memory.correct(before.record.query, llm=True)
            record = replace(before.record, answer="")  # XiaoAI's answer to it is long over
            decision = replace(before.decision, route=Route.LLM, reason=Reason.CORRECTED, llm=True, pending=False)
            self._before = now = Earlier(record, decision)
        if decision.intent is Command.STOP:
            self.set(continuous=False)  # "别说了" is not an invitation to go on
        if decision.reason in _NOBODYS or context.handed_over:
            if rest and not context.handed_over:
                self.start(self._end_rest(record, self._newer), "silence")
            return
        turn = Turn(record.query, self._answering_talk())
        self.turns.add(turn)
        self.start(self._take(turn, now, context, rest=rest), "turn")

    def _decide(self, record: Record, context: Context) -> Earlier:
        """Return what is decided, and learn from it."""
        decision = self._router.decide(record.query, context)
        confirms = self._is_reply(record.query, context)
        if confirms:
            decision = replace(decision, route=Route.LLM, reason=Reason.FOLLOWS, intent=None, llm=True)
        LOGGER.debug(
            "%s heard %d characters: %s (%s)",
            self.speaker.info.name,
            len(record.query),
            decision.route,
            decision.reason,
        )
        if decision.odds is not None and context.hour is not None:
            self._memory.rhythm.learn(context.hour, decision.odds)
        return Earlier(record, decision, confirms=confirms)

    def _context(self, record: Record) -> Context:
        """Return what is known besides the words."""
        return replace(
            self._settings.context(self._names.all),
            enabled=self.enabled,
            answering=self.answering,
            reply=reply_of(record),
            previous=None if self._before is None else self._before.as_previous(),
            hour=time_of(record).hour,
            handed_over=self.handover.was_told(record.query),
            mode=self.mode,
            continuous=self.continuous,
            device_control=self.device_control,
            assistants=self.agents.names,
        )

    def _is_reply(self, words: str, context: Context) -> bool:
        """Return whether a person answers the question whether something is to be done."""
        if not context.enabled or context.handed_over:  # what XiaoAI was told in a person's place releases nothing
            return False
        session = self._memory.of(self.speaker.info.did).session
        return async_is_reply(self._hass, session.conversation_id(self.speaker.info.did), words)

    @callback
    def interrupt(self) -> None:
        """End the answer that is being given: nothing more of it is asked for or spoken."""
        self.turns.interrupt()

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
        await self._make_way()
        await self.speaker.wake()
        self.pay_attention()

    async def execute(self, text: str, *, silent: bool = False) -> bool:
        """Let XiaoAI do what `text` says; its record of that is nobody's question.

        Returns:
            Whether it was told to be silent.

        Raises:
            XiaomiError: the speaker could not be told; a `SpeakerRefusedError` where its model cannot do it.
        """
        if not silent:
            await self._make_way()
        self.handover.tell(text)
        return await self.speaker.execute(text, silent=silent)

    async def _make_way(self) -> None:
        """End the answer that is being given. Of an audio, what the speaker has fetched would go on afterwards."""
        if self.turns.by_address:
            await self.stop()
        else:
            self.interrupt()

    @callback
    def change_topic(self) -> None:
        """Begin another conversation; the turn that asks for it is the first of it."""
        self._memory.of(self.speaker.info.did).session.clear()

    @callback
    def clear(self) -> None:
        """Forget what was talked about; an answer that is being given belongs to what is forgotten."""
        memory = self._memory.of(self.speaker.info.did)
        memory.session = Session(memory.session.number + 1)
        self._memory.async_changed()

    @property
    def agent_id(self) -> str:
        """The agent that answers at the speaker."""
        return self.agents.agent_id

    async def ask(self, turn: Turn, *, agent_id: str | None = None) -> str | None:
        """Ask the agent what a turn says, as part of the conversation; see `Answering.ask`."""
        return await self.answers.ask(turn, agent_id=agent_id)

    @property
    def rate(self) -> SpeechRate:
        """The pace of the speaker's voice."""
        return self.set_rate or self._memory.of(self.speaker.info.did).rate

    # Turns

    def talk(self, voice: Voice, on_first_words: Callable[[], None] | None = None) -> Talk:
        """Return what speaks at the speaker's pace, through `voice`."""
        return Talk(voice, self.rate, on_first_words=on_first_words, substitute=Phrase.FILTERED)

    def _answering_talk(self) -> Talk | Narration:
        """Return what speaks an answer, in the voice that was chosen for the speaker."""
        if (voice := self.voices.usable) is None:
            return self.talk(self.speaker)
        player = FetchingPlayer(self._hass, self.speaker, self._narrated)
        return Narration(EngineReader(self._hass, voice), player, lambda: self.talk(self.speaker))

    @callback
    def _narrated(self, failure: NarrationError | None) -> None:
        """Take note of how an answer in a voice of Home Assistant's went."""
        info = self.speaker.info
        if failure is None:
            async_forget_voice(self._hass, info.did)
            return
        LOGGER.warning("The voice chosen for %s was not heard, XiaoAI's own goes on: %s", info.name, failure)
        self.voices.failed(unheard=bool(failure.reason))
        async_report_voice(self._hass, info.did, info.name, failure)

    def start[T](self, doing: Coroutine[Any, Any, T], what: str) -> asyncio.Task[T]:
        """Do something as long as the entry is loaded."""
        return self._entry.async_create_background_task(
            self._hass, doing, f"{DOMAIN} {what} at {self.speaker.info.did}"
        )

    async def _take(self, turn: Turn, now: Earlier, context: Context, *, rest: bool) -> None:
        """Take one turn, after those before it have ended.

        Args:
            turn: the turn.
            now: what was said.
            context: what was known besides.
            rest: whether it interrupted an audio, of which the speaker may still have a rest.
        """
        xiaoai_speaks, said = False, Said.BY_AGENT
        try:
            async with self.turns.take():
                newer = self._newer
                if now.decision.pending:
                    await self._decide_again(now, context)
                decision, record = now.decision, now.record
                if decision.route is Route.COMMAND:
                    await obey(self, turn, decision)
                    xiaoai_speaks = decision.intent is Command.ASK_XIAOAI
                elif decision.route is Route.HOME:
                    xiaoai_speaks = not await self.answers.let_home(turn, Scope.HOME)
                elif decision.route is Route.NATIVE:
                    xiaoai_speaks = not await self.answers.let_home(turn, Scope.SENTENCES)
                    if rest and xiaoai_speaks:
                        await self._end_rest(record, newer)
                elif self.answers.may_not_ask and not now.confirms:
                    said, xiaoai_speaks = Said.BY_US, not await self.answers.manage_without(turn)
                elif (said := await self.answers.answer(turn, record, silencing=self.silencing)) is Said.BY_XIAOAI:
                    now.ours = False
                    await self._hear_out(record.answer, newer)
                now.asked = turn.asks_back
                if self._listens_again(turn) and not xiaoai_speaks and not turn.interrupted and not newer.is_set():
                    await self.speaker.wake()
        except SpeakerOfflineError as err:
            LOGGER.debug("%s does not answer: %s", self.speaker.info.name, err)  # the coordinator says so, once
        except XiaomiError as err:
            LOGGER.warning("%s could not be spoken through: %s", self.speaker.info.name, err)
        finally:
            if self.enabled and now.decision.route is not Route.NATIVE:
                self.pay_attention()
            now.ours = now.ours or turn.by_home
            self._memory.async_changed()
            self.turns.remove(turn)
            self._note(turn, now, said, xiaoai_speaks=xiaoai_speaks)

    @callback
    def _note(self, turn: Turn, now: Earlier, said: Said, *, xiaoai_speaks: bool) -> None:
        """Note what a turn was."""
        if xiaoai_speaks or said is Said.BY_XIAOAI:
            by = By.XIAOAI
        elif turn.by_home:
            by = By.HOME
        else:
            by = By.DIALOGUE if now.decision.route is Route.COMMAND or said is Said.BY_US else By.AGENT
        did = self.speaker.info.did
        self.note(Exchange.of(turn, now, by, self._memory.of(did).session.conversation_id(did)))

    @callback
    def note(self, exchange: Exchange) -> None:
        """Keep an exchange that is over, and tell who follows them."""
        self.exchanges.append(exchange)
        for follower in self._followers:
            follower(exchange)

    async def _decide_again(self, now: Earlier, context: Context) -> None:
        """Decide once it is known what XiaoAI has made of the utterance."""
        record = await settled(self.speaker, now.record)
        decision = self._router.decide(record.query, replace(context, reply=reply_of(record) or Reply()))
        now.record, now.decision = record, decision
        now.ours = decision.route is Route.UNSURE

    def _listens_again(self, turn: Turn) -> bool:
        """Return whether the speaker shall listen after a turn: always, or because it has asked something."""
        return self.continuous or (turn.asks_back and self._settings.ask_back and self.can_continue)

    async def _hear_out(self, answer: str, newer: asyncio.Event) -> None:
        """Wait for the end of XiaoAI's own answer, or for something newer that is said."""
        # It began before its record was seen, so nothing is learned from when it ends.
        await Ending(self.speaker, deepcopy(self.rate), Clock(), newer).wait(answer, punctual=False)

    async def _end_rest(self, record: Record, newer: asyncio.Event) -> None:
        """Silence the rest of an audio that was interrupted, once XiaoAI has spoken: it would go on by itself.

        What XiaoAI plays has taken its place.
        """
        if record.plays_audio:
            return
        await self._hear_out(record.answer, newer)
        try:
            if not newer.is_set():
                await self.speaker.pause()
        except XiaomiError as err:
            LOGGER.debug("%s could not be silenced: %s", self.speaker.info.name, err)

    async def let_xiaoai(self, turn: Turn) -> None:
        """Remember that XiaoAI should have answered what was said before a turn, and let it do so now."""
        if self._before is None:
            await self.answers.speak(turn, Phrase.NOTHING_BEFORE)
            return
        before = self._before
        self._memory.correct(before.record.query, llm=False)
        before.decision, before.ours = replace(before.decision, llm=False), False
        self.handover.tell(before.record.query)
        try:
            await self.speaker.execute(before.record.query)
        except SpeakerRefusedError:
            await self.answers.speak(turn, Phrase.REMEMBERED)
