"""Carries what is to be sent to one thread that sends it; bounded, so that a dead endpoint costs no memory.

The thread is a daemon: it never keeps the process. What does not fit is dropped and counted, the newest first, for the
beginning of a trace is worth more than its end.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.25  # for a span's end to go with its beginning
PAUSE_SECONDS = 5.0  # after a failure: an endpoint that is down is not asked for every batch
BATCH = 200
CAPACITY = 4_000
COMPLAINT_SECONDS = 60.0  # between two lines in the log

T = TypeVar("T")


class Outbox(Generic[T]):
    """Sends items with *send*, in order, a batch at a time; *send* says whether that went well, and may take long."""

    def __init__(self, name: str, send: Callable[[Sequence[T]], bool]) -> None:
        self._name = name
        self._send = send
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._is_busy = self._is_hurried = self._is_closed = False
        self._dropped = 0
        self._complained = 0.0
        self._thread = threading.Thread(target=self._run, name=f"{name}-outbox", daemon=True)
        self._thread.start()

    def put(self, item: T) -> None:
        """Take an item; never blocks for longer than another thread takes to do the same."""
        with self._changed:
            if self._is_closed or len(self._items) >= CAPACITY:
                self._dropped += 1
                return
            self._items.append(item)
            if len(self._items) == 1:
                self._changed.notify_all()

    def close(self, seconds: float) -> None:
        """Send what is there, for so long at most, and take no more."""
        with self._changed:
            self._is_hurried = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._items and not self._is_busy, seconds)
            left = len(self._items)
            self._is_closed = True
            self._items.clear()
            self._changed.notify_all()
        if left:
            logger.warning("%s: %d parts of traces could not be sent in time", self._name, left)

    def _run(self) -> None:
        while batch := self._next():
            try:
                went_well = self._send(batch)
            # The thread's edge: whatever the client raises must not end the thread, and concerns no run.
            except Exception as error:
                logger.debug("%s: sending failed", self._name, exc_info=error)
                went_well = False
            self._rest(went_well, len(batch))

    def _next(self) -> list[T]:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._is_closed)
            self._changed.wait_for(lambda: self._is_hurried or len(self._items) >= BATCH, GATHER_SECONDS)
            batch = [self._items.popleft() for _ in range(min(BATCH, len(self._items)))]
            self._is_busy = bool(batch)
            return batch

    def _rest(self, went_well: bool, count: int) -> None:
        with self._changed:
            self._is_busy = False
            self._dropped += 0 if went_well else count
            self._changed.notify_all()
            self._complain()
            if not went_well:
                self._changed.wait_for(lambda: self._is_hurried, PAUSE_SECONDS)

    def _complain(self) -> None:
        now = time.monotonic()
        if self._dropped and (now - self._complained > COMPLAINT_SECONDS or not self._complained):
            logger.warning("%s: %d parts of traces were lost; it does not take them", self._name, self._dropped)
            self._dropped, self._complained = 0, now
