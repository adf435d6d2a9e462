"""Setting up in the UI: the Xiaomi account, then the LLM service, then the model; and changing them later."""

from collections.abc import Mapping
from typing import Any, cast, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import (
    CONF_LLM_HASS_API,
    CONF_MODEL,
    CONF_PROMPT,
)
from homeassistant.core import callback
from homeassistant.helpers import llm
import probatio as vol

from .assistant_flow import AssistantFlow
from .const import CONF_API_KEYS, CONF_BASE_URL, CONF_XIAOMI, DOMAIN, SUBENTRY_ASSISTANT
from .flow_fields import image_model, model_selector
from .gpt import preferred
from .keys_issue import ReauthContext
from .llm import API_ID
from .login_flow import LOGIN_STEPS, LoginFlow
from .migration import MINOR_VERSION, VERSION
from .options_flow import XiaoGptOptionsFlow
from .prompts import default_assistant_name, default_prompt
from .service_form import (
    KEYS_SCHEMA,
    SERVICE_SCHEMA,
    InvalidServiceError,
    as_data,
    as_typed,
    async_check,
    keys_in,
)
from .xiaomi import Credentials


class XiaoGptConfigFlow(LoginFlow, domain=DOMAIN):
    """The flow of an entry: one Xiaomi account and its LLM service."""

    VERSION = VERSION
    MINOR_VERSION = MINOR_VERSION

    def __init__(self) -> None:
        """Begin with nothing known."""
        super().__init__()
        self._data: dict[str, Any] = {}
        self._title = ""
        self._models: list[str] = []
        self._model: str | None = None

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Assistants are subentries."""
        return {SUBENTRY_ASSISTANT: AssistantFlow}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the form of what can be set for all speakers."""
        return XiaoGptOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose how to log in to the Xiaomi account."""
        return self.async_show_menu(step_id="user", menu_options=LOGIN_STEPS)

    @override
    async def async_logged_in(self, credentials: Credentials, title: str) -> ConfigFlowResult:
        """Go on to the LLM service, or give an entry its new login."""
        # A dialog that was closed half way is still in progress, and must not stand in the way of the next.
        await self.async_set_unique_id(credentials.user_id, raise_on_progress=False)
        if entry := self.known_entry:
            self._abort_if_unique_id_mismatch(reason="wrong_account")
            return self._update(entry, {CONF_XIAOMI: credentials.as_dict()}, "login_renewed")
        self._abort_if_unique_id_configured()
        self._data[CONF_XIAOMI] = credentials.as_dict()
        self._title = title
        return await self.async_step_service()

    async def async_step_service(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Connect to the LLM service."""
        if user_input is None:
            return self._show_service(as_typed(self._entry_data()))
        try:
            service = as_data(user_input)
            self._models = await self._async_check(service)
        except InvalidServiceError as err:
            return self._show_service(user_input, err)
        self._data.update(service)
        if self.source == SOURCE_RECONFIGURE:
            return self._update(self._get_reconfigure_entry(), self._data, "service_changed")
        return await self.async_step_model()

    def _entry_data(self) -> Mapping[str, Any]:
        return self._get_reconfigure_entry().data if self.source == SOURCE_RECONFIGURE else {}

    async def _async_check(self, service: Mapping[str, Any]) -> list[str]:
        """Try a service with the first assistant's model, if there is one already, and return its models."""
        entry = self.known_entry
        assistants = entry.get_subentries_of_type(SUBENTRY_ASSISTANT) if entry else []
        model = next((subentry.data[CONF_MODEL] for subentry in assistants), None)
        try:
            return await async_check(self.hass, service, model)
        except InvalidServiceError as err:
            if err.field != CONF_MODEL:
                raise
            return []  # another service has other models: the assistants' forms are for that

    def _show_service(self, values: Mapping[str, Any], error: InvalidServiceError | None = None) -> ConfigFlowResult:
        return self.async_show_form(
            step_id="service",
            data_schema=self.add_suggested_values_to_schema(SERVICE_SCHEMA, values),
            errors={error.field: error.reason} if error else {},
            description_placeholders=error.placeholders if error else {"detail": "", "key": ""},
        )

    async def async_step_model(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose a model, and hear a first word from it."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            self._model = user_input[CONF_MODEL]
            try:
                await async_check(self.hass, self._data, self._model)
            except InvalidServiceError as err:
                detail = err.detail
                if err.field in (CONF_API_KEYS, CONF_BASE_URL):
                    # Only the step before can mend this: a key may list models and have no quota to use them.
                    return self._show_service(as_typed(self._data), err)
                errors[err.field] = err.reason
            else:
                return self._create(self._model)
        schema = vol.Schema({vol.Required(CONF_MODEL): model_selector(self._models)})
        return self.async_show_form(
            step_id="model",
            data_schema=self.add_suggested_values_to_schema(
                schema, {CONF_MODEL: self._model or preferred(self._models)}
            ),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Log in again because Xiaomi no longer takes the stored login, or take new keys of the LLM service."""
        if cast("ReauthContext", self.context).get("for_keys"):
            return await self.async_step_reauth_keys()
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_keys(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take other keys of the same LLM service."""
        entry = self._get_reauth_entry()
        error: InvalidServiceError | None = None
        if user_input is not None:
            keys = {CONF_API_KEYS: keys_in(user_input)}
            try:
                await self._async_check({**entry.data, **keys})
            except InvalidServiceError as err:
                error = err
            else:
                return self._update(entry, keys, "service_changed")
        return self.async_show_form(
            step_id="reauth_keys",
            data_schema=self.add_suggested_values_to_schema(KEYS_SCHEMA, user_input or as_typed(entry.data)),
            errors={error.field if error.field == CONF_API_KEYS else "base": error.reason} if error else {},
            description_placeholders={
                "name": entry.title,
                "address": entry.data[CONF_BASE_URL],
                **(error.placeholders if error else {"detail": "", "key": ""}),
            },
        )

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose how to log in to the same account."""
        return self.async_show_menu(step_id="reauth_confirm", menu_options=LOGIN_STEPS)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose what to change: the LLM service, or the login."""
        return self.async_show_menu(step_id="reconfigure", menu_options=["service", *LOGIN_STEPS])

    def _update(self, entry: ConfigEntry, data: dict[str, Any], reason: str) -> ConfigFlowResult:
        # The reasons are our own: core's words for them exist in English only.
        # A loaded entry listens for changes and reloads itself.
        if entry.update_listeners:
            if all(entry.data.get(name) == value for name, value in data.items()):
                self.hass.config_entries.async_schedule_reload(entry.entry_id)  # the same keys, which work again
            return self.async_update_and_abort(entry, data_updates=data, reason=reason)
        return self.async_update_reload_and_abort(entry, data_updates=data, reason=reason)

    def _create(self, model: str) -> ConfigFlowResult:
        language = self.hass.config.language
        return self.async_create_entry(
            title=self._title,
            data=self._data,
            subentries=[
                {
                    "subentry_type": SUBENTRY_ASSISTANT,
                    "title": default_assistant_name(language),
                    "data": {
                        CONF_MODEL: model,
                        CONF_PROMPT: default_prompt(language),
                        CONF_LLM_HASS_API: [llm.LLM_API_ASSIST, API_ID],
                        **image_model(self._models),
                    },
                    "unique_id": None,
                }
            ],
        )
