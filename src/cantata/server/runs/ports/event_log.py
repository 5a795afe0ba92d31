"""The log of each run: the truth."""

from asyncio import Future
from dataclasses import dataclass
from typing import Protocol

from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Fence


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
