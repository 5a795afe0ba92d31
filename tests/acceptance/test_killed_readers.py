"""Readers whose process dies without a word: the server lets go of all that it held for them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.conftest import Fresh
from tests.acceptance.test_mounting import Sites, sites
from tests.server_process import ServerProcess, eventually

__all__ = ["sites"]  # a fixture

FORMATS = ("reasoning", "compat", "chunks", "session")
READERS = 60
CLIENT = """
import socket, sys
port, *paths = sys.argv[1:]
connections = []
for path in paths:
    connection = socket.create_connection(("127.0.0.1", int(port)))
    connection.sendall(f"GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n".encode())
    assert b" 200 " in connection.recv(1_000)
    connections.append(connection)
print("all are there", flush=True)
while True:
    for connection in connections:
        connection.recv(100_000)
"""


@contextmanager
def readers_in_a_process(server: ServerProcess, path: str) -> Iterator[subprocess.Popen[str]]:
    """Let a process read a stream many times, in every format, until it is killed."""
    paths = [f"{path}?format={told_as}" for told_as in FORMATS] * (READERS // len(FORMATS))
    command = [sys.executable, "-c", CLIENT, str(server.port), *paths]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "all are there\n"
        yield process
        process.send_signal(signal.SIGKILL)


def open_files(server: ServerProcess) -> int:
    """Count what the server's process has open."""
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def waiting(server: ServerProcess, key: str) -> str:
    """Start a run that waits at its gate, and let the client's own connection go."""
    run_id = server.started("nested", {"key": key})
    server.seen(run_id, "message_delta", delta="second ")
    server.client.close()
    return run_id


def test_a_killed_process_leaves_no_open_file(fresh: Fresh, key: str) -> None:
    server = fresh().start()
    run_id = waiting(server, key)
    eventually(lambda: connections_of(server) == 0)
    before = open_files(server)

    with readers_in_a_process(server, f"/api/workflows/{run_id}/events"):
        eventually(lambda: open_files(server) == before + READERS)

    eventually(lambda: open_files(server) == before, 5)


def test_a_killed_process_leaves_no_open_stream(sites: Sites, key: str) -> None:
    site = sites()
    run_id = waiting(site, key)

    def count() -> int:
        return int(site.outer.get("/open-streams").json()["open"])

    with readers_in_a_process(site, f"/agents/api/workflows/{run_id}/events"):
        eventually(lambda: count() == READERS)

    eventually(lambda: count() == 0, 5)


def connections_of(server: ServerProcess) -> int:
    """Count the connections that the server's process holds."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return sum(row[1].endswith(f":{server.port:04X}") and row[3] in ("01", "08") for row in rows[1:])
