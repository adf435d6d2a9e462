"""A Home Assistant in front of the simulated clouds, everything ten times as fast as in life."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable
from dataclasses import replace
import gc
from http import HTTPStatus
import json
from typing import Any, cast
from unittest.mock import Mock

from aiohttp import web
from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    aiohttp_client,
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    translation,
)
from homeassistant.setup import async_setup_component
import pytest

from custom_components.xiao_gpt import polling, silencing, tokenizers
from custom_components.xiao_gpt.const import GATEWAY_VARIABLE
from custom_components.xiao_gpt.gpt.bpe import FILES
from simulator.app import Simulator
import simulator.llm
from simulator.llm_protocol import ChatRequest, parse_chat
from tests.integration.support import SPEED, Corner, QuickClock, add_integration

LAMPS = {"living": "客厅", "bedroom": "卧室"}


@pytest.fixture(autouse=True, scope="module")
def garbage_collection() -> None:
    """Do not what the harness does here: it keeps each Home Assistant of the last file from ever being collected."""


@pytest.fixture(autouse=True, scope="session")
def modules_are_no_garbage() -> None:
    """Make it quick to collect what a test leaves behind."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def let_go() -> Generator[None]:
    """Let a Home Assistant that has stopped be forgotten, of which the harness notes who asked for what: 35 MB."""
    yield
    for mock in (translation._async_get_component_strings, aiohttp_client._async_make_resolver):
        cast("Mock", mock).reset_mock()
    gc.collect()


@pytest.fixture(autouse=True)
def no_internet(sim: Simulator) -> Generator[None]:
    """Look for the tokenizers' files, which are on the internet, where there is nothing."""
    nowhere = {name: replace(file, url=f"{sim.url}/{name}") for name, file in FILES.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokenizers, "FILES", nowhere)
        yield


@pytest.fixture(autouse=True)
async def house(
    sim: Simulator,  # before Home Assistant, so that it is still there when that stops
    no_internet: None,
    hass: HomeAssistant,
    enable_custom_integrations: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A Chinese home whose way to Xiaomi's clouds leads to the simulator."""
    monkeypatch.setenv(GATEWAY_VARIABLE, sim.url)
    monkeypatch.setattr("custom_components.xiao_gpt.speech.talk.Clock", QuickClock)
    for module, name in ((polling, "MINUTE_S"), (silencing, "CHECK_S")):
        monkeypatch.setattr(module, name, getattr(module, name) / SPEED)
    hass.config.language = "zh-Hans"
    hass.config.country = "CN"
    assert await async_setup_component(hass, "homeassistant", {})


@pytest.fixture
async def entry(hass: HomeAssistant, house: None, sim: Simulator) -> ConfigEntry:
    """The integration, added as a person does."""
    return await add_integration(hass, sim)


@pytest.fixture
def corner(hass: HomeAssistant, sim: Simulator, entry: ConfigEntry) -> Callable[[str], Corner]:
    """Return a function that returns the speaker of a name."""

    def find(name: str) -> Corner:
        return Corner(hass, sim, entry, name)

    return find


@pytest.fixture
async def living(corner: Callable[[str], Corner]) -> Corner:
    """The speaker in the living room (LX06), advanced dialogue on."""
    living = corner("客厅小爱")
    await living.turn("on")
    return living


@pytest.fixture
async def bedroom(corner: Callable[[str], Corner]) -> Corner:
    """The speaker in the bedroom (L05C: blind and only to be spoken through by MIoT), advanced dialogue on."""
    bedroom = corner("卧室小爱")
    await bedroom.turn("on")
    return bedroom


@pytest.fixture
async def lamps(hass: HomeAssistant, entry: ConfigEntry, sim: Simulator) -> dict[str, str]:
    """A lamp in two of the rooms, where the speakers are too; the lamps' entity ids by room."""
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {name: {} for name in LAMPS}})
    lights = [
        {
            "name": f"{room}灯",
            "unique_id": name,
            "state": f"{{{{ is_state('input_boolean.{name}', 'on') }}}}",
            "turn_on": [{"action": "input_boolean.turn_on", "target": {"entity_id": f"input_boolean.{name}"}}],
            "turn_off": [{"action": "input_boolean.turn_off", "target": {"entity_id": f"input_boolean.{name}"}}],
        }
        for name, room in LAMPS.items()
    ]
    assert await async_setup_component(hass, "template", {"template": [{"light": lights}]})
    await hass.async_block_till_done()
    areas, devices, entities = ar.async_get(hass), dr.async_get(hass), er.async_get(hass)
    found = {}
    for name, room in LAMPS.items():
        area = areas.async_create(room)
        lamp = entities.async_get_entity_id("light", "template", name)
        assert lamp is not None
        entities.async_update_entity(lamp, area_id=area.id)
        for speaker in sim.world.speakers:
            if speaker.room == room:
                devices.async_update_device(Corner(hass, sim, entry, speaker.name).device.id, area_id=area.id)
        found[room] = lamp
    return found


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the language model was asked: the timeline only says how much."""
    seen: list[dict[str, Any]] = []

    def note(body: bytes, models: Iterable[str]) -> ChatRequest:
        seen.append(json.loads(body))
        return parse_chat(body, models)

    monkeypatch.setattr(simulator.llm, "parse_chat", note)
    return seen


type StartService = Callable[..., Awaitable[str]]


@pytest.fixture
async def start_service(socket_enabled: None) -> AsyncGenerator[StartService]:
    """Return a function that starts an LLM service of few words, and returns its base URL.

    For what the simulator's does not say: it answers every question with the same status and body. Its list of models
    fails as well where `models` is None.
    """
    runners: list[web.AppRunner] = []

    async def start(status: int, body: str, models: list[str] | None = None) -> str:
        async def completions(request: web.Request) -> web.Response:
            return web.Response(
                status=status,
                text=body,
                content_type="text/event-stream" if status == HTTPStatus.OK else "application/json",
            )

        async def list_models(request: web.Request) -> web.Response:
            if models is None:
                return await completions(request)
            data = [{"id": name, "object": "model", "created": 0, "owned_by": "test"} for name in models]
            return web.json_response({"object": "list", "data": data})

        app = web.Application()
        app.router.add_get("/v1/models", list_models)
        app.router.add_post("/v1/chat/completions", completions)
        runner = web.AppRunner(app, shutdown_timeout=0)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/v1"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
def exposed(hass: HomeAssistant) -> Callable[[str], bool]:
    """Return a function that tells whether an entity is exposed to the voice assistants."""

    def told(entity_id: str) -> bool:
        return async_should_expose(hass, "conversation", entity_id)

    return told
