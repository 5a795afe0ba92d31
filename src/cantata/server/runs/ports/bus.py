"""Hints that there is more to read."""

from contextlib import AbstractContextManager
from typing import Protocol

from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import RunId


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
