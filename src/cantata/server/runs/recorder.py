"""The writing end of one run's log: takes events as they come, numbers and encodes them, keeps the fold.

An append is in flight or it is not; what comes meanwhile gathers and goes with the next one, so the rows and wake-ups
of a flood are bounded by the speed of commits. A token costs one `append` to a deque.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol

import msgspec

from cantata.callbacks.events import StoredEvent
from cantata.server.errors import StorageUnavailable
from cantata.server.runs.fold import WorkflowFold
from cantata.server.runs.frames import Frames, FrameWriter, joined
from cantata.server.runs.ids import RunId
from cantata.server.runs.meter import RunMeter
from cantata.server.runs.model import Claim, Fence, Rest
from cantata.server.runs.ports.bus import Bus
from cantata.server.runs.ports.event_log import EventLog
from cantata.server.runs.ports.runs import RunStore

OnLoss = Callable[[BaseException], None]
"""Told once when the log can no longer be written: another worker's claim, or the storage failed."""


class Backend(Protocol):
    """Where a run is recorded."""

    @property
    def log(self) -> EventLog:
        """Its events."""
        ...

    @property
    def store(self) -> RunStore:
        """Its row."""
        ...

    @property
    def bus(self) -> Bus:
        """Its readers."""
        ...


class Recorder:
    """Records one execution of a run; lives on the event loop, but `emit` is safe from any thread."""

    def __init__(
        self,
        claim: Claim,
        history: Iterable[StoredEvent],
        backend: Backend,
        meter: RunMeter,
        on_loss: OnLoss = lambda error: None,
    ) -> None:
        self.run_id: RunId = claim.run.id
        self.fold = WorkflowFold()
        self._epoch = claim.run.epoch
        self._log, self._store, self._bus = backend.log, backend.store, backend.bus
        self._meter, self._on_loss = meter, on_loss
        self._writer = FrameWriter(claim.run.id, claim.run.last_seq)
        self._loop = asyncio.get_running_loop()
        self._home = threading.get_ident()
        self._pending: deque[StoredEvent] = deque()
        self._is_scheduled = False
        self.is_sealed = False
        self._in_flight: asyncio.Future[None] | None = None
        for event in history:
            self.fold.apply(event)

    def emit(self, event: StoredEvent) -> None:
        """Take the next event; never blocks, never fails."""
        if self.is_sealed:
            self._meter.came_late()
            return
        self._pending.append(event)
        if not self._is_scheduled:
            self._is_scheduled = True
            if threading.get_ident() == self._home:
                self._loop.call_soon(self._advance)
            else:
                self._loop.call_soon_threadsafe(self._advance)

    def flush(self) -> None:
        """Hand everything emitted so far to the log, before whatever is handed to its writer next."""
        for frames in self._take():
            future = self._log.append(self.run_id, Fence(self._epoch, frames.first_seq - 1), frames)
            future.add_done_callback(partial(self._committed, frames))
            self._in_flight = future

    async def workflow(self) -> dict[str, Any]:
        """Return the fold, once everything in it is durable: a poller sees nothing that a crash could take back.

        Raises:
            StorageUnavailable: it did not become durable.
        """
        self.flush()
        told = self.fold.workflow()
        await self._durable()
        return told

    async def progress(self) -> float | None:
        """Return the percentage last told, once it is durable.

        Raises:
            StorageUnavailable: it did not become durable.
        """
        self.flush()
        told = self.fold.progress
        await self._durable()
        return told

    async def _durable(self) -> None:
        in_flight = self._in_flight
        if in_flight is not None:
            await asyncio.wait({in_flight})
            if in_flight.exception() is not None:
                raise StorageUnavailable

    async def settle(
        self, last: Iterable[StoredEvent], rest: Rest, summed: Callable[[Rest, dict[str, Any]], Rest] | None = None
    ) -> RunId | None:
        """Write *last* with the run's rest and fold in one transaction, after what is pending.

        Returns the session's next queued run. Nothing can be recorded afterwards. *summed* adds to the rest of a run
        that has ended what is kept of its fold.

        Raises:
            Fenced: a newer claim has the run.
            StorageUnavailable: nothing was written.
        """
        self.flush()
        self.is_sealed = True
        self._pending.clear()  # what a thread said since
        head = self._writer.last_seq
        self._pending.extend(last)
        pieces = self._take()
        frames = joined(pieces) if pieces else None
        told = self.fold.workflow()
        if summed is not None:
            rest = summed(rest, told)
        workflow = msgspec.json.encode(told)
        following = await self._store.settle(self.run_id, Fence(self._epoch, head), frames, rest, workflow)
        self._meter.settled(told)
        if frames is not None:
            self._bus.publish(self.run_id, frames)
        return following

    def _advance(self) -> None:
        self._is_scheduled = False
        if self._in_flight is None:
            self._flush_or_lose()

    def _flush_or_lose(self) -> None:
        try:
            self.flush()
        # An event that cannot be encoded is a mistake of ours, met here in a callback of the loop: the execution
        # must hear of it, or the log would end in silence.
        except (TypeError, ValueError) as error:
            self.is_sealed = True
            self._on_loss(error)

    def _take(self) -> list[Frames]:
        """Encode what is pending now; what threads append meanwhile stays for the next time."""
        events = [self._pending.popleft() for _ in range(len(self._pending))]
        pieces = self._writer.write(events)
        for event in events:
            self.fold.apply(event)
        self._meter.heard(events)
        return pieces

    def _committed(self, frames: Frames, done: "asyncio.Future[None]") -> None:
        if done is self._in_flight:
            self._in_flight = None
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self.is_sealed = True
            self._on_loss(error)
            return
        self._bus.publish(self.run_id, frames)
        if self._in_flight is None:
            self._flush_or_lose()
