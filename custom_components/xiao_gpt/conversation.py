"""Assistants as conversation agents: for the speakers, the Assist dialog and automations alike."""

from functools import partial
from typing import Literal, override

from homeassistant.components import conversation
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_LLM_HASS_API, CONF_PROMPT, MATCH_ALL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_translations

from .assistant import AssistantEntity
from .confirmation import async_is_reply
from .const import DOMAIN, LOGGER, SUBENTRY_ASSISTANT
from .coordinator import XiaoGptConfigEntry
from .gpt import GptError
from .interruption import interruption
from .llm import async_chosen
from .model_issue import async_forget_model
from .native import NativeControl

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the entry's assistants."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_ASSISTANT):
        async_add_entities([Assistant(entry, subentry)], config_subentry_id=subentry.subentry_id)
        entry.async_on_unload(partial(async_forget_model, hass, subentry))


class Assistant(AssistantEntity, conversation.ConversationEntity):
    """A conversation agent with a persona, a model and, if allowed, the home's tools."""

    _attr_name = None
    _attr_supports_streaming = True

    def __init__(self, entry: XiaoGptConfigEntry, subentry: ConfigSubentry) -> None:
        """Take the subentry that describes the assistant."""
        super().__init__(entry, subentry)
        self._native = NativeControl(entry)
        if subentry.data.get(CONF_LLM_HASS_API):
            self._attr_supported_features = conversation.ConversationEntityFeature.CONTROL

    @property
    @override
    def supported_languages(self) -> list[str] | Literal["*"]:
        """All that the model knows."""
        return MATCH_ALL

    @override
    async def _async_handle_message(
        self, user_input: conversation.ConversationInput, chat_log: conversation.ChatLog
    ) -> conversation.ConversationResult:
        """Answer one message."""
        controls = self.subentry.data.get(CONF_LLM_HASS_API)
        # Whether something is to be done is for the assistant, which has asked.
        if controls and not async_is_reply(self.hass, chat_log.conversation_id, user_input.text):
            done = await self._native.answer(self.hass, user_input, chat_log, self.entity_id)
            if done is not None:
                return done
        try:
            await chat_log.async_provide_llm_data(
                user_input.as_llm_context(DOMAIN),
                async_chosen(self.hass, self.subentry.data.get(CONF_LLM_HASS_API)),
                self.subentry.data.get(CONF_PROMPT),
                user_input.extra_system_prompt,
            )
        except conversation.ConverseError as err:
            return err.as_conversation_result()
        try:
            await self._async_reply(chat_log)
        except GptError as err:
            LOGGER.warning("%s could not answer: %s", self.subentry.title, err)
            return await self._failed(err, user_input, chat_log)
        if interruption().is_set() and not isinstance(chat_log.content[-1], conversation.AssistantContent):
            # Interrupted before the first word: there is nothing to say, and nothing has failed.
            return conversation.ConversationResult(
                intent.IntentResponse(language=user_input.language), chat_log.conversation_id
            )
        return conversation.async_get_result_from_chat_log(user_input, chat_log)

    async def _failed(
        self, error: GptError, user_input: conversation.ConversationInput, chat_log: conversation.ChatLog
    ) -> conversation.ConversationResult:
        """Say what went wrong in the language of the question."""
        # A pipeline may say zh-CN; translations are found by their exact names only.
        language = "zh-Hans" if user_input.language.startswith("zh") else user_input.language
        translations = await async_get_translations(self.hass, language, "exceptions", {DOMAIN})
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_error(
            intent.IntentResponseErrorCode.UNKNOWN,
            translations[f"component.{DOMAIN}.exceptions.{error.reason}.message"],
        )
        return conversation.ConversationResult(response, chat_log.conversation_id)
