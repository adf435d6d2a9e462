"""A speaker fetches what it was told to play, as far as that is on this machine."""

from collections.abc import Callable
from ipaddress import ip_address

import aiohttp
from yarl import URL

from simulator.audio import Audio

HERE = "127.0.0.1"


def is_here(url: str, home_host: str) -> bool:
    """Tell whether an address leads to this machine: by itself, or as the home's name does."""
    try:
        host = URL(url).host or ""
        return host == home_host or ip_address(host).is_loopback
    except ValueError:
        return False


async def fetch(url: str, on_audio: Callable[[float], None]) -> tuple[str, Audio]:
    """Fetch an audio and report its seconds as they arrive.

    Returns:
        How the fetch ended ("complete", or what went wrong), and the audio.
    """
    audio, address = Audio(), URL(url)
    host = {"Host": address.authority}
    try:
        # Connections are closed at once: tests look for what lingers.
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
            session.get(address.with_host(HERE), headers=host, timeout=aiohttp.ClientTimeout(total=None)) as response,
        ):
            if not response.ok:
                return f"HTTP {response.status}", audio
            async for data in response.content.iter_any():
                if seconds := audio.add(data):
                    on_audio(seconds)
    except aiohttp.ClientError as err:
        return type(err).__name__, audio
    return "complete", audio
