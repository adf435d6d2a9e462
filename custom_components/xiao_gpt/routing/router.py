"""Who answers an utterance: what people have set, what XiaoAI has done with it, and a classifier."""

import math

from .assistants import wanted_assistant
from .classifier import Classifier, says_nothing
from .commands import Command, normal, voice_command
from .corrections import Corrections
from .decision import Context, Decision, DeviceControl, Doubt, Mode, Previous, Reason, Route
from .reply import SURE, Reply, shift
from .rhythm import Rhythm
from .steps import goes_on, is_step, is_the_speakers

ELLIPTIC = 3.0
"""Log odds that an utterance which goes on with the one before it is for who answered that."""
SAME_SIDE = 0.5
"""Log odds that any utterance right after another is for who answered that."""
_FADES_S = 60.0
"""After so many seconds what was said before counts half."""
_GOES_ON_S = 120.0
"""After so many seconds XiaoAI may be meant with what goes on with something."""
_HOME_INTENTS = frozenset({"device"})
_NAMED_INTENTS = frozenset({"device", "media", "playback", "settings"})
"""Intents that Home Assistant may serve where the utterance names a thing of its."""


class Router:
    """Decides in a millisecond; knows nothing of Home Assistant."""

    def __init__(
        self, classifier: Classifier, corrections: Corrections | None = None, rhythm: Rhythm | None = None
    ) -> None:
        """Take the model, what the home's people have said about its decisions, and what they say when."""
        self.classifier = classifier
        self.corrections = Corrections(classifier.rarity) if corrections is None else corrections
        self.rhythm = rhythm or Rhythm()

    def decide(self, utterance: str, context: Context) -> Decision:
        """Return who answers `utterance`.

        `Route.LLM`, `Route.UNSURE` and `Route.HOME` go to Home Assistant's own intents first, which only Home
        Assistant can match.
        """
        return (
            self._by_command(utterance, context)
            or self._by_rule(utterance, context)
            or self._by_words(utterance, context)
        )

    def _by_command(self, utterance: str, context: Context) -> Decision | None:
        """Return what people tell the dialogue itself, or None; nobody is told anything while it is off."""
        command = voice_command(utterance, context.own_words)
        if command is Command.TURN_ON:
            return Decision(Route.COMMAND, Reason.VOICE_COMMAND, command)
        if not context.enabled:
            return Decision(Route.NATIVE, Reason.SWITCHED_OFF)
        if command is Command.STOP and not context.answering:
            return Decision(Route.NATIVE, Reason.NOTHING_TO_STOP, command)
        if command is not None:
            return Decision(Route.COMMAND, Reason.VOICE_COMMAND, command)
        if (wish := wanted_assistant(utterance, context.assistants)) is not None:
            return Decision(Route.COMMAND, Reason.VOICE_COMMAND, Command.ASSISTANT, slot=wish.name or wish.said)
        return None

    def _by_rule(self, utterance: str, context: Context) -> Decision | None:
        """Return what people have set, or None."""
        if context.handed_over:
            return Decision(Route.NATIVE, Reason.CORRECTED)
        if context.mode is Mode.ALWAYS:
            return Decision(Route.LLM, Reason.ALWAYS, llm=True)
        if says_nothing(utterance):
            return Decision(Route.NATIVE, Reason.SAYS_NOTHING)
        words = normal(utterance)
        if _contains(words, context.to_xiaoai):
            return Decision(Route.NATIVE, Reason.OWN_PHRASE)
        if _contains(words, context.to_llm):
            return Decision(Route.LLM, Reason.OWN_PHRASE, llm=True)
        if context.mode is Mode.KEYWORD and not context.continuous and not _was_asked(context.previous):
            if any((keyword := normal(word)) and words.startswith(keyword) for word in context.keywords):
                return Decision(Route.LLM, Reason.KEYWORD, llm=True)
            return Decision(Route.NATIVE, Reason.NO_KEYWORD)
        return None

    def _by_words(self, utterance: str, context: Context) -> Decision:
        """Return what the words, what was said before and XiaoAI's own answer speak for."""
        verdict = self.classifier.classify(utterance)
        looks_native = verdict.odds < 0
        shifts = {
            Reason.CORRECTED: self.corrections.shift(utterance),
            Reason.FOLLOWS: _following(utterance, context),
            Reason.HOUR: 0.0 if context.hour is None else self.rhythm.shift(context.hour),
            _seen(context.reply): 0.0 if context.reply is None else shift(context.reply, native=looks_native),
        }
        words = verdict.odds if context.reply is None else max(-SURE, min(SURE, verdict.odds))
        words += context.leaning
        odds = words + sum(shifts.values())
        reason = Reason.CLASSIFIER
        if self._side(words) != self._side(odds) or (words > 0) is not (odds > 0):
            # Something else has turned the balance: the strongest.
            reason = max(shifts, key=lambda name: shifts[name] if odds > words else -shifts[name])
        score = 1 / (1 + math.exp(-abs(odds)))
        llm = odds > 0
        route = self._route(utterance, context, odds, verdict.intent)
        if route in (Route.NATIVE, Route.HOME) and _is_ours(utterance, context, verdict.intent):
            route, reason = Route.UNSURE, Reason.FOLLOWS  # it knows what "再暗一点" goes on with
        if not llm and _is_xiaoais(utterance, context, route, verdict.intent):
            if context.reply is None:
                return Decision(route, reason, verdict.intent, score, llm, odds=verdict.odds, pending=True)
            if not context.reply.failed:
                route, reason = Route.NATIVE, Reason.XIAOAI_ANSWERED
        return Decision(route, reason, verdict.intent, score, llm, odds=verdict.odds)

    def _side(self, odds: float) -> Route:
        if odds > self.classifier.borders.llm:
            return Route.LLM
        return Route.NATIVE if odds < self.classifier.borders.native else Route.UNSURE

    def _route(self, utterance: str, context: Context, odds: float, intent: str) -> Route:
        side = self._side(odds)
        if side is Route.LLM:
            return side
        if side is Route.NATIVE:
            return Route.HOME if self._is_for_home(utterance, context, intent) else Route.NATIVE
        reply = context.reply
        if context.doubt is Doubt.XIAOAI_FIRST and (reply is None or reply.plays_audio or reply.is_good):
            return Route.NATIVE
        return Route.UNSURE

    @staticmethod
    def _is_for_home(utterance: str, context: Context, intent: str) -> bool:
        if intent in _HOME_INTENTS and context.device_control is DeviceControl.HOME_ASSISTANT:
            return True
        if not context.names or (context.reply is not None and context.reply.plays_audio):
            return False
        words = normal(utterance)
        return intent in _HOME_INTENTS or (intent in _NAMED_INTENTS and any(name in words for name in context.names))


def _following(utterance: str, context: Context) -> float:
    """Return what was said before adds to the log odds of the language model."""
    previous = context.previous
    failed = context.reply is not None and context.reply.failed
    if previous is None or (failed and not previous.llm):  # that XiaoAI has answered before is no help to anybody now
        return 0.0
    strength = ELLIPTIC if goes_on(utterance) or previous.asked else SAME_SIDE
    fading: float = strength * 0.5 ** (previous.seconds / _FADES_S)
    return fading if previous.llm else -fading


def _was_asked(previous: Previous | None) -> bool:
    """Return whether the speaker listens because it has asked something: nobody says a keyword then."""
    return previous is not None and previous.asked and previous.seconds < _FADES_S


def _is_ours(utterance: str, context: Context, intent: str) -> bool:
    """Return whether it goes on with what Home Assistant or the agent did, and XiaoAI does not do it."""
    previous, reply = context.previous, context.reply
    if previous is None or not previous.ours or previous.seconds > _GOES_ON_S or not goes_on(utterance):
        return False
    if reply is not None and (reply.plays_audio or reply.is_done):
        return False
    return intent in _HOME_INTENTS or (intent in _NAMED_INTENTS and not is_the_speakers(utterance))


def _is_xiaoais(utterance: str, context: Context, route: Route, intent: str) -> bool:
    """Return whether XiaoAI may have done it, so that nobody may do it again."""
    if route not in (Route.HOME, Route.UNSURE) or intent not in _NAMED_INTENTS:
        return False
    if context.device_control is DeviceControl.XIAOAI and (route is Route.HOME or intent in _HOME_INTENTS):
        return True
    return is_step(utterance) and (context.reply is None or context.reply.is_done)


def _seen(reply: Reply | None) -> Reason:
    if reply is not None and reply.plays_audio:
        return Reason.XIAOAI_PLAYS
    return Reason.XIAOAI_FAILED if reply is not None and reply.failed else Reason.XIAOAI_ANSWERED


def _contains(words: str, phrases: tuple[str, ...]) -> bool:
    return any((phrase := normal(own)) and phrase in words for own in phrases)
