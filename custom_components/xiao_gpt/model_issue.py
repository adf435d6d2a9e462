"""What a person sees when the provider has an assistant's model no longer: a repair, in which another is chosen."""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_MODEL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .gpt import GptError, Reason


@contextmanager
def watched_model(hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry) -> Iterator[None]:
    """Tell a person if an assistant's model turns out to be gone in the block; take that back if it answers."""
    try:
        yield
    except GptError as err:
        if err.reason is Reason.NO_SUCH_MODEL:
            _report_model(hass, entry, subentry)
        raise
    async_forget_model(hass, subentry)


@callback
def _report_model(hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(subentry),
        data={"entry_id": entry.entry_id, "subentry_id": subentry.subentry_id},
        is_fixable=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key="model_gone",
        translation_placeholders={"name": subentry.title, "model": subentry.data[CONF_MODEL]},
    )


@callback
def async_forget_model(hass: HomeAssistant, subentry: ConfigSubentry) -> None:
    """Take the repair away."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(subentry))


def _issue_id(subentry: ConfigSubentry) -> str:
    return f"model_{subentry.subentry_id}"
