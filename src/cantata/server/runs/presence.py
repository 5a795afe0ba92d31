"""Who watches which run: a run that asked for it is cancelled when nobody has for a while."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from cantata.server.runs.ids import RunId


class Presence:
    """Counts readers; runs that are left alone for the grace come out of `abandoned`."""

    def __init__(self, grace_seconds: float) -> None:
        self._grace_seconds = grace_seconds
        self._readers: Counter[RunId] = Counter()
        self._expected: set[RunId] = set()
        self._timers: dict[RunId, asyncio.TimerHandle] = {}
        self._abandoned: asyncio.Queue[RunId] = asyncio.Queue()

    def expect(self, run_id: RunId) -> None:
        """Let the run's grace begin: it is created, taken up after a restart, or goes on after an interrupt."""
        self._expected.add(run_id)
        self.seen(run_id)

    def seen(self, run_id: RunId) -> None:
        """Let the grace begin anew: somebody asked for the run."""
        if run_id not in self._expected:
            return
        timer = self._timers.pop(run_id, None)
        if timer is not None:
            timer.cancel()
        if self._readers[run_id] == 0:
            loop = asyncio.get_running_loop()
            self._timers[run_id] = loop.call_later(self._grace_seconds, self._abandon, run_id)

    def readers(self, run_id: RunId) -> int:
        """Tell how many read the run now."""
        return self._readers.get(run_id, 0)

    @contextmanager
    def reader(self, run_id: RunId) -> Iterator[None]:
        """Count as a reader while the context is open."""
        self._readers[run_id] += 1
        self.seen(run_id)
        try:
            yield
        finally:
            self._readers[run_id] -= 1
            self.seen(run_id)
            if self._readers[run_id] == 0:
                del self._readers[run_id]

    async def abandoned(self) -> RunId:
        """Wait for the next run that nobody watches any more; it may have come to rest meanwhile."""
        return await self._abandoned.get()

    def _abandon(self, run_id: RunId) -> None:
        self._expected.discard(run_id)
        self._timers.pop(run_id, None)
        self._abandoned.put_nowait(run_id)
