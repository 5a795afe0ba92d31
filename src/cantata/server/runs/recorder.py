"""The writing end of one run's log: takes events as they come, numbers and encodes them, keeps the fold.

An append is in flight or it is not; what comes meanwhile gathers and goes with the next one, so the rows and wake-ups
of a flood are bounded by the speed of commits. A token costs one `append` to a deque.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from cantata.callbacks.events import StoredEvent
from cantata.server.errors import StorageUnavailable
from cantata.server.runs.fold import WorkflowFold
from cantata.server.runs.frames import Frames, FrameWriter
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Claim, Fence, Rest
from cantata.server.runs.ports import Bus, EventLog, RunStore

OnLoss = Callable[[BaseException], None]
"""Told once when the log can no longer be written: another worker's claim, or the storage failed."""


class Recorder:
    """Records one execution of a run; lives on the event loop, but `emit` is safe from any thread."""

    def __init__(
        self, claim: Claim, history: Iterable[StoredEvent], log: EventLog, store: RunStore, bus: Bus, on_loss: OnLoss
    ) -> None:
        self.run_id: RunId = claim.run.id
        self.fold = WorkflowFold()
        self.dropped = 0
        self._epoch = claim.run.epoch
        self._log, self._store, self._bus, self._on_loss = log, store, bus, on_loss
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
            self.dropped += 1
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
        frames = self._take()
        if frames is not None:
            future = self._log.append(self.run_id, Fence(self._epoch, frames.first_seq - 1), frames)
            future.add_done_callback(lambda done: self._committed(done, frames))
            self._in_flight = future

    async def workflow(self) -> dict[str, Any]:
        """Return the fold, once everything in it is durable: a poller sees nothing that a crash could take back.

        Raises:
            StorageUnavailable: it did not become durable.
        """
        self.flush()
        told, in_flight = self.fold.workflow(), self._in_flight
        if in_flight is not None:
            await asyncio.wait({in_flight})
            if in_flight.exception() is not None:
                raise StorageUnavailable
        return told

    async def settle(self, last: Iterable[StoredEvent], rest: Rest) -> RunId | None:
        """Write what is pending and *last*, with the run's rest and fold, in one transaction.

        Returns the session's next queued run. Nothing can be recorded afterwards.

        Raises:
            Fenced: a newer claim has the run.
            StorageUnavailable: nothing was written.
        """
        for event in last:
            self.emit(event)
        self.is_sealed = True
        frames = self._take()
        head = frames.first_seq - 1 if frames else self._writer.last_seq
        workflow = msgspec.json.encode(self.fold.workflow())
        following = await self._store.settle(self.run_id, Fence(self._epoch, head), frames, rest, workflow)
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

    def _take(self) -> Frames | None:
        """Encode what is pending now; what threads append meanwhile stays for the next time."""
        count = len(self._pending)
        if count == 0:
            return None
        events = [self._pending.popleft() for _ in range(count)]
        frames = self._writer.write(events)
        for event in events:
            self.fold.apply(event)
        return frames

    def _committed(self, done: "asyncio.Future[None]", frames: Frames) -> None:
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
