"""The proxy does what its fates say: a test that believes in cuts must not pass because there were none."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from tests.support.cutting_proxy import UNHARMED, CuttingProxy, Fate, storm

ANSWER = bytes(range(256)) * 40


@pytest.fixture
def answering() -> Iterator[tuple[int, list[bytes]]]:
    """Answer every connection with the same bytes, and note what it asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with closing(listener):
                while (connection := listener.accept()[0]) and (question := connection.recv(100)) != b"stop":
                    asked.append(question)
                    connection.sendall(ANSWER)
                    connection.close()
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], asked
        with socket.create_connection(listener.getsockname()) as last:
            last.sendall(b"stop")
            thread.join(5)


def got(proxy: CuttingProxy) -> bytes:
    """Ask through the proxy, and read to the end of whatever comes."""
    with socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2]))) as connection:
        connection.sendall(b"?")
        return b"".join(iter(lambda: connection.recv(1_000), b""))


@pytest.mark.parametrize("size", [0, 1, 7, 1_000, len(ANSWER) - 1])
@pytest.mark.parametrize("piece_bytes", [1, 100_000])
def test_a_cut_falls_where_it_is_said(answering: tuple[int, list[bytes]], size: int, piece_bytes: int) -> None:
    port, asked = answering

    with CuttingProxy(port, [Fate(cut_after_bytes=size, piece_bytes=piece_bytes)]) as proxy:
        assert got(proxy) == ANSWER[:size]
        assert got(proxy) == ANSWER

    assert (proxy.connections, proxy.cuts, asked) == (2, 1, [b"?", b"?"])


def test_what_is_refused_never_reaches_the_server(answering: tuple[int, list[bytes]]) -> None:
    port, asked = answering

    with CuttingProxy(port, [Fate(is_refused=True)]) as proxy, suppress(ConnectionResetError):
        assert got(proxy) == b""

    assert (proxy.connections, asked) == (1, [])


def test_a_reset_is_rude(answering: tuple[int, list[bytes]]) -> None:
    port, _ = answering

    with CuttingProxy(port, [Fate(cut_after_bytes=0, is_reset=True)]) as proxy, pytest.raises(ConnectionResetError):
        got(proxy)


def test_a_place_to_cut_can_be_looked_for(answering: tuple[int, list[bytes]]) -> None:
    port, _ = answering

    with CuttingProxy(port, [Fate(cut_where=lambda answer: 300 if len(answer) > 300 else None)]) as proxy:
        assert got(proxy) == ANSWER[:300]


def test_a_storm_is_the_same_every_time_and_ends() -> None:
    assert list(storm(1, 9)) == list(storm(1, 9))
    assert list(storm(1, 9)) != list(storm(2, 9))
    assert all(fate != UNHARMED for fate in storm(1, 9))
