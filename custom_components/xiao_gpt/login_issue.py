"""What a person sees when the login needs one: a reauthentication to go through and a repair that says what to do."""

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN, XIAOMI_ACCOUNT_URL
from .keys_issue import async_end_key_flows, is_for_keys
from .xiaomi import AuthError, CaptchaNeededError, VerificationNeededError

_REASONS: dict[type[AuthError], str] = {
    CaptchaNeededError: "login_captcha",
    VerificationNeededError: "login_verification",
}


@callback
def async_report_login(hass: HomeAssistant, entry: ConfigEntry, error: AuthError | None) -> None:
    """Ask for a person, or, without an error, take that back: the login works (again)."""
    if error is None:
        async_forget_login(hass, entry)
        for flow in entry.async_get_active_flows(hass, {SOURCE_REAUTH}):
            if is_for_keys(flow):
                continue
            hass.config_entries.flow.async_abort(flow["flow_id"])
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry),
        data={"entry_id": entry.entry_id},
        is_fixable=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key=next((key for kind, key in _REASONS.items() if isinstance(error, kind)), "login_expired"),
        translation_placeholders={"name": entry.title, "url": XIAOMI_ACCOUNT_URL},
    )
    async_end_key_flows(hass, entry)  # there is one flow at a time, and without the login nothing is heard at all
    entry.async_start_reauth(hass)


@callback
def async_forget_login(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take the repair away."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry))


def _issue_id(entry: ConfigEntry) -> str:
    return f"login_{entry.entry_id}"
