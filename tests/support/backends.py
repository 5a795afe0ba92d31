"""The ports of every backend, opened on real files, and runs and frames to put into them."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cantata.callbacks.events import Custom, StoredEvent, Timestamps, WorkflowCancelled, WorkflowStarted
from cantata.callbacks.usage import total
from cantata.server.persistence.checkpoints import SqliteCheckpoints
from cantata.server.persistence.memory import MemoryBus, MemoryDispatcher
from cantata.server.persistence.serializer import serializer
from cantata.server.persistence.sqlite import Database
from cantata.server.persistence.sqlite_audit import SqliteAudit
from cantata.server.persistence.sqlite_definitions import SqliteDefinitions
from cantata.server.persistence.sqlite_keys import SqliteKeys
from cantata.server.persistence.sqlite_log import SqliteLog
from cantata.server.persistence.sqlite_retention import SqliteRetention
from cantata.server.persistence.sqlite_runs import SqliteRuns
from cantata.server.persistence.sqlite_sessions import SqliteSessions
from cantata.server.persistence.sqlite_stats import SqliteStats
from cantata.server.persistence.sqlite_tickets import SqliteTickets
from cantata.server.persistence.sqlite_usage import SqliteUsage
from cantata.server.runs.frames import Frames, FrameWriter, joined
from cantata.server.runs.ids import RunId, new_run_id
from cantata.server.runs.model import Claim, Fence, NewRun, Rest, RunSpec
from cantata.server.runs.ports.bus import Bus
from cantata.server.runs.ports.checkpoints import Checkpoints
from cantata.server.runs.ports.credentials import AuditLog, KeyStore, TicketStore
from cantata.server.runs.ports.definitions import DefinitionStore
from cantata.server.runs.ports.dispatch import Dispatcher
from cantata.server.runs.ports.event_log import EventLog, Page
from cantata.server.runs.ports.retention import RetentionStore
from cantata.server.runs.ports.runs import RunStore
from cantata.server.runs.ports.sessions import SessionStore
from cantata.server.runs.ports.statistics import StatsStore
from cantata.server.runs.ports.usage import UsageStore

BACKENDS = ("sqlite",)
NOON = 1_767_225_600.0  # 2026-01-01T00:00:00Z
ALL = 10_000_000  # bytes; more than any log here


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self, seconds: float = NOON) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        """Tell the time."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds


class WallClock(Clock):
    """The real one, and so much ahead as it was told to be."""

    def __init__(self) -> None:
        super().__init__(0)

    def __call__(self) -> float:
        """Tell the time."""
        return time.time() + self.seconds


@dataclass(frozen=True)
class Backend:
    """One backend's ports."""

    log: EventLog
    store: RunStore
    checkpoints: Checkpoints
    sessions: SessionStore
    definitions: DefinitionStore
    stats: StatsStore
    usage: UsageStore
    retention: RetentionStore
    keys: KeyStore
    tickets: TicketStore
    audit: AuditLog
    timestamps: Timestamps
    clock: Clock
    bus: Callable[[int], Bus]
    """Makes a bus whose windows hold so many bytes."""
    dispatcher: Callable[[int], Dispatcher]
    """Makes a dispatcher for so many runs at once."""

    async def created(self, new: NewRun | None = None) -> NewRun:
        """Create a run."""
        new = new or a_run()
        await self.store.create(new, first_frames(new), b"{}")
        return new

    async def claimed(self, new: NewRun | None = None) -> Claim:
        """Create a run and claim it."""
        new = await self.created(new)
        claim = await self.store.claim(new.id, "tester")
        assert claim is not None
        return claim

    async def ended(self, new: NewRun | None = None, count: int = 3) -> Claim:
        """Create a run, let it say *count* things and end it: its log is 1, what it said, and its terminal event."""
        claim = await self.claimed(new)
        run_id = claim.run.id
        await self.log.append(run_id, Fence(claim.run.epoch, 1), said(run_id, 1, count))
        fence, last = Fence(claim.run.epoch, count + 1), cancelled(run_id, count + 1)
        await self.store.settle(run_id, fence, last, Rest(status="cancelled"), b"{}")
        return claim


@asynccontextmanager
async def open_backend(name: str, folder: Path, clock: Clock | None = None) -> AsyncIterator[Backend]:
    """Open the backend *name* in *folder*."""
    assert name == "sqlite"
    clock = clock or Clock()
    database, timestamps = Database(folder / "cantata.db"), Timestamps(clock)
    try:
        yield Backend(
            log=SqliteLog(database, timestamps),
            store=SqliteRuns(database, timestamps),
            checkpoints=SqliteCheckpoints(database, serializer(())),
            sessions=SqliteSessions(database, timestamps),
            definitions=SqliteDefinitions(database, timestamps),
            stats=SqliteStats(database, timestamps),
            usage=SqliteUsage(database, timestamps),
            retention=SqliteRetention(database),
            keys=SqliteKeys(database, timestamps),
            tickets=SqliteTickets(database, timestamps),
            audit=SqliteAudit(database, timestamps),
            timestamps=timestamps,
            clock=clock,
            bus=MemoryBus,
            dispatcher=MemoryDispatcher,
        )
    finally:
        await database.close()


def a_run(owner: str = "ada", session_id: str = "s1", graph: str = "tested", **members: Any) -> NewRun:
    """Describe a run."""
    return NewRun(
        id=new_run_id(), owner=owner, session_id=session_id, spec=RunSpec(graph=graph, input={"n": 1}), **members
    )


def first_frames(new: NewRun) -> Frames:
    """Write a run's first event."""
    (frames,) = FrameWriter(new.id).write(
        [
            WorkflowStarted(
                workflow_id=new.id,
                timestamp="2026-01-01T00:00:00.000Z",
                graph=new.spec.graph,
                strategy="single",
                input=new.spec.input,
                session_id=new.session_id,
            )
        ]
    )
    return frames


def said(run_id: RunId, after: int, count: int = 1, *, size: int = 0, minute: int = 0) -> Frames:
    """Write *count* events that follow *after*, each with *size* more bytes."""
    events: list[StoredEvent] = [
        Custom(
            workflow_id=run_id,
            timestamp=f"2026-01-01T00:{minute:02d}:{after + 1 + n:02d}.000Z",
            node="",
            path=[],
            name="note",
            data={"text": f"{after + 1 + n}" + "x" * size},
        )
        for n in range(count)
    ]
    return joined(FrameWriter(run_id, after).write(events))


def cancelled(run_id: RunId, after: int, by: str = "somebody") -> Frames:
    """Write a terminal event that follows *after*."""
    event = WorkflowCancelled(
        workflow_id=run_id,
        timestamp="2026-01-01T00:59:00.000Z",
        by=by,
        reason="no reason",
        usage=total([]),
        execution_time_ms=0,
    )
    return joined(FrameWriter(run_id, after).write([event]))


def seqs(page: Page) -> list[int]:
    """Return the numbers of a page's events."""
    return [event.seq for event in page.frames.events() if event.seq] if page.frames else []
