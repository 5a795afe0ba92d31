"""Drives the handler with a real graph, the way `server.runs.execution` does, over one invocation or many."""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver

from cantata.callbacks.events import StoredEvent
from cantata.callbacks.graph_writer import seeded
from cantata.callbacks.handler import StreamingWorkflowCallbackHandler
from cantata.callbacks.interruption import Interruption
from cantata.callbacks.redaction import Redaction
from tests.support.invariants import check_invariants
from tests.support.scripted import Pause

E = TypeVar("E")

WORKFLOW_ID = "wf_01h455vb4pex5vsknk084sn02q"


class MortalSaver(InMemorySaver):
    """A saver whose process can die: nothing is stored from then on, as after a SIGKILL."""

    def __init__(self) -> None:
        super().__init__()
        self._deaths: list[bool] = []  # shared with the copy that LangGraph makes when msgpack is strict

    @property
    def is_dead(self) -> bool:
        """Tell whether the process has died."""
        return bool(self._deaths)

    @is_dead.setter
    def is_dead(self, is_dead: bool) -> None:
        self._deaths[:] = [True] * is_dead

    def put(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> RunnableConfig:
        """Store, while alive."""
        return config if self.is_dead else super().put(config, checkpoint, metadata, new_versions)

    def put_writes(self, config: Any, writes: Any, task_id: str, task_path: str = "") -> None:
        """Store, while alive."""
        if not self.is_dead:
            super().put_writes(config, writes, task_id, task_path)


class GraphRun:
    """One run of a graph. `events` is its log so far; every invocation after the first gets it as history."""

    def __init__(
        self,
        graph: Any,
        *,
        saver: BaseCheckpointSaver[Any] | None = None,
        redaction: Redaction | None = None,
        config: RunnableConfig | None = None,
    ) -> None:
        self.graph = graph
        self.events: list[StoredEvent] = []
        self.output: Any = None
        self.error: BaseException | None = None
        self.interruption: Interruption | None = None
        self.failed_node: str | None = None
        self.handler: StreamingWorkflowCallbackHandler | None = None
        self._saver = saver or MortalSaver()
        self._redaction = redaction
        self._config: Any = config or {}
        graph.checkpointer = self._saver

    async def invoke(self, given: Any) -> list[StoredEvent]:
        """Invoke the graph until it comes back or raises; return what that added, a crash's closing included."""
        seen, handler = len(self.events), self._begin()
        await self._call(handler, given)
        self._close(handler, "error" if self.error else "cancelled")
        return self.events[seen:]

    async def cancel_at(self, pause: Pause, given: Any) -> list[StoredEvent]:
        """Invoke the graph and cancel it at *pause*, in good order."""
        seen, handler = len(self.events), self._begin()
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self._call(handler, given))
            await pause.reached.wait()
            task.cancel()
            await asyncio.wait({task})
        self._close(handler, "cancelled")
        return self.events[seen:]

    async def crash_at(self, pause: Pause, given: Any) -> list[StoredEvent]:
        """Invoke the graph and let the process die at *pause*: what was open stays open, nothing more is stored."""
        assert isinstance(self._saver, MortalSaver)
        seen, handler = len(self.events), self._begin()
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self._call(handler, given))
            await pause.reached.wait()
            handler.seal()
            self._saver.is_dead = True
            task.cancel()
            await asyncio.wait({task})
        self._saver.is_dead = False
        return self.events[seen:]

    async def next_nodes(self) -> tuple[str, ...]:
        """Return the nodes at which the root graph stands."""
        snapshot = await self.graph.aget_state({"configurable": {"thread_id": "thread"}})
        return tuple(snapshot.next)

    def _begin(self) -> StreamingWorkflowCallbackHandler:
        handler = StreamingWorkflowCallbackHandler(
            WORKFLOW_ID, self.events.append, graph="tested", history=list(self.events), redaction=self._redaction
        )
        handler.close_open("cancelled")  # what a crash left open
        self.handler = handler
        return handler

    async def _call(self, handler: StreamingWorkflowCallbackHandler, given: Any) -> None:
        configurable = {**self._config.get("configurable", {}), "thread_id": "thread"}
        config = {**self._config, "callbacks": [handler], "configurable": seeded(configurable, handler.hear)}
        self.error = None
        try:
            self.output = await self.graph.ainvoke(given, config, durability="sync")
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 — a test looks at it
            self.error = error
        self.interruption, self.failed_node = handler.interruption, handler.failed_node

    def _close(self, handler: StreamingWorkflowCallbackHandler, status: Literal["cancelled", "error"]) -> None:
        handler.close_open(status)
        handler.seal()
        check_invariants(self.events, "handler")


async def run_graph(graph: Any, given: Any, **options: Any) -> list[StoredEvent]:
    """Run *graph* once and return its events, checked; what it raises ends it and is no concern of the list's."""
    return await GraphRun(graph, **options).invoke(given)


def of_type(events: Sequence[Any], kind: type[E]) -> list[E]:
    """Return the events of one class."""
    return [event for event in events if isinstance(event, kind)]


def kinds(events: Sequence[StoredEvent]) -> list[str]:
    """Return the events' names on the wire."""
    return [str(event.__struct_config__.tag) for event in events]
