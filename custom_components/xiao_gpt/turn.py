"""One turn: an utterance goes through Home Assistant's conversation API, and the reply's words to the speaker."""

import asyncio
from enum import Enum, auto
import re
from typing import Any

from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.intent import IntentResponse, IntentResponseType
from homeassistant.util import dt as dt_util

from .compat import async_get_chat_session
from .confirmation import async_confirmations
from .home_intents import async_handle_home
from .interruption import current_interruption
from .session import Session
from .speech import Narration, Talk

_END = re.compile(r"[。！？!?…\n]|\.(?=\s)")
"""The end of a sentence."""


class Scope(Enum):
    """Who may answer a turn."""

    SENTENCES = auto()
    """Automations that a sentence sets off."""
    HOME = auto()
    """These and Home Assistant's own intents."""
    ALL = auto()
    """These, and the agent for the rest."""
    AGENT = auto()
    """The agent alone."""


class Turn:
    """An utterance and the answer that is being given to it."""

    def __init__(self, utterance: str, talk: Talk | Narration, *, asked: bool = True) -> None:
        """Take what was said and what speaks the answer; what nobody asked is spoken itself."""
        self.utterance = utterance
        self.asked = asked
        self.talk = talk
        self.enough = asyncio.Event()
        """Set when no more of the answer is wanted from the agent; what has come of it may still be spoken."""
        self.chat_log: conversation.ChatLog | None = None
        """The history that the turn is part of, once the agent has been asked."""
        self.by_home = False
        """Whether Home Assistant's own intents or an automation did it."""
        self.asks_back = False
        """Whether the agent has ended with a question."""
        self._interrupted = False

    @property
    def interrupted(self) -> bool:
        """Whether nobody listens to the answer any more."""
        return self._interrupted

    @callback
    def interrupt(self) -> None:
        """End the answer: the agent's stream ends, nothing more is spoken."""
        self._interrupted = True
        self.enough.set()
        self.talk.interrupt()


class Words:
    """Listens to a chat log and hands the assistant's words on, as the assist pipeline does for its voices."""

    def __init__(self, turn: Turn, max_characters: int) -> None:
        """Take whose words they are.

        Args:
            turn: the turn.
            max_characters: after so many, the first end of a sentence is the end of the answer.
        """
        self._turn = turn
        self._left = max_characters
        self._role: str | None = None
        self.any = False
        self.came = asyncio.Event()
        """Set whenever anything has come."""

    @callback
    def __call__(self, chat_log: conversation.ChatLog, delta: dict[str, Any]) -> None:
        """Take what the chat log tells of."""
        self.came.set()
        if role := delta.get("role"):
            if role == "assistant" and self.any:
                self.feed("\n")  # a message after a tool call is not glued to the one before it
            self._role = role
        if self._role == "assistant" and (words := delta.get("content")):
            self.any = True
            self.feed(words)

    @callback
    def feed(self, words: str) -> None:
        """Hand words on, as far as the answer may go."""
        if self._turn.enough.is_set():
            return
        self._left -= len(words)
        if self._left < 0:
            beyond = max(0, len(words) + self._left)
            end = _END.search(words, beyond)
            if end is not None:
                self._turn.talk.feed(words[: end.end()])
                self._turn.enough.set()
                return
        self._turn.talk.feed(words)


async def converse(
    hass: HomeAssistant,
    turn: Turn,
    words: Words,
    *,
    agent_id: str,
    session: Session,
    conversation_id: str,
    device_id: str,
    language: str,
    context: Context,
    scope: Scope = Scope.ALL,
) -> str | None:
    """Answer the turn by Home Assistant's own intents, or else by the agent; the words go to the turn's talk.

    Args:
        hass: Home Assistant.
        turn: the turn.
        words: takes them on their way.
        agent_id: any conversation agent of Home Assistant.
        session: the history that the turn belongs to.
        conversation_id: what Home Assistant knows it by.
        device_id: the speaker's device, whose area "打开灯" means.
        language: the language of the utterance.
        context: on whose behalf.
        scope: who may answer.

    Returns:
        What there is to say about a failure (nothing, where the agent may not be asked and nobody else understood), or
        None if there was an answer.
    """
    user_input = conversation.ConversationInput(
        text=turn.utterance,
        context=context,
        conversation_id=conversation_id,
        device_id=device_id,
        satellite_id=None,
        language=language,
        agent_id=agent_id,
    )
    with (
        async_get_chat_session(hass, conversation_id, context) as chat_session,
        conversation.async_get_chat_log(hass, chat_session, user_input, chat_log_delta_listener=words) as chat_log,
    ):
        turn.chat_log = chat_log
        session.restore(chat_log)
        if scope is not Scope.AGENT:
            confirmation = await _by_home(hass, user_input, chat_log, intents=scope is not Scope.SENTENCES)
            if confirmation is not None:
                turn.talk.feed(confirmation)
                turn.by_home = True
                turn.asks_back = async_confirmations(hass).waiting(conversation_id) is not None
                return None
        if scope in (Scope.SENTENCES, Scope.HOME):
            turn.chat_log = None  # nothing was said that belongs to the conversation
            return ""
        if turn.interrupted:
            return None  # something newer was said before this one's turn came; only the home was still to obey
        token = current_interruption.set(turn.enough)
        try:
            result = await conversation.async_converse(
                hass,
                turn.utterance,
                chat_session.conversation_id,
                context,
                language=language,
                agent_id=agent_id,
                device_id=device_id,
            )
        finally:
            current_interruption.reset(token)
    if result.response.response_type is IntentResponseType.ERROR:
        return _speech(result.response)
    turn.asks_back = result.continue_conversation
    if not words.any:  # an agent that does not stream says all at the end
        words.feed(_speech(result.response))
    return None


def keep(turn: Turn, session: Session) -> None:
    """Keep what was said in a turn that is over; of an answer that was interrupted, what was spoken."""
    if turn.chat_log is not None:
        heard = turn.talk.spoken.said if turn.interrupted else None
        session.keep(turn.chat_log, now=dt_util.utcnow().timestamp(), heard=heard)


async def _by_home(
    hass: HomeAssistant, user_input: conversation.ConversationInput, chat_log: conversation.ChatLog, *, intents: bool
) -> str | None:
    """Let the home's own sentences and intents (strict match, exposed entities) act; return what to say, or None."""
    before = len(chat_log.content)
    confirmation = await async_handle_home(hass, user_input, chat_log, intents=intents)
    if confirmation is None:
        # 2026.10 leaves the call of a match without a target in the log, which language models refuse.
        del chat_log.content[before:]
        return None
    chat_log.async_add_assistant_content_without_tools(
        conversation.AssistantContent(agent_id=conversation.HOME_ASSISTANT_AGENT, content=confirmation)
    )
    return confirmation


def _speech(response: IntentResponse) -> str:
    return str(response.speech.get("plain", {}).get("speech") or "")
