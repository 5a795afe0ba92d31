"""Executes one claimed run: whatever happens becomes events, and one of them is terminal or none is needed.

    claim ─▶ history ─▶ invoke the graph ─┬─ completed ──▶ workflow_completed
                                          ├─ asks ───────▶ workflow_interrupted, also when its budget is used up
                                          ├─ raised ─────▶ workflow_error
                                          ├─ stopped ────▶ workflow_cancelled, or workflow_error on a timeout
                                          ├─ drained ────▶ back into the queue
                                          └─ lost ───────▶ nothing: another claim, or the recovery, goes on

A run never raises into the task group that hosts it.
"""

import asyncio
import logging
from dataclasses import replace
from typing import Any, Literal

from langgraph.errors import GraphDrained
from msgspec import UNSET

from cantata.callbacks.events import StoredEvent, TerminalEvent, WorkflowInterrupted, WorkflowResumed
from cantata.callbacks.handler import StreamingWorkflowCallbackHandler
from cantata.callbacks.tracing.tracing import TraceOfRun, untraced
from cantata.graphs.expressions import BadExpression
from cantata.graphs.registry import UnknownGraph
from cantata.graphs.shapes.state import NotApproved
from cantata.graphs.source import BrokenGraph
from cantata.graphs.spec import BadSpec
from cantata.server.errors import Fenced, LogConflict, StorageUnavailable
from cantata.server.runs.budgets import BUDGET
from cantata.server.runs.endings import Endings
from cantata.server.runs.engine import Engine
from cantata.server.runs.faults import Failure, exhausted, failure_of, timed_out
from cantata.server.runs.ids import RunId
from cantata.server.runs.invocation import Answer, Invocation
from cantata.server.runs.live import Cancellation, LiveRun
from cantata.server.runs.messages import messages_of
from cantata.server.runs.meter import RunMeter
from cantata.server.runs.model import Claim, ModelCall, Rest, Run, RunRecord, Status
from cantata.server.runs.ports.checkpoints import RunSaver
from cantata.server.runs.recorder import Recorder
from cantata.server.runs.statistics import record_of
from cantata.server.runs.traces import marks_of, trace_of

logger = logging.getLogger(__name__)

Result = Answer | Failure | Cancellation | Literal["drained"]


class Execution:
    """One attempt at a run."""

    def __init__(self, engine: Engine, claim: Claim, history: list[StoredEvent], live: LiveRun) -> None:
        self._engine = engine
        self._claim = claim
        self._run: Run = claim.run
        self._live = live
        self.meter = RunMeter(engine.metrics, self._run, self._spend)
        self._recorder = Recorder(claim, history, engine, self.meter, live.lose)
        self._recorder.fold.begin(claim.run.started_at or engine.timestamps.now())
        self._handler = StreamingWorkflowCallbackHandler(
            self._run.id,
            self._recorder.emit,
            graph=self._run.spec.graph,
            history=history,
            redaction=engine.redaction,
            timestamps=engine.timestamps,
        )
        self._handler.tell(self.meter)
        self._trace: TraceOfRun | None = trace_of(engine.tracing, self._run, history)
        if self._trace is not None:
            self._handler.trace(self._trace)
        self._marks = marks_of(self._run)
        self._endings = Endings(self._run.id, self._recorder.fold, engine.redaction, engine.timestamps, self._marks)
        self._saver: RunSaver = engine.checkpoints.bound(claim, self._recorder.flush)
        self._invocation = Invocation(
            engine=engine,
            claim=claim,
            history=history,
            live=live,
            handler=self._handler,
            saver=self._saver,
            trace=self._trace,
        )
        live.recorder = self._recorder

    async def run(self, tasks: asyncio.TaskGroup) -> RunId | None:
        """Execute and settle; return the session's next queued run. The graph's task is a child of *tasks*.

        Raises:
            Fenced: a newer claim has the run; nothing more was written.
            StorageUnavailable: the run did not come to rest; its log stands as it was.
        """
        with self.meter.executing():
            return await self._attempt(tasks)

    async def _attempt(self, tasks: asyncio.TaskGroup) -> RunId | None:
        if self._run.takeover is not None:
            self._handler.close_open("cancelled")
            if self._run.takeover == "recovery" and self._run.attempt > self._engine.max_attempts:
                return await self._settle(exhausted(self._engine.max_attempts))
            self._recorder.emit(self._resumed())
            self._recorder.flush()  # the fold tells how much of its time the run has had
        result = await self._invoke(tasks)
        if isinstance(result, BaseException):
            raise result
        return await self._settle(result)

    async def conclude(self, result: Cancellation | Failure) -> RunId | None:
        """Settle without executing; for a run that waits."""
        return await self._settle(result)

    async def _invoke(self, tasks: asyncio.TaskGroup) -> Result | BaseException:
        """Run the graph until it comes back, is told to stop, or has had its time."""
        limit = self._run.spec.timeout_seconds or self._engine.run_timeout_seconds
        worked = self._recorder.fold.worked_ms(self._engine.timestamps.now()) / 1000
        invocation = tasks.create_task(self._outcome())
        stop = self._live.stop
        waiting: set[asyncio.Future[Any]] = {invocation, stop}
        await asyncio.wait(waiting, timeout=max(0.0, limit - worked), return_when=asyncio.FIRST_COMPLETED)
        if invocation.done():
            return stop.result() if stop.done() else invocation.result()
        invocation.cancel()
        await asyncio.wait({invocation}, timeout=self._engine.cancel_seconds)
        if not invocation.done():
            logger.warning("run %s: its graph does not stop when cancelled; it is left behind", self._run.id)
        return stop.result() if stop.done() else timed_out(limit)

    async def _outcome(self) -> Result:
        """Run the graph; every end of it is a value."""
        try:
            with self._trace.around() if self._trace else untraced():
                return await self._invocation.answer()
        except asyncio.CancelledError as error:
            # Its cause is on the live run; without one the graph cancelled itself.
            return failure_of(error, self._engine.redaction)
        except GraphDrained:
            return "drained"
        except (Fenced, LogConflict, StorageUnavailable) as error:
            self._live.lose(error)
            return failure_of(error, self._engine.redaction)
        except (NotApproved, BadExpression) as error:  # a human's no, or a client's mistake: nothing for the log
            return failure_of(error, self._engine.redaction)
        # The run boundary: whatever a user's graph raises is the run's failure, and nobody else's.
        except Exception as error:
            logger.warning("run %s failed", self._run.id, exc_info=error)
            is_of_model = error is self._handler.model_error
            return failure_of(error, self._engine.redaction, is_of_model=is_of_model)

    def _spend(self, call: ModelCall) -> None:
        self._engine.budgets.spend(call, self._run.spec.role, lambda: self._live.drain(BUDGET))

    async def _settle(self, result: Result) -> RunId | None:
        """Write the run's last events with its new status."""
        self._handler.close_open("error" if isinstance(result, Failure) else "cancelled")
        self._handler.seal()
        if result == "drained":
            return await self._recorder.settle((), Rest(status="queued", takeover="drain", answers=self._run.answers))
        if isinstance(result, Answer) and result.interruption is not None:
            asked = self._endings.interrupted(result.interruption, result.next_nodes)
            following = await self._recorder.settle((asked,), Rest(status="interrupted"))
            self._tell_end(asked)
            return following
        self._recorder.flush()  # the fold must hold everything before the last event sums it up
        if isinstance(result, Answer):
            completed = self._endings.completed(result.output, self._invocation.seen, self._saver.latest_checkpoint_id)
            return await self._end(completed, "completed")
        if isinstance(result, Failure):
            failed = self._endings.failed(result, self._handler.failed_node, self._saver.latest_checkpoint_id)
            return await self._end(failed, "failed")
        return await self._end(self._endings.cancelled(result), "cancelled")

    async def _end(self, last: TerminalEvent, status: Status) -> RunId | None:
        following = await self._recorder.settle((last,), Rest(status=status), self._summed)
        self._tell_end(last)
        return following

    def _tell_end(self, last: TerminalEvent | WorkflowInterrupted) -> None:
        if self._trace is not None:  # after the log: a run that another claim goes on with has not ended
            self._trace.end(last)

    def _summed(self, rest: Rest, workflow: dict[str, Any]) -> Rest:
        return replace(rest, record=self._record(workflow), messages=messages_of(self._run, workflow))

    def _record(self, workflow: dict[str, Any]) -> RunRecord:
        """Sum up the run for statistics; without its graph nothing is known of its agents."""
        try:
            turns = self._engine.graphs.find(self._run.spec.graph, self._run.spec.definition).turns
        except (UnknownGraph, BrokenGraph, BadSpec):
            turns = {}
        return record_of(self._run.spec, workflow, turns)

    def _resumed(self) -> WorkflowResumed:
        return WorkflowResumed(
            workflow_id=self._run.id,
            timestamp=self._engine.timestamps.now(),
            **self._marks,
            cause=self._run.takeover or "recovery",
            attempt=self._run.attempt,
            checkpoint_id=(self._claim.checkpoint_id if self._claim.has_checkpoint else None) or UNSET,
        )
