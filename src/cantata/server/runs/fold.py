"""The workflow that a log tells: the one function behind polling, the page and the store.

Kept while the run goes on by applying each event once. What only the run's row knows (queued or running, when it was
created and started, its attempt) is not in here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec import UNSET

from cantata.callbacks.events import (
    AgentThinking,
    Custom,
    MessageComplete,
    MessageDelta,
    MessageStart,
    Progress,
    ReasoningStep,
    StepEnd,
    StepStart,
    StoredEvent,
    ToolEnd,
    ToolProgress,
    ToolStart,
    Usage,
    WorkflowCancelled,
    WorkflowCompleted,
    WorkflowError,
    WorkflowInterrupted,
    WorkflowResumed,
    WorkflowStarted,
)
from cantata.callbacks.usage import total
from cantata.server.runs.lineage import Lineage
from cantata.server.runs.worked_time import WorkedTime

Entry = dict[str, Any]


def fold(events: Iterable[StoredEvent]) -> dict[str, Any]:
    """Fold a run's whole log into its workflow."""
    folded = WorkflowFold()
    for event in events:
        folded.apply(event)
    return folded.workflow()


class WorkflowFold:
    """A workflow in the making."""

    def __init__(self) -> None:
        self.last_seq = 0
        self._last_work = ""  # the time of the last event of somebody at work
        self.status = "running"
        self.open_interrupts: list[dict[str, Any]] = []
        self._head: Entry = {}
        self._end: Entry = {}
        self._interruption: Entry = {}
        self.progress: float | None = None
        self._steps: dict[str, Entry] = {}
        self._tools: dict[str, Entry] = {}
        self._reasoning: list[Entry] = []
        self._messages: dict[str, Entry] = {}
        self._said: dict[str, tuple[list[str], list[str]]] = {}
        self._last_tool: str | None = None  # that ended since the last message began
        self._usages: list[Usage] = []
        self._under: defaultdict[str, list[Entry]] = defaultdict(list)
        self._lineage = Lineage()
        self._worked = WorkedTime()
        self._apply: dict[type, Callable[[Any], None]] = {
            WorkflowStarted: self._started,
            StepStart: self._step_start,
            StepEnd: self._step_end,
            MessageStart: self._message_start,
            AgentThinking: lambda e: self._said[e.message_id][0].append(e.delta),
            MessageDelta: lambda e: self._said[e.message_id][1].append(e.delta),
            MessageComplete: self._message_complete,
            ReasoningStep: self._reasoned,
            ToolStart: self._tool_start,
            ToolProgress: self._tool_progress,
            ToolEnd: self._tool_end,
            Progress: self._progressed,
            Custom: lambda e: None,
            WorkflowInterrupted: self._interrupted,
            WorkflowResumed: self._resumed,
            WorkflowCompleted: self._completed,
            WorkflowError: self._failed,
            WorkflowCancelled: self._cancelled,
        }

    def apply(self, event: StoredEvent) -> None:
        """Take in the log's next event."""
        self._apply[type(event)](event)
        if getattr(event, "status", None) != "cancelled":  # what a crash cut is closed by whoever goes on
            self._last_work = event.timestamp
        if event.seq is not UNSET:
            self.last_seq = event.seq

    def workflow(self) -> dict[str, Any]:
        """Return the workflow as of the last event; it shares nothing with the fold."""
        told: dict[str, Any] = {
            **self._head,
            "status": self.status,
            "ended_at": None,
            "execution_time_ms": None,
            "last_seq": self.last_seq,
            "final_response": None,
            "partial_response": None,
            "output": None,
            "error": None,
            "recovery_suggestions": [],
            "interrupts": [],
            "progress": self.progress,
            "steps": [dict(step) for step in self._steps.values()],
            "reasoning": [dict(step) for step in self._reasoning],
            "tools": [dict(tool) for tool in self._tools.values()],
            "messages": [self._message(message_id) for message_id in self._messages],
            "usage": _usage_members(self.usage()),
            "checkpoint_id": None,
        }
        return told | self._interruption | self._end

    def usage(self) -> Usage:
        """Add up every model call, void ones included: they were paid for."""
        return total(self._usages)

    def tools_used(self) -> list[str]:
        """List the tools' names once each, in the order of their first use."""
        return list(dict.fromkeys(tool["tool"] for tool in self._tools.values()))

    def step_count(self) -> int:
        """Count the steps that stand."""
        return sum(not step["void"] for step in self._steps.values())

    def open_steps(self) -> list[list[str]]:
        """List the paths of the innermost steps that are executed now."""
        open_ones = [step for step in self._steps.values() if step["status"] == "running" and not step["void"]]
        enclosing = {step["parent_span_id"] for step in open_ones}
        return [step["path"] for step in open_ones if step["span_id"] not in enclosing]

    def last_text(self, *, at_root: bool = False) -> str | None:
        """Return the text of the last message that stands, among all or among those of the root graph's nodes."""
        for message_id, message in reversed(self._messages.items()):
            text = "".join(self._said[message_id][1])
            if text and not message["void"] and (not at_root or len(message["path"]) <= 1):
                return text
        return None

    def worked_ms(self, now: str) -> int:
        """Return how long the run has been at work until *now*: waiting for its turn or a human is no work."""
        return self._worked.until(now)

    def begin(self, started_at: str) -> None:
        """Count the time at work from *started_at*, when the run was first claimed; its history may come before."""
        self._worked.begin(started_at)

    # One method an event.

    def _started(self, event: WorkflowStarted) -> None:
        self._head = {
            "workflow_id": event.workflow_id,
            "graph": event.graph,
            "strategy": event.strategy,
            "session_id": event.session_id,
            "input": event.input,
            "metadata": event.metadata or {},
            "answer_nodes": event.answer_nodes or None,
        }

    def _step_start(self, event: StepStart) -> None:
        for span in event.replaces or ():
            self._void(span)
        self._lineage.step(event)
        self._steps[event.span_id] = {
            "step": event.step,
            "name": event.name,
            "status": "running",
            "attempt": event.attempt,
            "superstep": None if event.superstep is UNSET else event.superstep,
            "started_at": event.timestamp,
            "duration_ms": None,
            **self._place(event),
        }

    def _step_end(self, event: StepEnd) -> None:
        step = self._steps[event.span_id]
        step |= {"status": event.status, "duration_ms": event.duration_ms}
        _set(step, output=event.output, error=event.error)

    def _message_start(self, event: MessageStart) -> None:
        self._said[event.message_id] = ([], [])
        self._messages[event.message_id] = {
            "message_id": event.message_id,
            "agent": event.agent,
            "role": event.role,
            "model": event.model or None,
            "status": "running",
            "complete": False,
            "cause_by": self._last_tool or self._head.get("graph", ""),
            "timestamp": event.timestamp,
            **self._place(event),
        }
        self._last_tool = None
        self._follow(event, self._messages[event.message_id])

    def _message_complete(self, event: MessageComplete) -> None:
        self._messages[event.message_id] |= {"status": event.status, "complete": event.status == "ok"}
        self._said[event.message_id] = ([event.thought or ""], [event.content])

    def _reasoned(self, event: ReasoningStep) -> None:
        self._usages.append(event.usage)
        self._reasoning.append(
            {
                "index": event.index,
                "agent": event.agent,
                "thought": event.thought,
                "action": event.action,
                "tool_calls": msgspec.to_builtins(event.tool_calls),
                "model": event.model,
                "usage": msgspec.to_builtins(event.usage),
                "duration_ms": event.duration_ms,
                **self._place(event),
            }
        )
        self._follow(event, self._reasoning[-1])

    def _tool_start(self, event: ToolStart) -> None:
        self._lineage.tool(event)
        self._tools[event.span_id] = {
            "tool_call_id": event.tool_call_id or None,
            "tool": event.tool,
            "args": event.args,
            "status": "running",
            "output": None,
            "started_at": event.timestamp,
            "duration_ms": None,
            **self._place(event),
        }
        self._follow(event, self._tools[event.span_id])

    def _tool_progress(self, event: ToolProgress) -> None:
        _set(self._tools[event.span_id], progress=event.progress, progress_message=event.message)

    def _tool_end(self, event: ToolEnd) -> None:
        self._last_tool = event.tool
        tool = self._tools[event.span_id]
        tool |= {"status": event.status, "duration_ms": event.duration_ms}
        _set(tool, output=event.output, output_bytes=event.output_bytes, error=event.error)

    def _progressed(self, event: Progress) -> None:
        if event.percent is not UNSET:
            self.progress = event.percent

    def _interrupted(self, event: WorkflowInterrupted) -> None:
        self.status = "interrupted"
        self.open_interrupts = msgspec.to_builtins(event.interrupts)
        self._interruption = {
            "interrupts": self.open_interrupts,
            "interrupt_cause": event.cause,
            "interrupt_nodes": event.nodes or [],
            "checkpoint_id": event.checkpoint_id,
        }
        self._worked.pause(event.timestamp)

    def _resumed(self, event: WorkflowResumed) -> None:
        self.status = "running"
        self.open_interrupts = []
        self._interruption = {}
        self._worked.pause(self._last_work)  # after a crash nobody has worked since
        self._worked.go_on(event.timestamp)

    def _completed(self, event: WorkflowCompleted) -> None:
        self._finish(event, "completed")
        self._end |= {"final_response": event.final_response or None, "output": event.output, "progress": 100}
        self._end["checkpoint_id"] = event.checkpoint_id or None

    def _failed(self, event: WorkflowError) -> None:
        self._finish(event, "failed")
        self._end |= {
            "error": msgspec.to_builtins(event.error),
            "recovery_suggestions": event.recovery_suggestions,
            "partial_response": event.partial_response or None,
            "checkpoint_id": event.checkpoint_id or None,
        }
        _set(self._end, failed_node=event.failed_node)

    def _cancelled(self, event: WorkflowCancelled) -> None:
        self._finish(event, "cancelled")
        self._end["partial_response"] = event.partial_response or None
        self._end["cancelled"] = {"by": event.by, "reason": event.reason}

    def _finish(self, event: WorkflowCompleted | WorkflowError | WorkflowCancelled, status: str) -> None:
        self.status = status
        self._interruption = {}
        self._end = {"ended_at": event.timestamp, "execution_time_ms": event.execution_time_ms}

    # Shared parts.

    def _place(self, event: StepStart | MessageStart | ReasoningStep | ToolStart) -> Entry:
        return {
            "span_id": event.span_id,
            "parent_span_id": event.parent_span_id or None,
            "node": event.node,
            "path": event.path,
            "void": False,
        }

    def _follow(self, event: MessageStart | ReasoningStep | ToolStart, entry: Entry) -> None:
        """Let *entry* become void with the nearest step above it."""
        if step := self._lineage.step_above(event):
            self._under[step].append(entry)

    def _void(self, span_id: str) -> None:
        if span_id in self._steps:
            self._steps[span_id]["void"] = True
        for entry in self._under[span_id]:
            entry["void"] = True

    def _message(self, message_id: str) -> Entry:
        thoughts, texts = self._said[message_id]
        return {**self._messages[message_id], "content": "".join(texts), "thought": "".join(thoughts)}


def _usage_members(usage: Usage) -> Entry:
    """Write a sum as the workflow shows it: an unknown cost is null."""
    members: Entry = msgspec.to_builtins(usage)
    members.setdefault("cost_usd", None)
    return members


def _set(entry: Entry, **members: Any) -> None:
    entry |= {name: msgspec.to_builtins(value) for name, value in members.items() if value is not UNSET}
