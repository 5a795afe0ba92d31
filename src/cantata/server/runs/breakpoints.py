"""Finds the breakpoint at which a crash left a run.

The checkpoint before a breakpoint is durable some milliseconds before `workflow_interrupted` is. A recovery in between
must not invoke the graph: without input LangGraph takes that as leave to go past the breakpoint.
"""

from collections.abc import Iterable, Sequence

from langchain_core.runnables import RunnableConfig
from langgraph.types import All, StateSnapshot

from cantata.callbacks.events import StepEnd, StepStart, StoredEvent, WorkflowInterrupted
from cantata.callbacks.interruption import Interruption
from cantata.graphs.opening import AnyGraph
from cantata.server.runs.model import Run


async def breakpoint_of(
    graph: AnyGraph, config: RunnableConfig, run: Run, history: Sequence[StoredEvent]
) -> tuple[Interruption, tuple[str, ...]] | None:
    """Return where the run must wait for a human although its log does not say so yet, and for which nodes."""
    if not (graph.interrupt_before_nodes or graph.interrupt_after_nodes):
        return None
    snapshot = await graph.aget_state(config)
    checkpoint_id = str(snapshot.config["configurable"].get("checkpoint_id", ""))
    if not snapshot.next or checkpoint_id == _released(run, history):
        return None
    if _names(graph.interrupt_before_nodes, snapshot.next):
        return Interruption("interrupt_before", checkpoint_id, ()), snapshot.next
    if _names(graph.interrupt_after_nodes, _finished(snapshot, history)):
        return Interruption("interrupt_after", checkpoint_id, ()), snapshot.next
    return None


def _released(run: Run, history: Sequence[StoredEvent]) -> str | None:
    """Return the checkpoint from which a human has let the run go on."""
    if run.answers is None:
        return None
    asked = [event.checkpoint_id for event in history if isinstance(event, WorkflowInterrupted)]
    return asked[-1] if asked else None


def _finished(snapshot: StateSnapshot, history: Sequence[StoredEvent]) -> list[str]:
    """Name the root graph's nodes that the checkpoint's superstep ended with."""
    ended = {event.span_id for event in history if isinstance(event, StepEnd) and event.status == "ok"}
    starts = [event for event in history if isinstance(event, StepStart) and len(event.path) == 1]
    step = (snapshot.metadata or {}).get("step")
    return [start.name for start in starts if start.superstep == step and start.span_id in ended]


def _names(wanted: All | Sequence[str], nodes: Iterable[str]) -> bool:
    return any(wanted == "*" or node in wanted for node in nodes)
