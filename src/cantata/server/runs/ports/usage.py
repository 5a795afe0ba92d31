"""What model calls used: how it is asked for, and the port that keeps it."""

from asyncio import Future
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from cantata.server.runs.model import ModelCall, Spent

UsageKey = Literal["day", "user", "session", "graph", "agent", "model"]


@dataclass(frozen=True, kw_only=True)
class UsageFilter:
    """Which model calls are asked for; days are `YYYY-MM-DD`, both of them included. None is any."""

    owner: str | None
    """None is everybody: for an admin's look."""
    first_day: str
    last_day: str
    session_id: str | None = None
    model: str | None = None


class UsageStore(Protocol):
    """What model calls used, summed up by day (UTC), user, session, graph, agent and model. It outlives their runs."""

    def add(self, call: ModelCall) -> "Future[Spent]":
        """Count *call* today, in the order of what is submitted.

        The future is done when that is durable, and holds what its owner has used up today.
        """
        ...

    async def today(self, owner: str) -> Spent:
        """Return what the owner has used up today (UTC)."""
        ...

    async def sums(self, wanted: UsageFilter, by: Sequence[UsageKey]) -> list[dict[str, Any]]:
        """Return the sums by these keys, in the order of the keys, each as a member beside the sums."""
        ...
