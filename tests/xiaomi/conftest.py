"""An account, logged in to the simulated clouds, and the speakers that stand in them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace

import aiohttp
import pytest

from custom_components.xiao_gpt.xiaomi import CloudClient, Login, Speaker, XiaomiAccount, list_speakers
from simulator.app import Simulator
from simulator.world import Home

from .support import password_of

type SpeakerOf = Callable[..., Awaitable[Speaker]]


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[aiohttp.ClientSession]:
    """A session as the integration makes it: without cookies of its own."""
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
def client(sim: Simulator, session: aiohttp.ClientSession) -> CloudClient:
    """The way into the simulated clouds."""
    return CloudClient(session, sim.url)


@pytest.fixture
def login(client: CloudClient) -> Login:
    """A login that has not begun."""
    return Login(client)


@pytest.fixture
async def account(sim: Simulator, client: CloudClient, login: Login) -> XiaomiAccount:
    """The account, logged in with the password, which is not kept."""
    credentials = await login.by_password(password_of(sim))
    return XiaomiAccount(client, replace(credentials, password=None))


@pytest.fixture
def speaker_of(sim: Simulator, account: XiaomiAccount) -> SpeakerOf:
    """Return the speaker of a model, which is plugged in if there is none; `taken_for` lets it pass as another."""

    async def find(hardware: str, taken_for: str | None = None) -> Speaker:
        if not any(speaker.model.hardware == hardware for speaker in sim.world.speakers):
            sim.world.add_speaker(Home("书房小爱", hardware, "书房"))
        info = next(info for info in await list_speakers(account) if info.hardware == hardware)
        return Speaker(account, replace(info, hardware=taken_for or hardware))

    return find
