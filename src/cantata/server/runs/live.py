"""The runs that this process executes right now."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from langgraph.runtime import RunControl

from cantata.server.runs.ids import RunId
from cantata.server.runs.recorder import Recorder


@dataclass(frozen=True)
class Cancellation:
    """Somebody wants the run to stop."""

    by: str
    reason: str


class LiveRun:
    """A run in execution. The first reason to stop counts."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.control = RunControl()
        self.recorder: Recorder | None = None
        self.stop: asyncio.Future[Cancellation | BaseException] = loop.create_future()
        self.settled = asyncio.Event()

    def cancel(self, by: str, reason: str) -> None:
        """Ask the run to stop; it ends as cancelled unless it has ended already."""
        self._stop(Cancellation(by, reason))

    def lose(self, error: BaseException) -> None:
        """Tell that the run's log can no longer be written."""
        self._stop(error)

    def drain(self, reason: str = "shutdown") -> None:
        """Ask the graph to pause at the edge of its superstep. The first reason counts."""
        if not self.control.drain_requested:
            self.control.request_drain(reason)

    def _stop(self, reason: Cancellation | BaseException) -> None:
        if not self.stop.done():
            self.stop.set_result(reason)


class LiveRuns:
    """The live runs by id."""

    def __init__(self) -> None:
        self._runs: dict[RunId, LiveRun] = {}

    def add(self, run_id: RunId, run: LiveRun) -> None:
        """Note that *run* began."""
        self._runs[run_id] = run

    def remove(self, run_id: RunId) -> None:
        """Note that the run came to rest."""
        run = self._runs.pop(run_id, None)
        if run is not None:
            run.settled.set()

    def get(self, run_id: RunId) -> LiveRun | None:
        """Return the run, if this process executes it."""
        return self._runs.get(run_id)

    def __iter__(self) -> Iterator[LiveRun]:
        return iter(list(self._runs.values()))

    def items(self) -> list[tuple[RunId, LiveRun]]:
        """Return the runs with their ids, in the order of their start."""
        return list(self._runs.items())

    def __len__(self) -> int:
        return len(self._runs)
