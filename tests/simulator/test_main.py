"""The simulator as a program."""

import asyncio
from pathlib import Path
import signal
import sys

import pytest

ROOT = Path(__file__).parents[2]


async def _start(*options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator",
        *options,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_it_tells_its_addresses_and_ends_cleanly(how: signal.Signals) -> None:
    process = await _start("--port", "0", "--speaker", "书房小爱:L15A:书房")
    assert process.stdout is not None
    async with asyncio.timeout(20):
        told = [(await process.stdout.readline()).decode() for _ in range(5)]
        process.send_signal(how)
        rest, errors = await process.communicate()
    assert told[0].startswith("Gateway      http://127.0.0.1:")
    assert "书房小爱 (L15A, 书房)" in told[4]
    assert (process.returncode, rest.decode(), errors.decode()) == (0, "Ended.\n", "")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--speaker", "客厅"), "is not NAME:MODEL:ROOM"),
        (("--speaker", "客厅:Z1:客厅"), "unknown model Z1"),
        (("--cps", "0"), "characters_per_second must be above 0"),
        (("--tokens-per-second", "0"), "tokens_per_second"),
    ],
)
async def test_bad_options_are_explained(options: tuple[str, ...], reason: str) -> None:
    process = await _start("--port", "0", *options)
    async with asyncio.timeout(20):
        _, errors = await process.communicate()
    assert process.returncode != 0
    assert reason in errors.decode()
    assert "Traceback" not in errors.decode()
