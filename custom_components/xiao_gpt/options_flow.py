"""What can be set for all speakers of an account."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.data_entry_flow import section
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
    TimeSelector,
)
import probatio as vol

from .const import DOMAIN
from .gpt.search import SearchError, SearchKind, search
from .routing import Doubt, ModelKind
from .settings import (
    AUTOMATIC,
    COMMAND_FIELDS,
    CONF_ASK_BACK,
    CONF_BLOCK_COARSE,
    CONF_BLOCKED_WORDS,
    CONF_CLASSIFIER,
    CONF_DAILY_MONEY,
    CONF_DAILY_TOKENS,
    CONF_DOUBT,
    CONF_KEEP,
    CONF_KEEP_DAYS,
    CONF_KEYWORDS,
    CONF_LEANING,
    CONF_MAX_CHARACTERS,
    CONF_MODERATION_SERVICE,
    CONF_NATIVE_SPEAKER,
    CONF_NIGHT,
    CONF_NIGHT_FROM,
    CONF_NIGHT_TO,
    CONF_POLLS,
    CONF_SEARCH,
    CONF_SEARCH_ADDRESS,
    CONF_SEARCH_KEY,
    CONF_SESSION_MINUTES,
    CONF_THINKING_AFTER,
    CONF_TO_LLM,
    CONF_TO_XIAOAI,
    DEFAULTS,
    NO_SEARCH,
    NOBODY,
    SECTION_COSTS,
    SECTION_DIALOGUE,
    SECTION_MODERATION,
    SECTION_POLLING,
    SECTION_RECORDS,
    SECTION_ROUTING,
    SECTION_SEARCH,
    SECTION_WORDS,
    Settings,
)

_PHRASES = TextSelector(TextSelectorConfig(multiple=True))


def _number(least: int, most: int, step: float) -> NumberSelector:
    return NumberSelector(NumberSelectorConfig(min=least, max=most, step=step, mode=NumberSelectorMode.BOX))


def _choice(options: list[str], key: str) -> SelectSelector:
    return SelectSelector(SelectSelectorConfig(options=options, translation_key=key))


def _one_of(speakers: Mapping[str, str]) -> SelectSelector:
    """Return the choice of a speaker, whose names are known by did; or automatically, or none."""
    options = [SelectOptionDict(value=value, label=value) for value in (AUTOMATIC, NOBODY)]
    options += [SelectOptionDict(value=did, label=name) for did, name in speakers.items()]
    return SelectSelector(SelectSelectorConfig(options=options, translation_key=CONF_NATIVE_SPEAKER))


COST_FIELDS = {
    CONF_DAILY_TOKENS: _number(0, 100_000_000, 1000),
    CONF_DAILY_MONEY: _number(0, 10_000, 0.01),
}
_FIELDS: dict[str, dict[str, Any]] = {
    SECTION_DIALOGUE: {
        CONF_KEYWORDS: _PHRASES,
        CONF_SESSION_MINUTES: _number(1, 240, 1),
        CONF_THINKING_AFTER: _number(0, 30, 1),
        CONF_MAX_CHARACTERS: _number(50, 5000, 50),
        CONF_ASK_BACK: BooleanSelector(),
    },
    SECTION_ROUTING: {
        CONF_LEANING: NumberSelector(NumberSelectorConfig(min=-4, max=4, step=1, mode=NumberSelectorMode.SLIDER)),
        CONF_DOUBT: _choice(list(Doubt), CONF_DOUBT),
        CONF_TO_LLM: _PHRASES,
        CONF_TO_XIAOAI: _PHRASES,
        CONF_CLASSIFIER: _choice([AUTOMATIC, *ModelKind], CONF_CLASSIFIER),
        CONF_NATIVE_SPEAKER: _one_of({}),
    },
    SECTION_WORDS: dict.fromkeys(COMMAND_FIELDS.values(), _PHRASES),
    SECTION_MODERATION: {
        CONF_BLOCKED_WORDS: _PHRASES,
        CONF_BLOCK_COARSE: BooleanSelector(),
        CONF_MODERATION_SERVICE: BooleanSelector(),
    },
    SECTION_POLLING: {
        CONF_POLLS: _number(0, 2000, 10),
        CONF_NIGHT: BooleanSelector(),
        CONF_NIGHT_FROM: TimeSelector(),
        CONF_NIGHT_TO: TimeSelector(),
    },
    SECTION_COSTS: COST_FIELDS,
    SECTION_SEARCH: {
        CONF_SEARCH: _choice([NO_SEARCH, *SearchKind], CONF_SEARCH),
        CONF_SEARCH_ADDRESS: TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
        CONF_SEARCH_KEY: TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")),
    },
    SECTION_RECORDS: {CONF_KEEP: BooleanSelector(), CONF_KEEP_DAYS: _number(1, 3650, 1)},
}
_MAY_BE_EMPTY = (CONF_SEARCH_ADDRESS, CONF_SEARCH_KEY)


class XiaoGptOptionsFlow(OptionsFlow):
    """One form in sections; saved options apply at once."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the options."""
        errors: dict[str, str] = {}
        if user_input is not None:
            options = _cleaned(user_input)
            polling = options[SECTION_POLLING]
            if polling[CONF_NIGHT] and polling[CONF_NIGHT_FROM] == polling[CONF_NIGHT_TO]:
                errors["base"] = "empty_night"
            elif error := await self._try_search(options):
                errors["base"] = error
            else:
                return self.async_create_entry(data=options)
        known = user_input or self.config_entry.options
        return self.async_show_form(step_id="init", data_schema=_schema(known, self._speakers(known)), errors=errors)

    def _speakers(self, known: Mapping[str, Any]) -> dict[str, str]:
        """Return what the speakers are called, by did: those there are, and the one that was chosen."""
        found = {
            did: device.name_by_user or device.name or did
            for device in dr.async_entries_for_config_entry(dr.async_get(self.hass), self.config_entry.entry_id)
            for domain, did in device.identifiers
            if domain == DOMAIN and device.entry_type is not dr.DeviceEntryType.SERVICE
        }
        chosen = known.get(SECTION_ROUTING, {}).get(CONF_NATIVE_SPEAKER, AUTOMATIC)
        return found if chosen in (*found, AUTOMATIC, NOBODY) else {**found, chosen: chosen}

    async def _try_search(self, options: Mapping[str, Any]) -> str | None:
        """Return why a search service that has just been set cannot be used; None if it can, or there is none."""
        service = Settings.of(options).search
        if service is None or service == Settings.of(self.config_entry.options).search:
            return None  # a search may cost money
        try:
            await search(async_get_clientsession(self.hass), service, "Home Assistant")
        except SearchError as err:
            return err.reason
        return None


def _schema(known: Mapping[str, Any], speakers: Mapping[str, str]) -> vol.Schema:
    """Return the form, filled in with what is known."""
    offered = {CONF_NATIVE_SPEAKER: _one_of(speakers)}
    sections: dict[Any, Any] = {}
    for name, fields in _FIELDS.items():
        values = DEFAULTS | dict(known.get(name, {}))
        sections[vol.Required(name)] = section(
            vol.Schema(
                {_marker(field, values[field]): offered.get(field, selector) for field, selector in fields.items()}
            ),
            {"collapsed": name != SECTION_DIALOGUE},
        )
    return vol.Schema(sections)


def _marker(field: str, value: Any) -> vol.Marker:
    """Return the name of a field with its value; a browser does not send a form with an empty required text."""
    if field in _MAY_BE_EMPTY:
        return vol.Optional(field, description={"suggested_value": value})
    return vol.Required(field, default=value)


def _cleaned(user_input: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the input without empty and repeated phrases, whole numbers as such."""
    return {
        name: {field: cleaned(user_input[name].get(field, "")) for field in fields} for name, fields in _FIELDS.items()
    }


def cleaned(value: Any) -> Any:
    """Return what was typed into a field without empty and repeated phrases; a whole number as such."""
    if isinstance(value, list):
        return list(dict.fromkeys(filter(None, (phrase.strip() for phrase in value))))
    return int(value) if isinstance(value, float) and value.is_integer() else value
