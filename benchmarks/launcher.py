"""Run another client's program, unmodified, against the simulator instead of Xiaomi's clouds.

    python launcher.py --port 44300 --host account.xiaomi.com --host ... [--path DIR] MODULE [ARGUMENT ...]

Names that are given with `--host` resolve to 127.0.0.1 and the given port, for this process only: no hosts file is
touched and no root is needed. Everything else, TLS with the real names included, stays as it is; the certificates are
trusted through ``SSL_CERT_FILE``. It runs in the other program's own, older Python: only plain syntax here.
"""

import argparse
import runpy
import socket
import sys
from typing import Any


def redirect(hosts: frozenset[str], port: int) -> None:
    """Let the names in `hosts` resolve to `port` on this machine."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, service: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode("ascii") if isinstance(host, bytes) else host
        if name in hosts:
            return resolve("127.0.0.1", port, *args, **kwargs)
        return resolve(host, service, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]


def main() -> None:
    """Redirect, then become the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", action="append", default=[])
    parser.add_argument("--path", help="a folder to import from before all others")
    parser.add_argument("module")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    redirect(frozenset(options.host), options.port)
    # This file's own folder stands first on the path and would hide modules of the program.
    sys.path[:1] = [options.path] if options.path else []
    sys.argv = [options.module, *options.arguments]
    runpy.run_module(options.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
