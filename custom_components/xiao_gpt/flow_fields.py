"""What the forms of the account and of its assistants have in common."""

from homeassistant.const import CONF_API_KEY, CONF_MODEL
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode

from .const import CONF_BASE_URL
from .gpt import GptError


def field_of(error: GptError) -> str:
    """Return the field that the error is shown at."""
    match error.reason:
        case "llm_invalid_key" | "llm_quota":
            return CONF_API_KEY
        case "llm_cannot_connect" | "llm_timeout" | "llm_not_found":
            return CONF_BASE_URL
        case "llm_no_such_model":
            return CONF_MODEL
    return "base"


def model_selector(models: list[str]) -> SelectSelector:
    """Return the field of a model: one of the service's list, or any other by its name."""
    return SelectSelector(
        SelectSelectorConfig(options=models, custom_value=True, mode=SelectSelectorMode.DROPDOWN, sort=True)
    )
