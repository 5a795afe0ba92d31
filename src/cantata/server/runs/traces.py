"""What a run tells the tools that trace it, from its row and its log."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET

from cantata.callbacks.events import StoredEvent, WorkflowStarted
from cantata.callbacks.tracing.facts import RunFacts, left_open
from cantata.callbacks.tracing.names import STREAM_TAG, TraceMarks
from cantata.callbacks.tracing.tracing import TraceOfRun, Tracing
from cantata.server.runs.ids import RunId, uuid_of
from cantata.server.runs.model import Run, RunSpec

caller: ContextVar[str | None] = ContextVar("caller", default=None)
"""The span of the request that is being answered, as W3C writes it, where that came with one."""


def marks_of(run: Run) -> Mapping[str, Any]:
    """Return the members by which the run's own events are found in its trace; none when it has no trace."""
    return marks_for(run.id, run.spec)


def marks_for(run_id: RunId, spec: RunSpec) -> Mapping[str, Any]:
    """Do the same for a run that is being created."""
    return TraceMarks(uuid_of(run_id), spec.traced_by).of() if spec.traced_by else {}


def trace_of(tracing: Tracing, run: Run, history: Sequence[StoredEvent]) -> TraceOfRun | None:
    """Begin the run's trace, or go on with the one that an earlier execution began."""
    if not run.spec.traced_by:
        return None
    return tracing.begin(run.spec.traced_by, _facts_of(run, history))


def _facts_of(run: Run, history: Sequence[StoredEvent]) -> RunFacts:
    spec = run.spec
    first = next((event for event in history if isinstance(event, WorkflowStarted)), None)
    metadata = first.metadata if first is not None and first.metadata is not UNSET else {}
    return RunFacts(
        id=uuid_of(run.id),
        graph=spec.graph,
        strategy=spec.strategy,
        input=first.input if first is not None else None,
        session_id=run.session_id,
        thread_id=run.thread_id,
        user=run.owner,
        workspace=run.workspace,
        started_at=datetime.fromisoformat(run.started_at) if run.started_at else datetime.now(UTC),
        tags=[*spec.tags, STREAM_TAG] if spec.is_stream else spec.tags,
        metadata=metadata,
        is_new=run.takeover is None and run.answers is None and run.status != "interrupted",
        left_open=left_open(history) if run.takeover is not None else (),
        traceparent=spec.traceparent,
    )
