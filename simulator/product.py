"""XiaoGPT in a `House`: added through its config flow as a person would, connected to a `Simulator`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.app import Simulator
from simulator.house import House, HouseError

DOMAIN = "xiao_gpt"
COMPONENTS = Path(__file__).resolve().parent.parent / "custom_components"


@dataclass(frozen=True, slots=True)
class Installed:
    """What stands for a speaker in Home Assistant."""

    device_id: str
    switch: str
    """Entity id of its switch "advanced dialogue"."""


@dataclass(frozen=True, slots=True)
class Service:
    """An OpenAI-compatible service."""

    base_url: str
    api_key: str
    model: str

    @classmethod
    def simulated(cls, sim: Simulator) -> Service:
        """Return the simulator's own."""
        return cls(sim.llm_url, str(sim.llm.settings.api_key), sim.llm.settings.models[0])


@asynccontextmanager
async def house_with_gateway(sim: Simulator, folder: Path, **options: Any) -> AsyncIterator[House]:
    """Run a Home Assistant that reaches Xiaomi's clouds in the simulator."""
    async with House(
        folder,
        components=COMPONENTS,
        environment={"XIAO_GPT_CLOUD_GATEWAY": sim.url},
        log_levels={"custom_components.xiao_gpt": "debug"},
        **options,
    ) as house:
        yield house


async def install(house: House, sim: Simulator, service: Service | None = None) -> dict[str, Installed]:
    """Add the integration and return its speakers by name.

    Raises:
        HouseError: the flow took another way than expected.
    """
    service = service or Service.simulated(sim)
    account = sim.world.account
    flow = await house.flow(DOMAIN)
    flow = await _submit(house, flow, "user", next_step_id="password")
    flow = await _submit(house, flow, "password", username=account.user, password=account.password)
    flow = await _submit(house, flow, "service", api_keys=[service.api_key], base_url=service.base_url)
    flow = await _submit(house, flow, "model", model=service.model)
    if flow["type"] != "create_entry":
        raise HouseError(f"The flow ended with {flow}")
    devices = {device["id"]: device["name"] for device in await house.ws("config/device_registry/list")}
    return {
        devices[entity["device_id"]]: Installed(entity["device_id"], entity["entity_id"])
        for entity in await house.ws("config/entity_registry/list")
        if entity["platform"] == DOMAIN and entity["translation_key"] == "advanced_dialogue"
    }


async def _submit(house: House, flow: dict[str, Any], step: str, **fields: Any) -> dict[str, Any]:
    if flow.get("step_id") != step or flow.get("errors"):
        raise HouseError(f"Expected the form {step!r}, got {flow}")
    return await house.flow_step(str(flow["flow_id"]), fields)
