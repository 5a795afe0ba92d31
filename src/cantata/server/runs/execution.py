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
import copy
import logging
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec
from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained
from langgraph.graph import START
from langgraph.store.base import BaseStore
from langgraph.types import Command
from msgspec import UNSET

from cantata.callbacks.events import StoredEvent, TerminalEvent, Timestamps, WorkflowInterrupted, WorkflowResumed
from cantata.callbacks.graph_writer import seeded
from cantata.callbacks.handler import Interruption, StreamingWorkflowCallbackHandler
from cantata.callbacks.redaction import Redaction
from cantata.callbacks.tracing.names import orchestrator
from cantata.callbacks.tracing.tracing import TraceOfRun, Tracing, untraced
from cantata.graphs.expressions import BadExpression
from cantata.graphs.opening import AnyGraph
from cantata.graphs.registry import GraphRegistry, UnknownGraph
from cantata.graphs.shapes.state import NotApproved
from cantata.graphs.source import BrokenGraph
from cantata.graphs.spec import BadSpec
from cantata.server.errors import Fenced, LogConflict, StorageUnavailable
from cantata.server.metrics import Metrics
from cantata.server.runs.breakpoints import breakpoint_of
from cantata.server.runs.budgets import BUDGET, Budgets
from cantata.server.runs.conversation import Opening, open_conversation
from cantata.server.runs.endings import Endings
from cantata.server.runs.faults import Failure, exhausted, failure_of, timed_out
from cantata.server.runs.ids import RunId, uuid_of
from cantata.server.runs.live import Cancellation, LiveRun, LiveRuns
from cantata.server.runs.messages import messages_of, text_of
from cantata.server.runs.meter import RunMeter
from cantata.server.runs.model import Claim, ModelCall, Rest, Run, RunRecord, Status
from cantata.server.runs.ports.bus import Bus
from cantata.server.runs.ports.checkpoints import Checkpoints, RunSaver
from cantata.server.runs.ports.event_log import EventLog
from cantata.server.runs.ports.runs import RunStore
from cantata.server.runs.ports.usage import UsageStore
from cantata.server.runs.presence import Presence
from cantata.server.runs.recorder import Recorder
from cantata.server.runs.statistics import record_of
from cantata.server.runs.traces import marks_of, trace_of

logger = logging.getLogger(__name__)

HISTORY_BYTES = 1_048_576  # of the log, per read


@dataclass(frozen=True, kw_only=True)
class Engine:
    """What every execution shares."""

    graphs: GraphRegistry
    log: EventLog
    store: RunStore
    bus: Bus
    checkpoints: Checkpoints
    graph_store: BaseStore
    redaction: Redaction
    timestamps: Timestamps
    presence: Presence
    usage: UsageStore
    budgets: Budgets
    tracing: Tracing = field(default_factory=Tracing)
    live: LiveRuns = field(default_factory=LiveRuns)
    metrics: Metrics = field(default_factory=Metrics)
    max_attempts: int
    cancel_seconds: float
    run_timeout_seconds: float
    recursion_limit: int


@dataclass(frozen=True)
class _Answer:
    """What the graph came back with."""

    output: Any
    interruption: Interruption | None
    next_nodes: tuple[str, ...] = ()


Result = _Answer | Failure | Cancellation | Literal["drained"]


async def history_of(log: EventLog, run: Run) -> list[StoredEvent]:
    """Read the run's log up to the head that its row names."""
    events: list[StoredEvent] = []
    position = 0
    while position < run.last_seq:
        page = await log.read(run.id, position, HISTORY_BYTES)
        if page.frames is None:
            break
        events.extend(page.frames.events())
        position = page.frames.last_seq
    return events


class Execution:
    """One attempt at a run."""

    def __init__(self, engine: Engine, claim: Claim, history: list[StoredEvent], live: LiveRun) -> None:
        self._engine = engine
        self._claim = claim
        self._run: Run = claim.run
        self._live = live
        self._history = history
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
        self._seen: set[str] = set()
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
                return await self._run_graph()
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

    async def _run_graph(self) -> _Answer:
        source = self._engine.graphs.find(self._run.spec.graph, self._run.spec.definition)
        config = self._config(source.supersteps)
        async with source.open(config, context=self._run.spec.context, store=self._engine.graph_store) as opened:
            graph = copy.copy(opened)  # the user's graph is never changed
            graph.checkpointer = self._saver
            if graph.store is None:
                graph.store = self._engine.graph_store
            config["configurable"] = seeded(config["configurable"], self._handler.hear, graph.store)
            if waiting := await self._breakpoint(graph, config):
                return waiting
            given = await self._input(graph, config)
            await self._hold_to_budget()
            has_context = graph.context_schema is not None
            try:
                output = await graph.ainvoke(
                    given,
                    config,
                    context=(self._run.spec.context or {}) if has_context else None,
                    durability="sync",
                    control=self._live.control,
                )
            except GraphDrained as drained:
                if drained.reason != BUDGET:
                    raise
                return await self._paused(graph, config)
            interruption = self._handler.interruption
            if interruption is None or interruption.interrupts:
                return _Answer(output, interruption)
            return _Answer(output, interruption, (await graph.aget_state(config)).next)

    def _spend(self, call: ModelCall) -> None:
        self._engine.budgets.spend(call, self._run.spec.role, lambda: self._live.drain(BUDGET))

    async def _hold_to_budget(self) -> None:
        """Let the run pause before it does anything when nothing is left; an answer is taken in first."""
        if not self._run.answers and await self._engine.budgets.is_used_up(self._run.owner, self._run.spec.role):
            self._live.drain(BUDGET)

    async def _paused(self, graph: AnyGraph, config: RunnableConfig) -> _Answer:
        """Say where the run waits until there is something left to use up."""
        snapshot = await graph.aget_state(config)
        checkpoint_id = str(snapshot.config["configurable"].get("checkpoint_id", ""))
        nodes = tuple(node for node in snapshot.next if node != START)
        return _Answer(None, Interruption(BUDGET, checkpoint_id, ()), nodes)

    async def _breakpoint(self, graph: AnyGraph, config: RunnableConfig) -> _Answer | None:
        if self._run.takeover is None or not self._claim.has_checkpoint:
            return None
        found = await breakpoint_of(graph, config, self._run, self._history)
        return _Answer(None, *found) if found else None

    def _config(self, supersteps: int) -> RunnableConfig:
        run, spec = self._run, self._run.spec
        config: RunnableConfig = {
            "run_name": orchestrator(spec.graph),
            "callbacks": [self._handler, *(self._trace.handlers if self._trace else ())],
            "tags": list(spec.tags),
            "metadata": {"run_id": str(uuid_of(run.id)), "session_id": run.session_id},
            "recursion_limit": spec.recursion_limit or max(self._engine.recursion_limit, supersteps),
            "configurable": {**spec.configurable, "thread_id": run.thread_id},
        }
        # A tracer of the graph's own takes a root run's id once; ours knows that a run may go on.
        if self._trace is not None or (run.takeover is None and run.answers is None):
            config["run_id"] = uuid_of(run.id)
        return config

    async def _input(self, graph: Any, config: RunnableConfig) -> Any:
        """Return what the graph is to be invoked with; None lets it go on from its checkpoint."""
        opening = await self._opening(graph, config)
        if opening is not None:
            self._seen = opening.seen
        if answers := await self._answers():
            return Command(resume=answers)
        if self._claim.has_checkpoint or self._run.answers is not None or self._run.spec.continues:
            return None
        return opening.input if opening is not None else self._run.spec.input

    async def _answers(self) -> dict[str, Any]:
        """Return the human's answers that the graph may not have taken yet.

        After a crash a node may have taken one and asked again; the same answer must not be given twice.
        """
        answers = self._run.answers or {}
        if not answers or self._run.takeover is None:
            return answers
        asked = await self._saver.asked(self._run.thread_id)
        return {id: value for id, value in answers.items() if id in asked}

    async def _opening(self, graph: Any, config: RunnableConfig) -> Opening | None:
        given = self._run.spec.input
        if not isinstance(given, dict) or "messages" not in given:
            return None
        thread: list[Any] = []
        if base := self._run.base_checkpoint_id:
            at: RunnableConfig = {
                "configurable": {"thread_id": self._run.thread_id, "checkpoint_ns": "", "checkpoint_id": base}
            }
            saved = await self._saver.aget_tuple(at)
            thread = list(saved.checkpoint["channel_values"].get("messages") or ()) if saved else []
        earlier = [
            (text, msgspec.json.decode(run.workflow).get("final_response"))
            for run in await self._engine.store.earlier(self._run)
            if (text := text_of(run.spec.input))
        ]
        return open_conversation(self._run, thread, earlier)

    async def _settle(self, result: Result) -> RunId | None:
        """Write the run's last events with its new status."""
        self._handler.close_open("error" if isinstance(result, Failure) else "cancelled")
        self._handler.seal()
        if result == "drained":
            return await self._recorder.settle((), Rest(status="queued", takeover="drain", answers=self._run.answers))
        if isinstance(result, _Answer) and result.interruption is not None:
            asked = self._endings.interrupted(result.interruption, result.next_nodes)
            following = await self._recorder.settle((asked,), Rest(status="interrupted"))
            self._tell_end(asked)
            return following
        self._recorder.flush()  # the fold must hold everything before the last event sums it up
        if isinstance(result, _Answer):
            completed = self._endings.completed(result.output, self._seen, self._saver.latest_checkpoint_id)
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
