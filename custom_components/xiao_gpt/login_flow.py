"""The steps in which a person logs in to the Xiaomi account; for setting up, reauthentication and reconfiguration."""

from abc import abstractmethod
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, override

from homeassistant import config_entries
from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_CODE, CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

from .connections import create_cloud_client
from .const import CONF_XIAOMI, DOMAIN, LOGGER, XIAOMI_ACCOUNT_URL
from .login_pictures import show_picture
from .xiaomi import (
    CaptchaNeededError,
    CodeNotSentError,
    Credentials,
    Login,
    NetworkError,
    Password,
    QrCode,
    QrExpiredError,
    ThrottledError,
    VerificationNeededError,
    Way,
    WrongCodeError,
    WrongCredentialsError,
    XiaomiAccount,
    XiaomiError,
    list_speakers,
    read_cookies,
)

LOGIN_STEPS = ["qr", "password", "pass_token"]
"""What a menu offers."""

CONF_KEEP_PASSWORD = "keep_password"  # noqa: S105 (a field's name)
CONF_CAPTCHA = "captcha"
CONF_WAY = "way"
CONF_RESEND = "resend"
CONF_PASS_TOKEN = "pass_token"  # noqa: S105
CONF_USER_ID = "user_id"
CONF_DEVICE_ID = "device_id"

_BROWSER = "browser"
_QR_RENEWALS = 2
"""A code lives for minutes; nobody is waited for longer than some of them."""

_TEXT = TextSelector(TextSelectorConfig(autocomplete="off"))
_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))

PASSWORD_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_USERNAME): TextSelector(TextSelectorConfig(autocomplete="username")),
        vol.Required(CONF_PASSWORD): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
        ),
        vol.Required(CONF_KEEP_PASSWORD, default=False): BooleanSelector(),
    }
)
CAPTCHA_SCHEMA = vol.Schema({vol.Required(CONF_CAPTCHA): _TEXT})
CODE_SCHEMA = vol.Schema(
    {
        vol.Optional(CONF_CODE): TextSelector(TextSelectorConfig(autocomplete="one-time-code")),
        vol.Required(CONF_RESEND, default=False): BooleanSelector(),
    }
)
PASS_TOKEN_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_PASS_TOKEN): _SECRET,
        vol.Optional(CONF_USER_ID): _TEXT,
        vol.Optional(CONF_DEVICE_ID): _TEXT,
    }
)

_ERRORS: dict[type[XiaomiError], str] = {
    WrongCredentialsError: "wrong_credentials",
    WrongCodeError: "wrong_code",
    CodeNotSentError: "code_not_sent",
    QrExpiredError: "qr_expired",
    ThrottledError: "throttled",
    NetworkError: "cannot_connect",
}

type _Show = Callable[[dict[str, str], dict[str, str]], ConfigFlowResult]
"""Shows a form again, with errors and placeholders."""


class LoginFlow(ConfigFlow):
    """Logs in, by whatever way the person chooses, and tells `async_logged_in`."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._login: Login | None = None
        self._password: dict[str, Any] = {}
        self._way = Way.PHONE
        self._address = ""
        self._scan: asyncio.Task[Credentials] | None = None
        self._one_qr_code = asyncio.Lock()
        self._qr_picture = ""
        self._qr_renewals = 0
        self._qr_error: XiaomiError | None = None

    @abstractmethod
    async def async_logged_in(self, credentials: Credentials, title: str) -> ConfigFlowResult:
        """Go on with the account that was logged in to."""

    @property
    def known_entry(self) -> ConfigEntry | None:
        """The entry that is logged in to again, if there is one."""
        match self.source:
            case config_entries.SOURCE_REAUTH:
                return self._get_reauth_entry()
            case config_entries.SOURCE_RECONFIGURE:
                return self._get_reconfigure_entry()
        return None

    @override
    @callback
    def async_remove(self) -> None:
        """Nobody waits for a scan any more."""
        if self._scan is not None:
            self._scan.cancel()

    # By password

    async def async_step_password(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Log in with the password."""
        if user_input is None:
            return self._show_password({}, {})
        self._password = user_input
        password = Password(user_input[CONF_USERNAME].strip(), user_input[CONF_PASSWORD])
        return await self._attempt(self._the_login.by_password(password), self._show_password)

    def _show_password(self, errors: dict[str, str], placeholders: dict[str, str]) -> ConfigFlowResult:
        suggested = self._password
        if not suggested and (entry := self.known_entry):
            kept = _credentials_of(entry).password
            name = kept.username if kept else _credentials_of(entry).user_id  # one of the names to log in with
            suggested = {CONF_USERNAME: name, CONF_KEEP_PASSWORD: kept is not None}
        return self.async_show_form(
            step_id="password",
            data_schema=self.add_suggested_values_to_schema(PASSWORD_SCHEMA, suggested),
            errors=errors,
            description_placeholders=placeholders,
        )

    # The captcha

    async def async_step_captcha(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Log in with the password and what is written in the picture."""
        if user_input is None:
            return await self._show_captcha({})
        password = Password(self._password[CONF_USERNAME].strip(), self._password[CONF_PASSWORD])
        attempt = self._the_login.by_password(password, user_input[CONF_CAPTCHA].strip())
        return await self._attempt(attempt, self._show_password, captcha_error="wrong_captcha")

    async def _show_captcha(self, errors: dict[str, str]) -> ConfigFlowResult:
        try:
            picture = await self._the_login.captcha_picture()
        except XiaomiError as err:
            return self._show_password({"base": _error(err)}, {})
        return self.async_show_form(
            step_id="captcha",
            data_schema=CAPTCHA_SCHEMA,
            errors=errors,
            description_placeholders={"picture": show_picture(self.hass, picture)},
        )

    # The verification

    async def async_step_verification(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose how to be verified."""
        if user_input is None:
            return await self._show_verification({}, {})
        if user_input[CONF_WAY] == _BROWSER:
            return await self._attempt(
                self._the_login.verified_elsewhere(), self._show_password, verification_error="not_verified"
            )
        self._way = Way[user_input[CONF_WAY].upper()]
        return await self._send_code()

    async def _show_verification(self, errors: dict[str, str], placeholders: dict[str, str]) -> ConfigFlowResult:
        ways: list[Way] = []
        try:
            ways = await self._the_login.verification_ways()
        except XiaomiError as err:
            LOGGER.debug("The ways of a verification are not known: %s", err)
        options = [way.name.lower() for way in ways] + [_BROWSER]
        schema = vol.Schema(
            {
                vol.Required(CONF_WAY, default=options[0]): SelectSelector(
                    SelectSelectorConfig(
                        options=options, mode=SelectSelectorMode.LIST, translation_key="verification_way"
                    )
                )
            }
        )
        return self.async_show_form(
            step_id="verification",
            data_schema=schema,
            errors=errors,
            description_placeholders={"url": self._the_login.verification_url, **placeholders},
        )

    async def _send_code(self) -> ConfigFlowResult:
        try:
            address = await self._the_login.send_code(self._way)
        except XiaomiError as err:
            if isinstance(err, CodeNotSentError) and self.cur_step and self.cur_step.get("step_id") == "code":
                return self._show_code({"base": _error(err)}, _placeholders(err))
            return await self._show_verification({"base": _error(err)}, _placeholders(err))
        self._address = f" ({address})" if address else ""
        return self._show_code({}, {})

    async def async_step_code(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take the code, or send another one."""
        if user_input is None:
            return self._show_code({}, {})
        if user_input[CONF_RESEND]:
            return await self._send_code()
        code = "".join(filter(str.isalnum, user_input.get(CONF_CODE, "")))
        if not code:
            return self._show_code({CONF_CODE: "no_code"}, {})
        return await self._attempt(self._the_login.verify(self._way, code), self._show_code)

    def _show_code(self, errors: dict[str, str], placeholders: dict[str, str]) -> ConfigFlowResult:
        return self.async_show_form(
            step_id="code",
            data_schema=CODE_SCHEMA,
            errors=errors,
            description_placeholders={"address": self._address, **placeholders},
        )

    # By QR code

    async def async_step_qr(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show a QR code until it is scanned; one that expires is followed by another."""
        try:
            async with self._one_qr_code:  # the flow is asked by the end of the scan and by the frontend at once
                if self._scan is None or self._renews(self._scan):
                    self._qr_renewals += self._scan is not None
                    self._scan = self._begin_scan(await self._the_login.qr_code())
        except XiaomiError as err:
            self._scan = None
            self._qr_error = err
            return self._after_progress("qr_again") or await self.async_step_qr_again()
        if self._scan.done():
            return self._after_progress("scanned") or await self.async_step_scanned()
        return self.async_show_progress(
            step_id="qr",
            progress_action="scan",
            description_placeholders={"picture": self._qr_picture},
            progress_task=self._scan,
        )

    def _after_progress(self, step: str) -> ConfigFlowResult | None:
        """Return how a step is gone to while a progress is shown; None if there is none."""
        shown = self.cur_step and self.cur_step["type"]
        return self.async_show_progress_done(next_step_id=step) if shown is FlowResultType.SHOW_PROGRESS else None

    def _begin_scan(self, code: QrCode) -> asyncio.Task[Credentials]:
        self._qr_picture = show_picture(self.hass, code.picture)
        scan = self.hass.async_create_background_task(self._the_login.wait_for_scan(code), f"{DOMAIN} waits for a scan")
        # The dialog may be closed before anybody asks how it went; an error that nobody asks for would be logged.
        scan.add_done_callback(lambda done: done.cancelled() or done.exception())
        return scan

    def _renews(self, scan: asyncio.Task[Credentials]) -> bool:
        if not scan.done() or scan.cancelled() or self._qr_renewals >= _QR_RENEWALS:
            return False
        return isinstance(scan.exception(), QrExpiredError)

    async def async_step_scanned(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Go on after the scan, or after nobody scanned."""
        scan, self._scan = self._scan, None
        if scan is None:
            return await self.async_step_qr_again()
        return await self._attempt(scan, self._show_qr_again)

    async def async_step_qr_again(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer another QR code."""
        if user_input is None:
            error = self._qr_error or QrExpiredError("No QR code")
            return self._show_qr_again({"base": _error(error)}, {})
        self._qr_renewals = 0
        return await self.async_step_qr()

    def _show_qr_again(self, errors: dict[str, str], placeholders: dict[str, str]) -> ConfigFlowResult:
        return self.async_show_form(
            step_id="qr_again", data_schema=vol.Schema({}), errors=errors, description_placeholders=placeholders
        )

    # By passToken

    async def async_step_pass_token(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Log in with the passToken of a browser."""

        def show(errors: dict[str, str], placeholders: dict[str, str]) -> ConfigFlowResult:
            schema = self.add_suggested_values_to_schema(PASS_TOKEN_SCHEMA, user_input)
            return self.async_show_form(
                step_id="pass_token",
                data_schema=schema,
                errors=errors,
                description_placeholders={"url": XIAOMI_ACCOUNT_URL, **placeholders},
            )

        if user_input is None:
            return show({}, {})
        pasted = user_input[CONF_PASS_TOKEN].strip()
        cookies = read_cookies(pasted) if "passToken" in pasted else {"passToken": pasted}
        user_id = user_input.get(CONF_USER_ID, "").strip() or cookies.get("userId", "")
        device_id = user_input.get(CONF_DEVICE_ID, "").strip() or cookies.get("deviceId")
        if not user_id:
            return show({CONF_USER_ID: "no_user_id"}, {})
        login = self._login = Login(create_cloud_client(self.hass), device_id)
        return await self._attempt(login.by_pass_token(user_id, cookies.get("passToken", "")), show)

    # What all ways have in common

    @property
    def _the_login(self) -> Login:
        """The login of this flow: one device for all attempts, since a verification holds for a device."""
        if self._login is None:
            entry = self.known_entry
            device_id = _credentials_of(entry).device_id if entry else None
            self._login = Login(create_cloud_client(self.hass), device_id)
        return self._login

    async def _attempt(
        self,
        attempt: Awaitable[Credentials],
        show: _Show,
        *,
        captcha_error: str | None = None,
        verification_error: str | None = None,
    ) -> ConfigFlowResult:
        """Log in; where that does not end the login, show what the person has to do next."""
        try:
            credentials = await attempt
            speakers = await list_speakers(XiaomiAccount(self._the_login.client, credentials))
        except CaptchaNeededError:
            return await self._show_captcha({"base": captcha_error} if captcha_error else {})
        except VerificationNeededError:
            return await self._show_verification({"base": verification_error} if verification_error else {}, {})
        except XiaomiError as err:
            return show({"base": _error(err)}, _placeholders(err))
        if not speakers and self.known_entry is None:
            return show({"base": "no_speakers"}, {})
        title = _masked(credentials.password.username) if credentials.password else credentials.user_id
        if not self._password.get(CONF_KEEP_PASSWORD):
            credentials = replace(credentials, password=None)
        return await self.async_logged_in(credentials, title)


def _error(error: XiaomiError) -> str:
    """Return the translation key of what went wrong."""
    LOGGER.debug("Login failed: %s", error)
    return next((key for kind, key in _ERRORS.items() if isinstance(error, kind)), "cloud_error")


def _masked(username: str) -> str:
    """Return a name by which the person knows the account again: titles reach the log, phone numbers must not."""
    name, at, host = username.partition("@")
    if at:
        return f"{name[:1]}***@{host}"
    return f"{name[:3]}****{name[-4:]}" if len(name) > 8 else f"{name[:2]}****"


def _placeholders(error: XiaomiError) -> dict[str, str]:
    return {"detail": error.detail} if isinstance(error, CodeNotSentError) else {}


def _credentials_of(entry: ConfigEntry) -> Credentials:
    return Credentials.from_dict(entry.data[CONF_XIAOMI])
