"""A running simulator, and clients that reach it by the real names over verified TLS."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from simulator import tls
from simulator.app import Simulator
from simulator.reach import connector
from simulator.settings import Settings
from tests.simulator.xiaomi_client import XiaomiClient


@pytest.fixture(scope="session")
def tls_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    tls.ensure(folder)
    return folder


@pytest.fixture
def settings() -> Settings:
    """A quick world: a sentence of eight characters is spoken in 0.2 s."""
    return Settings(
        characters_per_second=40,
        status_lag=0.05,
        status_tail=0.03,
        answer_delay=0.05,
        record_delay=0.05,
        round_trip=0.002,
        miot_delay=0.01,
    )


@pytest.fixture
async def sim(socket_enabled: None, settings: Settings, tls_dir: Path) -> AsyncIterator[Simulator]:
    async with Simulator(settings, tls_dir=tls_dir, tls_port=0) as simulator:
        yield simulator


@pytest.fixture
async def session(sim: Simulator, tls_dir: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """A session with cookies, as miservice wants it."""
    async with aiohttp.ClientSession(connector=connector(sim.tls_port, tls_dir)) as session:
        yield session


@pytest.fixture
async def client(sim: Simulator, tls_dir: Path) -> AsyncIterator[XiaomiClient]:
    """A client that sends exactly what a test says; not logged in."""
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector(sim.tls_port, tls_dir), cookie_jar=jar) as session:
        yield XiaomiClient(session, sim)


@pytest.fixture
async def cloud(client: XiaomiClient) -> XiaomiClient:
    """A client that is logged in to both services."""
    await client.log_in("micoapi")
    await client.log_in("xiaomiio")
    return client


@pytest.fixture
async def control(sim: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    """A session on the control API."""
    async with aiohttp.ClientSession(sim.url, connector=aiohttp.TCPConnector(force_close=True)) as session:
        yield session
