"""The household scenes of tests/scenes, each on a real Home Assistant; their table is printed at the end.

All share one house, which is furnished and set up anew for each: a scene finds nothing of the one before.
"""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.importorskip("playwright", reason="runs in the environment of the real Home Assistant")

from simulator.app import Simulator
from simulator.product import house_with_gateway
from tests.scenes.household import Household
from tests.scenes.runner import Outcome, run
from tests.scenes.script import all_scenes, load
from tests.scenes.table import table

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def household(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Household]:
    """A house for all scenes; at the end its log must be clean."""
    async with Simulator() as sim, house_with_gateway(sim, tmp_path_factory.mktemp("scenes")) as house:
        yield Household(sim, house)
    assert house.problems() == []


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest) -> Generator[list[Outcome]]:
    """What became of the scenes; printed at the end."""
    outcomes: list[Outcome] = []
    yield outcomes
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    reporter.ensure_newline()
    reporter.write_line(table(outcomes))


@pytest.mark.parametrize("path", all_scenes(), ids=lambda path: path.stem)
async def test_scene(path: Path, household: Household, outcomes: list[Outcome]):
    outcome = await run(load(path), household)
    outcomes.append(outcome)
    assert not outcome.problem, outcome.problem
