"""How a client in this process reaches the simulator by the clouds' real names, with verified TLS and no hosts file."""

from pathlib import Path
import socket
import ssl

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult


class ToSimulator(AbstractResolver):
    """Leads every name to one port on 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self,
        host: str,
        port: int = 0,  # noqa: ARG002 - the interface has it
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
    ) -> list[ResolveResult]:
        """Return the simulator's address, whatever was asked for."""
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Do nothing: nothing is open."""


def connector(tls_port: int, tls_dir: Path) -> aiohttp.TCPConnector:
    """Return a connector for a session that speaks TLS to the simulator only, trusting its authority only."""
    context = ssl.create_default_context(cafile=str(tls_dir / "ca.pem"))
    # Connections are closed at once: tests look for what lingers.
    return aiohttp.TCPConnector(resolver=ToSimulator(tls_port), ssl=context, force_close=True)
