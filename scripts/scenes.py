"""The household scenes of tests/scenes, played by hand: a real Home Assistant, simulated clouds, a table at the end."""

import argparse
import asyncio
import logging
from pathlib import Path
import sys
import tempfile

from simulator.app import Simulator
from simulator.house import HouseError
from simulator.product import house_with_gateway
from tests.scenes.household import Household
from tests.scenes.runner import Outcome, run
from tests.scenes.script import Scene, SceneError, all_scenes, load
from tests.scenes.table import table


async def play(scenes: list[Scene], folder: Path) -> int:
    """Play the scenes and print their table; return the exit status."""
    outcomes: list[Outcome] = []
    async with Simulator() as sim, house_with_gateway(sim, folder) as house:
        household = Household(sim, house)
        for scene in scenes:
            print(f"{scene.name}: {scene.title} …", flush=True)
            outcomes.append(await run(scene, household))
        problems = house.problems()
    print(f"\n{table(outcomes)}")
    if problems:
        print("\nHome Assistant 的日志里有问题：", *problems, sep="\n  ")
    return 1 if problems or any(outcome.problem for outcome in outcomes) else 0


def main() -> int:
    """Parse the command line and play."""
    # A client that is loaded anew in the middle of a request is no error here.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    known = {path.stem: path for path in all_scenes()}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"scenes to play, of {', '.join(known)}; none: all")
    parser.add_argument("--check", action="store_true", help="only see whether they are written as they should be")
    arguments = parser.parse_args()
    try:
        # A file that is not in the folder (yet) can be played, too.
        scenes = [load(known.get(name, Path(name))) for name in arguments.names or known]
    except (SceneError, OSError) as err:
        print(f"✗ {err}", file=sys.stderr)
        return 1
    if arguments.check:
        print(f"{len(scenes)} ✓")
        return 0
    with tempfile.TemporaryDirectory(prefix="xiao-gpt-", ignore_cleanup_errors=True) as folder:
        try:
            return asyncio.run(play(scenes, Path(folder)))
        except KeyboardInterrupt:
            return 0
        except HouseError as err:
            print(f"✗ {err}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
