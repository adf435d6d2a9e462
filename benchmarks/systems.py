"""The systems that are compared, each as a process of its own that serves one simulated speaker."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
import contextlib
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import sys

from benchmarks.figures import is_poll
from simulator import tls
from simulator.app import Simulator
from simulator.house import House, HouseError
from simulator.product import house_with_gateway, install
from simulator.timeline import Event

ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = ROOT / "benchmarks" / "launcher.py"
XIAOGPT_PYTHON = ROOT / ".run" / "peers" / "xiaogpt" / "bin" / "python"
"""The environment that scripts/bench installs; without it xiaogpt is reported as not installed."""
START_SECONDS = 60.0
STOP_SECONDS = 5.0
LOG_TAIL = 1500


class StartError(Exception):
    """A system did not start."""


class Running:
    """A system that is up."""

    def __init__(self, renew: Callable[[], AbstractAsyncContextManager[None]] | None = None) -> None:
        """Take how it is started; None: it is never renewed."""
        self._renew = renew
        self._life = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """Start it."""
        if self._renew is not None:
            await self._life.enter_async_context(self._renew())

    async def renew(self) -> bool:
        """End it and start it anew; return whether that was possible."""
        if self._renew is None:
            return False
        await self._life.aclose()
        await self.start()
        return True

    async def stop(self) -> None:
        """End it."""
        await self._life.aclose()


type Start = Callable[[Simulator, Path], AbstractAsyncContextManager[Running]]


@dataclass(frozen=True, slots=True)
class System:
    """Something that lets a model answer through a speaker."""

    key: str
    chinese: str
    english: str
    start: Start
    """Starts it in a scratch folder, ready to hear."""


@asynccontextmanager
async def _product(sim: Simulator, folder: Path) -> AsyncIterator[Running]:
    """Run this project in a real Home Assistant."""
    async with house_with_gateway(sim, folder) as house:
        await turn_on(house, sim)
        yield Running()


async def turn_on(house: House, sim: Simulator) -> None:
    """Add this project to a Home Assistant and switch its advanced dialogue on at every speaker.

    Raises:
        StartError: it does not serve all of them.
    """
    try:
        speakers = await install(house, sim)
    except HouseError as err:
        raise StartError(str(err)) from err
    if len(speakers) != len(sim.world.speakers):
        raise StartError(f"serves {len(speakers)} speakers; the end of the log:\n{house.log()[-LOG_TAIL:]}")
    for speaker in speakers.values():
        await house.call("switch", "turn_on", {"entity_id": speaker.switch})


@asynccontextmanager
async def _xiaogpt(sim: Simulator, folder: Path) -> AsyncIterator[Running]:
    """Run xiaogpt from PyPI: streaming, XiaoAI muted, questions that begin with "请"."""
    if not XIAOGPT_PYTHON.exists():
        raise StartError("not installed")
    speaker = sim.world.speakers[0]
    options = {
        "hardware": speaker.model.hardware,
        "account": sim.world.account.user,
        "password": sim.world.account.password,
        "openai_key": sim.llm.settings.api_key,
        "api_base": sim.llm_url,
        "bot": "chatgptapi",
        "mute_xiaoai": True,
        "stream": True,
        "tts": "mi",
        "keyword": ["请"],
        "mi_did": speaker.did,
        # Its README asks for this where ubus makes no sound.
        "use_command": not speaker.model.ubus_tts,
    }
    async with _peer(sim, folder, XIAOGPT_PYTHON, "xiaogpt", ["--config"], options) as running:
        yield running


@asynccontextmanager
async def _migpt(sim: Simulator, folder: Path) -> AsyncIterator[Running]:
    """Run MIGPT's loop, told again; see `benchmarks.migpt_loop`."""
    speaker = sim.world.speakers[0]
    options = {
        "hardware": speaker.model.hardware,
        "account": sim.world.account.user,
        "password": sim.world.account.password,
        "key": sim.llm.settings.api_key,
        "base_url": sim.llm_url,
        "did": speaker.did,
        "play_text": None if speaker.model.ubus_tts else speaker.model.play_text,
    }
    async with _peer(sim, folder, Path(sys.executable), "benchmarks.migpt_loop", [], options) as running:
        yield running


@asynccontextmanager
async def _peer(
    sim: Simulator, folder: Path, python: Path, module: str, arguments: Sequence[str], options: Mapping[str, object]
) -> AsyncIterator[Running]:
    """Run a client that knows the clouds by their real names, with `options` in a JSON file as its last argument."""
    configuration = _write_options(folder, options)
    hosts = [part for host in tls.HOSTS for part in ("--host", host)]
    path = ["--path", str(ROOT)] if module.startswith("benchmarks.") else []
    command = [str(python), str(LAUNCHER), "--port", str(sim.tls_port), *hosts, *path, module, *arguments]
    environment = {
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "SSL_CERT_FILE": str(folder.parent / "tls" / "bundle.pem"),
    }

    @asynccontextmanager
    async def life() -> AsyncIterator[None]:
        begin = len(sim.timeline)
        with (folder / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command, str(configuration), cwd=folder, env=environment, stdout=log, stderr=log
            )
        try:
            await _until_it_listens(sim, begin, process, folder / "log")
            yield
        finally:
            await _end(process)

    running = Running(life)
    try:
        await running.start()
        yield running
    finally:
        await running.stop()


async def _until_it_listens(sim: Simulator, begin: int, process: asyncio.subprocess.Process, log: Path) -> None:
    """Wait for the first request for records."""

    def is_good_poll(event: Event) -> bool:
        return is_poll(event) and event.fields["status"] == 200

    listens = asyncio.create_task(sim.timeline.wait_for(is_good_poll, since=begin, timeout=START_SECONDS))
    died = asyncio.create_task(process.wait())
    try:
        await asyncio.wait({listens, died}, return_when=asyncio.FIRST_COMPLETED)
        if not listens.done() or listens.exception() is not None:
            raise StartError(f"did not begin to listen; the end of its log:\n{_tail(log)}")
    finally:
        listens.cancel()
        died.cancel()


def _write_options(folder: Path, options: Mapping[str, object]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "configuration.json"
    file.write_text(json.dumps(options, ensure_ascii=False), encoding="utf-8")
    return file


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:]


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a process that was started here, by force if it has hung."""
    if process.returncode is None:
        process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
    if process.returncode is None:
        process.kill()
        await process.wait()


SYSTEMS = (
    System("product", "XiaoGPT（本项目）", "XiaoGPT (this project)", _product),
    System("xiaogpt", "xiaogpt 3.23", "xiaogpt 3.23", _xiaogpt),
    System("migpt", "MIGPT（按描述重写的循环）", "MIGPT (its loop, told again)", _migpt),
)
BY_KEY = {system.key: system for system in SYSTEMS}
