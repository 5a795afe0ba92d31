"""Whoever is cut and comes back, anywhere, any number of times, ends with the same list as one who never left."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.server.persistence.memory import MemoryBus
from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import Cursor, RunId, cursor_of
from cantata.server.runs.model import Claim, Fence, Rest
from cantata.server.runs.ports.bus import Bus, Subscription
from cantata.server.runs.reader import PAGE_BYTES, Beat, Gap, Pulse, follow
from tests.support.backends import Backend, cancelled, open_backend, said
from tests.support.engine import Quiet, unwatched

T = TypeVar("T")

_FRAME = re.compile(rb"(?:[^\n]+\n)+\n")
_ID = re.compile(rb"^id: (.*)$", re.MULTILINE)

rows = st.lists(st.integers(1, 4), min_size=1, max_size=6)
"""How many events each append holds."""


class LossyBus:
    """A bus that loses what the test tells it to lose."""

    def __init__(self, window_bytes: int, losses: Iterator[bool]) -> None:
        self._bus = MemoryBus(window_bytes)
        self._losses = losses

    def publish(self, run_id: RunId, frames: Frames) -> None:
        """Publish, or lose."""
        if not next(self._losses, False):
            self._bus.publish(run_id, frames)

    def subscribe(self, run_id: RunId) -> AbstractContextManager[Subscription]:
        """Hear what is not lost."""
        return self._bus.subscribe(run_id)


@asynccontextmanager
async def a_backend() -> AsyncIterator[Backend]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_backend("sqlite", Path(folder)) as backend:
            yield backend


class Writer:
    """Writes a run's log as the recorder does: commit first, then publish."""

    def __init__(self, backend: Backend, bus: Bus, claim: Claim) -> None:
        self.run_id = claim.run.id
        self.seq = 1
        self._backend, self._bus = backend, bus

    async def say(self, count: int, size: int = 0) -> None:
        """Write *count* events."""
        frames = said(self.run_id, self.seq, count, size=size)
        await self._backend.log.append(self.run_id, Fence(1, self.seq), frames)
        self.seq += count
        self._bus.publish(self.run_id, frames)

    async def end(self) -> None:
        """Write the terminal event."""
        frames = cancelled(self.run_id, self.seq)
        await self._backend.store.settle(self.run_id, Fence(1, self.seq), frames, Rest(status="cancelled"), b"{}")
        self.seq += 1
        self._bus.publish(self.run_id, frames)


async def read_on(backend: Backend, bus: Bus, run_id: RunId, after: int) -> bytes:
    """Follow the run to its end; return the bytes."""
    return b"".join(
        [item.data async for item in follow(backend.log, bus, run_id, after, unwatched) if isinstance(item, Frames)]
    )


def cursor_in(stream: bytes) -> int:
    """Return the number of the last whole frame that a client has got, as its parser keeps it."""
    ids = [found[1] for frame in _FRAME.findall(stream) if (found := _ID.search(frame))]
    cursor = cursor_of(ids[-1].decode()) if ids else None
    return cursor.seq if cursor else 0


def whole(stream: bytes) -> bytes:
    """Drop the frame in which the stream was cut, as every parser does, and what precedes the first event."""
    return b"".join(frame for frame in _FRAME.findall(stream) if b"\ndata: " in frame)


def ran(main: Coroutine[Any, Any, T]) -> T:
    """Run on a loop of its own: hypothesis calls the test many times."""
    return asyncio.run(main)


@given(rows)
@settings(max_examples=5)
def test_a_stream_cut_at_any_byte_goes_on_without_gap_or_repetition(counts: list[int]) -> None:
    async def main() -> None:
        async with a_backend() as backend:
            bus = backend.bus(10_000)
            writer = Writer(backend, bus, await backend.claimed())
            for count in counts:
                await writer.say(count)
            await writer.end()
            opening = f"retry: 1000\nid: {Cursor(writer.run_id, 0)}\n\n".encode()
            stream = opening + await read_on(backend, bus, writer.run_id, 0)
            rests = [await read_on(backend, bus, writer.run_id, n) for n in range(writer.seq)]

            for cut in range(len(stream)):
                got = stream[:cut]
                assert whole(got) + rests[cursor_in(got)] == whole(stream)

    ran(main())


@given(
    counts=rows,
    size=st.sampled_from([0, 500, 5_000]),
    window=st.sampled_from([200, 2_000, 1_000_000]),
    losses=st.lists(st.booleans(), max_size=20),
    cuts=st.lists(st.integers(0, 30), max_size=5),
    pauses=st.lists(st.integers(0, 3), max_size=20),
)
@settings(max_examples=40)
def test_a_live_reader_over_a_lossy_bus_sees_every_event_once(
    *, counts: list[int], size: int, window: int, losses: list[bool], cuts: list[int], pauses: list[int]
) -> None:
    """The window overflows, pushes are lost, the reader is cut again and again, the writer goes on meanwhile."""

    async def main() -> None:
        async with a_backend() as backend:
            bus = LossyBus(window, iter(losses[: len(counts)]))
            writer = Writer(backend, bus, await backend.claimed())
            seen: list[int] = []

            async def read() -> None:
                for cut in [*cuts, None]:
                    reader = follow(backend.log, bus, writer.run_id, seen[-1] if seen else 0, unwatched)
                    async for item in reader:
                        assert isinstance(item, Frames)
                        seen.extend(event.seq or 0 for event in item.events())
                        if cut is not None and len(seen) >= cut:
                            break
                    await reader.aclose()
                    if seen and seen[-1] == len_of_log():
                        return

            def len_of_log() -> int:
                return sum(counts) + 2

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(read())
                for number, count in enumerate(counts):
                    await writer.say(count, size)
                    for _ in range(pauses[number] if number < len(pauses) else 0):
                        await asyncio.sleep(0)
                await writer.end()

            assert seen == list(range(1, len_of_log() + 1))

    ran(main())


@given(rows, st.integers(1, 6))
@settings(max_examples=20)
def test_late_live_and_resumed_readers_get_the_same_bytes(counts: list[int], readers: int) -> None:
    async def main() -> None:
        async with a_backend() as backend:
            bus = backend.bus(10_000)
            writer = Writer(backend, bus, await backend.claimed())

            async with asyncio.TaskGroup() as tasks:
                live = [tasks.create_task(read_on(backend, bus, writer.run_id, 0)) for _ in range(readers)]
                for count in counts:
                    await writer.say(count)
                await writer.end()
            late = await read_on(backend, bus, writer.run_id, 0)

            assert {task.result() for task in live} == {late}

    ran(main())


@contextmanager
def _pulsed(pulse: Quiet, subscriptions: list[Subscription], subscription: Subscription) -> Iterator[Pulse]:
    subscriptions.append(subscription)
    yield pulse


async def test_a_lost_push_is_made_good_at_the_next_heartbeat(tmp_path: Path) -> None:
    """The bus is a hint: when its last word is lost the reader must not stay behind for ever."""
    async with open_backend("sqlite", tmp_path) as backend:
        bus = LossyBus(10_000, iter([True]))
        writer = Writer(backend, bus, await backend.claimed())
        pulse, subscriptions = Quiet(), list[Subscription]()
        reader = follow(backend.log, bus, writer.run_id, 0, lambda s: _pulsed(pulse, subscriptions, s))
        seen: list[Any] = [await anext(reader)]

        async def read() -> None:
            seen.extend([item async for item in reader])

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(read())
            await anyio.wait_all_tasks_blocked()
            await writer.end()
            await anyio.wait_all_tasks_blocked()
            pulse.is_beating = True
            subscriptions[0].wake()
            await anyio.wait_all_tasks_blocked()
            pulse.is_closed = True  # whatever was seen until now, the reader ends here
            subscriptions[0].wake()

        assert [item.last_seq for item in seen if isinstance(item, Frames)] == [1, 2]
        assert [item for item in seen if isinstance(item, Beat)] == [Beat(1)]


async def items_of(reader: AsyncIterator[Frames | Beat | Gap]) -> list[Gap | Beat | int]:
    """Read to the end; return what came, of frames the numbers of their events."""
    found: list[Gap | Beat | int] = []
    async for item in reader:
        found += [event.seq or 0 for event in item.events()] if isinstance(item, Frames) else [item]
    return found


@pytest.mark.parametrize("after", range(8))
@pytest.mark.parametrize("before", [2, 3, 5, 8])
async def test_a_cursor_older_than_retention_is_told_of_the_gap(tmp_path: Path, before: int, after: int) -> None:
    """Whatever lies before the cut and after the cursor is in the gap, and everything else is read."""
    async with open_backend("sqlite", tmp_path) as backend:
        bus = backend.bus(10_000)
        writer = Writer(backend, bus, await backend.claimed())
        await writer.say(3)
        await writer.say(3)
        await writer.end()
        await backend.log.trim(writer.run_id, before)

        items = await items_of(follow(backend.log, bus, writer.run_id, after, unwatched))

        gap = [Gap(after + 1, before - 1)] if after + 1 < before else []
        assert items == [*gap, *range(max(before, after + 1), 9)]


async def test_a_reader_that_is_slow_while_its_log_is_trimmed_gets_the_gap_in_the_middle(tmp_path: Path) -> None:
    async with open_backend("sqlite", tmp_path) as backend:
        bus = backend.bus(10_000)
        writer = Writer(backend, bus, await backend.claimed())
        for _ in range(9):
            await writer.say(1, size=PAGE_BYTES)
        await writer.end()
        reader = follow(backend.log, bus, writer.run_id, 0, unwatched)
        seen = [await anext(reader), await anext(reader)]

        await backend.log.trim(writer.run_id, 11)

        assert [item.last_seq for item in seen if isinstance(item, Frames)] == [2, 3]
        assert await items_of(reader) == [Gap(4, 10), 11]


@pytest.mark.parametrize("after", [0, 4, 5])
async def test_a_reader_of_an_ended_log_without_any_event_comes_to_an_end(tmp_path: Path, after: int) -> None:
    """It tells of the gap, and waits for nothing that cannot come."""
    async with open_backend("sqlite", tmp_path) as backend:
        run_id = (await backend.ended()).run.id
        await backend.log.trim(run_id, 6)

        items = await items_of(follow(backend.log, backend.bus(10_000), run_id, after, unwatched))

        assert items == ([Gap(after + 1, 5)] if after < 5 else [])


async def test_a_reader_in_the_middle_of_a_log_that_is_deleted_comes_to_an_end(tmp_path: Path) -> None:
    async with open_backend("sqlite", tmp_path) as backend:
        bus = backend.bus(10_000)
        claim = await backend.claimed()
        writer = Writer(backend, bus, claim)
        await writer.say(1, size=PAGE_BYTES)
        await writer.end()
        reader = follow(backend.log, bus, writer.run_id, 0, unwatched)
        await anext(reader)

        await backend.store.delete(claim.run.owner, writer.run_id)

        assert await items_of(reader) == []


async def test_a_silent_reader_of_a_run_that_is_deleted_comes_to_an_end(tmp_path: Path) -> None:
    """The push of the run's end was lost, and the run is gone before the reader looks: no heartbeat can tell of it."""
    async with open_backend("sqlite", tmp_path) as backend:
        bus = LossyBus(10_000, iter([True]))
        claim = await backend.claimed()
        writer = Writer(backend, bus, claim)
        pulse, subscriptions = Quiet(), list[Subscription]()
        reader = follow(backend.log, bus, writer.run_id, 0, lambda s: _pulsed(pulse, subscriptions, s))
        await anext(reader)

        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(items_of(reader))
            await anyio.wait_all_tasks_blocked()
            await writer.end()
            await backend.store.delete(claim.run.owner, writer.run_id)
            pulse.is_beating = True
            subscriptions[0].wake()

        assert reading.result() == []
