"""What the core needs of the outside. Contract tests in `tests/contracts` hold for every implementation.

Frames are appended with the fence of their writer: an older epoch is refused with `Fenced`, another head with
`LogConflict`; an append that is already there, because its acknowledgement was lost, succeeds again.
"""

from asyncio import Future
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from msgspec import UNSET, UnsetType

from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import (
    Claim,
    Fence,
    Message,
    NewRun,
    Rest,
    Run,
    RunRecord,
    RunSpec,
    Session,
    Status,
    Takeover,
)


@dataclass(frozen=True)
class Page:
    """A part of a run's log."""

    frames: Frames | None
    """What follows the cursor, as much as fits; None when there is nothing."""
    oldest_seq: int
    """The first event that is still kept; retention removes from the front."""
    is_closed: bool
    """Nothing will be added: the run has ended, or is gone."""


class EventLog(Protocol):
    """The truth: what happened in each run, in order."""

    def append(self, run_id: RunId, fence: Fence, frames: Frames) -> "Future[None]":
        """Store *frames*; the future is done when they are durable. Appends and checkpoints keep their order."""
        ...

    async def read(self, run_id: RunId, after: int, limit_bytes: int) -> Page:
        """Return what follows *after*: *limit_bytes* of it or more, or all there is."""
        ...

    async def seq_at(self, run_id: RunId, timestamp: str) -> int:
        """Return the number of the last event before *timestamp*; 0 when there is none."""
        ...

    async def trim(self, run_id: RunId, before: int) -> int:
        """Forget the events before *before*, and no other; return how many.

        Idempotent. A long log goes in portions from the front, so that appends come between. Not for an active run,
        which needs its events to go on.
        """
        ...


@dataclass(frozen=True)
class Created:
    """The answer to a creation."""

    run: Run
    is_new: bool
    is_waiting: bool
    """Another run of its session goes first."""


@dataclass(frozen=True)
class RunFilter:
    """Which runs a listing wants."""

    status: Status | None = None
    session_id: str | None = None
    graph: str | None = None
    trace_id: str | None = None
    is_active: bool = False
    """Only those that have not ended."""


@dataclass(frozen=True)
class RunPlace:
    """A run's place in its session."""

    id: RunId
    parent_id: RunId | None
    question_id: str | None
    graph: str
    status: Status
    created_at: str
    updated_at: str


class RunStore(Protocol):
    """The runs' rows. Every read is for one owner, every write is fenced."""

    async def create(self, new: NewRun, first: Frames, workflow: bytes) -> Created:
        """Create a run with its first event, or find the one that the same idempotency key made.

        Raises:
            SessionBusy: the session has an active run and `if_busy` is `reject`.
            IdempotencyMismatch: the key was used within a day for another request.
            TooManyRuns, BudgetExceeded: its owner may have no more; a repeat is not held against it.
            UnknownCheckpoint: the run is to fork from one that its origin did not make.
            WorkflowNotFound: the run that it is to follow, or whose question it is to answer, is gone.
        """
        ...

    async def get(self, owner: str, run_id: RunId) -> Run | None:
        """Return the run, or None when there is none of this owner."""
        ...

    async def by_id(self, run_id: RunId) -> Run | None:
        """Return the run of any owner; for upkeep only."""
        ...

    async def find(self, owner: str, wanted: RunFilter, before: RunId | None, limit: int) -> list[Run]:
        """Return runs, newest first."""
        ...

    async def find_everybodys(self, wanted: RunFilter, limit: int) -> list[Run]:
        """Return runs of every owner, newest first; for who may see them all."""
        ...

    async def earlier(self, run: Run) -> list[Run]:
        """Return the completed runs above the claimed run, on its branch, that its thread has not seen, oldest first.

        A thread that held no checkpoint when the run first started has seen nothing.
        """
        ...

    async def claim(self, run_id: RunId, worker: str) -> Claim | None:
        """Take a queued run whose turn in its session it is; None when it cannot be had."""
        ...

    async def settle(
        self, run_id: RunId, fence: Fence, frames: Frames | None, rest: Rest, workflow: bytes
    ) -> RunId | None:
        """Bring the run to rest, or back into the queue, in one transaction with its last events.

        Returns the session's next queued run, when the run is final.

        Raises:
            TooManyRuns, BudgetExceeded: the owner of an answered run may not have it at work now; nothing was written.
        """
        ...

    async def recover(self, cause: Takeover = "recovery") -> list[tuple[RunId, str]]:
        """Put back into the queue what is marked running and is not; return every queued run and its owner, in turn.

        A process calls it when it starts, for what a dead one left, and when it stops, for what did not pause in time.
        """
        ...

    async def requeue(self, run_id: RunId, epoch: int) -> None:
        """Put a run back whose execution was lost to a storage failure; a no-op for an older epoch."""
        ...

    async def failed_lately(self, limit: int) -> list[Run]:
        """Return the last of every owner's runs that failed, newest first; for an admin's look."""
        ...

    async def running(self) -> list[RunId]:
        """Return the runs of every owner that are marked as running; for upkeep only."""
        ...

    async def delete(self, owner: str, run_id: RunId) -> None:
        """Remove a final run, its log and its messages; what follows it then follows what it followed."""
        ...


@dataclass(frozen=True)
class SessionPlace:
    """Where a session stands in a listing."""

    updated_at: str
    session_id: str


class SessionStore(Protocol):
    """Conversations: their runs and messages, each a tree. Creating a run makes its session."""

    async def get(self, owner: str, session_id: str) -> Session | None:
        """Return the session, or None when there is none of this owner."""
        ...

    async def find(self, owner: str, text: str | None, before: SessionPlace | None, limit: int) -> list[Session]:
        """Return sessions, the one with the newest activity first; with *text* those that say it, whatever its case."""
        ...

    async def update(
        self,
        owner: str,
        session_id: str,
        *,
        title: str | UnsetType | None = UNSET,
        head: RunId | UnsetType = UNSET,
    ) -> Session:
        """Change what is given: the title, None for the default; the run that the next one follows.

        Raises:
            SessionNotFound: there is none of this owner.
            WorkflowNotFound: the head is no run of it.
        """
        ...

    async def messages(self, owner: str, session_id: str) -> list[Message]:
        """Return all messages, of every branch, in order of time."""
        ...

    async def message(self, owner: str, session_id: str, message_id: str) -> Message | None:
        """Return a message of the session."""
        ...

    async def runs(self, owner: str, session_id: str) -> list[RunPlace]:
        """Return the session's runs in the order of their creation, without what they hold."""
        ...

    async def next_run(self, owner: str, session_id: str, after: RunId | None) -> Run | None:
        """Return the session's first run that was created after that one, even if that one was removed since."""
        ...

    async def delete(self, owner: str, session_id: str) -> None:
        """Remove the session with everything in it; what statistics keep of its runs stays.

        Raises:
            SessionNotFound: there is none of this owner.
            SessionBusy: a run of it is active.
        """
        ...

    async def sweep(self) -> None:
        """Finish removals that a crash cut short: nobody saw what was left of them, but it was there."""
        ...

    async def idle(self, before: str, limit: int) -> list[tuple[str, str]]:
        """Return owners and ids of sessions where nothing is active and nothing happened since; for upkeep only."""
        ...


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One version of a stored workflow; it never changes."""

    name: str
    version: int
    description: str
    spec: dict[str, Any]
    input_schema: dict[str, Any] | None
    created_at: str
    is_retired: bool = False


class DefinitionStore(Protocol):
    """Workflows that clients have stored, in versions; every name belongs to one owner."""

    async def add(self, owner: str, name: str, content: "Content", *, is_new: bool) -> Definition:
        """Store the next version of *name*: its first, or first after it was retired, when *is_new*.

        Raises:
            NameTaken: *is_new*, but it is stored already.
            DefinitionNotFound: not *is_new*, and there is none, or it is retired.
        """
        ...

    async def newest(self, owner: str, name: str) -> Definition | None:
        """Return the version that a run gets now; None when there is none, or it is retired."""
        ...

    async def versions(self, owner: str, name: str) -> list[Definition]:
        """Return all versions, newest first; those from before a retirement are marked."""
        ...

    async def all(self, owner: str) -> list[Definition]:
        """Return the newest version of each name that is not retired, by name."""
        ...

    async def retire(self, owner: str, name: str) -> None:
        """Let nobody start it any more; what runs goes on.

        Raises:
            DefinitionNotFound: there is none, or it is retired already.
        """
        ...


@dataclass(frozen=True)
class Content:
    """What a client says of a workflow that is to be stored."""

    spec: dict[str, Any]
    description: str = ""
    input_schema: dict[str, Any] | None = None


class StatsStore(Protocol):
    """What is kept of ended runs for statistics; `settle` writes it, and removing a run leaves it."""

    async def ended(self, owner: str, after: int) -> list[tuple[int, RunRecord]]:
        """Return what ended after the record of that number, since the last reset, oldest first; a part at a time."""
        ...

    async def active(self, owner: str) -> list[RunSpec]:
        """Return what the runs that have not ended are to run."""
        ...

    async def since(self, owner: str) -> tuple[str | None, int]:
        """Return when the statistics were reset, if ever, and the last record before that."""
        ...

    async def reset(self, owner: str) -> None:
        """Begin anew."""
        ...


class Ending(NamedTuple):
    """A place in the order in which runs ended."""

    ended_at: str
    run_id: RunId


FIRST_ENDING = Ending("", RunId(""))
"""Before every other one."""


@dataclass(frozen=True)
class EndedLog:
    """The log of an ended run that holds more than its terminal event."""

    ending: Ending
    last_seq: int
    """Of the terminal event."""


@dataclass(frozen=True)
class IdleThread:
    """A thread without an active run that has more than one checkpoint in a namespace."""

    ending: Ending
    """Of the run that was active on it last."""
    thread_id: str


@dataclass(frozen=True)
class Workspaces:
    """One workspace, or all but some."""

    only: str | None = None
    without: tuple[str, ...] = ()


class RetentionStore(Protocol):
    """Finds what has become old, in the order of the runs' ends; for upkeep only, of every owner.

    A search goes on after an ending, so that what was looked at once is not looked at each time.
    """

    async def ended_logs(
        self, after: Ending, before: str, limit: int, workspaces: Workspaces | None = None
    ) -> list[EndedLog]:
        """Return logs of runs that ended before *before*, in those workspaces."""
        ...

    async def idle_threads(self, after: Ending, before: str, limit: int) -> list[IdleThread]:
        """Return threads on which every run has ended, the last one before *before*."""
        ...


class RunSaver(BaseCheckpointSaver[str]):
    """LangGraph's checkpoint port, bound to one execution: fenced, and after the events emitted so far."""

    @property
    def latest_checkpoint_id(self) -> str | None:
        """The newest checkpoint of the run's own graph that this saver, or LangGraph's copy of it, wrote."""
        raise NotImplementedError

    async def asked(self, thread_id: str) -> dict[str, Any]:
        """Return what the thread's tasks asked last, by the interrupts' ids."""
        raise NotImplementedError

    async def keep_newest(self, thread_id: str) -> int:
        """Forget the thread's checkpoints but those that it needs to go on; return how many.

        A thread with an active run is left alone, and so are namespaces whose newest checkpoint needs its ancestors.
        """
        raise NotImplementedError


class Checkpoints(Protocol):
    """Where LangGraph's checkpoints are kept."""

    def bound(self, claim: Claim, before_write: Callable[[], None]) -> RunSaver:
        """Return a saver for one execution; it calls *before_write*, which submits events, ahead of every write."""
        ...

    def unbound(self) -> RunSaver:
        """Return a saver for reading and upkeep."""
        ...


class Behind(Exception):
    """Something was dropped, or did not follow: the log must be read."""


class Subscription(Protocol):
    """A bounded view of what is published of one run."""

    def take(self, after: int) -> Frames | None:
        """Return what was pushed and follows *after*, if anything.

        Raises:
            Behind: once for each hole.
        """
        ...

    async def wait(self) -> None:
        """Return when something was pushed or dropped, or `wake` was called since the last wait."""
        ...

    def wake(self) -> None:
        """Let `wait` return."""
        ...

    def hold(self, seconds: float) -> None:
        """Let pieces of text wait so long for the next ones before they end a wait; anything else does at once."""
        ...


class Bus(Protocol):
    """A hint that may lose anything; correctness never depends on it."""

    def publish(self, run_id: RunId, frames: Frames) -> None:
        """Tell the run's subscribers of committed frames."""
        ...

    def subscribe(self, run_id: RunId) -> AbstractContextManager[Subscription]:
        """Hear of a run while the context is open."""
        ...


class Dispatcher(Protocol):
    """Carries the ids of runs that are to be executed to the workers."""

    def __len__(self) -> int:
        """Count the runs that wait for their turn here."""
        ...

    def enqueue(self, run_id: RunId, owner: str) -> None:
        """Hand over a run; owners take turns. A run may be handed over twice: its claim decides."""
        ...

    async def serve(self, execute: Callable[[RunId], Awaitable[None]]) -> None:
        """Execute runs, a bounded number at once, until cancelled."""
        ...
