"""What is kept of ended runs for statistics."""

from typing import Protocol

from cantata.server.runs.model import RunRecord, RunSpec


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
