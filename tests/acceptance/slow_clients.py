"""Clients that send less, more slowly or more than they should, as raw sockets."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.server_process import ServerProcess

HEAD = b"POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
PART_OF_A_HEAD = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: a"
PART_OF_A_BODY = HEAD + b'Content-Length: 100\r\n\r\n{"message": '
PART_OF_A_CHUNK = HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"


@contextmanager
def connected(server: ServerProcess) -> Iterator[socket.socket]:
    """Connect."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        yield connection


@contextmanager
def many_connected(server: ServerProcess, count: int, said: bytes) -> Iterator[list[socket.socket]]:
    """Connect many times, and say the same each time."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connected(server)) for _ in range(count)]
        for connection in connections:
            connection.sendall(said)
        yield connections


def heard(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    answer = b""
    try:
        while piece := connection.recv(65_536):
            answer += piece
    except ConnectionResetError:
        pass
    return answer


def trickle(connection: socket.socket, pieces: Iterator[bytes]) -> None:
    """Send until the server has had enough."""
    try:
        for piece in pieces:
            connection.sendall(piece)
    except OSError:
        pass
