"""What a person sees when no API key of the LLM service is left: a repair, and a form if all of them are revoked."""

from typing import cast

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigFlowContext, ConfigFlowResult
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .gpt import Fault, KeyRing


class ReauthContext(ConfigFlowContext, total=False):
    """The context of a reauthentication, which is of the Xiaomi account unless it says otherwise."""

    for_keys: bool


@callback
def is_for_keys(flow: ConfigFlowResult) -> bool:
    """Return whether a flow asks for API keys and not for the login."""
    return bool(cast("ReauthContext", flow["context"]).get("for_keys"))


@callback
def async_report_keys(hass: HomeAssistant, entry: ConfigEntry, ring: KeyRing) -> None:
    """Ask for a person when no key is left, or take that back. Keys that come back by themselves need none."""
    if ring.left:
        async_forget_keys(hass, entry)
        return
    revoked = all(ring.last_fault(key) is Fault.AUTH for key in ring.keys)
    reason = "keys_revoked" if revoked else "keys_spent"
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry),
        data={"entry_id": entry.entry_id},
        is_fixable=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key=reason,
        translation_placeholders={"name": entry.title, "keys": ", ".join(key.shown for key in ring.keys)},
    )
    if revoked:
        entry.async_start_reauth(hass, context=ReauthContext(for_keys=True))


@callback
def async_forget_keys(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take the repair and the form for new keys away."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry))
    async_end_key_flows(hass, entry)


@callback
def async_end_key_flows(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take the form for new keys away."""
    for flow in list(entry.async_get_active_flows(hass, {SOURCE_REAUTH})):
        if is_for_keys(flow):
            hass.config_entries.flow.async_abort(flow["flow_id"])


def _issue_id(entry: ConfigEntry) -> str:
    return f"keys_{entry.entry_id}"
