"""uvicorn's HTTP/1.1 protocol, which also bounds what a connection may cost before and after the application.

    connect ─▶ done ─▶ head ─▶ body ─▶ done ─▶ head …
                        │        └─ BODY_TIMEOUT_SECONDS: 408
                        └─ HEADER_TIMEOUT_SECONDS: 408, MAX_HEADER_BYTES: 431

uvicorn itself waits for ever for a head or a body, keeps any number of headers, does not miss a `Host`, and takes
trailers for headers. What is refused here never reaches the application. A client that takes nothing is aborted: a
close waits until what was written is sent, which such a client never lets happen; only an abort frees the socket and
what is buffered for it.
"""

import asyncio
import resource
from dataclasses import dataclass
from typing import ClassVar, Literal

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from cantata.server.errors import (
    CantataError,
    HeadersTooLarge,
    MalformedRequest,
    RequestTimeout,
    TooManyConnections,
)
from cantata.server.hardening import secured
from cantata.server.problems import problem

MOST_HEADERS = 100
LINGER_SECONDS = 5.0  # for a refused client to take the answer
OWN_FILES = 200  # that the process needs beside its connections


@dataclass(frozen=True, kw_only=True)
class TransportLimits:
    """What a client may cost."""

    max_connections: int
    max_header_bytes: int
    header_timeout_seconds: float
    body_timeout_seconds: float
    send_timeout_seconds: float


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    limits: ClassVar[TransportLimits]
    _cut: asyncio.TimerHandle | None = None
    _deadline: asyncio.TimerHandle | None = None
    _phase: Literal["done", "head", "body"] = "done"
    _unread_bytes = 0
    """Received since the parser last told anything that is bounded elsewhere."""
    _is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take the connection, and wait for its first request; no more of them than may be."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.max_connections:
            self._refuse(TooManyConnections())
        else:
            self._arm(self.limits.header_timeout_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the timers, too."""
        self._stop(self._cut)
        self._stop(self._deadline)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless it is too much of what the parser gathers by itself."""
        if self._is_refused:
            return
        if self._phase == "done" and self._deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._arm(self.limits.header_timeout_seconds)  # line ends begin no head yet, and stop uvicorn's own timer
        self._unread_bytes += len(data)
        super().data_received(data)
        if self._phase != "done" and self._unread_bytes > self.limits.max_header_bytes:
            self._refuse(HeadersTooLarge())

    # The parser's callbacks.

    def on_message_begin(self) -> None:
        """Wait for the head no longer than it may take."""
        super().on_message_begin()
        self._phase, self._unread_bytes = "head", 0
        if self._deadline is None:
            self._arm(self.limits.header_timeout_seconds)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; a trailer is none, and must not look like one."""
        if self._phase == "head":
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Let the application begin, unless the head is too large or does not say once to whom it goes."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.limits.max_header_bytes or len(self.headers) > MOST_HEADERS:
            self._refuse(HeadersTooLarge())
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == "1.1"):  # RFC 9112, 3.2
            self._refuse(MalformedRequest())
        if self._is_refused:
            return
        self._phase, self._unread_bytes = "body", 0
        self._arm(self.limits.body_timeout_seconds)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand on a piece of the body."""
        self._unread_bytes = 0
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the whole request is here."""
        self._phase = "done"
        self._stop(self._deadline)
        self._deadline = None
        if not self._is_refused:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(MalformedRequest())

    # Clients that take nothing.

    def pause_writing(self) -> None:
        """Begin to wait for a client that takes nothing."""
        super().pause_writing()
        self._cut = self.loop.call_later(self.limits.send_timeout_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client has taken something."""
        super().resume_writing()
        self._stop(self._cut)

    # Shared parts.

    def _arm(self, seconds: float) -> None:
        self._stop(self._deadline)
        self._deadline = self.loop.call_later(seconds, self._time_out)

    def _stop(self, timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()

    def _time_out(self) -> None:
        self._deadline = None
        if self.flow.read_paused:  # it is we who do not read
            self._arm(self.limits.body_timeout_seconds)
        elif self._phase == "done":
            self._close()  # whoever asks nothing is told nothing: browsers open connections ahead of need
        else:
            self._refuse(RequestTimeout())

    def _refuse(self, error: CantataError) -> None:
        """Answer instead of the application, where nothing else is being answered, and read no more."""
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        cycle = self.cycle
        is_answering = cycle is not None and not cycle.response_complete and cycle.response_started
        if is_answering or self.pipeline:
            self.transport.abort()
            return
        if cycle is not None and not cycle.response_complete:  # the application waits for the body
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(_written(error))
        self._close()

    def _close(self) -> None:
        self._is_refused = True
        self.transport.close()
        self._stop(self._cut)
        self._cut = self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def protocol_within(limits: TransportLimits) -> type[BoundedProtocol]:
    """Return a protocol class that holds clients to *limits*."""
    return type("BoundedProtocol", (BoundedProtocol,), {"limits": limits})


def connections_possible(wanted: int) -> int:
    """Make room for *wanted* connections among the files that the process may have open; return for how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OWN_FILES
    if soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(wanted, soft - OWN_FILES))


def _written(error: CantataError) -> bytes:
    answer = problem(error)
    headers = secured([*answer.raw_headers, (b"connection", b"close")])
    lines = [name + b": " + value + b"\r\n" for name, value in headers]
    return b"".join([STATUS_LINE[error.status], *lines, b"\r\n", bytes(answer.body)])
