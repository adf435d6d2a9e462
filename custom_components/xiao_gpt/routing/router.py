"""Who answers an utterance. Rules only, so far; the intent classifier takes the last one's place."""

from .commands import Command, voice_command
from .decision import Context, Decision, Route


class Router:
    """Decides in microseconds; knows nothing of Home Assistant."""

    def decide(self, utterance: str, context: Context) -> Decision:
        """Return who answers `utterance`, Home Assistant's own intents aside.

        They come between the voice commands and the language model, and only Home Assistant can match them: a caller
        that gets `Route.LLM` asks them first.
        """
        command = voice_command(utterance)
        if command is Command.TURN_ON:
            return Decision(Route.COMMAND, "voice_command", command)
        if not context.enabled:
            return Decision(Route.NATIVE, "switched_off")
        if command is Command.TURN_OFF or (command is Command.STOP and context.answering):
            return Decision(Route.COMMAND, "voice_command", command)
        if command is Command.STOP:
            return Decision(Route.NATIVE, "nothing_to_stop", command)
        if context.plays_audio:
            return Decision(Route.NATIVE, "xiaoai_plays_audio")
        return Decision(Route.LLM, "default")
