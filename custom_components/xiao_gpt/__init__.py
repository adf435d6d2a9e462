"""XiaoGPT: an LLM's mind for Xiaomi's XiaoAI speakers."""

from functools import partial

from homeassistant.components.conversation import HOME_ASSISTANT_AGENT, async_prepare_agent
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_API_KEY, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .connections import async_create_client, create_account
from .const import CONF_BASE_URL, CONF_XIAOMI, DOMAIN, LOGGER
from .coordinator import XiaoGptConfigEntry, XiaoGptCoordinator, XiaoGptData, settings_of
from .dialogue import Dialogue, spoken_language
from .listener import Listener
from .login_issue import async_forget_login, async_report_login
from .routing import Router
from .xiaomi import Credentials, SpeakerError, XiaomiError

PLATFORMS = [Platform.CONVERSATION, Platform.SWITCH]


async def async_setup_entry(hass: HomeAssistant, entry: XiaoGptConfigEntry) -> bool:
    """Start the account's speakers and assistants."""

    @callback
    def keep(credentials: Credentials) -> None:
        hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_XIAOMI: credentials.as_dict()})

    account = create_account(
        hass,
        Credentials.from_dict(entry.data[CONF_XIAOMI]),
        on_change=keep,
        on_refusal=partial(async_report_login, hass, entry),
    )
    client = await async_create_client(hass, entry.data[CONF_API_KEY], entry.data[CONF_BASE_URL])
    coordinator = XiaoGptCoordinator(hass, entry, account)
    await coordinator.async_config_entry_first_refresh()
    async_report_login(hass, entry, None)
    entry.runtime_data = XiaoGptData(account, client, coordinator, settings_of(entry))
    router = Router()

    @callback
    def check_speakers() -> None:
        """Begin a dialogue at each speaker that is new."""
        for did in coordinator.data.keys() - entry.runtime_data.dialogues.keys():
            _start_dialogue(hass, entry, did, router)

    check_speakers()
    # Before the platforms: their own look for new speakers finds the dialogues there.
    entry.async_on_unload(coordinator.async_add_listener(check_speakers))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    # Loaded at the first question, the home's sentences would keep that one waiting.
    entry.async_create_background_task(
        hass,
        async_prepare_agent(hass, HOME_ASSISTANT_AGENT, spoken_language(hass)),
        f"{DOMAIN} prepares intents",
    )
    entry.async_on_unload(entry.add_update_listener(_async_entry_updated))
    return True


@callback
def _start_dialogue(hass: HomeAssistant, entry: XiaoGptConfigEntry, did: str, router: Router) -> None:
    coordinator = entry.runtime_data.coordinator
    speaker = coordinator.speakers[did]
    dialogue = Dialogue(hass, entry, speaker, coordinator.device_of(speaker.info).id, router)
    entry.runtime_data.dialogues[did] = dialogue

    @callback
    def failing(error: XiaomiError) -> None:
        if isinstance(error, SpeakerError):  # the others are fine; the device list says whether this one is offline
            look_again()
            return
        coordinator.async_set_update_error(error)

    @callback
    def look_again() -> None:
        hass.async_create_task(coordinator.async_request_refresh())

    listener = Listener(
        speaker, interval=dialogue.poll_interval, heard=dialogue.heard, failing=failing, recovered=look_again
    )
    entry.async_create_background_task(hass, listener.run(), f"{DOMAIN} listens to {did}")


async def _async_entry_updated(hass: HomeAssistant, entry: XiaoGptConfigEntry) -> None:
    """Reload when a person changed something or logged in again; not when the account renewed its tokens."""
    data = entry.runtime_data
    if data.settings != settings_of(entry) or data.account.credentials.as_dict() != entry.data[CONF_XIAOMI]:
        hass.config_entries.async_schedule_reload(entry.entry_id)


async def async_unload_entry(hass: HomeAssistant, entry: XiaoGptConfigEntry) -> bool:
    """Stop listening, answering and speaking."""
    for dialogue in entry.runtime_data.dialogues.values():
        try:
            await dialogue.stop()
        except XiaomiError as err:
            LOGGER.debug("%s could not be silenced: %s", dialogue.speaker.info.name, err)
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Leave no repair behind for an account that is gone."""
    async_forget_login(hass, entry)


async def async_remove_config_entry_device(
    hass: HomeAssistant,
    entry: ConfigEntry,
    device: dr.DeviceEntry,
) -> bool:
    """Let a speaker's device be deleted once the speaker is gone from the account."""
    if entry.state is not ConfigEntryState.LOADED:
        return False  # nobody knows whether it is gone
    coordinator: XiaoGptCoordinator = entry.runtime_data.coordinator
    in_use = coordinator.data.keys() | entry.subentries.keys()
    return not any((DOMAIN, key) in device.identifiers for key in in_use)
