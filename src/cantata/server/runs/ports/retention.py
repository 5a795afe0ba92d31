"""Finding what has become old."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from cantata.server.runs.ids import RunId


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
