"""Counts requests in moving windows: exactly, in this process or in Redis, and never not at all.

The library's own memory storage is not used: with each request it looks at every key in a thread of its own, which
takes 0.4 ms with one user and 3 ms with a hundred; what is here takes microseconds.
"""

import logging
import math
import time
from collections import deque
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple, Protocol

import anyio
from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import ConfigurationError, StorageError

from cantata.server.errors import Misconfigured

logger = logging.getLogger(__name__)

MOST_KEYS = 100_000  # counted apart; what comes beyond shares one window
SWEEP_EVERY = 1_000  # new keys
SWEEP_SECONDS = 10.0  # between two sweeps where so many keys live that each finds little
REDIS_SECONDS = 0.25  # for Redis to answer, else this process counts by itself for a while
RETRY_SECONDS = 1.0  # between looks whether Redis is back
REDIS_CONNECTIONS = 32

Clock = Callable[[], float]


class Count(NamedTuple):
    """How a window stands after a request."""

    is_granted: bool
    remaining: int
    reset_seconds: int
    """Until the oldest request leaves the window."""


class Windows(Protocol):
    """Where requests are counted."""

    async def hit(self, rate: RateLimitItem, key: str) -> Count:
        """Count a request of *key*, unless the window is full."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class MemoryWindows:
    """Counts in this process."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._times: dict[str, deque[float]] = {}
        self._ends: dict[str, float] = {}
        self._sweep_at = SWEEP_EVERY
        self._swept = float("-inf")

    async def hit(self, rate: RateLimitItem, key: str) -> Count:
        """Count a request; see the protocol. Nothing is awaited, so nothing comes between look and count."""
        now, span = self._clock(), rate.get_expiry()
        times = self._window(key, now)
        while times and times[0] <= now - span:
            times.popleft()
        is_granted = len(times) < rate.amount
        if is_granted:
            times.append(now)
            self._ends[key] = now + span
        return Count(is_granted, rate.amount - len(times), _seconds(times[0] + span - now if times else span))

    async def close(self) -> None:
        """Do nothing."""

    def __len__(self) -> int:
        return len(self._times)

    def _window(self, key: str, now: float) -> deque[float]:
        found = self._times.get(key)
        if found is not None:
            return found
        is_full = len(self._times) >= MOST_KEYS and now - self._swept >= SWEEP_SECONDS
        if is_full or len(self._times) >= self._sweep_at:
            self._sweep(now)
        if len(self._times) >= MOST_KEYS:
            key = ""
        return self._times.setdefault(key, deque())

    def _sweep(self, now: float) -> None:
        """Forget whoever has sent nothing for a whole window; when keys have doubled, so each costs little."""
        for key in [key for key in self._times if self._ends.get(key, now) <= now]:
            del self._times[key]
            self._ends.pop(key, None)
        self._sweep_at, self._swept = 2 * len(self._times) + SWEEP_EVERY, now


class RedisWindows:
    """Counts in Redis, for all servers together.

    Connecting and each command may take `patience` seconds of wall-clock time, in which a busy loop counts too.
    """

    def __init__(self, url: str, patience: float = REDIS_SECONDS) -> None:
        try:
            retry, backoff = import_module("redis.asyncio.retry"), import_module("redis.backoff")
            storage = RedisStorage(
                f"async+{url}",
                implementation="redispy",
                wrap_exceptions=True,
                socket_timeout=patience,
                socket_connect_timeout=patience,
                retry=retry.Retry(backoff.NoBackoff(), 0),  # by itself the client tries for seconds
                max_connections=REDIS_CONNECTIONS,
            )
        except (ImportError, ConfigurationError) as error:
            raise Misconfigured("REDIS_URL needs the package `redis`: install cantata[redis].") from error
        self._storage = storage
        self._limiter = MovingWindowRateLimiter(storage)
        self._free = anyio.Semaphore(REDIS_CONNECTIONS)

    async def hit(self, rate: RateLimitItem, key: str) -> Count:
        """Count a request; see the protocol.

        Raises:
            StorageError, OSError: Redis does not answer.
        """
        async with self._free:
            is_granted = await self._limiter.hit(rate, key)
            stats = await self._limiter.get_window_stats(rate, key)
        return Count(is_granted, max(0, stats.remaining), _seconds(stats.reset_time - time.time()))

    async def close(self) -> None:
        """Close the connections."""
        await self._storage.bridge.get_connection().aclose()  # type: ignore[attr-defined]  # the bridge to redis-py has it


class GuardedWindows:
    """Counts in Redis, and while that is away grants this process's part of each limit: never more, never all."""

    def __init__(self, shared: Windows, processes: int, clock: Clock = time.monotonic) -> None:
        self._shared = shared
        self._processes = processes
        self._clock = clock
        self._own = MemoryWindows(clock)
        self._parts: dict[RateLimitItem, RateLimitItem] = {}
        self._is_away = False
        self._look_again_at = 0.0

    async def hit(self, rate: RateLimitItem, key: str) -> Count:
        """Count a request; see the protocol."""
        if not self._is_away or self._clock() >= self._look_again_at:
            if self._is_away:
                self._look_again_at = self._clock() + RETRY_SECONDS  # one request looks, the others go on
            try:
                count = await self._shared.hit(rate, key)
            except (StorageError, OSError) as error:
                self._note_away(error)
            else:
                self._note_back()
                return count
        return await self._own.hit(self._part(rate), key)

    async def close(self) -> None:
        """Close the connections."""
        await self._shared.close()

    def _part(self, rate: RateLimitItem) -> RateLimitItem:
        if rate not in self._parts:
            amount = max(1, rate.amount // self._processes)
            self._parts[rate] = type(rate)(amount, rate.multiples, rate.namespace)
        return self._parts[rate]

    def _note_away(self, error: BaseException) -> None:
        if not self._is_away:
            logger.warning("Redis is away, so this server grants its own part of every rate limit: %s", error)
        self._is_away = True
        self._look_again_at = self._clock() + RETRY_SECONDS

    def _note_back(self) -> None:
        if self._is_away:
            logger.warning("Redis is back: rate limits are counted together again")
        self._is_away = False


def open_windows(redis_url: str | None, processes: int) -> Windows:
    """Choose where requests are counted.

    Raises:
        Misconfigured: Redis is wanted, and its client is not installed.
    """
    return MemoryWindows() if redis_url is None else GuardedWindows(RedisWindows(redis_url), processes)


def _seconds(left: float) -> int:
    return max(1, math.ceil(left))
