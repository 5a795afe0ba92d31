"""The way of runs to those who execute them."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from cantata.server.runs.ids import RunId


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
