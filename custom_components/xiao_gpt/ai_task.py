"""Assistants as AI tasks: data and pictures for automations.

Each assistant has one beside its conversation agent: the same model of the same service. Its persona is not used,
since data has none.
"""

from dataclasses import replace
from functools import partial
from typing import Any, override

import aiohttp
from homeassistant.components import ai_task, conversation
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import llm
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
import probatio as vol

from .assistant import AssistantEntity
from .const import CONF_IMAGE_MODEL, DOMAIN, LOGGER, SUBENTRY_ASSISTANT
from .coordinator import XiaoGptConfigEntry
from .gpt import GptError, Key, Reason
from .gpt.images import generate_image
from .gpt.prices import price_of
from .gpt.structure import NoDataError, Schema, instruction, parse, response_format

PARALLEL_UPDATES = 0

MAX_PICTURE = 32 * 1024 * 1024
"""Bytes of a picture that a service gives the address of."""
_FETCH = aiohttp.ClientTimeout(total=60)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an AI task for each of the entry's assistants."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_ASSISTANT):
        async_add_entities([AssistantTask(entry, subentry)], config_subentry_id=subentry.subentry_id)


class AssistantTask(AssistantEntity, ai_task.AITaskEntity):
    """Gives data, with or without a structure, and pictures where an image model is set."""

    _attr_translation_key = "ai_task"

    def __init__(self, entry: XiaoGptConfigEntry, subentry: ConfigSubentry) -> None:
        """Take the subentry that describes the assistant."""
        super().__init__(entry, subentry)
        self._takes_schemas = True
        self._attr_supported_features = (
            ai_task.AITaskEntityFeature.GENERATE_DATA | ai_task.AITaskEntityFeature.SUPPORT_ATTACHMENTS
        )
        if subentry.data.get(CONF_IMAGE_MODEL):
            self._attr_supported_features |= ai_task.AITaskEntityFeature.GENERATE_IMAGE

    @override
    async def _async_generate_data(
        self, task: ai_task.GenDataTask, chat_log: conversation.ChatLog
    ) -> ai_task.GenDataTaskResult:
        """Let the model answer, with data if a structure is given."""
        try:
            if task.structure is None:
                await self._async_reply(chat_log)
                data: Any = _text(chat_log)
            else:
                data = await self._structured(task.name, task.structure, chat_log)
        except GptError as err:
            raise self._failed(err) from err
        return ai_task.GenDataTaskResult(conversation_id=chat_log.conversation_id, data=data)

    async def _structured(self, name: str, structure: vol.Schema, chat_log: conversation.ChatLog) -> Any:
        """Return data of a structure; a reply that is not such may be mended once.

        Raises:
            GptError: the service failed.
            HomeAssistantError: the reply was not data of this structure.
        """
        serializer = chat_log.llm_api.custom_serializer if chat_log.llm_api else llm.selector_serializer
        schema = vol.to_openapi(structure, custom_serializer=serializer, openapi_version="3.1.0")
        form = await self._ask(name, schema, chat_log)
        try:
            return _checked(_text(chat_log), schema, structure)
        except NoDataError as err:
            LOGGER.debug("%s answered with something else than data: %s", self.subentry.title, err)
            chat_log.async_add_user_content(
                conversation.UserContent(f"{err} Answer again, with the corrected JSON and nothing else.")
            )
        await self._async_reply(chat_log, form)
        try:
            return _checked(_text(chat_log), schema, structure)
        except NoDataError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="no_data",
                translation_placeholders={"name": self.subentry.title, "error": str(err)},
            ) from err

    async def _ask(self, name: str, schema: Schema, chat_log: conversation.ChatLog) -> dict[str, Any] | None:
        """Ask by the parameter for it, or in words where the service does not take that; return the parameter."""
        if self._takes_schemas:
            form = response_format(name, schema)
            try:
                await self._async_reply(chat_log, form)
            except GptError as err:
                refused = err.reason in (Reason.REFUSED, Reason.PARAMETER_REFUSED)
                if not refused or isinstance(chat_log.content[-1], conversation.ToolResultContent):
                    raise
                LOGGER.debug("%s takes no schema, it seems: %s", self.subentry.title, err)
            else:
                return form
        system = chat_log.content[0]
        if isinstance(system, conversation.SystemContent):
            chat_log.content[0] = replace(system, content=f"{system.content}\n{instruction(schema)}")
        await self._async_reply(chat_log)
        self._takes_schemas = False  # else it was refused for another reason, and has been so again
        return None

    @override
    async def _async_generate_image(
        self, task: ai_task.GenImageTask, chat_log: conversation.ChatLog
    ) -> ai_task.GenImageTaskResult:
        """Let the image model make a picture."""
        if task.attachments:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_picture_of_pictures")
        model = self.subentry.data[CONF_IMAGE_MODEL]
        data, used = self.entry.runtime_data, list[Key]()
        if data.allowance.spent:
            raise self._failed(GptError(Reason.BUDGET))
        try:
            picture = await data.service.call(
                partial(generate_image, model=model, prompt=task.instructions, fetch=self._async_fetch), used.append
            )
        except GptError as err:
            raise self._failed(err) from err
        # The price of a token that a person has typed is that of words.
        data.ledger.count(picture.usage, price_of(model), assistant=self.subentry.subentry_id, key=used[-1].id)
        width, height = picture.size or (None, None)
        return ai_task.GenImageTaskResult(
            image_data=picture.data,
            conversation_id=chat_log.conversation_id,
            mime_type=picture.mime_type,
            width=width,
            height=height,
            model=model,
            revised_prompt=picture.revised_prompt,
        )

    async def _async_fetch(self, url: str) -> bytes:
        """Return what is at an address that the service gave.

        Raises:
            GptError: it could not be read.
        """
        data = bytearray()
        try:
            async with async_get_clientsession(self.hass).get(url, timeout=_FETCH, raise_for_status=True) as response:
                async for chunk in response.content.iter_any():
                    data += chunk
                    if len(data) > MAX_PICTURE:
                        raise GptError(Reason.SERVICE, "the picture is too large")
        except TimeoutError:
            raise GptError(Reason.TIMEOUT) from None
        except aiohttp.ClientError as err:  # such addresses are signed: they are nobody's business
            raise GptError(Reason.SERVICE, f"the picture could not be fetched ({type(err).__name__})") from None
        return bytes(data)

    def _failed(self, error: GptError) -> HomeAssistantError:
        LOGGER.warning("%s could not do a task: %s", self.subentry.title, error)
        return HomeAssistantError(translation_domain=DOMAIN, translation_key=error.reason)


def _text(chat_log: conversation.ChatLog) -> str:
    """Return what the model said last."""
    last = chat_log.content[-1]
    text = last.content if isinstance(last, conversation.AssistantContent) else None
    if not text:
        raise GptError(Reason.EMPTY)
    return text


def _checked(text: str, schema: Schema, structure: vol.Schema) -> Any:
    """Return the data in a reply.

    Raises:
        NoDataError: it is not of the structure.
    """
    data = parse(text, schema)
    try:
        structure(data)
    except vol.Invalid as err:
        raise NoDataError(f"That does not fit: {err}") from err
    return data
