"""Runs the graph of one execution: with which input and config, and from which checkpoint."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphDrained
from langgraph.graph import START
from langgraph.types import Command

from cantata.callbacks.events import StoredEvent
from cantata.callbacks.graph_writer import seeded
from cantata.callbacks.handler import StreamingWorkflowCallbackHandler
from cantata.callbacks.interruption import Interruption
from cantata.callbacks.tracing.names import orchestrator
from cantata.callbacks.tracing.tracing import TraceOfRun
from cantata.graphs.opening import AnyGraph
from cantata.server.runs.breakpoints import breakpoint_of
from cantata.server.runs.budgets import BUDGET
from cantata.server.runs.conversation import Opening, open_conversation
from cantata.server.runs.engine import Engine
from cantata.server.runs.ids import uuid_of
from cantata.server.runs.live import LiveRun
from cantata.server.runs.messages import text_of
from cantata.server.runs.model import Claim, Run
from cantata.server.runs.ports.checkpoints import RunSaver


@dataclass(frozen=True)
class Answer:
    """What the graph came back with."""

    output: Any
    interruption: Interruption | None
    next_nodes: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Invocation:
    """Calls the graph of a claimed run, once."""

    engine: Engine
    claim: Claim
    history: Sequence[StoredEvent]
    live: LiveRun
    handler: StreamingWorkflowCallbackHandler
    saver: RunSaver
    trace: TraceOfRun | None
    seen: set[str] = field(default_factory=set)
    """The ids of the messages that were there before the graph answered."""

    @property
    def _run(self) -> Run:
        return self.claim.run

    async def answer(self) -> Answer:
        """Invoke the graph, or go on where it stopped, until it comes back.

        Raises:
            GraphDrained: the process stops; the checkpoint is written.
            Exception: whatever the graph raises.
        """
        source = self.engine.graphs.find(self._run.spec.graph, self._run.spec.definition)
        config = self._config(source.supersteps)
        async with source.open(config, context=self._run.spec.context, store=self.engine.graph_store) as opened:
            graph = copy.copy(opened)  # the user's graph is never changed
            graph.checkpointer = self.saver
            if graph.store is None:
                graph.store = self.engine.graph_store
            config["configurable"] = seeded(config["configurable"], self.handler.hear, graph.store)
            return await self._breakpoint(graph, config) or await self._invoked(graph, config)

    async def _invoked(self, graph: AnyGraph, config: RunnableConfig) -> Answer:
        given = await self._input()
        await self._hold_to_budget()
        has_context = graph.context_schema is not None
        try:
            output = await graph.ainvoke(
                given,
                config,
                context=(self._run.spec.context or {}) if has_context else None,
                durability="sync",
                control=self.live.control,
            )
        except GraphDrained as drained:
            if drained.reason != BUDGET:
                raise
            return await self._paused(graph, config)
        interruption = self.handler.interruption
        if interruption is None or interruption.interrupts:
            return Answer(output, interruption)
        return Answer(output, interruption, (await graph.aget_state(config)).next)

    async def _hold_to_budget(self) -> None:
        """Let the run pause before it does anything when nothing is left; an answer is taken in first."""
        if not self._run.answers and await self.engine.budgets.is_used_up(self._run.owner, self._run.spec.role):
            self.live.drain(BUDGET)

    async def _paused(self, graph: AnyGraph, config: RunnableConfig) -> Answer:
        """Say where the run waits until there is something left to use up."""
        snapshot = await graph.aget_state(config)
        checkpoint_id = str(snapshot.config["configurable"].get("checkpoint_id", ""))
        nodes = tuple(node for node in snapshot.next if node != START)
        return Answer(None, Interruption(BUDGET, checkpoint_id, ()), nodes)

    async def _breakpoint(self, graph: AnyGraph, config: RunnableConfig) -> Answer | None:
        if self._run.takeover is None or not self.claim.has_checkpoint:
            return None
        found = await breakpoint_of(graph, config, self._run, self.history)
        return Answer(None, *found) if found else None

    def _config(self, supersteps: int) -> RunnableConfig:
        run, spec = self._run, self._run.spec
        config: RunnableConfig = {
            "run_name": orchestrator(spec.graph),
            "callbacks": [self.handler, *(self.trace.handlers if self.trace else ())],
            "tags": list(spec.tags),
            "metadata": {"run_id": str(uuid_of(run.id)), "session_id": run.session_id},
            "recursion_limit": spec.recursion_limit or max(self.engine.recursion_limit, supersteps),
            "configurable": {**spec.configurable, "thread_id": run.thread_id},
        }
        # A tracer of the graph's own takes a root run's id once; ours knows that a run may go on.
        if self.trace is not None or (run.takeover is None and run.answers is None):
            config["run_id"] = uuid_of(run.id)
        return config

    async def _input(self) -> Any:
        """Return what the graph is to be invoked with; None lets it go on from its checkpoint."""
        opening = await self._opening()
        if opening is not None:
            self.seen = opening.seen
        if answers := await self._answers():
            return Command(resume=answers)
        if self.claim.has_checkpoint or self._run.answers is not None or self._run.spec.continues:
            return None
        return opening.input if opening is not None else self._run.spec.input

    async def _answers(self) -> dict[str, Any]:
        """Return the human's answers that the graph may not have taken yet.

        After a crash a node may have taken one and asked again; the same answer must not be given twice.
        """
        answers = self._run.answers or {}
        if not answers or self._run.takeover is None:
            return answers
        asked = await self.saver.asked(self._run.thread_id)
        return {id: value for id, value in answers.items() if id in asked}

    async def _opening(self) -> Opening | None:
        given = self._run.spec.input
        if not isinstance(given, dict) or "messages" not in given:
            return None
        thread: list[Any] = []
        if base := self._run.base_checkpoint_id:
            at: RunnableConfig = {
                "configurable": {"thread_id": self._run.thread_id, "checkpoint_ns": "", "checkpoint_id": base}
            }
            saved = await self.saver.aget_tuple(at)
            thread = list(saved.checkpoint["channel_values"].get("messages") or ()) if saved else []
        earlier = [
            (text, msgspec.json.decode(run.workflow).get("final_response"))
            for run in await self.engine.store.earlier(self._run)
            if (text := text_of(run.spec.input))
        ]
        return open_conversation(self._run, thread, earlier)
