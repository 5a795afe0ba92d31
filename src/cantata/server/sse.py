"""Streams over HTTP: the first bytes, heartbeats, and a clean end.

One timer serves all streams. What a stream sends are the log's own bytes; nothing is encoded here but the words that
the stream itself makes.
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager

from sse_starlette import EventSourceResponse
from starlette.types import Message, Send

from cantata.callbacks.events import TYPE_NAMES, StreamEvent, encode
from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import Cursor, RunId
from cantata.server.runs.links import address_of
from cantata.server.runs.model import Run
from cantata.server.runs.ports import Subscription
from cantata.server.runs.reader import Beat
from cantata.server.runs.service import RunService

RETRY = b"retry: 1000\n"  # milliseconds, for a browser's EventSource
ENDED_STREAMS = 1_000  # whose leftovers are worth a pause of those that are open
TICKS = 10  # of the timer in a heartbeat's interval


class Pulse:
    """One stream's share of the timer."""

    def __init__(self, streams: "Streams", subscription: Subscription) -> None:
        self.subscription = subscription
        self.silent_since = time.monotonic()
        self.is_waiting = False
        self._streams = streams

    def touch(self) -> None:
        """Note that something was sent."""
        self.silent_since = time.monotonic()

    def is_due(self) -> bool:
        """Tell, once, that there was silence for long enough."""
        is_due, self.is_waiting = self.is_waiting, False
        return is_due

    def is_over(self) -> bool:
        """Tell that the process closes its streams."""
        return self._streams.is_closed


class Streams:
    """The open streams of this process."""

    def __init__(self, heartbeat_seconds: float) -> None:
        self.is_closed = False
        self._heartbeat_seconds = heartbeat_seconds
        self._pulses: set[Pulse] = set()
        self._ended = 0  # since the last collection

    def __len__(self) -> int:
        return len(self._pulses)

    @contextmanager
    def watch(self, subscription: Subscription) -> Iterator[Pulse]:
        """Give a subscription a pulse while the context is open."""
        pulse = Pulse(self, subscription)
        self._pulses.add(pulse)
        try:
            yield pulse
        finally:
            self._pulses.discard(pulse)
            self._ended += 1

    async def beat(self) -> None:
        """Wake the streams that have been silent for too long, until cancelled."""
        while True:
            await asyncio.sleep(self._heartbeat_seconds / TICKS)
            now = time.monotonic()
            for pulse in self._pulses:
                if now - pulse.silent_since >= self._heartbeat_seconds:
                    pulse.silent_since, pulse.is_waiting = now, True
                    pulse.subscription.wake()
            self._collect()

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
            pulse.subscription.wake()


class _Stream(EventSourceResponse):
    """A stream whose sends have no deadline of their own: the transport cuts a client that takes nothing.

    sse-starlette opens a cancel scope for every send, a fifth of a stream's cost at a token's pace.
    """

    async def _send_with_timeout(self, send: Send, message: Message) -> None:
        await send(message)


class StreamAnswer:
    """Makes the HTTP answers that stream a run."""

    def __init__(self, service: RunService, streams: Streams, *, drain_seconds: float) -> None:
        self._service = service
        self._streams = streams
        # At shutdown the streams end by themselves once the runs have come to rest.
        self._grace_seconds = drain_seconds + 5

    def of(self, run: Run, after: int) -> EventSourceResponse:
        """Stream the run's events after *after*."""
        return _Stream(
            self._bytes(run.owner, run.id, after),
            headers=address_headers(run.id)
            | {"Cache-Control": "no-cache, no-transform", "Content-Type": "text/event-stream; charset=utf-8"},
            ping=0,  # its timer is one task a stream; ours is one in all
            sep="\n",
            shutdown_grace_period=self._grace_seconds,
        )

    async def _bytes(self, owner: str, run_id: RunId, after: int) -> AsyncIterator[bytes]:
        # Not given the run: a stream would hold its row, input and folded workflow included, as long as it is open.
        yield RETRY + f"id: {Cursor(run_id, after)}\n\n".encode()
        async with aclosing(self._service.stream(run_id, after, self._streams.watch)) as found:
            async for item in found:
                if isinstance(item, Frames):
                    yield item.data
                elif isinstance(item, Beat):
                    yield frame_of(await self._service.heartbeat(owner, run_id, item.last_seq))
                else:
                    gap = await self._service.gap(owner, run_id, item.from_seq, item.to_seq)
                    yield frame_of(gap, Cursor(run_id, item.to_seq))
        if self._streams.is_closed:
            yield RETRY + b"\n"


def frame_of(event: StreamEvent, cursor: Cursor | None = None) -> bytes:
    """Write an event that the stream itself makes; only a gap moves the reader's cursor."""
    head = f"id: {cursor}\n" if cursor else ""
    return f"{head}event: {TYPE_NAMES[type(event)]}\ndata: ".encode() + encode(event) + b"\n\n"


def address_headers(run_id: RunId) -> dict[str, str]:
    """Return the headers that name a run."""
    address = address_of(run_id)
    return {"Location": address, "Content-Location": address, "X-Workflow-Id": run_id}
