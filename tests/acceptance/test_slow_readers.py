"""Clients that take nothing: they cost bounded memory, disturb nobody, and are cut in the end."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.acceptance.conftest import Fresh
from tests.server_process import ServerProcess, eventually

READERS = 1_000
WINDOW_BYTES = 262_144  # READER_WINDOW_BYTES by default


@contextmanager
def idle_readers(server: ServerProcess, run_id: str, count: int) -> Iterator[None]:
    """Open streams with a small window, and read nothing of them."""
    request = f"GET /api/workflows/{run_id}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            connection.connect(("127.0.0.1", server.port))
            connection.sendall(request.encode())
        yield


def established(server: ServerProcess) -> int:
    """Count the connections that the server still holds."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table]
    return sum(row[1].endswith(f":{server.port:04X}") and row[3] == "01" for row in rows)


def flooded(server: ServerProcess, words: int) -> str:
    """Run to its end a graph that says many words."""
    run_id = server.started("flood", {"messages": [{"role": "user", "content": f"flood {words} 0"}]})
    server.events(run_id)
    return run_id


def growth(server: ServerProcess, words: int) -> int:
    """Tell by how many bytes the server grows over idle readers of a log of so many words."""
    run_id = flooded(server, words)
    before = server.resident_bytes()
    with idle_readers(server, run_id, READERS):
        assert server.waited("/chat", {"message": "hi", "agent": "two_tools"})["status"] == "completed"
        eventually(lambda: established(server) >= READERS)
        server.workflow(run_id)
        return server.resident_bytes() - before


def test_a_thousand_readers_that_read_nothing_cost_bounded_memory(fresh: Fresh) -> None:
    """What a reader does not take stays in the log, which is fifty times as long as what a reader may hold.

    After a stall all of them hold their window and the piece that is on its way out at once.
    """
    assert growth(fresh().start(), 60_000) < 2 * READERS * WINDOW_BYTES


def test_a_reader_that_takes_nothing_is_cut(fresh: Fresh) -> None:
    server = fresh(SEND_TIMEOUT_SECONDS="0.5").start()
    run_id = flooded(server, 15_000)
    server.client.close()

    with idle_readers(server, run_id, 20):
        eventually(lambda: established(server) == 0)


def test_a_slow_reader_disturbs_no_other(fresh: Fresh) -> None:
    server = fresh(READER_WINDOW_BYTES="4096").start()
    run_id = server.started("flood", {"messages": [{"role": "user", "content": "flood 5000 0"}]})

    with idle_readers(server, run_id, 50):
        events = server.events(run_id)

    assert events[-1]["type"] == "workflow_completed"
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
