"""Clients that hold connections and send next to nothing, from a thread: what they cost the others is measured."""

import contextlib
import socket
import threading
from collections.abc import Iterator

STEP_SECONDS = 0.5  # between two bytes of one client
BEGINNINGS = (
    b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    b"POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
    b"",
)


@contextlib.contextmanager
def slow_clients(port: int, count: int) -> Iterator[None]:
    """Keep *count* of them connected while the context is open; one that is cut comes back."""
    is_over = threading.Event()
    thread = threading.Thread(target=_trickle, args=(port, count, is_over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _trickle(port: int, count: int, is_over: threading.Event) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(_Client(port, BEGINNINGS[n % len(BEGINNINGS)])) for n in range(count)]
        while not is_over.wait(STEP_SECONDS):
            for client in clients:
                client.send()


class _Client:
    def __init__(self, port: int, beginning: bytes) -> None:
        self._port = port
        self._beginning = beginning

    def __enter__(self) -> "_Client":
        self._connection = socket.create_connection(("127.0.0.1", self._port))
        self._connection.sendall(self._beginning)
        return self

    def __exit__(self, *raised: object) -> None:
        self._connection.close()

    def send(self) -> None:
        try:
            self._connection.sendall(b"a" if self._beginning else b"\r\n")
        except OSError:
            self.__exit__()
            self.__enter__()
