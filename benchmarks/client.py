"""A client that costs little: HTTP/1.1 on one kept connection, streams read without being parsed.

Of a stream only the tokens' stamps are looked for, as they come, in whole events. What has arrived but waits for this
process counts as lag, so its share of a processor is part of every result.
"""

import asyncio
import re
import time
from array import array
from dataclasses import dataclass, field
from typing import cast

import orjson

# Nothing but a piece of text holds this: inside another text its quotes would be escaped. Once a frame in any format.
TOKEN = re.compile(rb'(?:"message_id":"m\d+",|\{)"(?:delta|chunk)":"@(\d+)@ "')
COMPLETED = re.compile(rb'\nevent: (?:workflow_completed|complete|finish)\n|\ndata: \{"complete":')
STREAM_END = b"\r\n0\r\n\r\n"
HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class BadAnswer(Exception):
    """The server answered something that a load cannot use."""


@dataclass
class Exchange:
    """One request and what came of it; times in nanoseconds of the monotonic clock."""

    is_stream: bool
    done: "asyncio.Future[None]"
    sent_at: int
    first_event_at: int = 0
    ended_at: int = 0
    lags: "array[int]" = field(default_factory=lambda: array("q"))
    received_bytes: int = 0
    is_completed: bool = False
    body: bytes = b""
    head: bytes = b""


class Connection(asyncio.Protocol):
    """One connection; one exchange at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self.exchange: Exchange | None = None
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class

    async def send(self, request: bytes, *, is_stream: bool) -> Exchange:
        """Send *request* and read its whole answer.

        Raises:
            BadAnswer: it was refused, or cut.
        """
        exchange = Exchange(is_stream, asyncio.get_running_loop().create_future(), time.monotonic_ns())
        self.exchange, self._unread = exchange, b""
        self._transport.write(request)
        await exchange.done
        return exchange

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        now = time.monotonic_ns()
        exchange = self.exchange
        if exchange is None:
            return
        exchange.received_bytes += len(data)
        self._unread += data
        if not exchange.head and not self._read_head(exchange):
            return
        if exchange.is_stream:
            self._read_events(exchange, now)
        else:
            self._read_body(exchange, now)

    def connection_lost(self, error: Exception | None) -> None:
        """Fail what is under way."""
        if self.exchange is not None:
            self._fail(self.exchange, f"the connection was closed: {error}")

    def _read_head(self, exchange: Exchange) -> bool:
        head, end, rest = self._unread.partition(HEAD_END)
        if not end:
            return False
        exchange.head, self._unread = head, rest
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 202")):
            self._fail(exchange, (head + end + rest).decode(errors="replace"))
            return False
        return True

    def _read_events(self, exchange: Exchange, now: int) -> None:
        unread = self._unread
        cut = unread.rfind(b"\n\n") + 2
        if cut > 1:
            events, self._unread = unread[:cut], unread[cut:]
            if not exchange.first_event_at and b"\ndata: " in events:
                exchange.first_event_at = now
            exchange.lags.extend([now - int(stamp) for stamp in TOKEN.findall(events)])
            exchange.is_completed = exchange.is_completed or COMPLETED.search(events) is not None
        if self._unread.endswith(STREAM_END):
            self._end(exchange, now)

    def _read_body(self, exchange: Exchange, now: int) -> None:
        length = LENGTH.search(exchange.head)
        if length is None:
            self._fail(exchange, "the answer has no length")
        elif len(self._unread) >= int(length[1]):
            exchange.body = self._unread
            self._end(exchange, now)

    def _end(self, exchange: Exchange, now: int) -> None:
        exchange.ended_at = now
        self.exchange = None
        exchange.done.set_result(None)

    def _fail(self, exchange: Exchange, why: str) -> None:
        self.exchange = None
        if not exchange.done.done():
            exchange.done.set_exception(BadAnswer(why))


class Sink(asyncio.Protocol):
    """One of a crowd of readers: takes a stream and only counts it, so that the client is not what is measured."""

    def __init__(self, request: bytes) -> None:
        self.received_bytes = 0
        self.has_begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.has_ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count what has come."""
        self.received_bytes += len(data)
        if not self.has_begun.done():
            self.has_begun.set_result(None)
        if data.endswith(STREAM_END[2:]):
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Note the end."""
        self.has_ended.set_result(None)


async def connect(port: int) -> Connection:
    """Open a connection to the server on this machine."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


def post(path: str, content: object, accept: str) -> bytes:
    """Write a request with a JSON body."""
    body = orjson.dumps(content)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Accept: {accept}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def get(path: str, accept: str = "application/json") -> bytes:
    """Write a request without a body."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n".encode()
