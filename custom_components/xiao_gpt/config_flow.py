"""Setting up in the UI: the Xiaomi account, then the LLM service, then the model; and changing them later."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
    SubentryFlowResult,
)
from homeassistant.const import (
    CONF_API_KEY,
    CONF_LLM_HASS_API,
    CONF_MODEL,
    CONF_NAME,
    CONF_PROMPT,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import llm
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TemplateSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol
from yarl import URL

from .connections import async_create_client
from .const import CONF_BASE_URL, CONF_IMAGE_MODEL, CONF_XIAOMI, DOMAIN, SUBENTRY_ASSISTANT
from .gpt import DEFAULT_BASE_URL, AsyncOpenAI, GptError, list_models, preferred, probe
from .gpt.images import is_image_model, preferred_image_model
from .llm import API_ID
from .login_flow import LOGIN_STEPS, LoginFlow
from .options_flow import XiaoGptOptionsFlow
from .prompts import default_assistant_name, default_prompt
from .xiaomi import Credentials

_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
_ADDRESS = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))

SERVICE_SCHEMA = vol.Schema(
    {
        vol.Optional(CONF_API_KEY): _SECRET,
        vol.Required(CONF_BASE_URL, default=DEFAULT_BASE_URL): _ADDRESS,
    }
)


class XiaoGptConfigFlow(LoginFlow, domain=DOMAIN):
    """The flow of an entry: one Xiaomi account and its LLM service."""

    VERSION = 1

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
            known = self._get_reconfigure_entry().data if self.source == SOURCE_RECONFIGURE else {}
            return self._show_service(known)
        service = {
            CONF_API_KEY: user_input.get(CONF_API_KEY, "").strip(),
            CONF_BASE_URL: user_input[CONF_BASE_URL].strip().rstrip("/"),
        }
        if not _is_address(service[CONF_BASE_URL]):
            return self._show_service(user_input, {CONF_BASE_URL: "invalid_address"})
        try:
            self._models = await list_models(await _async_client(self.hass, service))
        except GptError as err:
            return self._show_service(user_input, {_field_of(err): err.reason}, err.detail)
        self._data.update(service)
        if self.source == SOURCE_RECONFIGURE:
            return self._update(self._get_reconfigure_entry(), self._data, "service_changed")
        return await self.async_step_model()

    def _show_service(
        self, values: Mapping[str, Any], errors: dict[str, str] | None = None, detail: str = ""
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id="service",
            data_schema=self.add_suggested_values_to_schema(SERVICE_SCHEMA, values),
            errors=errors or {},
            description_placeholders={"detail": detail},
        )

    async def async_step_model(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose a model, and hear a first word from it."""
        errors: dict[str, str] = {}
        detail = ""
        if user_input is not None:
            self._model = user_input[CONF_MODEL]
            try:
                await probe(await _async_client(self.hass, self._data), self._model)
            except GptError as err:
                detail = err.detail
                if (field := _field_of(err)) in (CONF_API_KEY, CONF_BASE_URL):
                    # Only the step before can mend this: a key may list models and have no quota to use them.
                    return self._show_service(self._data, {field: err.reason}, detail)
                errors[field] = err.reason
            else:
                return self._create(self._model)
        schema = vol.Schema({vol.Required(CONF_MODEL): _model_selector(self._models)})
        return self.async_show_form(
            step_id="model",
            data_schema=self.add_suggested_values_to_schema(
                schema, {CONF_MODEL: self._model or preferred(self._models)}
            ),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Log in again because Xiaomi no longer takes the stored login."""
        return await self.async_step_reauth_confirm()

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
                        **_image_model(self._models),
                    },
                    "unique_id": None,
                }
            ],
        )


class AssistantFlow(ConfigSubentryFlow):
    """Adding and changing an assistant."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._models: list[str] = []

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add an assistant."""
        language = self.hass.config.language
        return await self._step(
            "user",
            user_input,
            {
                CONF_NAME: default_assistant_name(language),
                CONF_PROMPT: default_prompt(language),
                CONF_LLM_HASS_API: [llm.LLM_API_ASSIST, API_ID],
            },
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change an assistant."""
        subentry = self._get_reconfigure_subentry()
        return await self._step("reconfigure", user_input, {CONF_NAME: subentry.title, **subentry.data})

    async def _step(
        self, step_id: str, user_input: dict[str, Any] | None, known: Mapping[str, Any]
    ) -> SubentryFlowResult:
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="entry_not_loaded")
        errors: dict[str, str] = {}
        placeholders = {"detail": ""}
        try:
            if user_input is not None:
                await probe(entry.runtime_data.client, user_input[CONF_MODEL])
                return self._done(dict(user_input))
            self._models = await list_models(entry.runtime_data.client)
        except GptError as err:
            errors[field if (field := _field_of(err)) == CONF_MODEL else "base"] = err.reason
            placeholders["detail"] = err.detail
        suggested = {CONF_MODEL: preferred(self._models), **known}
        if step_id == "user":
            suggested |= _image_model(self._models)
        apis = [SelectOptionDict(label=api.name, value=api.id) for api in llm.async_get_apis(self.hass)]
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): str,
                vol.Required(CONF_MODEL): _model_selector(self._models),
                vol.Optional(CONF_PROMPT): TemplateSelector(),
                vol.Optional(CONF_IMAGE_MODEL): _model_selector(list(filter(is_image_model, self._models))),
                vol.Optional(CONF_LLM_HASS_API): SelectSelector(SelectSelectorConfig(options=apis, multiple=True)),
            }
        )
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or suggested),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _done(self, data: dict[str, Any]) -> SubentryFlowResult:
        title = data.pop(CONF_NAME)
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                title=title,
                data=data,
                reason="assistant_changed",
            )
        return self.async_create_entry(title=title, data=data)


async def _async_client(hass: HomeAssistant, service: Mapping[str, Any]) -> AsyncOpenAI:
    return await async_create_client(hass, service[CONF_API_KEY], service[CONF_BASE_URL])


def _is_address(text: str) -> bool:
    try:
        url = URL(text)
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.host)


def _field_of(error: GptError) -> str:
    """Return the field that the error is shown at."""
    match error.reason:
        case "llm_invalid_key" | "llm_quota":
            return CONF_API_KEY
        case "llm_cannot_connect" | "llm_timeout" | "llm_not_found":
            return CONF_BASE_URL
        case "llm_no_such_model":
            return CONF_MODEL
    return "base"


def _image_model(models: list[str]) -> dict[str, str]:
    """Return the setting of the model that makes pictures, where the service has one."""
    model = preferred_image_model(models)
    return {CONF_IMAGE_MODEL: model} if model else {}


def _model_selector(models: list[str]) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(options=models, custom_value=True, mode=SelectSelectorMode.DROPDOWN, sort=True)
    )
