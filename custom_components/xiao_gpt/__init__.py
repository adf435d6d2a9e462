"""XiaoGPT: an LLM's mind for Xiaomi's XiaoAI speakers."""

from datetime import datetime
from functools import partial

from homeassistant.components.conversation import HOME_ASSISTANT_AGENT, async_prepare_agent
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.event import async_track_time_change
from homeassistant.helpers.typing import ConfigType

from .allowance import Allowance, async_forget_allowance
from .archive import Archive
from .attention import AttentionGuide
from .connections import async_create_service, create_account
from .const import CONF_XIAOMI, DOMAIN, LOGGER
from .coordinator import XiaoGptConfigEntry, XiaoGptCoordinator, XiaoGptData, settings_of
from .dialogue import Dialogue
from .keys_issue import async_forget_keys, async_report_keys
from .language import spoken_language
from .listener import Listener
from .llm import async_offer_tools
from .login_issue import async_forget_login, async_report_login
from .memory import Memory, async_forget
from .migration import async_migrate_entry as async_migrate_entry
from .models import async_classifier
from .names import HomeNames
from .page import async_setup_page
from .polling import PollBudget
from .routing import Router
from .services import async_setup_services
from .settings import Settings
from .sound_view import async_setup_sounds
from .trigger import set_off
from .usage import Ledger
from .voice_issue import async_forget_voice
from .xiaomi import Credentials, SpeakerError, XiaomiError

PLATFORMS = [
    Platform.AI_TASK,
    Platform.BUTTON,
    Platform.CONVERSATION,
    Platform.EVENT,
    Platform.MEDIA_PLAYER,
    Platform.NOTIFY,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TEXT,
]
CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions, which automations are checked for before any account is loaded, and what is served."""
    async_setup_services(hass)
    async_setup_sounds(hass)
    await async_setup_page(hass)
    return True


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
    service = await async_create_service(hass, entry.data)
    entry.async_on_unload(service.close)
    service.ring.on_change = partial(async_report_keys, hass, entry, service.ring)
    async_report_keys(hass, entry, service.ring)
    coordinator = XiaoGptCoordinator(hass, entry, account)
    await coordinator.async_config_entry_first_refresh()
    async_report_login(hass, entry, None)
    settings = Settings.of(entry.options)
    classifier = await async_classifier(hass, settings.classifier)
    memory = Memory(hass, entry.entry_id, classifier.rarity)
    await memory.async_load()
    ledger = Ledger(hass, entry.entry_id)
    await ledger.async_load(entry.subentries.keys())
    entry.async_on_unload(ledger.follow())
    allowance = Allowance(hass, entry, ledger, tokens=settings.daily_tokens, money=settings.daily_money)
    entry.async_on_unload(ledger.observe(allowance.review))
    archive = Archive(hass, entry.entry_id, days=settings.days_kept)
    await archive.async_load()
    names = HomeNames(hass)
    entry.async_on_unload(names.follow())
    budget = PollBudget(settings.polls_per_minute)
    router = Router(classifier, memory.corrections, memory.rhythm)
    entry.runtime_data = XiaoGptData(
        account,
        service,
        coordinator,
        memory,
        budget,
        router,
        names,
        settings,
        settings_of(entry),
        archive=archive,
        ledger=ledger,
        allowance=allowance,
    )
    guide = AttentionGuide(hass, settings)
    start = partial(_start_dialogue, hass, entry, guide=guide)

    @callback
    def night_changes(_: datetime) -> None:
        budget.review()

    for moment in settings.night or ():
        entry.async_on_unload(
            async_track_time_change(hass, night_changes, hour=moment.hour, minute=moment.minute, second=moment.second)
        )

    @callback
    def check_speakers() -> None:
        """Begin a dialogue at each speaker that is new."""
        for did in coordinator.data.keys() - entry.runtime_data.dialogues.keys():
            start(did)

    allowance.review()
    check_speakers()
    entry.async_on_unload(async_offer_tools(hass))  # before the assistants, who may use them
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
def _start_dialogue(
    hass: HomeAssistant,
    entry: XiaoGptConfigEntry,
    did: str,
    *,
    guide: AttentionGuide,
) -> None:
    data = entry.runtime_data
    coordinator, budget = data.coordinator, data.budget
    speaker = coordinator.speakers[did]
    device_id = coordinator.device_of(speaker.info).id
    dialogue = data.dialogues[did] = Dialogue(
        hass,
        entry,
        speaker,
        device_id,
        router=data.router,
        settings=data.options,
        memory=data.memory,
        names=data.names,
    )
    guide.follow(dialogue, budget.review)
    set_off(hass, dialogue)
    data.archive.follow(dialogue)
    budget.join(did, partial(guide.attention, dialogue))

    @callback
    def failing(error: XiaomiError) -> None:
        if isinstance(error, SpeakerError):  # the others are fine; the device list says whether this one is offline
            look_again()
            return
        coordinator.async_set_update_error(error)

    @callback
    def look_again() -> None:
        hass.async_create_task(coordinator.async_request_refresh())

    listener = Listener(speaker, budget=budget, heard=dialogue.heard, failing=failing, recovered=look_again)
    entry.async_create_background_task(hass, listener.run(), f"{DOMAIN} listens to {did}")


async def _async_entry_updated(hass: HomeAssistant, entry: XiaoGptConfigEntry) -> None:
    """Reload when a person changed something or logged in again; not when the account renewed its tokens."""
    data = entry.runtime_data
    if data.settings != settings_of(entry) or data.account.credentials.as_dict() != entry.data[CONF_XIAOMI]:
        hass.config_entries.async_schedule_reload(entry.entry_id)


async def async_unload_entry(hass: HomeAssistant, entry: XiaoGptConfigEntry) -> bool:
    """Stop listening, answering and speaking."""
    for did, dialogue in entry.runtime_data.dialogues.items():
        async_forget_voice(hass, did)
        try:
            await dialogue.stop()
        except XiaomiError as err:
            LOGGER.debug("%s could not be silenced: %s", dialogue.speaker.info.name, err)
    await entry.runtime_data.memory.async_close()
    await entry.runtime_data.archive.async_close()
    await entry.runtime_data.ledger.async_close()
    async_forget_allowance(hass, entry)
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Leave nothing behind of an account that is gone: no repair, none of its words."""
    async_forget_login(hass, entry)
    async_forget_keys(hass, entry)
    await async_forget(hass, entry.entry_id)
    await Ledger(hass, entry.entry_id).async_remove()
    await Archive(hass, entry.entry_id, days=0).async_remove()


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
