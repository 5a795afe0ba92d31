"""Names the call that blocks the event loop: one such call in an async node stops every run and every stream.

A thread asks the loop for a sign of life. A loop that is only busy runs many callbacks while the sign is due, so the
outermost frame under it changes; a blocked one stands in the same frame.
"""

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

logger = logging.getLogger(__name__)

_LOOP_FUNCTIONS = frozenset({"run_until_complete", "run_forever", "_run_once", "_run"})
ADVICE = "use `await` with an async client, `asyncio.to_thread(...)`, or make the node a plain `def`"


@contextmanager
def watched_loop(blocking_seconds: float) -> Iterator[None]:
    """Watch the running loop from a thread while the context is open; a blockage is logged once."""
    watchdog = _Watchdog(asyncio.get_running_loop(), threading.get_ident(), blocking_seconds)
    thread = threading.Thread(target=watchdog.watch, name="cantata-watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        watchdog.stopped.set()


class _Watchdog:
    def __init__(self, loop: asyncio.AbstractEventLoop, loop_thread: int, blocking_seconds: float) -> None:
        self.stopped = threading.Event()
        self._loop = loop
        self._loop_thread = loop_thread
        self._seconds = blocking_seconds

    def watch(self) -> None:
        while not self.stopped.wait(self._seconds / 2):
            alive = threading.Event()
            try:
                self._loop.call_soon_threadsafe(alive.set)
            except RuntimeError:  # the loop is closed
                return
            if not alive.wait(self._seconds / 4):
                self._look(alive)

    def _look(self, alive: threading.Event) -> None:
        """Compare what stands under the loop now and a while later."""
        before = self._outermost()
        if alive.wait(self._seconds) or before is None or self._outermost() is not before:
            return
        frame = sys._current_frames().get(self._loop_thread)
        stack = "".join(traceback.format_stack(frame, limit=12)) if frame else ""
        logger.warning(
            "a call has held the event loop for more than %d ms; %s. It stands here:\n%s",
            round(self._seconds * 1000),
            ADVICE,
            stack,
        )
        while not alive.wait(1.0) and not self.stopped.is_set():
            pass

    def _outermost(self) -> FrameType | None:
        """Return the frame of the callback or coroutine that the loop runs right now."""
        frame = sys._current_frames().get(self._loop_thread)
        above: FrameType | None = None
        while frame is not None and frame.f_code.co_name not in _LOOP_FUNCTIONS:
            above, frame = frame, frame.f_back
        return above
