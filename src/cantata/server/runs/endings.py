"""The last words of a run, or of its part until a human answers: each sums up what the fold holds."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import UNSET

from cantata.callbacks.events import (
    PendingInterrupt,
    Timestamps,
    WorkflowCancelled,
    WorkflowCompleted,
    WorkflowError,
    WorkflowInterrupted,
)
from cantata.callbacks.interruption import Interruption
from cantata.callbacks.redaction import Redaction
from cantata.server.runs.answers import final_response
from cantata.server.runs.budgets import BUDGET
from cantata.server.runs.faults import Failure
from cantata.server.runs.fold import WorkflowFold
from cantata.server.runs.ids import RunId
from cantata.server.runs.live import Cancellation


class Endings:
    """Makes the last event of one run, once *fold* holds all others."""

    def __init__(
        self,
        run_id: RunId,
        fold: WorkflowFold,
        redaction: Redaction,
        timestamps: Timestamps,
        marks: Mapping[str, Any] | None = None,
    ) -> None:
        self._run_id = run_id
        self._marks = marks or {}
        self._fold = fold
        self._redaction = redaction
        self._now = timestamps.now

    def interrupted(self, interruption: Interruption, next_nodes: Sequence[str]) -> WorkflowInterrupted:
        """Say what a human is asked; without a question it is a pause between nodes, and *next_nodes* come next."""
        plain = self._redaction.plain
        pending = [PendingInterrupt(asked.id, plain(asked.value), node) for asked, node in interruption.interrupts]
        return WorkflowInterrupted(
            workflow_id=self._run_id,
            **self._marks,
            timestamp=self._now(),
            interrupts=pending,
            nodes=list(next_nodes) or UNSET,
            cause="human" if pending else "budget" if interruption.status == BUDGET else "breakpoint",
            checkpoint_id=interruption.checkpoint_id,
        )

    def completed(self, output: Any, seen: Collection[str], checkpoint_id: str | None) -> WorkflowCompleted:
        """Say what the graph gave; *seen* are the ids of messages that it did not add."""
        now = self._now()
        text = final_response(output, seen, self._fold.last_text(at_root=True))
        return WorkflowCompleted(
            workflow_id=self._run_id,
            **self._marks,
            timestamp=now,
            final_response=UNSET if text is None else text,
            output=self._redaction.plain(output),
            usage=self._fold.usage(),
            execution_time_ms=self._fold.worked_ms(now),
            tools_used=self._fold.tools_used(),
            step_count=self._fold.step_count(),
            checkpoint_id=checkpoint_id or UNSET,
        )

    def failed(self, failure: Failure, failed_node: str | None, checkpoint_id: str | None) -> WorkflowError:
        """Say what went wrong and what can be done; what was said so far is kept."""
        now = self._now()
        return WorkflowError(
            workflow_id=self._run_id,
            **self._marks,
            timestamp=now,
            error=failure.fault,
            recovery_suggestions=list(failure.suggestions),
            partial_response=self._fold.last_text() or UNSET,
            failed_node=failed_node or UNSET,
            usage=self._fold.usage(),
            execution_time_ms=self._fold.worked_ms(now),
            checkpoint_id=checkpoint_id or UNSET,
        )

    def cancelled(self, cancellation: Cancellation) -> WorkflowCancelled:
        """Say who stopped the run; what was said so far is kept."""
        now = self._now()
        return WorkflowCancelled(
            workflow_id=self._run_id,
            **self._marks,
            timestamp=now,
            by=cancellation.by,
            reason=cancellation.reason,
            partial_response=self._fold.last_text() or UNSET,
            usage=self._fold.usage(),
            execution_time_ms=self._fold.worked_ms(now),
        )
