"""Answers at one speaker: Home Assistant's own sentences and the agent are asked, what they say is spoken."""

import time

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context as HassContext, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .agents import AgentChoice
from .answer import Answer, Said
from .const import DOMAIN
from .language import spoken_language
from .loudness import Loudness
from .memory import Memory
from .phrases import Phrase
from .routing import Reply
from .session import Session
from .settings import Settings
from .turn import Scope, Turn, Words, converse, keep
from .xiaomi import Record, Speaker

DISTRUST_S = 120.0
"""How long after a failure XiaoAI is not silenced before the agent's first words have come."""


class Answering:
    """Answers at one speaker, in the conversation that is held there."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        speaker: Speaker,
        device_id: str,
        *,
        agents: AgentChoice,
        loudness: Loudness,
        memory: Memory,
        settings: Settings,
    ) -> None:
        """Take who answers, where, and how loud."""
        self._hass = hass
        self._entry = entry
        self._speaker = speaker
        self._device_id = device_id
        self._agents = agents
        self._loudness = loudness
        self._memory = memory
        self._settings = settings
        self._distrust_until = float("-inf")

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
            async with self._loudness.held():
                said = await Answer(self._speaker, turn, words).give(converse_and_note, patient=True)
        finally:
            keep(turn, session)
            self._memory.async_changed()
        return None if said is Said.BY_AGENT else "".join(failures) or Phrase.STALLED

    async def answer(self, turn: Turn, record: Record, *, silencing: bool) -> Said:
        """Let Home Assistant or the agent answer, and speak the answer while it comes."""
        session = self._open_session()
        words = Words(turn, self._settings.max_characters)
        answer = Answer(self._speaker, turn, words, thinking_after_s=self._settings.thinking_after_s)
        instead = record.answer if Reply(record.answer).is_good else None
        try:
            async with self._loudness.held():
                said = await answer.give(
                    lambda: self._converse(turn, words, session),
                    instead=instead,
                    patient=not silencing or (instead is not None and time.monotonic() < self._distrust_until),
                )
        finally:
            keep(turn, session)
        if not turn.interrupted:
            self._distrust_until = float("-inf") if said is Said.BY_AGENT else time.monotonic() + DISTRUST_S
        return said

    async def let_home(self, turn: Turn, scope: Scope) -> bool:
        """Let Home Assistant act; return whether it did. What it does not understand is XiaoAI's, which is at it.

        A sentence that sets off an automation does so whoever else would have answered it.
        """
        last = self._memory.of(self._speaker.info.did).session.last
        session = self._open_session()
        words = Words(turn, self._settings.max_characters)
        try:
            understood = await self._converse(turn, words, session, scope) is None
        finally:
            keep(turn, session)
        if understood:
            await self.speak(turn)
        else:
            session.last = last  # what XiaoAI answers is no part of the conversation
        return understood

    @property
    def may_not_ask(self) -> bool:
        """Whether the daily budget is spent. It is that of our own assistants; any other agent may be asked."""
        agent = er.async_get(self._hass).async_get(self._agents.agent_id)
        ours = agent is not None and agent.platform == DOMAIN
        return ours and self._entry.runtime_data.allowance.spent

    async def manage_without(self, turn: Turn) -> bool:
        """Let the home act, which costs nothing, or else XiaoAI; say once a day why. Return whether we have spoken."""
        if await self.let_home(turn, Scope.HOME):
            return True
        if not self._entry.runtime_data.allowance.tell_once_a_day():
            return False
        await self.speak(turn, Phrase.BUDGET_SPENT)
        return True

    async def speak(self, turn: Turn, words: str = "") -> None:
        """Say what a turn has to say, and `words` last."""
        turn.talk.feed(words)
        turn.talk.finish()
        async with self._loudness.held():
            await self._speaker.pause()
            await turn.talk.run()

    def _open_session(self) -> Session:
        """Return what is remembered of the conversation, a new one if the last is too long ago."""
        session = self._memory.of(self._speaker.info.did).session
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
            agent_id=agent_id or self._agents.agent_id,
            session=session,
            conversation_id=session.conversation_id(self._speaker.info.did),
            device_id=self._device_id,
            language=spoken_language(self._hass),
            context=HassContext(),
            scope=scope,
        )
