"""One turn: an utterance goes through Home Assistant's conversation API, and the reply's words to the speaker."""

import asyncio
from typing import Any

from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.intent import IntentResponse, IntentResponseType

from .compat import async_get_chat_session
from .interruption import current_interruption
from .speech import Talk


class Turn:
    """An utterance and the answer that is being given to it."""

    def __init__(self, utterance: str, talk: Talk) -> None:
        """Take what was said and what speaks the answer."""
        self.utterance = utterance
        self.talk = talk
        self.interruption = asyncio.Event()

    @property
    def interrupted(self) -> bool:
        """Whether nobody listens to the answer any more."""
        return self.interruption.is_set()

    @callback
    def interrupt(self) -> None:
        """End the answer: the agent's stream ends, nothing more is spoken."""
        self.interruption.set()
        self.talk.interrupt()


class _Words:
    """Listens to a chat log and hands the assistant's words on, as the assist pipeline does for its voices."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._role: str | None = None
        self.any = False

    @callback
    def __call__(self, chat_log: conversation.ChatLog, delta: dict[str, Any]) -> None:
        if role := delta.get("role"):
            if role == "assistant" and self.any:
                self._talk.feed("\n")  # a message after a tool call is not glued to the one before it
            self._role = role
        if self._role == "assistant" and (words := delta.get("content")):
            self.any = True
            self._talk.feed(words)


async def converse(
    hass: HomeAssistant,
    turn: Turn,
    *,
    agent_id: str,
    conversation_id: str,
    device_id: str,
    language: str,
    context: Context,
) -> None:
    """Answer the turn by Home Assistant's own intents, or else by the agent; the words go to the turn's talk.

    Args:
        hass: Home Assistant.
        turn: the turn.
        agent_id: any conversation agent of Home Assistant.
        conversation_id: the history that the turn belongs to.
        device_id: the speaker's device, whose area "打开灯" means.
        language: the language of the utterance.
        context: on whose behalf.
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
    words = _Words(turn.talk)
    with (
        async_get_chat_session(hass, conversation_id, context) as session,
        conversation.async_get_chat_log(hass, session, user_input, chat_log_delta_listener=words) as chat_log,
    ):
        if (confirmation := await _by_home(hass, user_input, chat_log)) is not None:
            turn.talk.feed(confirmation)
            return
        if turn.interrupted:
            return  # something newer was said before this one's turn came; only the home was still to obey
        token = current_interruption.set(turn.interruption)
        try:
            result = await conversation.async_converse(
                hass,
                turn.utterance,
                session.conversation_id,
                context,
                language=language,
                agent_id=agent_id,
                device_id=device_id,
            )
        finally:
            current_interruption.reset(token)
    failed = result.response.response_type is IntentResponseType.ERROR
    if failed and words.any:
        turn.talk.feed("\n")
    # An agent that does not stream says all at the end; one that failed says why.
    if failed or not words.any:
        turn.talk.feed(_speech(result.response))


async def _by_home(
    hass: HomeAssistant, user_input: conversation.ConversationInput, chat_log: conversation.ChatLog
) -> str | None:
    """Let the home's own sentences and intents (strict match, exposed entities) act; return what to say, or None."""
    before = len(chat_log.content)
    confirmation = await conversation.async_handle_sentence_triggers(hass, user_input, chat_log)
    if confirmation is None:
        if (response := await conversation.async_handle_intents(hass, user_input, chat_log)) is None:
            # 2026.10 leaves the call of a match without a target in the log, which language models refuse.
            del chat_log.content[before:]
            return None
        confirmation = _speech(response)
    chat_log.async_add_assistant_content_without_tools(
        conversation.AssistantContent(agent_id=conversation.HOME_ASSISTANT_AGENT, content=confirmation)
    )
    return confirmation


def _speech(response: IntentResponse) -> str:
    return str(response.speech.get("plain", {}).get("speech") or "")
