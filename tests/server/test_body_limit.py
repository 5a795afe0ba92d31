"""The limit of a body holds under every server that the application may be mounted in."""

from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cantata.server.guard import BodyLimit

LIMIT = 10
ANNOUNCED, CHUNKED = (b"content-length", b"16"), (b"transfer-encoding", b"chunked")


async def reading(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body's size, as FastAPI would with 400 where it cannot be read."""
    try:
        answer = Response(str(len(await Request(scope, receive).body())))
    except ClientDisconnect:
        answer = Response(status_code=400)
    await answer(scope, receive, send)


async def sent(pieces: list[bytes], version: str, *headers: tuple[bytes, bytes]) -> tuple[int, bytes]:
    """Return the status and the body of the answer to a POST."""
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages: list[Any] = []

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "method": "POST", "http_version": version, "headers": list(headers)}
    await BodyLimit(reading, LIMIT)(scope, receive, send)
    return messages[0]["status"], b"".join(message.get("body", b"") for message in messages[1:])


@pytest.mark.parametrize(
    ("version", "headers"),
    [
        ("1.1", [ANNOUNCED]),
        ("1.1", [CHUNKED]),
        ("1.1", [CHUNKED, (b"content-length", b"3")]),
        ("1.1", [(b"content-length", b"\xb2")]),
        ("1.1", [(b"content-length", b"9" * 5_000)]),
        ("2", []),
        ("2", [(b"content-length", b"3")]),
    ],
)
async def test_a_body_over_the_limit_is_refused_whatever_is_said_of_it(version: str, headers: list[Any]) -> None:
    status, _ = await sent([b"12345678"] * 2, version, *headers)

    assert status == 413


@pytest.mark.parametrize(("version", "headers"), [("1.1", [(b"content-length", b"10")]), ("1.1", [CHUNKED]), ("2", [])])
async def test_a_body_of_the_limit_is_read(version: str, headers: list[Any]) -> None:
    assert await sent([b"12345", b"67890"], version, *headers) == (200, b"10")
