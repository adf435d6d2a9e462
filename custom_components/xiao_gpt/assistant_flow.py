"""Adding and changing an assistant: one form, of which most is needed seldom and folded away."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_LLM_HASS_API, CONF_MODEL, CONF_NAME, CONF_PROMPT
from homeassistant.data_entry_flow import section
from homeassistant.exceptions import TemplateError
from homeassistant.helpers import llm
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TemplateSelector,
    TextSelector,
    TextSelectorConfig,
)
from homeassistant.helpers.template import Template
import probatio as vol

from .assistant_settings import (
    CONF_CACHED,
    CONF_CONFIRM_EFFECTS,
    CONF_CURRENCY,
    CONF_EFFORT,
    CONF_EXTRAS,
    CONF_FREQUENCY,
    CONF_HISTORY_TOKENS,
    CONF_INPUT,
    CONF_MAX_TOKENS,
    CONF_OUTPUT,
    CONF_PAST_TURNS,
    CONF_PRESENCE,
    CONF_STOP,
    CONF_TEMPERATURE,
    CONF_TOP_P,
    CONF_WEB_SEARCH,
    SECTION_VENDOR,
    SECTION_WEB_SEARCH,
    SECTIONS,
    ExtrasError,
    parameters_of,
    section_of,
)
from .const import CONF_BASE_URL, CONF_IMAGE_MODEL
from .flow_fields import image_model, model_selector
from .gpt import (
    GptError,
    Parameters,
    Reason,
    Vendor,
    is_search_model,
    offers_web_search,
    preferred,
    vendor_of,
)
from .gpt.images import is_image_model
from .llm import API_ID
from .prompts import default_assistant_name, default_prompt
from .service_form import field_of

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


class _TypedTemplate(TemplateSelector):
    """A template as it was typed: the flow says what is wrong with it, in the person's language."""

    def __call__(self, data: Any) -> str:
        return str(data)


def _number(least: float, most: float, step: float) -> NumberSelector:
    return NumberSelector(NumberSelectorConfig(min=least, max=most, step=step, mode=NumberSelectorMode.BOX))


_FIELDS: dict[str, Any] = {
    CONF_TEMPERATURE: _number(0, 2, 0.05),
    CONF_TOP_P: _number(0, 1, 0.01),
    CONF_PRESENCE: _number(-2, 2, 0.1),
    CONF_FREQUENCY: _number(-2, 2, 0.1),
    CONF_MAX_TOKENS: _number(1, 200_000, 1),
    CONF_STOP: TextSelector(TextSelectorConfig(multiple=True)),
    CONF_EFFORT: SelectSelector(
        SelectSelectorConfig(
            options=list(EFFORTS), custom_value=True, mode=SelectSelectorMode.DROPDOWN, translation_key=CONF_EFFORT
        )
    ),
    CONF_PAST_TURNS: _number(0, 1000, 1),
    CONF_HISTORY_TOKENS: _number(0, 1_000_000, 100),
    **dict.fromkeys((CONF_INPUT, CONF_CACHED, CONF_OUTPUT), _number(0, 10_000, 0.001)),
    CONF_CURRENCY: SelectSelector(
        SelectSelectorConfig(options=["CNY", "USD"], custom_value=True, mode=SelectSelectorMode.DROPDOWN)
    ),
    CONF_WEB_SEARCH: BooleanSelector(),
    CONF_EXTRAS: TextSelector(TextSelectorConfig(multiline=True)),
}


class AssistantFlow(ConfigSubentryFlow):
    """Adding and changing an assistant."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._models: list[str] = []
        self._errors: dict[str, str] = {}
        self._placeholders: dict[str, str] = {}

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
        self._errors, self._placeholders = {}, {"detail": "", "parameter": ""}
        service = entry.runtime_data.service
        if user_input is None:
            try:
                self._models = await service.list_models()
            except GptError as err:
                self._tell(err)
            values = {CONF_MODEL: preferred(self._models), CONF_CONFIRM_EFFECTS: True, **known}
            if step_id == "user":
                values |= image_model(self._models)
        else:
            values = _cleaned(user_input)
            parameters = self._check(values)
            if parameters is not None:
                try:
                    await service.probe(values[CONF_MODEL], parameters=parameters)
                except GptError as err:
                    self._tell(err, parameters)
                else:
                    return self._done(values)
            values = user_input
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(self._schema(), values),
            errors=self._errors,
            description_placeholders=self._placeholders,
        )

    def _check(self, values: Mapping[str, Any]) -> Parameters | None:
        """Return the parameters, or None if what was typed cannot even be tried."""
        try:
            Template(values.get(CONF_PROMPT, ""), self.hass).ensure_valid()
        except TemplateError as err:
            self._errors[CONF_PROMPT] = "invalid_template"
            self._placeholders["detail"] = str(err)
        try:
            parameters = parameters_of(values)
        except ExtrasError as err:
            self._errors[SECTION_VENDOR] = err.key
            self._placeholders["detail"] = err.detail
            return None
        if parameters.web_search and self._vendor is Vendor.OPENAI and not is_search_model(values[CONF_MODEL]):
            self._errors[SECTION_WEB_SEARCH] = "not_a_search_model"
        return None if self._errors else parameters

    def _tell(self, error: GptError, parameters: Parameters | None = None) -> None:
        """Show an error of the service where it can be mended."""
        field = field if (field := field_of(error)) == CONF_MODEL else "base"
        if error.reason is Reason.PARAMETER_REFUSED and error.parameter and parameters:
            # The frontend shows no errors within a section: it is told at the section, which is opened.
            field = section_of(parameters.field_of(error.parameter)) or "base"
        self._errors[field] = error.reason
        self._placeholders |= {"detail": error.detail, "parameter": error.parameter or ""}

    @property
    def _vendor(self) -> Vendor:
        return vendor_of(self._get_entry().data[CONF_BASE_URL])

    def _schema(self) -> vol.Schema:
        apis = [SelectOptionDict(label=api.name, value=api.id) for api in llm.async_get_apis(self.hass)]
        fields: dict[Any, Any] = {
            vol.Required(CONF_NAME): str,
            vol.Required(CONF_MODEL): model_selector(self._models),
            vol.Optional(CONF_PROMPT): _TypedTemplate(),
            vol.Optional(CONF_IMAGE_MODEL): model_selector(list(filter(is_image_model, self._models))),
            vol.Optional(CONF_LLM_HASS_API): SelectSelector(SelectSelectorConfig(options=apis, multiple=True)),
            vol.Optional(CONF_CONFIRM_EFFECTS): BooleanSelector(),
        }
        for name, within in SECTIONS.items():
            if name == SECTION_WEB_SEARCH and not offers_web_search(self._vendor):
                continue
            fields[vol.Optional(name)] = section(
                vol.Schema({vol.Optional(field): _FIELDS[field] for field in within}),
                {"collapsed": name not in self._errors},
            )
        return vol.Schema(fields)

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


def _cleaned(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input without what was left empty: nothing is set that nobody set."""
    cleaned = dict(user_input)
    for name in SECTIONS:
        cleaned.pop(name, None)
        within = {field: _clean(field, value) for field, value in user_input.get(name, {}).items()}
        # Nought is a value.
        within = {field: value for field, value in within.items() if value or type(value) in (int, float)}
        if within:
            cleaned[name] = within
    return cleaned


def _clean(field: str, value: Any) -> Any:
    if field == CONF_STOP:
        # Spaces may be meant: a sequence is taken as it was typed.
        return list(dict.fromkeys(filter(None, value)))
    if field in (CONF_MAX_TOKENS, CONF_PAST_TURNS, CONF_HISTORY_TOKENS) and value is not None:
        return int(value)
    return value.strip() if isinstance(value, str) else value
