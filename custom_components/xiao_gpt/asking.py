"""Questions that an automation or a script asks on somebody's behalf."""

from dataclasses import dataclass
import sys
import time

from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util.ulid import ulid_now

from .const import DOMAIN
from .dialogue import Dialogue
from .exchange import Exchange
from .failures import told
from .language import spoken_language
from .saying import VoiceOverMusic
from .session import Session
from .speech import SpeechRate, Talk, Voice
from .turn import Scope, Turn, Words, converse


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a question."""

    answer: str
    """As it was written."""
    agent_id: str
    """Whose it is."""
    duration: float
    """Seconds until the answer was complete, or was interrupted."""
    interrupted: bool
    """Whether somebody began to speak to the speaker while it was spoken."""


class _Written(Talk):
    """A talk that keeps what is written, whether it is spoken or not."""

    def __init__(self, voice: Voice, rate: SpeechRate) -> None:
        """Take who would speak."""
        super().__init__(voice, rate)
        self.text = ""
        self.complete: float | None = None
        """When the last words came, by the monotonic clock."""

    def feed(self, delta: str) -> None:
        """Add what has just arrived."""
        self.text += delta
        self.complete = time.monotonic()
        super().feed(delta)


async def ask(
    hass: HomeAssistant,
    dialogue: Dialogue,
    question: str,
    context: Context,
    *,
    agent_id: str | None = None,
    spoken: bool = True,
) -> Answered:
    """Ask an agent, and return its answer when that is complete and, if it is to be spoken, has been spoken.

    Spoken, it is part of the conversation at the speaker: "tell me more" goes on from there. It waits for its turn and
    can be interrupted, as any answer there. Only returned, it is a conversation of its own and nobody notices; it may
    be asked while the speaker is busy. Either way it is told the speaker's room. Home Assistant's own sentences and
    XiaoAI are not asked.

    Args:
        hass: Home Assistant.
        dialogue: at the speaker.
        question: in words.
        context: on whose behalf, where it is only returned.
        agent_id: any conversation agent of Home Assistant; None: the one that answers at the speaker.
        spoken: whether it is spoken there.

    Raises:
        ServiceValidationError: there is no such agent.
        HomeAssistantError: the agent failed, or the speaker could not be spoken through.
    """
    if agent_id is not None and conversation.async_get_agent_info(hass, agent_id) is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_such_agent", translation_placeholders={"agent": agent_id}
        )
    agent_id = agent_id or dialogue.agent_id
    voice = VoiceOverMusic(dialogue.speaker)
    talk = _Written(voice, dialogue.rate)
    turn = Turn(question, talk)
    if spoken:
        with told(dialogue.speaker.info.name):
            async with dialogue.turns.ours(turn), voice.music_held(turn):
                began = time.monotonic()
                failure = await dialogue.ask(turn, agent_id=agent_id)
                dialogue.note(Exchange.in_home(turn))
    else:
        began = time.monotonic()
        failure = await _ask_silently(hass, dialogue, turn, context, agent_id)
    if failure is not None and not turn.interrupted:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="agent_failed", translation_placeholders={"error": failure}
        )
    return Answered(talk.text.strip(), agent_id, (talk.complete or time.monotonic()) - began, turn.interrupted)


async def _ask_silently(
    hass: HomeAssistant, dialogue: Dialogue, turn: Turn, context: Context, agent_id: str
) -> str | None:
    """Ask an agent beside the conversation at the speaker; return what there is to say about a failure."""
    return await converse(
        hass,
        turn,
        Words(turn, sys.maxsize),
        agent_id=agent_id,
        session=Session(),
        conversation_id=ulid_now(),
        device_id=dialogue.device_id,
        language=spoken_language(hass),
        context=context,
        scope=Scope.AGENT,
    )
