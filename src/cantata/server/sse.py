"""Streams over HTTP: heartbeats, the words that a stream itself makes, and a clean end.

One timer serves all streams. What is told of a run is not decided here.
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Protocol, Self

from sse_starlette import EventSourceResponse
from starlette.types import Message, Send

from cantata.callbacks.events import TYPE_NAMES, StreamEvent, encode
from cantata.server.errors import CantataError
from cantata.server.metrics import Metrics
from cantata.server.runs.ids import Cursor, RunId
from cantata.server.runs.links import address_of
from cantata.server.runs.ports.bus import Subscription

RETRY = b"retry: 1000\n"  # milliseconds, for a browser's EventSource
ENDED_STREAMS = 1_000  # whose leftovers are worth a pause of those that are open
LEAST_HEARTBEAT_SECONDS = 1.0  # that a stream can ask for
GRANT_SECONDS = 30.0  # between two looks whether the readers may read on
TICKS = 4  # of the timer in that time


class Reading(Protocol):
    """How far a stream has told its run."""

    run_id: RunId
    position: int


class Grant(Protocol):
    """The right by which somebody reads a stream."""

    async def ended(self) -> str | None:
        """Return why it has ended, if it has."""
        ...


class Pulse:
    """One stream's share of the timer."""

    def __init__(
        self, streams: "Streams", heartbeat_seconds: float, hold_seconds: float, grant: Grant | None = None
    ) -> None:
        self.grant = grant
        self.ended_because: str | None = None
        """Why the reader's right to the stream has ended, if it has."""
        self.heartbeat_seconds = heartbeat_seconds
        self.silent_since = time.monotonic()
        self.is_waiting = False
        self.subscription: Subscription | None = None
        self.reading: Reading | None = None
        self._hold_seconds = hold_seconds
        self._streams = streams

    @contextmanager
    def watch(self, subscription: Subscription) -> Iterator[Self]:
        """Wake *subscription* when there is something to do, while the context is open."""
        if self._hold_seconds:
            subscription.hold(self._hold_seconds)
        self.subscription = subscription
        with self._streams.watched(self):
            yield self

    def wake(self) -> None:
        """Let the stream look for itself."""
        if self.subscription is not None:
            self.subscription.wake()

    def touch(self) -> None:
        """Note that something was sent."""
        self.silent_since = time.monotonic()

    def is_due(self) -> bool:
        """Tell, once, that there was silence for long enough."""
        is_due, self.is_waiting = self.is_waiting, False
        return is_due

    def is_over(self) -> bool:
        """Tell that the process closes its streams, or that the reader may not read on."""
        return self._streams.is_closed or self.ended_because is not None


class Streams:
    """The open streams of this process."""

    def __init__(
        self, heartbeat_seconds: float, grant_seconds: float = GRANT_SECONDS, metrics: Metrics | None = None
    ) -> None:
        self.metrics = metrics or Metrics()
        self.is_closed = False
        self._grant_seconds = grant_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._pulses: set[Pulse] = set()
        self._ended = 0  # since the last collection

    def __len__(self) -> int:
        return len(self._pulses)

    def pulse(
        self, *, heartbeat_seconds: float | None = None, hold_seconds: float = 0.0, grant: Grant | None = None
    ) -> Pulse:
        """Make the pulse of one stream; *hold_seconds* is how long pieces of text may wait for more."""
        return Pulse(self, heartbeat_seconds or self._heartbeat_seconds, hold_seconds, grant)

    def readings(self) -> list[Reading]:
        """Return what the open streams tell."""
        return [pulse.reading for pulse in self._pulses if pulse.reading is not None]

    @contextmanager
    def watched(self, pulse: Pulse) -> Iterator[None]:
        """Count and time a stream while the context is open."""
        self._pulses.add(pulse)
        try:
            yield
        finally:
            self._pulses.discard(pulse)
            self._ended += 1

    async def beat(self) -> None:
        """Wake the streams that have been silent for too long or may not be read any more, until cancelled."""
        pause = min(self._heartbeat_seconds, LEAST_HEARTBEAT_SECONDS) / TICKS
        now = checked_at = time.monotonic()
        while True:
            due = now + pause
            await asyncio.sleep(pause)
            now = time.monotonic()
            self.metrics.loop_lag.observe(max(0.0, now - due))
            for pulse in self._pulses:
                if now - pulse.silent_since >= pulse.heartbeat_seconds:
                    pulse.silent_since, pulse.is_waiting = now, True
                    pulse.wake()
            if now - checked_at >= self._grant_seconds:
                checked_at = now
                await self._check_grants()
            self._collect()

    async def _check_grants(self) -> None:
        for pulse in [pulse for pulse in self._pulses if pulse.grant is not None and pulse.ended_because is None]:
            try:
                pulse.ended_because = await pulse.grant.ended() if pulse.grant else None
            except CantataError:  # the storage is away: the next look tells
                return
            if pulse.ended_because is not None:
                pulse.wake()

    def _collect(self) -> None:
        """Free what cut streams left behind: their tracebacks make cycles, which no run does.

        While streams are open a collection would pause them, so it waits, but not for ever.
        """
        if self._ended and (not self._pulses or self._ended >= ENDED_STREAMS):
            self._ended = 0
            gc.collect()

    def close(self) -> None:
        """End every stream, and each that is opened from now on after what it finds in the log."""
        self.is_closed = True
        for pulse in self._pulses:
            pulse.wake()


class _Stream(EventSourceResponse):
    """A stream whose sends have no deadline of their own: the transport cuts a client that takes nothing.

    sse-starlette opens a cancel scope for every send, a fifth of a stream's cost at a token's pace.
    """

    async def _send_with_timeout(self, send: Send, message: Message) -> None:
        await send(message)


def stream_response(run_id: RunId, content: AsyncIterator[bytes], *, drain_seconds: float) -> EventSourceResponse:
    """Answer with a stream; *drain_seconds* is the time that runs have at shutdown to come to rest, which ends it."""
    return _Stream(
        content,
        headers=address_headers(run_id)
        | {"Cache-Control": "no-cache, no-transform", "Content-Type": "text/event-stream; charset=utf-8"},
        ping=0,  # its timer is one task a stream; ours is one in all
        sep="\n",
        shutdown_grace_period=drain_seconds + 5,
    )


def frame_of(event: StreamEvent, cursor: Cursor | None = None) -> bytes:
    """Write an event that the stream itself makes; only a gap moves the reader's cursor."""
    head = f"id: {cursor}\n" if cursor else ""
    return f"{head}event: {TYPE_NAMES[type(event)]}\ndata: ".encode() + encode(event) + b"\n\n"


def address_headers(run_id: RunId) -> dict[str, str]:
    """Return the headers that name a run."""
    address = address_of(run_id)
    return {"Location": address, "Content-Location": address, "X-Workflow-Id": run_id}
