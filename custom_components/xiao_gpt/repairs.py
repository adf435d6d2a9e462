"""Mending what a repair tells of, right there: logging in, other keys, a larger budget, another model."""

from typing import Any

from homeassistant.components.repairs import FlowType, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_MODEL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
import probatio as vol

from .allowance import as_told, is_spent
from .assistant_settings import parameters_of
from .const import DOMAIN
from .coordinator import XiaoGptConfigEntry
from .flow_fields import model_selector
from .gpt import GptError
from .keys_issue import ReauthContext, is_for_keys
from .options_flow import COST_FIELDS, cleaned
from .settings import CONF_DAILY_MONEY, CONF_DAILY_TOKENS, DEFAULTS, SECTION_COSTS


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that mends what an issue tells of."""
    known = data or {}
    entry = hass.config_entries.async_get_known_entry(str(known["entry_id"]))
    match issue_id.partition("_")[0]:
        case "budget":
            return BudgetRepair(entry)
        case "model":
            return ModelRepair(entry, str(known["subentry_id"]))
        case kind:
            return ReauthRepair(entry, for_keys=kind == "keys")


class ReauthRepair(RepairsFlow):
    """Says what is wrong, and goes on with the form that the integration's page offers as well."""

    def __init__(self, entry: ConfigEntry, *, for_keys: bool) -> None:
        """Take what is asked for again: the API keys, or the login."""
        self._entry = entry
        self._for_keys = for_keys

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin; the manager hands over which issue it is, which is no input."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Explain, and go on. The issue stays until the other form has helped: so this one is aborted."""
        if user_input is None:
            issue = ir.async_get(self.hass).async_get_issue(self.handler, self.issue_id)
            placeholders = issue.translation_placeholders if issue else None
            return self.async_show_form(
                step_id="confirm", data_schema=vol.Schema({}), description_placeholders=placeholders
            )
        return self.async_abort(reason="goes_on", next_flow=(FlowType.CONFIG_FLOW, await self._reauth()))

    async def _reauth(self) -> str:
        """Return the flow that is in progress already, or another."""
        for flow in self._entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
            if is_for_keys(flow) is self._for_keys:
                return flow["flow_id"]
        context = ReauthContext(
            source=SOURCE_REAUTH,
            entry_id=self._entry.entry_id,
            title_placeholders={"name": self._entry.title},
            unique_id=self._entry.unique_id,
            for_keys=self._for_keys,
        )
        flow = await self.hass.config_entries.flow.async_init(DOMAIN, context=context, data=dict(self._entry.data))
        return flow["flow_id"]


class BudgetRepair(RepairsFlow):
    """Takes a larger daily budget."""

    def __init__(self, entry: XiaoGptConfigEntry) -> None:
        """Take whose budget it is."""
        self._entry = entry

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin; the manager hands over which issue it is, which is no input."""
        return await self.async_step_budget()

    async def async_step_budget(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Take a budget of which something is left; it applies at once, as in the options."""
        if self._entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="gone")
        today = self._entry.runtime_data.ledger.today
        options = self._entry.options
        known = {name: DEFAULTS[name] for name in COST_FIELDS} | dict(options.get(SECTION_COSTS, {}))
        errors: dict[str, str] = {}
        if user_input is not None:
            known = {name: cleaned(user_input[name]) for name in COST_FIELDS}
            if is_spent(today, tokens=known[CONF_DAILY_TOKENS], money=known[CONF_DAILY_MONEY]):
                errors["base"] = "still_spent"
            else:
                self.hass.config_entries.async_update_entry(self._entry, options={**options, SECTION_COSTS: known})
                return self.async_create_entry(data={})
        schema = vol.Schema({vol.Required(name): field for name, field in COST_FIELDS.items()})
        return self.async_show_form(
            step_id="budget",
            data_schema=self.add_suggested_values_to_schema(schema, known),
            errors=errors,
            description_placeholders={"name": self._entry.title, **as_told(today)},
        )


class ModelRepair(RepairsFlow):
    """Takes another model for an assistant, and hears a first word from it."""

    def __init__(self, entry: XiaoGptConfigEntry, subentry_id: str) -> None:
        """Take which assistant it is."""
        self._entry = entry
        self._subentry_id = subentry_id
        self._models: list[str] | None = None

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin; the manager hands over which issue it is, which is no input."""
        return await self.async_step_model()

    async def async_step_model(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Choose one."""
        subentry = self._entry.subentries.get(self._subentry_id)
        if subentry is None or self._entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="gone")
        service = self._entry.runtime_data.service
        error: GptError | None = None
        if user_input is not None:
            try:
                await service.probe(user_input[CONF_MODEL], parameters=parameters_of(subentry.data))
            except GptError as err:
                error = err
            else:
                data = {**subentry.data, CONF_MODEL: user_input[CONF_MODEL]}
                self.hass.config_entries.async_update_subentry(self._entry, subentry, data=data)
                return self.async_create_entry(data={})
        if self._models is None:
            try:
                self._models = await service.list_models()
            except GptError:
                self._models = []  # a name can be typed
        schema = vol.Schema({vol.Required(CONF_MODEL): model_selector(self._models)})
        return self.async_show_form(
            step_id="model",
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors={"base": "failed"} if error else {},
            description_placeholders={
                "name": subentry.title,
                "model": subentry.data[CONF_MODEL],
                "why": await self._told(error) if error else "",
            },
        )

    async def _told(self, error: GptError) -> str:
        """Return what went wrong, as the assistant itself says it."""
        texts = await async_get_translations(self.hass, self.hass.config.language, "exceptions", {DOMAIN})
        told = texts[f"component.{DOMAIN}.exceptions.{error.reason}.message"]
        return f"{told} ({error.detail})" if error.detail else told
