"""Readers of one run and format share one fold, and no one of them can tell."""

import asyncio
import gc
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.callbacks.events import StoredEvent
from cantata.server.protocols import projected
from cantata.server.protocols.projected import ProjectedLog, Projections
from cantata.server.protocols.telling import Telling
from cantata.server.protocols.view import View
from cantata.server.runs import reader as reading
from cantata.server.runs.fold import fold
from cantata.server.runs.frames import joined
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Fence, Rest, Run
from cantata.server.sse import Streams
from tests.protocols.telling import VIEWS, messages, told
from tests.support.backends import a_run, cancelled
from tests.support.engine import OWNER, Server, open_server
from tests.support.logs import RUN, Plot, deltas, frames_of, log_of_plot, plots, start_of, thought, whole
from tests.support.sse import Message

OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"exclude": frozenset({"step_start", "step_end"})},
    {"include": frozenset({"message_delta", "message_start"})},
)


@dataclass(frozen=True)
class Reader:
    """When somebody comes, from where and how they read, how slow they are, and when they leave."""

    comes_at: float
    has_seen: float
    name: str
    option: int
    pauses: tuple[int, ...]
    leaves_after: int | None

    @property
    def view(self) -> View:
        """How the reader wants to see the run."""
        return replace(VIEWS[self.name], **OPTIONS[self.option])


readers = st.builds(
    Reader,
    comes_at=st.floats(0, 1),
    has_seen=st.sampled_from([0.0, 0.0, 0.3, 0.7, 1.0]),
    name=st.sampled_from(["compat", "chunks", "session"]),
    option=st.sampled_from([0, 0, 1, 2]),
    pauses=st.lists(st.integers(0, 12), min_size=1, max_size=4).map(tuple),
    leaves_after=st.none() | st.integers(0, 6),
)


class Hall:
    """A run that is written while others read it."""

    def __init__(self, server: Server, run: Run, events: Sequence[StoredEvent]) -> None:
        self.run = run
        self.projections = Projections()
        self.telling = Telling(server.service, Streams(60), self.projections)
        self.head = 1
        self._server = server
        self._pieces = [frames_of(events[n : n + 1], run.id, n) for n in range(len(events) - 1)]
        self.end = cancelled(run.id, len(events) - 1)
        self.whole = joined([*self._pieces, self.end])

    async def say(self, count: int) -> None:
        """Write the next events with one commit."""
        if not (now := self._pieces[self.head : self.head + count]):
            return
        frames = joined(now)
        await self._server.backend.log.append(self.run.id, Fence(1, self.head), frames)
        self.head = frames.last_seq
        self._server.engine.bus.publish(self.run.id, frames)

    async def finish(self) -> None:
        """Write the last event."""
        await self.say(len(self._pieces))
        told = msgspec.json.encode(fold(self.whole.events()))
        await self._server.backend.store.settle(
            self.run.id, Fence(1, self.head), self.end, Rest(status="cancelled"), told
        )
        self._server.engine.bus.publish(self.run.id, self.end)

    async def forget(self, before: int) -> None:
        """Let retention remove the events before *before*."""
        await self._server.backend.log.trim(self.run.id, before)

    def told_apart(self, view: View, after: int) -> bytes:
        """Tell it to somebody who shares nothing."""
        return told(self.whole, view, after, self.run.id)


@asynccontextmanager
async def a_hall(events: Sequence[StoredEvent], window_bytes: int = 300) -> AsyncIterator[Hall]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_server(Path(folder), {}) as server:
            server.engine.bus._window_bytes = window_bytes  # type: ignore[attr-defined]  # smaller than any setting
            new = a_run(OWNER)
            first = frames_of(events[:1], new.id)
            await server.backend.store.create(new, first, b"{}")
            claim = await server.backend.store.claim(new.id, "tester")
            assert claim is not None
            yield Hall(server, claim.run, events)


async def read(hall: Hall, reader: Reader, after: int) -> bytes:
    """Read as *reader* does; return what came, without the opening."""
    got: list[bytes] = []
    async with aclosing(hall.telling.run(hall.run, after, reader.view)) as stream:
        async for data in stream:
            got.append(data)
            if reader.leaves_after is not None and len(got) > reader.leaves_after:
                break
            for _ in range(reader.pauses[len(got) % len(reader.pauses)]):
                await asyncio.sleep(0)
    return b"".join(got[1:])


@pytest.fixture
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep so little that almost every reader is overtaken."""
    monkeypatch.setattr(projected, "WINDOW_BYTES", 400)
    monkeypatch.setattr(reading, "PAGE_BYTES", 900)


async def crowd(hall: Hall, everybody: Sequence[Reader], strides: Sequence[int]) -> list[tuple[Reader, int, bytes]]:
    """Let *everybody* read while the run is written; return what each got after which event."""
    waiting = sorted(everybody, key=lambda reader: reader.comes_at)
    length = hall.whole.last_seq
    came: list[tuple[Reader, int, asyncio.Task[bytes]]] = []
    async with asyncio.TaskGroup() as tasks:
        for turn in range(length):
            while waiting and waiting[0].comes_at * length <= turn:
                one = waiting.pop(0)
                after = int(one.has_seen * hall.head)
                came.append((one, after, tasks.create_task(read(hall, one, after))))
            await hall.say(strides[turn % len(strides)])
            await asyncio.sleep(0)
        await hall.finish()
        for one in waiting:
            after = int(one.has_seen * (hall.head - 1))
            came.append((one, after, tasks.create_task(read(hall, one, after))))
    return [(one, after, task.result()) for one, after, task in came]


@pytest.mark.usefixtures("_tiny")
@given(plots, st.lists(readers, min_size=2, max_size=12), st.lists(st.integers(0, 5), min_size=1, max_size=4))
@settings(max_examples=20)
def test_everybody_gets_the_bytes_of_a_fold_of_their_own(
    plot: Plot, everybody: list[Reader], strides: list[int]
) -> None:
    """Late, overtaken, resumed in the middle, leaving at random: the window is a few frames long."""

    async def main() -> None:
        async with a_hall(await log_of_plot(plot)) as hall:
            for reader, after, got in await crowd(hall, everybody, strides):
                expected = hall.told_apart(reader.view, after)
                assert got == expected if reader.leaves_after is None else expected.startswith(got)
            gc.collect()
            assert len(hall.projections) == 0

    asyncio.run(main())


def spoken(count: int) -> list[StoredEvent]:
    """Write a log of one message."""
    return whole([start_of("m1"), *deltas(*(f"word{n} " for n in range(count)))])


@pytest.mark.parametrize("name", ["compat", "chunks", "session"])
async def test_a_resumed_reader_gets_its_rest_however_long_the_log_before_it_is(name: str) -> None:
    """All of it is folded first, page by page; nothing of the pages before the cursor is wanted."""
    async with a_hall(spoken(3_000), window_bytes=1_000_000) as hall:
        await hall.finish()
        after = hall.head - 5

        got = await read(hall, Reader(0, 1, name, 0, (0,), None), after)

        assert len(messages(got)) >= 5
        assert got == hall.told_apart(VIEWS[name], after)


async def turns_during(reading: Awaitable[Any]) -> int:
    """Return how often another task had a turn meanwhile."""
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        other = tasks.create_task(take_turns())
        await reading
        other.cancel()
    return turns


@pytest.mark.parametrize("name", ["reasoning", "compat", "chunks", "session"])
async def test_a_client_that_takes_a_long_log_at_once_leaves_others_their_turns(name: str) -> None:
    async with a_hall(spoken(3_000), window_bytes=1_000_000) as hall:
        for _ in range(30):
            await hall.say(100)
        await hall.finish()

        turns = await turns_during(read(hall, Reader(0, 0, name, 0, (0,), None), 0))

    assert turns > 5


async def test_a_client_that_takes_a_session_of_many_runs_at_once_leaves_others_their_turns() -> None:
    async with a_hall(spoken(1)) as hall:
        await hall.finish()
        runs = iter([hall.run] * 50)

        async def following(run_id: RunId) -> Run | None:
            return next(runs, None)

        async def read_all() -> bytes:
            return b"".join([data async for data in hall.telling.run(hall.run, 0, VIEWS["session"], following)])

        turns = await turns_during(read_all())

    assert turns >= 50


async def test_readers_of_one_format_share_one_fold_and_its_frames() -> None:
    async with a_hall(spoken(20)) as hall:
        async with asyncio.TaskGroup() as tasks:
            reader = Reader(0, 0, "chunks", 0, (0,), None)
            same = [tasks.create_task(read(hall, reader, 0)) for _ in range(5)]
            await anyio.wait_all_tasks_blocked()
            count = len(hall.projections)
            await hall.finish()

        assert count == 1
        assert len({task.result() for task in same}) == 1
        gc.collect()
        assert len(hall.projections) == 0


@pytest.mark.parametrize(
    ("name", "text"), [("compat", "old new words "), ("chunks", "old new words "), ("session", "new words ")]
)
async def test_a_reader_of_what_was_removed_is_told_of_the_gap_and_then_the_rest(name: str, text: str) -> None:
    """Formats that carry the answer tell the whole of it; in `session` the gap tells what each message lacks."""
    events = whole([start_of("m1"), *deltas("old "), start_of("m2"), *deltas("new ", "words ", message_id="m2")])
    async with a_hall(events) as hall:
        await hall.say(2)
        await hall.say(9)
        await hall.finish()
        await hall.forget(4)

        got = messages(await read(hall, Reader(0, 0, name, 0, (0,), None), 0))

    gap, *rest = got
    data = json.loads(gap.data)
    assert (gap.name, data["from_seq"], data["to_seq"]) == ("stream_gap", 1, 3)
    assert data["snapshot"]["text"] == "old new words "
    assert gap.last_event_id.endswith("_3")
    assert said(rest) == text


def said(stream: Sequence[Message]) -> str:
    told = [json.loads(one.data) for one in stream]
    return "".join(data.get("chunk") or data.get("delta") or "" for data in told)


def test_what_gives_no_frames_is_not_kept_without_bound() -> None:
    """A model that thinks for hours gives a reader of `chunks` nothing, and must not cost it memory."""
    log = ProjectedLog(RUN, VIEWS["chunks"].projection("s1"))
    for seq in range(1, 20_001):
        log.take(frames_of([thought()], after=seq - 1), seq - 1)

    assert not log.reaches(1)
    assert log.reaches(20_000 - 500)


@pytest.mark.parametrize("name", ["compat", "chunks"])
async def test_all_who_read_a_log_behind_its_gap_get_the_same(name: str) -> None:
    """Each begins with the workflow; one of them made it, and the others share it from some event on."""
    async with a_hall(spoken(30)) as hall:
        await hall.finish()
        await hall.forget(10)

        async with asyncio.TaskGroup() as tasks:
            reading = [tasks.create_task(read(hall, Reader(0, 0, name, 0, (n,), None), 20)) for n in range(4)]
        first, *others = [messages(task.result()) for task in reading]

    assert others == [first] * 3
    assert said(first) == "".join(f"word{n} " for n in range(30))
    assert "stream_gap" not in {one.name for one in first}
