"""Fixtures of the end-to-end tests: one home for a whole module, because its start is what takes long.

Nothing here needs the test harness of Home Assistant, which the environment of the real one does not have.
"""

from collections.abc import AsyncGenerator
import json
from pathlib import Path

import pytest
import pytest_asyncio

from simulator.app import Simulator
from simulator.house import House
from simulator.llm_settings import LLMSettings
from simulator.settings import Settings

pytest.register_assert_rewrite("tests.e2e.home")

from tests.e2e.home import Home  # noqa: E402 (its assertions are to be explained too)

COMPONENTS = Path(__file__).parents[2] / "custom_components"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Home]:
    """A house in which the integration is not set up yet; at the end its log must be clean."""
    # What "enable debug logging" in the UI turns on, and so what people post in public.
    manifest = json.loads((COMPONENTS / "xiao_gpt" / "manifest.json").read_text(encoding="utf-8"))
    loggers = ["custom_components.xiao_gpt", *manifest["loggers"]]
    settings = Settings(characters_per_second=12)
    async with (
        Simulator(settings, llm_settings=LLMSettings(first_token=0.2)) as sim,
        House(
            tmp_path_factory.mktemp("house"),
            components=COMPONENTS,
            environment={"XIAO_GPT_CLOUD_GATEWAY": sim.url},
            log_levels=dict.fromkeys(loggers, "debug"),
        ) as house,
    ):
        home = Home(sim, house)
        yield home
    assert [line for line in house.problems() if not any(words in line for words in home.expected)] == []
