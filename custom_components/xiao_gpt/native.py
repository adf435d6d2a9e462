"""What is XiaoAI's, asked for elsewhere in Home Assistant: a speaker is told without a word, its answer comes back."""

from collections import OrderedDict
from contextvars import ContextVar
from dataclasses import replace
import re
import time

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, intent
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN, LOGGER
from .coordinator import XiaoGptConfigEntry
from .dialogue import Dialogue
from .handover import EDITED_S, RECORD_S
from .home_intents import async_act, effect_in
from .interruption import current_interruption
from .routing import Decision, Previous, Reason, Reply, Route, normal
from .settings import AUTOMATIC, NOBODY
from .xiaomi import XiaomiError

_CHINESE = re.compile("[一-鿿]")
"""XiaoAI understands nothing else."""
_ALOUD = frozenset({"media"})
"""What is to be heard anyway need not be begun in silence, which not every model can."""
_GRAVE = re.compile("[开解上落反]锁|门锁|锁上|锁门|开门|关门|大门|车库|报警|警报|布防|撤防|燃气|煤气|安防|保险[箱柜]")
"""What is not done by a word that nobody has heard: the assistant can ask whether it is meant."""
_MOST_CONVERSATIONS = 50
_under_way: ContextVar[frozenset[str]] = ContextVar("xiao_gpt_native", default=frozenset())
"""What is being done: an automation or a script that it sets off may ask for the same again, and again."""


class NativeControl:
    """Does by Home Assistant's own intents and XiaoAI what an assistant is asked for and need not think about."""

    def __init__(self, entry: XiaoGptConfigEntry) -> None:
        """Take whose speakers may be told."""
        self._entry = entry
        self._before: OrderedDict[str, Previous] = OrderedDict()
        self._since: dict[str, float] = {}

    async def answer(
        self,
        hass: HomeAssistant,
        user_input: conversation.ConversationInput,
        chat_log: conversation.ChatLog,
        agent_id: str,
    ) -> conversation.ConversationResult | None:
        """Do it, and return what came of it; None if it is the assistant's, or nobody else could do it.

        Args:
            hass: Home Assistant.
            user_input: what was asked for. What was said at a speaker has been decided about there.
            chat_log: the conversation, which keeps the answer.
            agent_id: the assistant that was asked.
        """
        words = normal(user_input.text)
        if self._entry.runtime_data.options.native_speaker == NOBODY or _is_from_speaker(hass, user_input):
            return None
        if words in _under_way.get() or _CHINESE.search(words) is None or _GRAVE.search(words) is not None:
            return None
        decision = self._decide(user_input.text, chat_log)
        done: conversation.ConversationResult | None = None
        ours = True
        if decision.route in (Route.NATIVE, Route.HOME) and decision.reason is not Reason.SAYS_NOTHING:
            token = _under_way.set(_under_way.get() | {words})
            try:
                done = await _by_home(hass, user_input, chat_log)
                if done is None:
                    done = await self._by_xiaoai(hass, user_input, chat_log, decision, agent_id)
                    ours = done is None
            finally:
                _under_way.reset(token)
        self._remember(chat_log.conversation_id, Previous(decision.llm, 0.0, ours=ours))
        return done

    def _decide(self, text: str, chat_log: conversation.ChatLog) -> Decision:
        data = self._entry.runtime_data
        previous = self._before.get(chat_log.conversation_id)
        if previous is not None:
            seconds = time.monotonic() - self._since[chat_log.conversation_id]
            previous = replace(previous, seconds=seconds, asked=_asked(chat_log))
        return data.router.decide(text, replace(data.options.context(data.names.all), previous=previous))

    def _remember(self, conversation_id: str, previous: Previous) -> None:
        self._before[conversation_id] = previous
        self._before.move_to_end(conversation_id)
        self._since[conversation_id] = time.monotonic()
        while len(self._before) > _MOST_CONVERSATIONS:
            oldest, _ = self._before.popitem(last=False)
            del self._since[oldest]

    async def _by_xiaoai(
        self,
        hass: HomeAssistant,
        user_input: conversation.ConversationInput,
        chat_log: conversation.ChatLog,
        decision: Decision,
        agent_id: str,
    ) -> conversation.ConversationResult | None:
        """Tell a speaker; None if there is none, or XiaoAI cannot do it."""
        if (dialogue := self._speaker(hass, user_input)) is None:
            return None
        name = dialogue.speaker.info.name
        dialogue.pay_attention(RECORD_S + EDITED_S)  # so that the record is seen soon
        try:
            record = await dialogue.handover.ask(user_input.text, silent=decision.intent not in _ALOUD)
        except XiaomiError as err:
            LOGGER.debug("%s could not be told: %s", name, err)
            if not err.uncertain:
                return None
            words = await _sentence(hass, user_input.language, translation_key="native_unsure", name=name)
            return _result(user_input, chat_log, words, agent_id)
        if record is None:
            words = await _sentence(hass, user_input.language, translation_key="native_silent", name=name)
        elif not record.plays_audio and Reply(record.answer).failed:
            LOGGER.debug("XiaoAI at %s cannot do it; the assistant is asked", name)
            return None
        else:
            words = record.answer or await _sentence(hass, user_input.language, translation_key="native_done")
        return _result(user_input, chat_log, words, agent_id)

    def _speaker(self, hass: HomeAssistant, user_input: conversation.ConversationInput) -> Dialogue | None:
        """Return the speaker that is told: the area's, or the chosen one, or the first that can do it best."""
        data = self._entry.runtime_data
        # In the order of Xiaomi's list: the dialogues began in any.
        there = [did for did in data.coordinator.data if data.coordinator.is_available(did)]
        dialogues = {did: data.dialogues[did] for did in there if did in data.dialogues}
        able = [one for one in dialogues.values() if one.speaker.model.execute is not None]
        area = _area(hass, user_input)
        devices = dr.async_get(hass)
        for one in able:
            device = devices.async_get(one.device_id)
            if area is not None and device is not None and device.area_id == area:
                return one
        chosen = data.options.native_speaker
        if chosen != AUTOMATIC and chosen in dialogues:
            return dialogues[chosen]
        # Nobody is disturbed where another one can do it without a word.
        return min(able, key=lambda one: (one.answering, not one.speaker.model.silent_execute_works), default=None)


def _is_from_speaker(hass: HomeAssistant, user_input: conversation.ConversationInput) -> bool:
    """Return whether it was said at one of our speakers, of whatever account."""
    if current_interruption.get() is not None:
        return True
    return user_input.device_id is not None and any(
        dialogue.device_id == user_input.device_id
        for entry in hass.config_entries.async_entries(DOMAIN)
        if entry.state is ConfigEntryState.LOADED
        for dialogue in entry.runtime_data.dialogues.values()
    )


def _area(hass: HomeAssistant, user_input: conversation.ConversationInput) -> str | None:
    """Return the area where it was asked for, if that is known."""
    devices, device_id = dr.async_get(hass), user_input.device_id
    if user_input.satellite_id is not None:
        satellite = er.async_get(hass).async_get(user_input.satellite_id)
        if satellite is not None:
            if satellite.area_id is not None:
                return satellite.area_id
            device_id = device_id or satellite.device_id
    device = devices.async_get(device_id) if device_id is not None else None
    return None if device is None else device.area_id


def _asked(chat_log: conversation.ChatLog) -> bool:
    """Return whether the last answer ended with a question."""
    answers = (said for said in reversed(chat_log.content) if isinstance(said, conversation.AssistantContent))
    last = next(answers, None)
    return last is not None and (last.content or "").rstrip().endswith(("?", "？"))


async def _by_home(
    hass: HomeAssistant, user_input: conversation.ConversationInput, chat_log: conversation.ChatLog
) -> conversation.ConversationResult | None:
    """Let Home Assistant's own intents act (strict match, exposed entities).

    No sentence triggers: an automation that one has set off may be who asks.
    """
    before = len(chat_log.content)
    # What is dangerous is the assistant's, which can ask whether it is meant.
    response = await async_act(hass, user_input, chat_log, lambda result: effect_in(hass, result) is not None)
    if response is None:
        del chat_log.content[before:]  # 2026.10 leaves the call of a match without a target
        return None
    words = str(response.speech.get("plain", {}).get("speech") or "")
    chat_log.async_add_assistant_content_without_tools(
        conversation.AssistantContent(agent_id=conversation.HOME_ASSISTANT_AGENT, content=words)
    )
    return conversation.ConversationResult(response, chat_log.conversation_id)


def _result(
    user_input: conversation.ConversationInput, chat_log: conversation.ChatLog, words: str, agent_id: str
) -> conversation.ConversationResult:
    chat_log.async_add_assistant_content_without_tools(conversation.AssistantContent(agent_id=agent_id, content=words))
    response = intent.IntentResponse(language=user_input.language)
    response.async_set_speech(words)
    return conversation.ConversationResult(response, chat_log.conversation_id)


async def _sentence(hass: HomeAssistant, language: str, *, translation_key: str, **placeholders: str) -> str:
    """Return a sentence in the language of the question."""
    # A pipeline may say zh-CN; translations are found by their exact names only.
    language = "zh-Hans" if language.startswith("zh") else language
    translations = await async_get_translations(hass, language, "exceptions", {DOMAIN})
    return translations[f"component.{DOMAIN}.exceptions.{translation_key}.message"].format(**placeholders)
