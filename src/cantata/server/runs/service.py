"""What can be done with runs, for every route, protocol and program alike. Knows owners, not HTTP."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import msgspec

from cantata.callbacks.events import AuthExpired, Heartbeat, StreamGap, WorkflowResumed
from cantata.graphs.model_settings import ModelSettings
from cantata.server.errors import (
    CantataError,
    CursorBeyondHead,
    Fenced,
    IdempotencyMismatch,
    InterruptMismatch,
    LogConflict,
    NotInterrupted,
    SessionBusy,
    ShuttingDown,
    WorkflowFinished,
    WorkflowNotFound,
)
from cantata.server.runs.allowances import NOTHING_LIMITED, Allowance
from cantata.server.runs.approvals import check_answers
from cantata.server.runs.beginnings import Beginning, beginning_of
from cantata.server.runs.definitions import Definitions
from cantata.server.runs.engine import Engine
from cantata.server.runs.execution import Execution
from cantata.server.runs.feedback import keep_feedback
from cantata.server.runs.fold import WorkflowFold
from cantata.server.runs.forks import fork_of
from cantata.server.runs.frames import Frames
from cantata.server.runs.history import checkpoints_of
from cantata.server.runs.ids import RunId, new_run_id, uuid_of
from cantata.server.runs.links import links_of
from cantata.server.runs.live import Cancellation, LiveRun
from cantata.server.runs.meter import RunMeter
from cantata.server.runs.model import Claim, Feedback, Rest, Resumption, Run, RunSpec
from cantata.server.runs.ports.dispatch import Dispatcher
from cantata.server.runs.ports.event_log import Page
from cantata.server.runs.ports.runs import Created, RunFilter
from cantata.server.runs.reader import Beat, Gap, Watch, follow
from cantata.server.runs.recorder import Recorder
from cantata.server.runs.requests import RunRequest, SpecLimits, spec_of
from cantata.server.runs.statistics import agents_named
from cantata.server.runs.traces import caller, marks_of

logger = logging.getLogger(__name__)

Workflow = dict[str, Any]


@dataclass(frozen=True)
class Started:
    """The answer to a request for a run."""

    run: Run
    is_new: bool


class RunService:
    """Starts, shows and steers runs."""

    def __init__(
        self,
        engine: Engine,
        dispatcher: Dispatcher,
        models: ModelSettings,
        definitions: Definitions,
        limits: SpecLimits,
    ) -> None:
        self._engine = engine
        self._dispatcher = dispatcher
        self._models = models
        self._definitions = definitions
        self._limits = limits
        self.is_draining = False

    async def start(self, owner: str, request: RunRequest) -> Started:
        """Create a run and hand it to the workers, or find the one that the same idempotency key made.

        Raises:
            Invalid: a field of the request cannot be honoured.
            SessionBusy, IdempotencyMismatch, TooManyRuns, BudgetExceeded: see the store.
            ShuttingDown: the process takes no more runs.
        """
        if request.run_id is not None and (made := await self._engine.store.get(owner, request.run_id)):
            if made.request_hash != request.request_hash:
                raise IdempotencyMismatch(f"Another request made {made.id}.")
            return Started(made, is_new=False)
        if self.is_draining:
            raise ShuttingDown
        request = await self._definitions.resolved(owner, request)
        run_id = request.run_id or new_run_id()
        spec = self._traced(request, await spec_of(request, self._engine.graphs, self._models, self._limits))
        begun = beginning_of(run_id, owner, request, spec, self._engine.redaction, self._engine.timestamps)
        created = await self._create(begun)
        if created.is_new:
            if spec.on_disconnect == "cancel":
                self._engine.presence.expect(created.run.id)
            if not created.is_waiting:
                self._dispatcher.enqueue(created.run.id, owner)
        return Started(created.run, created.is_new)

    async def get(self, owner: str, run_id: RunId) -> Run:
        """Return the run's row.

        Raises:
            WorkflowNotFound: it does not exist, or is another owner's.
        """
        run = await self._engine.store.get(owner, run_id)
        if run is None:
            raise WorkflowNotFound(f"No workflow {run_id} exists: it was removed, or its id is of another server.")
        self._engine.presence.seen(run_id)
        return run

    async def find(self, owner: str, wanted: RunFilter, before: RunId | None, limit: int) -> list[Run]:
        """Return runs, newest first."""
        return await self._engine.store.find(owner, wanted, before, limit)

    async def find_everybodys(self, wanted: RunFilter, limit: int) -> list[Run]:
        """Return runs of every owner, newest first: for who may see them all."""
        return await self._engine.store.find_everybodys(wanted, limit)

    def readers(self, run_id: RunId) -> int:
        """Tell how many read the run here and now."""
        return self._engine.presence.readers(run_id)

    async def workflow(self, owner: str, run_id: RunId) -> Workflow:
        """Return the folded log with what the row knows; it holds nothing that a crash could take back."""
        run = await self.get(owner, run_id)  # whose it is, before anything waits for it
        live = self._engine.live.get(run_id)
        folded: Workflow | None = None
        if live is not None and live.recorder is not None:  # without one its row still tells all there is
            if live.recorder.is_sealed:
                await live.settled.wait()
            else:
                folded = await live.recorder.workflow()
            run = await self.get(owner, run_id)
        if folded is None:
            folded = await self._stored(run)
        return self._told(run, folded)

    async def progress(self, run: Run) -> float | None:
        """Return the percentage that the run last told."""
        live = self._engine.live.get(run.id)
        if live is not None and live.recorder is not None and not live.recorder.is_sealed:
            return await live.recorder.progress()
        percent: float | None = (await self._stored(run))["progress"]
        return percent

    async def page(self, run: Run, after: int, limit_bytes: int) -> Page:
        """Return a part of the run's log.

        Raises:
            CursorBeyondHead: *after* is no event of this log.
        """
        check_cursor(run, after)
        return await self._engine.log.read(run.id, after, limit_bytes)

    async def seq_at(self, run: Run, timestamp: str) -> int:
        """Return the number of the last event before *timestamp*."""
        return await self._engine.log.seq_at(run.id, timestamp)

    async def stream(self, run_id: RunId, after: int, watch: Watch) -> AsyncGenerator[Frames | Beat | Gap]:
        """Follow the run as one of its readers, until its terminal event."""
        with self._engine.presence.reader(run_id):
            async with aclosing(follow(self._engine.log, self._engine.bus, run_id, after, watch)) as found:
                async for item in found:
                    yield item

    async def wait(self, run: Run, after: int, watch: Watch) -> Workflow:
        """Return the workflow once it has ended, or waits for a human, after the event *after*.

        Raises:
            ShuttingDown: the watch was over first, as when the process stops; the run goes on.
            WorkflowNotFound: it was deleted first.
        """
        if run.status not in ("queued", "running"):
            return await self.workflow(run.owner, run.id)
        async with aclosing(self.stream(run.id, after, watch)) as found:
            async for item in found:
                if isinstance(item, Frames) and item.is_rest:
                    workflow = await self.workflow(run.owner, run.id)
                    if workflow["status"] not in ("queued", "running"):  # or the page ended at an answered interrupt
                        return workflow
        if (await self.get(run.owner, run.id)).is_final:
            return await self.workflow(run.owner, run.id)
        raise ShuttingDown(f"The server is shutting down; {run.id} goes on when it is back.", workflow_id=run.id)

    async def heartbeat(self, owner: str, run_id: RunId, last_seq: int) -> Heartbeat:
        """Make the word of a silent stream."""
        run = await self._engine.store.get(owner, run_id)
        return Heartbeat(
            workflow_id=run_id,
            timestamp=self._engine.timestamps.now(),
            status=run.status if run else "deleted",
            last_seq=last_seq,
        )

    def auth_expired(self, run_id: RunId, reason: str) -> AuthExpired:
        """Make the last word of a stream whose reader may not read on."""
        return AuthExpired(workflow_id=run_id, timestamp=self._engine.timestamps.now(), reason=reason)

    async def gap(self, owner: str, run_id: RunId, from_seq: int, to_seq: int) -> StreamGap:
        """Make the word of a stream whose events retention has removed, also when the run itself is gone by now."""
        try:
            folded = await self.workflow(owner, run_id)
        except WorkflowNotFound:
            folded = {"status": "deleted", "messages": []}
        text = "".join(message["content"] for message in folded["messages"] if not message["void"])
        return StreamGap(
            workflow_id=run_id,
            timestamp=self._engine.timestamps.now(),
            from_seq=from_seq,
            to_seq=to_seq,
            snapshot={"status": folded["status"], "text": text},
        )

    async def cancel(self, owner: str, run_id: RunId, by: str, reason: str) -> Workflow:
        """Stop the run and return it once its graph has ended. Idempotent for a cancelled run.

        Raises:
            WorkflowFinished: it had completed or failed before.
        """
        while not (run := await self.get(owner, run_id)).is_final:
            live = self._engine.live.get(run_id)
            if live is not None:
                live.cancel(by, reason)
                await live.settled.wait()
            else:
                await self._conclude(run, Cancellation(by, reason))
        if run.status != "cancelled":
            raise WorkflowFinished(f"The workflow has {run.status} already: nothing is left to cancel.")
        return await self.workflow(owner, run_id)

    async def resume(
        self,
        owner: str,
        run_id: RunId,
        responses: dict[str, Any],
        idempotency_key: str | None,
        allowance: Allowance = NOTHING_LIMITED,
    ) -> tuple[Run, int]:
        """Give a waiting run its answers; return it and the number of its `workflow_resumed`.

        Raises:
            NotInterrupted: nobody waits for an answer, or another answer was faster.
            InterruptMismatch: the answers are not those that are asked for.
            Invalid: an answer breaks the schema that its question came with.
            TooManyRuns, BudgetExceeded: see the store; the answer was not taken.
            ShuttingDown: the process takes no more runs.
        """
        if self.is_draining:
            raise ShuttingDown
        run = await self.get(owner, run_id)
        if seq := _repeated(run, responses, idempotency_key):
            return run, seq
        if run.status != "interrupted":
            raise NotInterrupted(f"The workflow is {run.status}: it is not waiting for an answer.")
        pending = [interrupt["id"] for interrupt in (await self._stored(run))["interrupts"]]
        if set(pending) != set(responses):
            raise InterruptMismatch(pending=pending)
        if responses:
            asked = await self._engine.checkpoints.unbound().asked(run.thread_id)
            await asyncio.to_thread(check_answers, asked, responses)  # a large answer takes a while
        resumption = Resumption(idempotency_key, responses, run.last_seq + 1)
        try:
            await self._resume(
                run, Rest(status="queued", answers=responses, resumption=resumption, allowance=allowance)
            )
        except (Fenced, LogConflict) as error:
            raise NotInterrupted("Another answer was faster.") from error
        self._dispatcher.enqueue(run.id, owner)
        return await self.get(owner, run_id), resumption.seq  # *run* tells that it waits, and `wait` would believe it

    async def fork_request(self, owner: str, run_id: RunId, checkpoint_id: str, wanted: RunRequest) -> RunRequest:
        """Complete a request for a run from a checkpoint of another one; without an input it goes on from there.

        Raises:
            WorkflowNotFound: there is no such run of this owner.
        """
        return fork_of(await self.get(owner, run_id), checkpoint_id, wanted)

    async def agents_of(self, owner: str, request: RunRequest) -> Collection[str]:
        """Name what *request* lets work: its graph, and the agents of its steps; nothing is refused here."""
        try:
            request = await self._definitions.resolved(owner, request)
        except CantataError:
            return {request.graph}
        return {request.graph, *agents_named(self._engine.graphs, request.graph, request.definition)}

    async def history(self, run: Run, limit: int) -> list[dict[str, Any]]:
        """Return the checkpoints that the run made, newest first."""
        return await checkpoints_of(self._engine, run, limit)

    async def give_feedback(self, owner: str, run_id: RunId, feedback: Feedback | None) -> None:
        """Keep what the owner says of a run that has ended, or None to take it back. Idempotent.

        Raises:
            WorkflowNotFound: there is no such run of this owner.
            WorkflowNotFinished: it has not ended.
        """
        await keep_feedback(self._engine, owner, run_id, feedback)

    async def delete(self, owner: str, run_id: RunId) -> None:
        """Remove a finished run; the session's checkpoints stay.

        Raises:
            WorkflowNotFinished: it is still active.
        """
        await self.get(owner, run_id)
        await self._engine.store.delete(owner, run_id)

    async def cancel_abandoned(self) -> None:
        """Cancel, until cancelled itself, the runs that nobody watches any more."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                tasks.create_task(self._cancel_abandoned(await self._engine.presence.abandoned()))

    async def _cancel_abandoned(self, run_id: RunId) -> None:
        try:
            run = await self._engine.store.by_id(run_id)
            if run is not None and run.status in ("queued", "running"):
                await self.cancel(run.owner, run_id, "disconnect", "nobody watched the workflow any more")
        except CantataError as error:  # its end, or its removal, came first, or the storage is away
            logger.info("run %s, which nobody watches, was not cancelled: %s", run_id, error)

    def _traced(self, request: RunRequest, spec: RunSpec) -> RunSpec:
        """Say in the run's spec which tools trace it, so that every attempt at it goes into one trace."""
        if request.may_trace and (traced_by := self._engine.tracing.chosen()):
            return msgspec.structs.replace(spec, traced_by=traced_by, traceparent=caller.get())
        return spec

    async def _create(self, begun: Beginning) -> Created:
        try:
            return await self._engine.store.create(begun.run, begun.frames, begun.workflow)
        except SessionBusy as error:
            busy: RunId = error.members["active_workflow_id"]
            raise SessionBusy(active_workflow_id=busy, cancel=links_of(busy)["cancel"]) from error

    def _told(self, run: Run, folded: Workflow) -> Workflow:
        """Join what the log tells with what only the row and the process know."""
        status = run.status if folded["status"] == "running" else folded["status"]
        return folded | {
            "status": status,
            "created_at": run.created_at,
            "started_at": run.started_at,
            "attempt": run.attempt,
            "trace": self._engine.tracing.told(run.spec.traced_by, uuid_of(run.id)),
            "feedback": None if run.feedback is None else msgspec.to_builtins(run.feedback),
            "links": links_of(run.id),
        }

    async def _stored(self, run: Run) -> Workflow:
        """Return the fold that was stored when the run came to rest; fold anew what a crash left behind.

        An ended run's fold is whole, and its log may not be any more.
        """
        folded: Workflow = msgspec.json.decode(run.workflow)
        if run.is_final or folded["last_seq"] == run.last_seq:
            return folded
        fold = WorkflowFold()
        for event in await self._engine.history(run):
            fold.apply(event)
        return fold.workflow()

    async def _conclude(self, run: Run, cancellation: Cancellation) -> None:
        """End a run that nobody executes; a claim that comes first wins, and the caller looks again."""
        history = await self._engine.history(run)
        execution = Execution(self._engine, Claim(run=run, checkpoint_id=None), history, LiveRun())
        try:
            following = await execution.conclude(cancellation)
        except (Fenced, LogConflict):
            await asyncio.sleep(0)
            return
        if following is not None:
            self._dispatcher.enqueue(following, run.owner)

    async def _resume(self, run: Run, rest: Rest) -> None:
        history = await self._engine.history(run)
        engine = self._engine
        recorder = Recorder(Claim(run=run, checkpoint_id=None), history, engine, RunMeter(engine.metrics, run))
        event = WorkflowResumed(
            workflow_id=run.id,
            timestamp=engine.timestamps.now(),
            **marks_of(run),
            cause="human",
            attempt=run.attempt,
        )
        await recorder.settle((event,), rest)


def check_cursor(run: Run, after: int) -> None:
    """Refuse a cursor of another log.

    Raises:
        CursorBeyondHead: the log is not that long.
    """
    if after > run.last_seq:
        raise CursorBeyondHead(last_seq=run.last_seq)


def _repeated(run: Run, responses: dict[str, Any], idempotency_key: str | None) -> int | None:
    last = run.resumption
    if last is None or idempotency_key is None or last.idempotency_key != idempotency_key:
        return None
    return last.seq if last.responses == responses else None
