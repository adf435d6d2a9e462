"""Who answers an utterance. Rules only, so far; the intent classifier takes the last one's place."""

from .commands import Command, normal, voice_command
from .decision import Context, Decision, Mode, Route


class Router:
    """Decides in microseconds; knows nothing of Home Assistant."""

    def decide(self, utterance: str, context: Context) -> Decision:
        """Return who answers `utterance`, Home Assistant's own intents aside.

        They come between the voice commands and the language model, and only Home Assistant can match them: a caller
        that gets `Route.LLM` asks them first.
        """
        command = voice_command(utterance, context.own_words)
        if command is Command.TURN_ON:
            return Decision(Route.COMMAND, "voice_command", command)
        if not context.enabled:
            return Decision(Route.NATIVE, "switched_off")
        if command is Command.STOP and not context.answering:
            return Decision(Route.NATIVE, "nothing_to_stop", command)
        if command is not None:
            return Decision(Route.COMMAND, "voice_command", command)
        if context.mode is Mode.ALWAYS:
            return Decision(Route.LLM, "always")
        if context.plays_audio:
            return Decision(Route.NATIVE, "xiaoai_plays_audio")
        if context.mode is Mode.KEYWORD and not context.continuous and not _begins_with(utterance, context.keywords):
            return Decision(Route.NATIVE, "no_keyword")
        return Decision(Route.LLM, "default")


def _begins_with(utterance: str, keywords: tuple[str, ...]) -> bool:
    words = normal(utterance)
    return any((keyword := normal(word)) and words.startswith(keyword) for word in keywords)
