"""The functions for which no object is needed: they use the `Cantata` that is open on their event loop, the newest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Unpack

from cantata.server.embedded import Cantata, OnEvent, RunEvents, RunOptions, open_ones
from cantata.server.errors import NotOpened
from cantata.server.runs.ids import RunId
from cantata.server.runs.service import Workflow
from cantata.server.sse_stream import SseOptions, SseStream


@asynccontextmanager
async def streaming_session(
    workflow_id: str | None, prompt: Any, **options: Unpack[RunOptions]
) -> AsyncIterator[RunEvents]:
    """Do `Cantata.stream` on the newest one that is open on this loop; without one, open one for this call alone."""
    async with _any_open() as cantata, cantata.stream(prompt, workflow_id=workflow_id, **options) as events:
        yield events


async def execute_workflow_with_streaming(
    workflow_id: str | None, prompt: Any, *, on_event: OnEvent | None = None, **options: Unpack[RunOptions]
) -> Workflow:
    """Do `Cantata.run`, as `streaming_session` does `Cantata.stream`."""
    async with _any_open() as cantata:
        return await cantata.run(prompt, workflow_id=workflow_id, on_event=on_event, **options)


async def stream_with_sse(prompt: str, **options: Unpack[SseOptions]) -> SseStream:
    """Do `Cantata.stream_with_sse` on the newest one that is open on this loop.

    Raises:
        NotOpened: none is, and none could stay open for as long as the stream is read.
    """
    return await _opened().stream_with_sse(prompt, **options)


async def get_active_streams() -> list[dict[str, Any]]:
    """Do `Cantata.get_active_streams`, as `stream_with_sse` does."""
    return await _opened().get_active_streams()


async def get_active_stream_count() -> int:
    """Do `Cantata.get_active_stream_count`, as `stream_with_sse` does."""
    return await _opened().get_active_stream_count()


async def cancel_all_streams(reason: str = "all streams were cancelled") -> list[RunId]:
    """Do `Cantata.cancel_all_streams`, as `stream_with_sse` does."""
    return await _opened().cancel_all_streams(reason)


async def get_stats() -> dict[str, Any]:
    """Do `Cantata.get_stats`, as `stream_with_sse` does."""
    return await _opened().get_stats()


@asynccontextmanager
async def _any_open() -> AsyncIterator[Cantata]:
    found = _newest()
    if found is not None:
        yield found
        return
    async with Cantata() as own:
        open_ones.pop(own)  # another task must not use what ends with this call
        yield own


def _opened() -> Cantata:
    found = _newest()
    if found is None:
        raise NotOpened("No Cantata is open on this loop: enter `async with Cantata()`, or `opened(app)`, first.")
    return found


def _newest() -> Cantata | None:
    loop = asyncio.get_running_loop()
    return next((cantata for cantata in reversed(open_ones) if cantata.is_of(loop)), None)
