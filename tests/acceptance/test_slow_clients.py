"""Clients that send slowly, or too much of what no application sees: they are cut, and nobody else notices."""

import itertools
import time
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import Fresh
from tests.acceptance.slow_clients import (
    HEAD,
    PART_OF_A_BODY,
    PART_OF_A_CHUNK,
    PART_OF_A_HEAD,
    connected,
    heard,
    many_connected,
    trickle,
)
from tests.server_process import HANG_SECONDS, ServerProcess, eventually

TIMEOUT_SECONDS = 0.8
LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server that soon has enough."""
    seconds = str(TIMEOUT_SECONDS)
    process = ServerProcess(
        tmp_path_factory.mktemp("impatient"), HEADER_TIMEOUT_SECONDS=seconds, BODY_TIMEOUT_SECONDS=seconds
    )
    yield process.start()
    process.close()


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server for what has nothing to do with time."""
    process = ServerProcess(tmp_path_factory.mktemp("patient"))
    yield process.start()
    process.close()


def every(seconds: float, piece: bytes) -> Iterator[bytes]:
    """Give a piece, again and again."""
    for _ in itertools.count():
        yield piece
        time.sleep(seconds)


@pytest.mark.parametrize("said", [PART_OF_A_HEAD, PART_OF_A_BODY, PART_OF_A_CHUNK])
def test_a_client_that_stops_in_the_middle_of_its_request_is_told_and_cut(
    impatient: ServerProcess, said: bytes
) -> None:
    began = time.monotonic()
    with connected(impatient) as connection:
        connection.sendall(said)
        answer = heard(connection)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request_timeout"' in answer
    assert b"x-content-type-options: nosniff" in answer
    assert TIMEOUT_SECONDS * 0.9 < time.monotonic() - began < HANG_SECONDS / 2


@pytest.mark.parametrize("said", [b"", b"\r\n", LIVE + b"\r\n", LIVE + b"\r\n\r\n\r\n"])
def test_a_client_that_asks_nothing_more_is_cut_without_a_word(impatient: ServerProcess, said: bytes) -> None:
    """Browsers open connections ahead of need; an answer to no question would confuse them."""
    with connected(impatient) as connection:
        connection.sendall(said)
        answer = heard(connection)

    assert answer.count(b"HTTP/1.1 ") == said.count(b"HTTP/1.1")
    assert b"408" not in answer


@pytest.mark.parametrize(
    ("said", "piece"),
    [(PART_OF_A_HEAD, b"a"), (PART_OF_A_HEAD, b"\r\nX-More: a"), (PART_OF_A_BODY, b" "), (b"", b"\r\n")],
)
def test_a_client_that_trickles_gains_no_time(impatient: ServerProcess, said: bytes, piece: bytes) -> None:
    began = time.monotonic()
    with connected(impatient) as connection:
        connection.sendall(said)
        trickle(connection, every(0.05, piece))

    assert time.monotonic() - began < HANG_SECONDS / 2


def test_a_stream_may_last_longer_than_a_request_may_take_to_arrive(impatient: ServerProcess) -> None:
    """Some clients send a line end after their body, which is no request, and none of ours to cut a stream for."""
    body = b'{"message": "flood 200 0.01", "agent": "flood"}'
    with connected(impatient) as connection:
        connection.sendall(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body + b"\r\n")
        answer = heard(connection)

    assert b"event: workflow_completed" in answer


@pytest.mark.parametrize(
    "said",
    [
        LIVE + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
        LIVE + b"X: a\r\n" * 101 + b"\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        LIVE + b"X: " + b"a" * 10_000_000,
        LIVE + (b"X" + b"a" * 100 + b": a\r\n") * 100_000,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * 10_000_000,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;x=" + b"a" * 10_000_000,
    ],
)
def test_a_head_that_is_too_large_is_refused_however_it_comes(patient: ServerProcess, said: bytes) -> None:
    before = patient.resident_bytes()
    with connected(patient) as connection:
        trickle(connection, iter([said]))
        answer = heard(connection)

    assert answer[:13] in (b"HTTP/1.1 431 ", b"HTTP/1.1 400 ", b"")  # nothing, where the reset was faster
    assert patient.resident_bytes() - before < 8_000_000
    assert patient.client.get("/health/live").status_code == 200


def test_a_head_of_what_is_allowed_is_read(patient: ServerProcess) -> None:
    headers = {f"X-{number}": "a" * 600 for number in range(90)}

    assert patient.client.get("/health/live", headers=headers).status_code == 200


def test_a_trailer_is_no_header(patient: ServerProcess) -> None:
    """Or a client could add behind its body what the layers in front of it have looked for in vain."""
    chunk = b'{"message": "hi", "agent": "two_tools"}'
    with connected(patient) as connection:
        connection.sendall(
            HEAD
            + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n%x\r\n" % len(chunk)
            + chunk
            + b"\r\n0\r\nPrefer: respond-async\r\n\r\n"
        )
        answer = heard(connection)

    assert answer.startswith(b"HTTP/1.1 200 ")


def test_pipelined_requests_are_answered_in_their_order(patient: ServerProcess) -> None:
    with connected(patient) as connection:
        connection.sendall((LIVE + b"\r\n") * 99 + LIVE + b"Connection: close\r\n\r\n")
        answer = heard(connection)

    assert answer.count(b"HTTP/1.1 200 OK") == 100


def test_other_clients_are_served_while_slow_ones_wait_to_be_cut(fresh: Fresh) -> None:
    server = fresh(HEADER_TIMEOUT_SECONDS="5", BODY_TIMEOUT_SECONDS="5").start()
    with (
        many_connected(server, 300, PART_OF_A_HEAD) as heads,
        many_connected(server, 300, PART_OF_A_BODY),
        many_connected(server, 300, b""),
    ):
        server.waited("/chat", {"message": "hi", "agent": "two_tools"})
        answers = [server.client.get("/health/live").status_code for _ in range(50)]

        told = {heard(connection)[:12] for connection in heads}

    assert set(answers) == {200}
    assert told == {b"HTTP/1.1 408"}


def test_more_connections_than_may_be_are_refused_and_the_others_are_served(fresh: Fresh) -> None:
    server = fresh(MAX_CONNECTIONS="20").start()
    with many_connected(server, 19, b""):
        assert server.client.get("/health/live").status_code == 200  # the twentieth, kept alive
        with connected(server) as one_too_many:
            answer = heard(one_too_many)
        still = server.client.get("/health/live").status_code

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in answer
    assert b'"code":"too_many_connections"' in answer
    assert still == 200
    eventually(lambda: server.client.get("/health/live").status_code == 200)
