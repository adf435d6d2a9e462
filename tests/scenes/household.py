"""The home of the scenes: one Home Assistant for all of them, furnished and set up anew for each."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field
import json
from typing import Any

from simulator.app import Simulator
from simulator.house import House, HouseError
from simulator.house_storage import LAMPS
from simulator.llm_settings import LLMSettings
from simulator.product import DOMAIN, install
from simulator.settings import Settings as CloudSettings
from tests.scenes.script import Device, Scene

CLOUDS = CloudSettings(characters_per_second=12)
"""Speakers that speak quicker than in life: a scene takes half the time."""
LLM = LLMSettings(first_token=0.2)

LAMPS_ALWAYS_THERE = tuple(Device(lamp.light, lamp.name, lamp.area, "off", dims=True) for lamp in LAMPS)

RECORDS = "userprofile.mina.mi.com"

STATE_SECONDS = 15.0
"""From a sentence to what is done about it: two seconds, at the most four where the switch is off."""

_ACTIONS = {
    "cover": ("open_cover", "close_cover"),
    "fan": ("turn_on", "turn_off"),
    "light": ("turn_on", "turn_off"),
    "lock": ("lock", "unlock"),
    "switch": ("turn_on", "turn_off"),
}
"""What a template of each kind must be able to do. It does nothing but take the state: there is no device behind it."""
_TO = {
    "open": "open_cover",
    "closed": "close_cover",
    "locked": "lock",
    "unlocked": "unlock",
    "on": "turn_on",
    "off": "turn_off",
}

type State = dict[str, Any]
"""An entity's ``state`` and ``attributes``."""


@dataclass
class Household:
    """The clouds, the house, and the integration in it."""

    sim: Simulator
    house: House
    entry_id: str = ""
    speakers: dict[str, dict[str, str]] = field(default_factory=dict)
    """Entity ids by the speaker's name and the entity's translation key."""
    agent: str = ""
    """The assistant's conversation entity."""

    async def prepare(self, scene: Scene) -> None:
        """Make the home what a scene finds at its beginning: nothing is left of the scene before."""
        await self._remove_integration()
        self._quieten()
        self.sim.settings.update(asdict(CLOUDS) | scene.settings.clouds)
        self.sim.llm.settings.update(asdict(LLM) | scene.settings.llm)
        self.sim.llm.replies[:] = [type(reply).from_json(reply.as_json()) for reply in scene.replies]
        rooms = await self._rooms(scene)
        await self._furnish(scene, rooms)
        await self._install(scene, rooms)

    async def follow(self, entity_id: str, fits: Callable[[State], bool], seconds: float = STATE_SECONDS) -> State:
        """Wait until an entity's state fits, as it may already; return it.

        Raises:
            HouseError: it did not in time.
        """
        now: State = {}
        events = self.house.events("subscribe_entities", entity_ids=[entity_id])
        try:
            async with asyncio.timeout(seconds), events as changes:
                async for change in changes:
                    now = _changed(now, change, entity_id)
                    if now and fits(now):
                        return now
        except TimeoutError:
            raise HouseError(f"{entity_id} is {now or 'nowhere'}") from None
        raise HouseError(f"{entity_id} cannot be followed any more")

    async def _remove_integration(self) -> None:
        for entry in await self.house.ws("config_entries/get", domain=DOMAIN):
            await self.house.delete(f"/api/config/config_entries/entry/{entry['entry_id']}")

    def _quieten(self) -> None:
        for speaker in self.sim.world.speakers:
            self.sim.world.xiaoai(speaker).hang_up()
            speaker.interrupt()
            speaker.stop_music()

    async def _rooms(self, scene: Scene) -> dict[str, str]:
        """Return the ids of areas by name, with one for each room that a device or a speaker stands in."""
        known = {area["name"]: area["area_id"] for area in await self.house.ws("config/area_registry/list")}
        wanted = [device.room for device in scene.devices] + [speaker.room for speaker in self.sim.world.speakers]
        for room in dict.fromkeys(wanted):
            if room not in known:
                known[room] = (await self.house.ws("config/area_registry/create", name=room))["area_id"]
        return known

    async def _furnish(self, scene: Scene, rooms: dict[str, str]) -> None:
        """Put the scene's devices where they stand, and no others."""
        devices = {device.entity_id: device for device in (*LAMPS_ALWAYS_THERE, *scene.devices)}
        registry = await self.house.ws("config/entity_registry/list")
        there = {entity["entity_id"] for entity in registry if entity["platform"] == "template"}
        for entity_id in there:
            # A template that was unavailable at its end restores nothing of itself, not even whether it dims.
            await self.house.post(f"/api/states/{entity_id}", {"state": "unavailable"})
        await asyncio.to_thread(self._write_templates, list(devices.values()))
        await self.house.call("template", "reload")
        for gone in there - devices.keys():
            await self.house.ws("config/entity_registry/remove", entity_id=gone)
        for device in devices.values():
            # Until it is there, nothing can be done with it.
            await self.follow(device.entity_id, lambda now: now["state"] != "unavailable")
            await self.house.ws(
                "config/entity_registry/update",
                entity_id=device.entity_id,
                area_id=rooms[device.room],
                name=device.name,
            )
            await self._put(device)
        await self.house.ws(
            "homeassistant/expose_entity",
            assistants=["conversation"],
            entity_ids=list(devices),
            should_expose=True,
        )
        names = {state["attributes"].get("friendly_name", "") for state in await self.house.get("/api/states")}
        if known := [name for name in scene.only_xiaoai if any(name in other for other in names)]:
            raise HouseError(f"Home Assistant knows {', '.join(known)}, which only XiaoAI should")

    async def _put(self, device: Device) -> None:
        """Bring a device into the state in which the scene finds it."""
        state, fields = device.state, {}
        if device.domain == "light" and state.endswith("%"):
            state, fields = "on", {"brightness_pct": int(state.removesuffix("%"))}
        elif device.dims and state == "on":
            fields = {"brightness_pct": 100}
        if state not in _TO:
            raise HouseError(f"{device.entity_id} cannot be {state}")
        if device.dims and state == "off":  # it comes on again as bright as it was
            await self.house.call(device.domain, "turn_on", {"entity_id": device.entity_id, "brightness_pct": 100})
        await self.house.call(device.domain, _TO[state], {"entity_id": device.entity_id, **fields})
        await self.follow(device.entity_id, lambda now: shows(now, device.state))

    def _write_templates(self, devices: list[Device]) -> None:
        path = self.house.config / "configuration.yaml"
        templates = [{device.domain: [_template(device)]} for device in devices]
        # The house writes each key into a line of its own.
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("template:")]
        lines.append(f"template: {json.dumps(templates, ensure_ascii=False)}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    async def _install(self, scene: Scene, rooms: dict[str, str]) -> None:
        """Add the integration as a person would, and set it up as the scene wants it."""
        since = len(self.sim.timeline)
        installed = await install(self.house, self.sim)
        [entry] = await self.house.ws("config_entries/get", domain=DOMAIN)
        self.entry_id = entry["entry_id"]
        names = {speaker.device_id: name for name, speaker in installed.items()}
        for speaker in self.sim.world.speakers:
            await self.house.ws(
                "config/device_registry/update",
                device_id=installed[speaker.name].device_id,
                area_id=rooms[speaker.room],
            )
        self.speakers = {name: {} for name in installed}
        for entity in await self.house.ws("config/entity_registry/list"):
            if entity["platform"] != DOMAIN:
                continue
            if entity["entity_id"].startswith("conversation."):
                self.agent = entity["entity_id"]
            elif entity["device_id"] in names:
                self.speakers[names[entity["device_id"]]][entity["translation_key"]] = entity["entity_id"]
        await self._listened(since)
        settings = scene.settings
        if settings.keys:
            await self._loaded_anew(self._set_keys(settings.keys))
        if settings.options:
            await self._loaded_anew(self._set_options(settings.options))
        if settings.assistant:
            await self._loaded_anew(self._set_assistant(settings.assistant))
        for entities in self.speakers.values():
            await self._set_up_speaker(scene, entities)

    async def _set_up_speaker(self, scene: Scene, entities: dict[str, str]) -> None:
        mode, dialogue = scene.settings.mode, "on" if scene.settings.dialogue else "off"
        await self.follow(entities["answering_mode"], lambda now: now["state"] != "unavailable")
        await self.house.call("select", "select_option", {"entity_id": entities["answering_mode"], "option": mode})
        await self.house.call("switch", f"turn_{dialogue}", {"entity_id": entities["advanced_dialogue"]})
        await self.follow(entities["answering_mode"], lambda now: now["state"] == mode)
        await self.follow(entities["advanced_dialogue"], lambda now: now["state"] == dialogue)

    async def _loaded_anew(self, change: Coroutine[Any, Any, None]) -> None:
        """Make a change that loads the integration anew, and wait until it listens again."""
        some = next(iter(self.speakers.values()))["answering_mode"]
        events = self.house.events("subscribe_entities", entity_ids=[some])
        now: State = {}
        since: int | None = None
        async with asyncio.timeout(STATE_SECONDS), events as changes:
            await change
            async for event in changes:
                now = _changed(now, event, some)
                if now["state"] == "unavailable":
                    since = len(self.sim.timeline)
                elif since is not None:
                    break
        await self._listened(since or 0)

    async def _listened(self, since: int) -> None:
        """Wait until each speaker has been asked for what was said to it before: only what comes later is heard."""
        for _ in self.sim.world.speakers:
            asked = await self.sim.timeline.wait_for(
                lambda event: event.fields.get("host") == RECORDS, since=since, timeout=STATE_SECONDS
            )
            since = asked.seq + 1

    async def _set_keys(self, keys: list[str]) -> None:
        """Fill in the keys of the language model's service; the simulated one must accept them."""
        menu = await self.house.post("/api/config/config_entries/flow", {"handler": DOMAIN, "entry_id": self.entry_id})
        form = await self.house.flow_step(menu["flow_id"], {"next_step_id": "service"})
        form = await self.house.flow_step(form["flow_id"], {"api_keys": keys, "base_url": self.sim.llm_url})
        if form.get("reason") != "service_changed":
            raise HouseError(f"The keys were not taken: {form}")

    async def _set_options(self, options: dict[str, dict[str, Any]]) -> None:
        """Fill in the options' form, in sections; what is not named keeps its value."""
        form = await self.house.flow(self.entry_id, kind="options")
        sections = {part["name"] for part in form["data_schema"]}
        if unknown := options.keys() - sections:
            raise HouseError(f"The options have no section {', '.join(unknown)}, but {', '.join(sorted(sections))}")
        form = await self.house.flow_step(form["flow_id"], {name: {} for name in sections} | options, kind="options")
        if form["type"] != "create_entry":
            raise HouseError(f"The options were not taken: {form}")

    async def _set_assistant(self, fields: dict[str, Any]) -> None:
        """Fill in the form of the assistant; what is not named keeps its value."""
        [subentry] = await self.house.ws("config_entries/subentries/list", entry_id=self.entry_id)
        form = await self.house.post(
            "/api/config/config_entries/subentries/flow",
            {"handler": [self.entry_id, subentry["subentry_type"]], "subentry_id": subentry["subentry_id"]},
        )
        known = {part["name"]: _filled_in(part) for part in form["data_schema"]}
        if unknown := fields.keys() - known.keys():
            raise HouseError(f"The assistant has no field {', '.join(unknown)}, but {', '.join(sorted(known))}")
        form = await self.house.flow_step(
            form["flow_id"],
            {name: value for name, value in (known | fields).items() if value is not None},
            kind="subentries",
        )
        if form.get("reason") != "assistant_changed":
            raise HouseError(f"The assistant was not changed: {form}")


def shows(now: State, wanted: str) -> bool:
    """Tell whether a state is what a scene names so: "on", "off", "locked", or "20%" of a lamp that is on."""
    if wanted.endswith("%"):
        brightness = now["attributes"].get("brightness")
        return now["state"] == "on" and brightness is not None and f"{round(brightness / 2.55)}%" == wanted
    return bool(now["state"] == wanted)


def _template(device: Device) -> dict[str, Any]:
    template: dict[str, Any] = {
        "name": device.name,
        "unique_id": f"lamp_{device.entity_id.partition('.')[2]}" if device.domain == "light" else device.entity_id,
        "default_entity_id": device.entity_id,
        "optimistic": True,
        **{action: [] for action in _ACTIONS[device.domain]},
    }
    if device.dims:
        template["set_level"] = []
    return template


def _filled_in(part: dict[str, Any]) -> Any:
    """Return what a field of a form is filled in with."""
    return part.get("description", {}).get("suggested_value", part.get("default"))


def _changed(now: State, change: dict[str, Any], entity_id: str) -> State:
    """Return a state after a change, which comes in Home Assistant's short form."""
    if added := change.get("a", {}).get(entity_id):
        return {"state": added["s"], "attributes": added.get("a", {})}
    if entity_id in change.get("r", ()):
        return {}
    difference = change.get("c", {}).get(entity_id, {})
    more, less = difference.get("+", {}), difference.get("-", {})
    attributes = {**now.get("attributes", {}), **more.get("a", {})}
    return {
        "state": more.get("s", now.get("state")),
        "attributes": {name: value for name, value in attributes.items() if name not in less.get("a", ())},
    }
