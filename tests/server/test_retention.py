"""The sweep on a real database: what it removes, what it leaves, and what happens when something is in its way."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.backends import ALL, Backend, a_run, open_backend, seqs
from tests.support.engine import OWNER, Server, open_server, unwatched
from tests.support.graphs import NOTHING, asks, chain, quiet

from cantata.server.errors import StorageUnavailable, UnknownCheckpoint
from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Run
from cantata.server.runs.ports.event_log import EventLog
from cantata.server.runs.reader import Gap
from cantata.server.runs.requests import RunRequest
from cantata.server.workers.retention import Limits, Removed, Retention

DAY = 86_400
WEEK = Limits(event_days=7, checkpoint_days=7, session_days=0)
SESSIONS = Limits(event_days=0, checkpoint_days=0, session_days=7)
FOR_EVER = Limits(event_days=0, checkpoint_days=0, session_days=0)


def retention(backend: Backend, limits: Limits = WEEK, log: EventLog | None = None) -> Retention:
    return Retention(
        limits,
        backend.retention,
        log or backend.log,
        backend.checkpoints,
        backend.sessions,
        backend.audit,
        timestamps=backend.timestamps,
    )


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[Backend]:
    async with open_backend("sqlite", tmp_path) as opened:
        yield opened


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """Serve a graph that comes to its end, and one that asks."""
    async with open_server(tmp_path, {"quiet": chain(a=quiet, b=quiet), "asks": chain(ask=asks("who?"))}) as opened:
        yield opened


async def aged(server: Server) -> Removed:
    """Sweep as if eight days had passed."""
    server.backend.clock.advance(8 * DAY)
    return await retention(server.backend).sweep()


class FailingLog:
    """A log that can be trimmed only after so many failures."""

    def __init__(self, backend: Backend, failures: int) -> None:
        self.append, self.read, self.seq_at = backend.log.append, backend.log.read, backend.log.seq_at
        self._trim = backend.log.trim
        self._failures = failures

    async def trim(self, run_id: RunId, before: int) -> int:
        """Fail, or trim."""
        if self._failures:
            self._failures -= 1
            raise StorageUnavailable
        return await self._trim(run_id, before)


class Hearing(logging.Handler):
    """Hears what the sweeper logs."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.has_good_news = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Note it."""
        self.told.append(record.getMessage())
        if record.levelno == logging.INFO:
            self.has_good_news.set()


@contextmanager
def heard() -> Iterator[Hearing]:
    logger, hearing = logging.getLogger("cantata.server.workers.retention"), Hearing()
    logger.addHandler(hearing)
    level = logger.level
    logger.setLevel(logging.INFO)
    yield hearing
    logger.setLevel(level)
    logger.removeHandler(hearing)


# Events


async def test_of_an_ended_log_only_the_terminal_event_stays(backend: Backend) -> None:
    old = await backend.ended()
    backend.clock.advance(8 * DAY)
    new = await backend.ended(a_run(session_id="s2"))

    removed = await retention(backend).sweep()

    assert removed == Removed(events=4)
    assert seqs(await backend.log.read(old.run.id, 0, ALL)) == [5]
    assert seqs(await backend.log.read(new.run.id, 0, ALL)) == [1, 2, 3, 4, 5]


async def test_a_second_sweep_finds_nothing_and_a_later_one_what_became_old(backend: Backend) -> None:
    sweeper = retention(backend)
    await backend.ended()
    backend.clock.advance(8 * DAY)
    first = await sweeper.sweep()
    second = await sweeper.sweep()
    await backend.ended(a_run(session_id="s2"), count=1)
    backend.clock.advance(8 * DAY)

    assert [first, second, await sweeper.sweep()] == [Removed(events=4), Removed(), Removed(events=2)]


async def test_many_logs_are_trimmed_in_one_sweep(backend: Backend) -> None:
    """More than are looked for at once."""
    for number in range(230):
        await backend.ended(a_run(session_id=f"s{number}"), count=1)
    backend.clock.advance(8 * DAY)

    assert await retention(backend).sweep() == Removed(events=460)


async def test_without_limits_nothing_is_removed(backend: Backend) -> None:
    claim = await backend.ended()
    backend.clock.advance(36_500 * DAY)

    assert await retention(backend, FOR_EVER).sweep() == Removed()
    assert seqs(await backend.log.read(claim.run.id, 0, ALL)) == [1, 2, 3, 4, 5]


async def test_a_fraction_of_a_day_is_a_limit(backend: Backend) -> None:
    await backend.ended()
    backend.clock.advance(10)
    sweeper = retention(backend, Limits(event_days=8 / DAY, checkpoint_days=0, session_days=0))

    assert await sweeper.sweep() == Removed(events=4)


# What readers of a trimmed run get


async def finished(server: Server, graph: str = "quiet") -> Run:
    run = await server.start(graph, NOTHING)
    await server.ended(run)
    return await server.service.get(OWNER, run.id)


@pytest.mark.parametrize("after", [0, 3])
async def test_a_reader_of_a_trimmed_log_gets_the_gap_and_then_the_end(server: Server, after: int) -> None:
    run = await finished(server)
    await aged(server)

    items = [item async for item in server.service.stream(run.id, after, unwatched)]

    assert items[0] == Gap(after + 1, run.last_seq - 1)
    assert isinstance(items[1], Frames)
    assert (items[1].first_seq, items[1].is_end, len(items)) == (run.last_seq, True, 2)


async def test_polling_tells_the_same_story_as_before(server: Server) -> None:
    run = await finished(server)
    before = await server.service.workflow(OWNER, run.id)

    await aged(server)

    assert await server.service.workflow(OWNER, run.id) == before
    assert await server.service.get(OWNER, run.id) == run
    assert await server.service.progress(run) == 100
    assert await server.service.wait(run, 0, unwatched) == before


async def test_the_gap_tells_the_state_of_a_trimmed_run(server: Server) -> None:
    run = await finished(server)
    await aged(server)

    gap = await server.service.gap(OWNER, run.id, 1, run.last_seq - 1)

    assert (gap.from_seq, gap.to_seq) == (1, run.last_seq - 1)
    assert gap.snapshot == {"status": "completed", "text": ""}


async def test_a_run_that_waits_for_a_human_keeps_its_log_and_is_answered(server: Server) -> None:
    run = await server.start("asks", NOTHING)
    asked = (await server.ended(run))["interrupts"]
    whole = await server.events(run.id)

    removed = await aged(server)
    resumed, _ = await server.service.resume(OWNER, run.id, {asked[0]["id"]: "me"}, None)
    workflow = await server.service.wait(resumed, len(whole), unwatched)

    assert removed == Removed()
    assert workflow["status"] == "completed"
    assert (await server.events(run.id))[: len(whole)] == whole


# Checkpoints


async def test_an_idle_conversation_keeps_its_newest_checkpoint_and_goes_on(tmp_path: Path) -> None:
    async with open_server(tmp_path, {"quiet": chain(a=quiet, b=quiet)}) as server:
        first = await server.start("quiet", {"log": ["one"]}, session_id="s")
        await server.ended(first)
        await server.ended(await server.start("quiet", {"log": ["two"]}, session_id="s"))
        before = await server.service.history(await server.service.get(OWNER, first.id), 100)

        removed = await aged(server)
        workflow = await server.ended(await server.start("quiet", {"log": ["three"]}, session_id="s"))

        assert removed.checkpoints == 7
        assert workflow["output"] == {"log": ["one", "two", "three"]}
        assert len(before) == 4
        assert await server.service.history(await server.service.get(OWNER, first.id), 100) == []
        forked = await server.service.fork_request(
            OWNER, first.id, before[1]["checkpoint_id"], RunRequest(graph="", input=None)
        )
        with pytest.raises(UnknownCheckpoint):
            await server.service.start(OWNER, forked)


async def test_a_checkpoint_that_cannot_be_read_keeps_no_other_from_being_pruned(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_server(tmp_path, {"quiet": chain(a=quiet)}) as server:
        broken = await server.start("quiet", NOTHING, session_id="broken")
        await server.ended(broken)
        with sqlite3.connect(tmp_path / "cantata.db") as connection:
            connection.execute("UPDATE checkpoints SET type = 'nonsense'")
        connection.close()
        await server.ended(await server.start("quiet", NOTHING, session_id="sound"))

        removed = await aged(server)

        assert removed.checkpoints == 2
        assert broken.thread_id in caplog.text


# Sessions


async def test_idle_sessions_are_deleted_and_busy_and_recent_ones_left(backend: Backend) -> None:
    await backend.ended(a_run(session_id="old"))
    await backend.ended(a_run(session_id="older"))
    await backend.created(a_run(session_id="busy"))
    backend.clock.advance(6 * DAY)
    await backend.ended(a_run(session_id="recent"))
    backend.clock.advance(2 * DAY)

    removed = await retention(backend, SESSIONS).sweep()

    assert removed == Removed(sessions=2)
    assert {session.id for session in await backend.sessions.find("ada", None, None, 10)} == {"busy", "recent"}


# The background


async def test_after_a_sweep_that_failed_the_next_one_removes_what_is_left(backend: Backend) -> None:
    await backend.ended()
    backend.clock.advance(8 * DAY)
    log = FailingLog(backend, failures=1)
    sweeper = retention(backend, WEEK, log)

    with pytest.raises(StorageUnavailable):
        await sweeper.sweep()

    assert await sweeper.sweep() == Removed(events=4)


async def test_the_background_survives_a_failure_says_what_it_removed_and_stops_when_told(backend: Backend) -> None:
    await backend.ended()
    backend.clock.advance(8 * DAY)
    log = FailingLog(backend, failures=2)
    sweeper = retention(backend, WEEK, log)

    with heard() as hearing:
        async with asyncio.TaskGroup() as tasks:
            sweeping = tasks.create_task(sweeper.sweep_regularly(0))
            await hearing.has_good_news.wait()
            sweeping.cancel()

    assert hearing.told == [
        *["old data could not be removed; the next sweep tries again"] * 2,
        "removed what is too old: 0 sessions, 4 events, 0 checkpoints, 0 looks of admins",
    ]


async def test_each_workspace_has_its_own_days(backend: Backend) -> None:
    days = Limits(event_days=7, event_days_of={"trial": 1, "archive": 0}, checkpoint_days=0, session_days=0)
    names = ("default", "trial", "archive")
    runs = [(await backend.ended(a_run(session_id=name, workspace=name))).run.id for name in names]
    sweeper = retention(backend, days)

    backend.clock.advance(2 * DAY)
    await sweeper.sweep()
    after_two_days = [seqs(await backend.log.read(run, 0, ALL)) for run in runs]
    backend.clock.advance(6 * DAY)
    await sweeper.sweep()
    after_eight_days = [seqs(await backend.log.read(run, 0, ALL)) for run in runs]

    assert after_two_days == [[1, 2, 3, 4, 5], [5], [1, 2, 3, 4, 5]]
    assert after_eight_days == [[5], [5], [1, 2, 3, 4, 5]]


async def test_looks_of_admins_are_kept_for_as_long_as_is_set(backend: Backend) -> None:
    await backend.audit.note("root", "GET /api/sessions", "ada", "sessions")
    for_a_week = Limits(event_days=0, checkpoint_days=0, session_days=0, audit_days=7)
    backend.clock.advance(6 * DAY)
    await backend.audit.note("root", "GET /api/sessions", "bob", "sessions")

    early = await retention(backend, for_a_week).sweep()
    backend.clock.advance(2 * DAY)
    for_ever = await retention(backend, FOR_EVER).sweep()
    late = await retention(backend, for_a_week).sweep()

    assert (early.looks, for_ever.looks, late.looks) == (0, 0, 1)
    assert [look.owner for look in await backend.audit.looks(10)] == ["bob"]
