"""A real Home Assistant in a scratch folder: started, asked, looked at, restarted and stopped.

    async with House(folder, components=repository / "custom_components") as house:
        await house.call("light", "turn_on", {"entity_id": "light.living_room"})
        await house.wait_for_state("light.living_room", "on")

It runs with the interpreter of whoever asks, as a process of its own, and answers on loopback only.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
import contextlib
import os
from pathlib import Path
import re
import signal
import socket
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from simulator.house_client import Answer, HouseClient, HouseError
from simulator.house_storage import (
    DEFAULT_LOG_LEVELS,
    LAMPS,
    long_lived_token,
    seed,
    user_language,
    write_configuration,
    write_http,
)

if TYPE_CHECKING:
    from simulator.house_browser import Page

__all__ = ["Answer", "House", "HouseError", "problems"]

START_SECONDS = 60.0
"""Three seconds are usual and the first one, without bytecode, takes eleven; busy CI needs several times that."""

STOP_SECONDS = 30.0
"""A stop takes less than one second; Home Assistant gives its own stages longer than anyone wants to wait."""

LOG_TAIL = 4000
"""Characters of the log in an error message."""

NOT_INHERITED = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "SETUP_PORT", "SUPERVISOR")
"""Without bytecode every start compiles anew, for three seconds more; the others change what is started."""

HARMLESS = (
    # Cameras and sound files need these two programs; this house has neither.
    ("[haffmpeg.core] FFmpeg fails", "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'"),
    ("[homeassistant.components.camera.img_util] Error loading libturbojpeg", "e.g. jpeg = TurboJPEG(lib_path)"),
)
"""Records that say nothing about what is tested: a piece of the first line, and of the traceback's last."""

_RECORD = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", re.MULTILINE)

_PROBLEM = re.compile(
    r"blocking call|^Traceback| (?:ERROR|CRITICAL) \(|was never (?:awaited|retrieved)|^Fatal|^Unclosed"
    r"|^(?=.*xiao_gpt).*(?:deprecat|will stop working|will be removed|please report)",
    re.IGNORECASE | re.MULTILINE,
)


def problems(log: str) -> list[str]:
    """Return what should not be in a log: errors, tracebacks, blocking calls, deprecated use by xiao_gpt.

    One line each: the record's first, with the last of its traceback. `HARMLESS` records are left out.
    """
    found = []
    for record in _RECORD.split(log):
        lines = record.strip().splitlines()
        if _PROBLEM.search(record) and not _harmless(record, lines):
            found.append(lines[0] if len(lines) == 1 else f"{lines[0]} … {lines[-1]}")
    return found


def _harmless(record: str, lines: list[str]) -> bool:
    # A second traceback is another problem that came without a first line of its own.
    if record.count("Traceback") > 1:
        return False
    return any(first in lines[0] and last in lines[-1] for first, last in HARMLESS)


class House(HouseClient):
    """A Home Assistant process with an owner, two rooms and a lamp in each."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        language: str = "zh-Hans",
        components: Path | None = None,
        environment: Mapping[str, str] | None = None,
        log_levels: Mapping[str, str] | None = None,
        configuration: Mapping[str, Any] | None = None,
    ) -> None:
        """Describe the house; entering it starts it.

        Args:
            folder: Where everything goes. A folder in which a house was before is used again, with all that it holds.
            port: Port on 127.0.0.1; 0 takes a free one.
            language: Language of the server and of its owner.
            components: The `custom_components` folder to link into the configuration.
            environment: Variables to add to the process's.
            log_levels: Levels by logger name, added to `DEFAULT_LOG_LEVELS`; ``default`` is all others'.
            configuration: Top-level keys to add to `configuration.yaml`.
        """
        self.port = port or _free_port()
        super().__init__(f"http://127.0.0.1:{self.port}", language=language)
        self.folder = folder
        self.config = folder / "config"
        self.log_file = folder / "home-assistant.log"
        self.token = ""
        self.start_seconds = 0.0
        """How long the last start took, until Home Assistant said that it runs."""
        self._components = components
        self._environment = dict(environment or {})
        self._log_levels = {**DEFAULT_LOG_LEVELS, **(log_levels or {})}
        self._configuration = dict(configuration or {})
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        fresh = await asyncio.to_thread(self._prepare)
        await self.start()
        if fresh:
            try:
                await self._furnish()
            except BaseException:
                await self.stop()
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the process and connect to it.

        Raises:
            HouseError: If it dies, comes up in recovery mode or does not run in time; with the log's end.
        """
        began = time.monotonic()
        inherited = {key: value for key, value in os.environ.items() if key not in NOT_INHERITED}
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "homeassistant",
                "--config",
                str(self.config),
                "--skip-pip",
                "--log-no-color",
                # Not where the parent stands: `-m` puts the working directory, and its custom_components, on the path.
                cwd=self.folder,
                env={**inherited, "HA_DISABLE_LOG_FILE": "true", **self._environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._until_running(self._process)
            await self.open(self.token)
        except TimeoutError:
            await self.stop()
            raise HouseError(f"Home Assistant did not run within {START_SECONDS:.0f} s\n{self._tail()}") from None
        except BaseException:
            await self.stop()
            raise
        self.start_seconds = time.monotonic() - began

    async def stop(self) -> None:
        """Disconnect and end the process, kindly at first."""
        try:
            await self.close()
        finally:
            await self._end_process()

    async def restart_process(self) -> None:
        """Stop the process and start it again in the same folder, on the same port."""
        await self.stop()
        await self.start()

    def log(self) -> str:
        """Return what all starts in this folder have logged."""
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    def problems(self) -> list[str]:
        """Return the log's lines that should not be there."""
        return problems(self.log())

    @property
    def pid(self) -> int:
        """Return the process's id."""
        if self._process is None:
            raise HouseError("the house is not running")
        return self._process.pid

    def memory(self) -> float:
        """Return the process's resident memory in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(re.findall(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[0]) / 1024

    async def speak(self, language: str) -> None:
        """Set the owner's language, which every page of theirs follows at once."""
        await self.ws("frontend/set_user_data", key="language", value=user_language(language))

    @contextlib.asynccontextmanager
    async def page(
        self,
        language: str | None = None,
        *,
        path: str = "/",
        size: tuple[int, int] = (1280, 800),
        scale: float = 1,
    ) -> AsyncIterator[Page]:
        """Open the frontend in a browser, logged in as the owner.

        Args:
            language: Language of the frontend; None is the house's. It becomes the owner's.
            path: Page to open.
            size: Width and height of the view, in CSS pixels.
            scale: Device pixels per CSS pixel.
        """
        # Here and not above: only who looks at pictures needs playwright.
        from simulator.house_browser import browse

        language = language or self.language
        await self.speak(language)
        async with browse(self.url, self.token, language=language, path=path, size=size, scale=scale) as page:
            yield page

    async def screenshot(self, page: Page, path: Path) -> Path:
        """Write a PNG of a page that has come to rest."""
        from simulator.house_browser import screenshot

        return await screenshot(page, path)

    def _prepare(self) -> bool:
        """Fill the folder; return whether the house is new."""
        (self.config / ".storage").mkdir(parents=True, exist_ok=True)
        fresh = seed(self.config, language=self.language)
        write_configuration(self.config, log_levels=self._log_levels, extra=self._configuration)
        write_http(self.config, self.port)
        self.token = long_lived_token(self.config)
        link = self.config / "custom_components"
        if link.is_symlink():
            link.unlink()
        if self._components:
            link.symlink_to(self._components.resolve(), target_is_directory=True)
        return fresh

    async def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        finally:
            # Too slow, or nobody waits any more: it must not outlive its house.
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _until_running(self, process: asyncio.subprocess.Process) -> None:
        """Wait until Home Assistant says that all is set up; its port answers before."""
        exited = asyncio.create_task(process.wait())
        try:
            async with aiohttp.ClientSession(self.url, headers={"Authorization": f"Bearer {self.token}"}) as session:
                while True:
                    with contextlib.suppress(aiohttp.ClientError):
                        async with session.get("/api/config") as response:
                            if response.ok and self._runs(await response.json()):
                                return
                    # Nobody can announce a port that is not yet open, so it is asked for, until the process ends.
                    await asyncio.wait({exited}, timeout=0.05)
                    if exited.done():
                        raise HouseError(f"Home Assistant ended with {exited.result()}\n{self._tail()}")
        finally:
            exited.cancel()

    def _runs(self, config: dict[str, Any]) -> bool:
        if config["recovery_mode"]:
            raise HouseError(f"Home Assistant came up in recovery mode\n{self._tail()}")
        return bool(config["state"] == "RUNNING")

    async def _furnish(self) -> None:
        """Put the lamps into their rooms and their switches out of sight."""
        for lamp in LAMPS:
            await self.wait_for_state(lamp.light, "off")
            await self.ws("config/entity_registry/update", entity_id=lamp.light, area_id=lamp.key)
            await self.ws("config/entity_registry/update", entity_id=lamp.switch, hidden_by="user")

    def _tail(self) -> str:
        return self.log()[-LOG_TAIL:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
