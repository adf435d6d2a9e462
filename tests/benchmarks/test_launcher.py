"""Names of the clouds lead to the simulator, for one process only."""

import subprocess
import sys

from benchmarks.systems import LAUNCHER

PROGRAM = """
import socket, sys
print(sys.argv[1:], socket.getaddrinfo("account.xiaomi.com", 443, type=socket.SOCK_STREAM)[0][4],
      socket.getaddrinfo("127.0.0.2", 80, type=socket.SOCK_STREAM)[0][4])
"""


def test_a_program_is_redirected(tmp_path) -> None:
    (tmp_path / "peer_program.py").write_text(PROGRAM, encoding="utf-8")
    options = ["--port", "44300", "--host", "account.xiaomi.com", "--path", str(tmp_path)]
    command = [sys.executable, str(LAUNCHER), *options, "peer_program", "--config", "x"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    assert output.strip() == "['--config', 'x'] ('127.0.0.1', 44300) ('127.0.0.2', 80)"
