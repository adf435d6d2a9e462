"""What the tests of the integration have in common: walking through the flow, a speaker at hand, waiting."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.components.conversation import ChatLog
from homeassistant.components.conversation.chat_log import DATA_CHAT_LOGS
from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigEntryState, ConfigFlowResult, ConfigSubentry
from homeassistant.const import EVENT_STATE_CHANGED, Platform
from homeassistant.core import Event as HassEvent, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.xiao_gpt.const import DOMAIN, SUBENTRY_ASSISTANT
from custom_components.xiao_gpt.phrases import Phrase
from custom_components.xiao_gpt.speech.clock import Clock
from custom_components.xiao_gpt.xiaomi import Speaker
from simulator.app import Simulator
from simulator.faults import Fault
from simulator.llm_replies import ScriptedReply, tokens
from simulator.timeline import Event

SPEED = 5
"""How much faster than life everything is; see `tests/conftest.py`."""

PATIENCE_S = 20
"""How long something is waited for that is to come; it comes much sooner, and nothing is measured by it."""

STORY = "从前山脚下住着一只每天晚上都要数一遍天上星星的小狐狸。"
"""A sentence of one."""

PASSPORT = "account.xiaomi.com"
MINA = "api2.mina.mi.com"
PROFILE = "userprofile.mina.mi.com"


class QuickClock(Clock):
    """Seconds of a quicker world."""

    def now(self) -> float:
        return super().now() * SPEED

    async def wait(self, event: asyncio.Event, seconds: float | None = None) -> bool:
        return await super().wait(event, None if seconds is None else seconds / SPEED)


async def event(sim: Simulator, name: str, /, *, since: int = 0, **fields: Any) -> Event:
    """Return the first event of this name with these fields, waiting for it."""

    def matches(entry: Event) -> bool:
        return entry.event == name and all(entry.fields.get(key) == value for key, value in fields.items())

    return await sim.timeline.wait_for(matches, since=since, timeout=PATIENCE_S)


async def until(sim: Simulator, condition: Callable[[], bool]) -> None:
    """Wait until something is so that only changes when something happens in the simulated world."""
    await sim.timeline.wait_for(lambda _: condition(), timeout=PATIENCE_S)


async def polls(sim: Simulator, count: int = 3) -> None:
    """Wait until the cloud has been asked for records so many times more, by each speaker on average."""
    since, speakers = len(sim.timeline), len(sim.world.speakers)

    def enough() -> bool:
        asked = [entry for entry in sim.timeline.since(since, "http") if entry.fields["host"] == PROFILE]
        return len(asked) >= count * speakers

    await until(sim, enough)


def break_cloud(sim: Simulator, **fields: Any) -> None:
    """Let requests fail; see `Fault`."""
    sim.world.faults.add(Fault(**{"times": None, **fields}))


async def wait_for_state(hass: HomeAssistant, entity_id: str, state: str) -> State:
    """Return the entity's state once it is `state`."""
    reached = asyncio.Event()

    @callback
    def look(changed: HassEvent[EventStateChangedData] | None) -> None:
        if (now := hass.states.get(entity_id)) is not None and now.state == state:
            reached.set()

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, look)
    try:
        look(None)
        async with asyncio.timeout(PATIENCE_S):
            await reached.wait()
    finally:
        stop()
    found = hass.states.get(entity_id)
    assert found is not None
    return found


def account_input(sim: Simulator) -> dict[str, Any]:
    """Return what a person types to log in."""
    return {"username": sim.world.account.user, "password": sim.world.account.password}


def service_input(sim: Simulator) -> dict[str, Any]:
    """Return what a person types to reach the LLM."""
    key = sim.llm.settings.api_key
    return {"service_kind": "openai", "api_keys": [key] if key else [""], "base_url": sim.llm_url}


def renew_keys(entry: ConfigEntry) -> None:
    """Let the API keys be as good as new, as they are after a person has entered them again."""
    ring = entry.runtime_data.service.ring
    for key in ring.keys:
        ring.worked(key)


async def begin(hass: HomeAssistant, way: str = "password") -> ConfigFlowResult:
    """Open the flow and choose a way to log in."""
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    return await choose(hass, menu, way)


async def choose(hass: HomeAssistant, menu: ConfigFlowResult, option: str) -> ConfigFlowResult:
    """Choose an option of a menu; of a flow that was begun in the background, of its first one."""
    if "type" not in menu:
        menu = await hass.config_entries.flow.async_configure(menu["flow_id"])
    assert menu["type"] is FlowResultType.MENU
    assert option in menu["menu_options"]
    return await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": option})


async def submit(hass: HomeAssistant, step: ConfigFlowResult, data: dict[str, Any]) -> ConfigFlowResult:
    """Fill in and submit the form of a step."""
    return await hass.config_entries.flow.async_configure(step["flow_id"], data)


async def add_integration(
    hass: HomeAssistant, sim: Simulator, model: str = "gpt-5-mini", *, keep_password: bool = False
) -> ConfigEntry:
    """Add the integration as a person does, and wait until it listens."""
    step = await begin(hass)
    step = await submit(hass, step, account_input(sim) | {"keep_password": keep_password})
    step = await submit(hass, step, service_input(sim))
    step = await submit(hass, step, {"model": model})
    await hass.async_block_till_done()
    entry: ConfigEntry = step["result"]
    await polls(sim, 2)  # the answer to the first one decides what is old
    return entry


def assistant(entry: ConfigEntry) -> ConfigSubentry:
    """Return the entry's only assistant."""
    (subentry,) = entry.get_subentries_of_type(SUBENTRY_ASSISTANT)
    return subentry


def agent_id(hass: HomeAssistant, entry: ConfigEntry) -> str:
    """Return the entity id of the entry's only assistant."""
    found = er.async_get(hass).async_get_entity_id(Platform.CONVERSATION, DOMAIN, assistant(entry).subentry_id)
    assert found is not None
    return found


def suggested(step: ConfigFlowResult | Any) -> dict[str, Any]:
    """Return what a form is filled in with."""
    schema = step["data_schema"]
    assert schema is not None
    return {
        str(key): key.description["suggested_value"]
        for key in schema.schema
        if key.description and "suggested_value" in key.description
    }


def audible(text: str) -> str:
    """Return what can be heard of a text."""
    return "".join(filter(str.isalnum, text))


@dataclass
class Corner:
    """A speaker in its room, in Home Assistant and in the simulated world."""

    hass: HomeAssistant
    sim: Simulator
    entry: ConfigEntry
    name: str

    @property
    def did(self) -> str:
        return self.sim.world.speaker(self.name).did

    @property
    def conversation_id(self) -> str:
        return f"{DOMAIN}-{self.did}"

    @property
    def chat_log(self) -> ChatLog:
        return self.hass.data[DATA_CHAT_LOGS][self.conversation_id]

    @property
    def speaker(self) -> Speaker:
        speaker: Speaker = self.entry.runtime_data.coordinator.speakers[self.did]
        return speaker

    @property
    def device(self) -> dr.DeviceEntry:
        (found,) = [
            device
            for device in dr.async_entries_for_config_entry(dr.async_get(self.hass), self.entry.entry_id)
            if (DOMAIN, self.did) in device.identifiers
        ]
        return found

    @property
    def switch(self) -> str:
        """The entity id of advanced dialogue."""
        found = er.async_get(self.hass).async_get_entity_id(Platform.SWITCH, DOMAIN, f"{self.did}-advanced_dialogue")
        assert found is not None
        return found

    @property
    def state(self) -> str:
        state = self.hass.states.get(self.switch)
        assert state is not None
        return state.state

    async def turn(self, state: str) -> None:
        """Turn advanced dialogue "on" or "off" in Home Assistant."""
        await self.hass.services.async_call("switch", f"turn_{state}", {"entity_id": self.switch}, blocking=True)
        assert self.state == state

    def ask(self, text: str, answer: str | None = None, **options: Any) -> int:
        """Let a person say something; return the position in the timeline before it."""
        since = len(self.sim.timeline)
        self.sim.world.ask(self.name, text, answer, **options)
        return since

    async def event(self, name: str, /, *, since: int, **fields: Any) -> Event:
        """Return the first event of this name with these fields at this speaker, waiting for it."""
        return await event(self.sim, name, since=since, speaker=self.name, **fields)

    def pieces(self, since: int = 0) -> list[str]:
        """Return what it was told to say."""
        return [entry.fields["text"] for entry in self.told("tts", since=since)]

    def told(self, *commands: str, since: int = 0) -> list[Event]:
        """Return the commands that it was given, those named or all."""
        return [
            entry
            for entry in self.sim.timeline.since(since, "command")
            if entry.fields["speaker"] == self.name and (not commands or entry.fields["command"] in commands)
        ]

    async def spoken(self, text: str, *, since: int) -> None:
        """Wait until `text` has been spoken: the whole of it, once, in order, and nothing else."""
        wanted = audible(text)
        # Before the answer, on models that cannot be paused; an answer may begin with the same word itself.
        hum = None if wanted.startswith(audible(Phrase.HUM)) else Phrase.HUM

        def speech(name: str, since: int) -> list[Event]:
            return [
                entry
                for entry in self.sim.timeline.since(since, name)
                if entry.fields["speaker"] == self.name
                and entry.fields["source"] == "tts"
                and entry.fields["text"] != hum
            ]

        def heard() -> str:
            return audible("".join(entry.fields["text"] for entry in speech("speech_started", since)))

        await until(self.sim, lambda: len(heard()) >= len(wanted))
        assert heard() == wanted
        first, *_, last = (started := speech("speech_started", since))[:1] + started
        await self.event("speech_ended", since=last.seq, source="tts")
        assert [(entry.fields["text"], entry.fields["reason"]) for entry in speech("speech_ended", first.seq)] == [
            (entry.fields["text"], "finished") for entry in started
        ]


async def heard(corner: Corner, utterance: str) -> Mapping[str, Any]:
    """Return what the speaker's event shows of the utterance that has just been asked, once it does."""
    entity_id = er.async_get(corner.hass).async_get_entity_id(Platform.EVENT, DOMAIN, f"{corner.did}-heard")
    shown: asyncio.Future[Mapping[str, Any]] = corner.hass.loop.create_future()

    @callback
    def look(changed: HassEvent[EventStateChangedData]) -> None:
        state = changed.data["new_state"]
        if state is None or state.entity_id != entity_id or shown.done():
            return
        if state.attributes.get("utterance") == utterance:
            shown.set_result(state.attributes)

    stop = corner.hass.bus.async_listen(EVENT_STATE_CHANGED, look)
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await shown
    finally:
        stop()


async def wait_for_entry(hass: HomeAssistant, entry: ConfigEntry, state: ConfigEntryState) -> None:
    """Wait until the entry is in this state."""
    reached = asyncio.Event()

    @callback
    def look() -> None:
        if entry.state is state:
            reached.set()

    stop = entry.async_on_state_change(look)
    try:
        look()
        async with asyncio.timeout(PATIENCE_S):
            await reached.wait()
    finally:
        stop()


async def wait_for_flow(hass: HomeAssistant, source: str) -> ConfigFlowResult:
    """Return the flow that something has started in the background, once it is there."""
    started = asyncio.Event()

    @callback
    def look(*_: str) -> None:
        if flows():
            started.set()

    def flows() -> list[ConfigFlowResult]:
        return [
            flow
            for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN, include_uninitialized=True)
            if flow["context"]["source"] == source
        ]

    stop = hass.config_entries.flow.async_subscribe_flow(look)
    try:
        look()
        async with asyncio.timeout(PATIENCE_S):
            await started.wait()
    finally:
        stop()
    await hass.async_block_till_done()
    (flow,) = flows()
    return flow


async def begin_story(corner: Corner) -> Event:
    """Ask for a story, and return the LLM's request once the answer is being spoken; its end does not come."""
    corner.sim.llm.replies.append(ScriptedReply("故事", STORY * 3))
    corner.sim.llm.settings.stall_after = len(tokens(STORY)) + 3
    since = corner.ask("编一个小狐狸数星星的故事")
    request = await event(corner.sim, "llm_request", since=since)
    await corner.event("speech_started", since=since, source="tts")
    return request


def shown_in_sections(step: Any) -> dict[str, dict[str, Any]]:
    """Return what a form shows in its fields, by section."""
    return {
        str(name): {
            str(field): (field.description or {}).get("suggested_value") if field.description else field.default()
            for field in part.schema.schema
        }
        for name, part in step["data_schema"].schema.items()
    }
