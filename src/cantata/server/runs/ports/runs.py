"""The runs' rows, and how they change."""

from dataclasses import dataclass
from typing import Protocol

from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Claim, Feedback, Fence, NewRun, Rest, Run, Status, Takeover


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

    async def interrupted(self) -> int:
        """Count the runs of every owner that wait for a human; for upkeep only."""
        ...

    async def set_feedback(self, owner: str, run_id: RunId, feedback: Feedback | None) -> Run:
        """Keep what the owner says of a final run, or None to take it back; return the run as it was before.

        Raises:
            WorkflowNotFound: there is no such run of this owner.
            WorkflowNotFinished: it may still say something else; there is nothing to take back of such a run.
        """
        ...

    async def delete(self, owner: str, run_id: RunId) -> None:
        """Remove a final run, its log and its messages; what follows it then follows what it followed."""
        ...
