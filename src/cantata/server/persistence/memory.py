"""What one process needs to carry words between its own parts: the bus and the dispatcher."""

import asyncio
import time
from collections import OrderedDict, defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from cantata.server.metrics import Metrics
from cantata.server.runs.frames import PIECE_BYTES, Frames, joined
from cantata.server.runs.ids import RunId
from cantata.server.runs.ports.bus import Behind

SAMPLED = 16  # takes of a reader, of which one is measured


class MemorySubscription:
    """A reader's window on what is committed; frames are shared, so a fast reader holds nothing of its own."""

    def __init__(self, window_bytes: int, metrics: Metrics) -> None:
        self._window_bytes = window_bytes
        self._metrics = metrics
        self._since = 0.0  # when the oldest of what is pushed was
        self._takes = 0
        self._pushed: deque[Frames] = deque()
        self._size = 0
        self._is_behind = False
        self._is_awake = False
        self._waiter: asyncio.Future[None] | None = None
        self._hold_seconds = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def push(self, frames: Frames) -> None:
        """Add *frames*; past the window everything is dropped, and the reader is told that it is behind."""
        if not self._is_behind:
            if not self._pushed:
                self._since = time.perf_counter()
            self._pushed.append(frames)
            self._size += len(frames.data)
            if self._size > self._window_bytes:
                self._drop()
                self._is_behind = True
                self._metrics.fallbacks.inc()
        if self._hold_seconds and not self._is_behind and frames.is_text:
            self._wake_later()
        else:
            self.wake()

    def take(self, after: int) -> Frames | None:
        """Return what follows *after*; see the port."""
        if self._is_behind:
            self._is_behind = False
            raise Behind
        found: list[Frames] = []
        size = 0
        while size < PIECE_BYTES and self._pushed and self._pushed[0].first_seq <= after + 1:
            frames = self._pushed.popleft()
            self._size -= len(frames.data)
            if frames.last_seq > after:
                found.append(frames.after(after))
                after = frames.last_seq
                size += len(frames.data)
        if self._pushed:
            self._is_awake = True  # the rest is for the next take
        if not found and self._pushed:
            self._drop()
            raise Behind
        if found:
            self._measure()
        return joined(found) if found else None

    async def wait(self) -> None:
        """Return when there is something to do; see the port."""
        if not self._is_awake:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        self._is_awake = False

    def hold(self, seconds: float) -> None:
        """Let pieces of text wait for more; see the port."""
        self._hold_seconds = seconds

    def wake(self) -> None:
        """Let `wait` return."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._is_awake = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _measure(self) -> None:
        """Tell how long the oldest of what was taken lay here; of some takes, for each costs a microsecond."""
        if self._takes % SAMPLED == 0:
            self._metrics.delivery_lag.observe(time.perf_counter() - self._since)
        self._takes += 1
        self._since = time.perf_counter()

    def _wake_later(self) -> None:
        if self._timer is None and not self._is_awake:
            self._timer = asyncio.get_running_loop().call_later(self._hold_seconds, self.wake)

    def _drop(self) -> None:
        self._pushed.clear()
        self._size = 0


class MemoryBus:
    """A `Bus` within one process."""

    def __init__(self, window_bytes: int, metrics: Metrics | None = None) -> None:
        self._window_bytes = window_bytes
        self._metrics = metrics or Metrics()
        self._subscriptions: defaultdict[RunId, list[MemorySubscription]] = defaultdict(list)

    def publish(self, run_id: RunId, frames: Frames) -> None:
        """Push committed frames to the run's subscribers."""
        for subscription in self._subscriptions.get(run_id, ()):
            subscription.push(frames)

    @contextmanager
    def subscribe(self, run_id: RunId) -> Iterator[MemorySubscription]:
        """Hear of a run while the context is open."""
        subscription = MemorySubscription(self._window_bytes, self._metrics)
        self._subscriptions[run_id].append(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions[run_id].remove(subscription)
            if not self._subscriptions[run_id]:
                del self._subscriptions[run_id]


class MemoryDispatcher:
    """A `Dispatcher` within one process: a bounded number at once, the owners in turn."""

    def __init__(self, max_concurrent: int) -> None:
        self._free = asyncio.Semaphore(max_concurrent)
        self._queues: OrderedDict[str, deque[RunId]] = OrderedDict()
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def enqueue(self, run_id: RunId, owner: str) -> None:
        """Hand over a run; see the port."""
        self._queues.setdefault(owner, deque()).append(run_id)
        self._arrived.set()

    async def serve(self, execute: Callable[[RunId], Awaitable[None]]) -> None:
        """Execute runs until cancelled; *execute* must not raise."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._free.acquire()
                run_id = await self._next()
                tasks.create_task(self._execute(execute, run_id))
                await asyncio.sleep(0)  # a burst of starts lets open streams breathe

    async def _execute(self, execute: Callable[[RunId], Awaitable[None]], run_id: RunId) -> None:
        try:
            await execute(run_id)
        finally:
            self._free.release()

    async def _next(self) -> RunId:
        while not self._queues:
            self._arrived.clear()
            await self._arrived.wait()
        owner, waiting = self._queues.popitem(last=False)
        run_id = waiting.popleft()
        if waiting:
            self._queues[owner] = waiting  # at the end: the other owners go first
        return run_id
