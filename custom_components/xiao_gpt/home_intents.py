"""What Home Assistant itself understands of an utterance: done at once, or after a question where it is dangerous."""

from collections.abc import Callable
from dataclasses import replace

from hassil.recognize import RecognizeResult
from homeassistant.components import conversation
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import TemplateError
from homeassistant.helpers import intent

from .confirmation import Pending, async_confirmations, async_confirms
from .const import LOGGER
from .effects import Effect, effect_of_intent
from .phrases import Phrase


async def async_handle_home(
    hass: HomeAssistant, user_input: conversation.ConversationInput, chat_log: conversation.ChatLog, *, intents: bool
) -> str | None:
    """Let the home's own sentences and intents act; return what there is to say, or None if they do not understand.

    Args:
        hass: Home Assistant.
        user_input: the utterance.
        chat_log: the conversation that it belongs to.
        intents: whether Home Assistant's intents may act, besides the sentences of a person's automations.
    """
    confirmations = async_confirmations(hass)
    if (pending := confirmations.waiting(chat_log.conversation_id)) is not None:
        agreed = pending.agrees(user_input.text)
        if agreed is not None and pending.calls:
            return None  # the assistant has asked, and does it
        confirmations.take(chat_log.conversation_id)
        if agreed is False:
            return Phrase.NOT_DONE
        if agreed:
            said = await _intents(hass, replace(user_input, text=pending.utterance), chat_log, confirms=False)
            return Phrase.FAILED_TO_DO if said is None else said or Phrase.DONE
    said = await conversation.async_handle_sentence_triggers(hass, user_input, chat_log)
    if said is not None or not intents:
        return said
    return await _intents(hass, user_input, chat_log, confirms=async_confirms(hass, user_input.agent_id))


def effect_in(hass: HomeAssistant, result: RecognizeResult) -> Effect | None:
    """Return what a person has to confirm before what was understood is done; None: nothing."""
    return effect_of_intent(hass, result.intent.name, {entity.name: entity.value for entity in result.entities_list})


async def async_act(
    hass: HomeAssistant,
    user_input: conversation.ConversationInput,
    chat_log: conversation.ChatLog,
    intent_filter: Callable[[RecognizeResult], bool],
) -> intent.IntentResponse | None:
    """Let Home Assistant's intents act (strict match, exposed entities); return its response, None if none matches.

    Args:
        hass: Home Assistant.
        user_input: the utterance.
        chat_log: the conversation that it belongs to.
        intent_filter: returns whether what was understood must not be done.
    """
    try:
        return await conversation.async_handle_intents(hass, user_input, chat_log, intent_filter=intent_filter)
    except TemplateError as err:
        # It is done; what is said about it is a template, and 2026.11's of "亮度调到百分之四十" cannot read the number.
        LOGGER.debug("Home Assistant did it, but could not say so: %s", err)
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_speech(Phrase.DONE)
        return response


async def _intents(
    hass: HomeAssistant, user_input: conversation.ConversationInput, chat_log: conversation.ChatLog, *, confirms: bool
) -> str | None:
    effect: Effect | None = None

    def is_dangerous(result: RecognizeResult) -> bool:
        nonlocal effect
        effect = effect_in(hass, result) if confirms else None
        return effect is not None

    response = await async_act(hass, user_input, chat_log, is_dangerous)
    if effect is not None:
        pending = Pending([effect], utterance=user_input.text)
        async_confirmations(hass).ask(chat_log.conversation_id, pending)
        return pending.question
    return None if response is None else str(response.speech.get("plain", {}).get("speech") or "")
