"""LangGraph's checkpoints, fenced and in order with the events."""

from collections.abc import Callable
from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver

from cantata.server.runs.model import Claim


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
