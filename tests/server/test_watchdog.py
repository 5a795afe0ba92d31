"""A call that blocks the loop is named; a loop that is only busy is left alone."""

import asyncio
import time

import pytest

from cantata.server.watchdog import watched_loop

BLOCKING_SECONDS = 0.5


async def test_a_call_that_blocks_the_loop_is_named_with_its_stack(caplog: pytest.LogCaptureFixture) -> None:
    with watched_loop(BLOCKING_SECONDS):
        await asyncio.sleep(BLOCKING_SECONDS)
        _read_a_slow_file()
        await asyncio.sleep(BLOCKING_SECONDS)

    assert caplog.text.count("has held the event loop") == 1
    assert "_read_a_slow_file" in caplog.text
    assert "asyncio.to_thread" in caplog.text


async def test_a_busy_loop_is_not_blocked(caplog: pytest.LogCaptureFixture) -> None:
    """Under load a sign of life is late although no single call holds the loop."""
    with watched_loop(BLOCKING_SECONDS):
        async with asyncio.TaskGroup() as tasks:
            for _ in range(100):
                tasks.create_task(_work_in_small_pieces())

    assert "has held the event loop" not in caplog.text


def _read_a_slow_file() -> None:
    time.sleep(BLOCKING_SECONDS * 4)


async def _work_in_small_pieces() -> None:
    for _ in range(8):
        time.sleep(0.002)  # noqa: ASYNC251 — as above
        await asyncio.sleep(0)
