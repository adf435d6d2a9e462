"""Doing what people tell the dialogue itself, and saying that it is done."""

from typing import TYPE_CHECKING

from .phrases import Phrase, assistant_chosen, no_such_assistant
from .routing import Command, Decision
from .turn import Turn

if TYPE_CHECKING:
    from .dialogue import Dialogue


async def obey(dialogue: Dialogue, turn: Turn, decision: Decision) -> None:
    """Do what the person told the dialogue.

    Args:
        dialogue: at the speaker.
        turn: it is held.
        decision: what is to be done is its intent.

    Raises:
        XiaomiError: the speaker could not be spoken through.
    """
    match decision.intent:
        case Command.STOP:
            await dialogue.speaker.stop()
        case Command.ASK_XIAOAI:
            await dialogue.let_xiaoai(turn)
        case _:
            await dialogue.answers.speak(turn, _carry_out(dialogue, decision))


def _carry_out(dialogue: Dialogue, decision: Decision) -> str:
    """Do what changes nothing but the dialogue; return what there is to say about it."""
    match decision.intent:
        case Command.TURN_ON:
            dialogue.set(enabled=True)
            return Phrase.TURNED_ON
        case Command.TURN_OFF:
            dialogue.set(enabled=False, continuous=False)
            return Phrase.TURNED_OFF
        case Command.CONTINUE if not dialogue.can_continue:
            return Phrase.CANNOT_CONTINUE
        case Command.CONTINUE:
            dialogue.set(continuous=True)
            return Phrase.CONTINUES
        case Command.DISCONTINUE:
            dialogue.set(continuous=False)
            return Phrase.CONTINUES_NOT
        case Command.NEW_TOPIC:
            dialogue.change_topic()
            return Phrase.NEW_TOPIC
        case Command.ASSISTANT if dialogue.agents.choose_by_name(decision.slot):
            return assistant_chosen(decision.slot)
        case Command.ASSISTANT:
            return no_such_assistant(decision.slot, dialogue.agents.names)
        case _:
            return Phrase.NOTHING_BEFORE  # to ask the language model about
