"""What a person sees when a speaker cannot play the voice that was chosen for it: a repair that says what to do."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .speech import NarrationError


@callback
def async_report_voice(hass: HomeAssistant, did: str, name: str, failure: NarrationError) -> None:
    """Say what to do, where a person can do anything.

    Args:
        hass: Home Assistant.
        did: the speaker's.
        name: what the speaker is called.
        failure: what went wrong.
    """
    if not failure.reason:
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(did),
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=f"voice_{failure.reason}",
        translation_placeholders={"name": name, "network": "/config/network", **failure.details},
    )


@callback
def async_forget_voice(hass: HomeAssistant, did: str) -> None:
    """Take the repair away."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(did))


def _issue_id(did: str) -> str:
    return f"voice_{did}"
