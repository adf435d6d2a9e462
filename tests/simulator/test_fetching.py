"""What a speaker is told to play is fetched, if it is on this machine, and sounds as it comes."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
import struct

from aiohttp import web
import pytest

from simulator.app import Simulator
from simulator.audio import Audio
from simulator.fetching import is_here
from tests.simulator.support import event, told
from tests.simulator.xiaomi_client import XiaomiClient

LIVING = "客厅小爱"
FRAME, FRAME_S = b"\xff\xf3\x44\xc0" + bytes(92), 0.024

type Serve = Callable[..., Awaitable[str]]


@pytest.fixture
async def serve(socket_enabled: None) -> AsyncGenerator[Serve]:
    """Return a function that serves parts of an audio, with a pause before each, and returns the address."""
    runners = []

    async def start(*parts: tuple[float, bytes], status: int = 200) -> str:
        async def audio(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(status=status)
            await response.prepare(request)
            for pause, data in parts:
                await asyncio.sleep(pause)
                await response.write(data)
            await response.write_eof()
            return response

        app = web.Application()
        app.router.add_get("/a.mp3", audio)
        runner = web.AppRunner(app, shutdown_timeout=0)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://home.test:{runner.addresses[0][1]}/a.mp3"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
def play(cloud: XiaomiClient, sim: Simulator) -> Callable[[str], Awaitable[object]]:
    """Return a function that tells the speaker to play an address."""
    sim.settings.update({"home_host": "home.test"})
    return lambda url: cloud.ubus(LIVING, "mediaplayer", "player_play_url", {"url": url, "type": 2})


async def test_it_sounds_from_its_first_part_on_and_as_long_as_it_is(sim: Simulator, serve: Serve, play) -> None:
    await play(await serve((0.2, FRAME * 10), (0.1, FRAME * 10)))
    command, started = await event(sim, "command", command="play_url"), await event(sim, "music_started")
    ended = await event(sim, "music_ended")
    assert 0.2 <= started.t - command.t < 0.35
    assert ended.t - started.t == pytest.approx(20 * FRAME_S, abs=0.1)
    assert (ended.fields["reason"], ended.fields["gaps"]) == ("finished", [])
    assert ended.fields["seconds"] == pytest.approx(20 * FRAME_S, abs=0.01)
    assert (await event(sim, "fetched")).fields["outcome"] == "complete"


async def test_what_comes_too_late_is_a_gap(sim: Simulator, serve: Serve, play) -> None:
    await play(await serve((0.0, FRAME * 10), (0.6, FRAME * 10)))
    ended = await event(sim, "music_ended")
    (gap,) = ended.fields["gaps"]
    assert gap == pytest.approx(0.6 - 10 * FRAME_S, abs=0.1)
    assert ended.fields["seconds"] == pytest.approx(20 * FRAME_S, abs=0.01)


async def test_it_can_be_paused_and_goes_on(cloud: XiaomiClient, sim: Simulator, serve: Serve, play) -> None:
    await play(await serve((0.0, FRAME * 20)))
    await event(sim, "music_started")
    await cloud.operate(LIVING, "pause")
    paused = await event(sim, "music_ended")
    assert paused.fields["reason"] == "paused"
    assert paused.fields["seconds"] < 20 * FRAME_S
    await cloud.operate(LIVING, "play")
    ended = await event(sim, "music_ended", reason="finished")
    assert ended.fields["seconds"] == pytest.approx(20 * FRAME_S, abs=0.01)


async def test_a_stop_ends_it(cloud: XiaomiClient, sim: Simulator, serve: Serve, play) -> None:
    await play(await serve((0.0, FRAME * 100)))
    await event(sim, "music_started")
    await cloud.operate(LIVING, "stop")
    assert (await event(sim, "music_ended")).fields["reason"] == "stopped"
    assert sim.world.speaker(LIVING).state.status == 3


@pytest.mark.parametrize(("status", "data"), [(404, FRAME), (200, b"")])
async def test_what_is_not_there_makes_no_sound(sim: Simulator, serve: Serve, play, status: int, data: bytes) -> None:
    await play(await serve((0.0, data), status=status))
    outcome = (await event(sim, "fetched")).fields["outcome"]
    assert outcome == ("complete" if status == 200 else "HTTP 404")
    assert told(sim, "music_started") == []
    assert sim.world.speaker(LIVING).music is None


def test_a_wav_has_a_length_too() -> None:
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 1, 16000, 32000, 2, 16, b"data", 0)
    audio = Audio()
    assert [audio.add(header[:20]), audio.add(header[20:] + bytes(16000)), audio.add(bytes(16000))] == [0, 0.5, 0.5]


def test_other_bytes_have_none() -> None:
    audio = Audio()
    assert audio.add(bytes(5000)) == 0
    assert audio.add(b"ID3" + bytes(20) + FRAME) == pytest.approx(FRAME_S)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1/a", True),
        ("http://[::1]/a", True),
        ("http://home.test/a", True),
        ("http://192.0.2.7/a", False),
        ("http://other.test/a", False),
        ("spotify:1", False),
        ("http://[1/a", False),
    ],
)
def test_only_this_machine_is_asked(url: str, here: bool) -> None:
    assert is_here(url, "home.test") is here
