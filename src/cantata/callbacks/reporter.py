"""Says as events what begins, goes on and ends in one run; knows what is open and closes it in order.

Knows nothing of LangChain's callbacks. Sync nodes speak from worker threads: whoever numbers, opens or closes a thing
holds the lock, and the handler's callbacks take it; a token on the home thread does without.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Literal
from uuid import uuid4

from msgspec import UNSET, UnsetType

from cantata.callbacks.events import (
    Action,
    AgentThinking,
    Custom,
    Fault,
    MessageComplete,
    MessageDelta,
    MessageStart,
    MessageStatus,
    Progress,
    ReasoningStep,
    StepEnd,
    StepStart,
    StepStatus,
    StoredEvent,
    Timestamps,
    ToolCall,
    ToolEnd,
    ToolProgress,
    ToolStart,
    Usage,
)
from cantata.callbacks.redaction import Redaction
from cantata.callbacks.spans import MessageSpan, OpenSpans, Span, StepSpan, ToolSpan
from cantata.callbacks.tasks import TaskLedger, graph_of, path_of
from cantata.callbacks.trace_reporter import TraceReporter
from cantata.callbacks.tracing.tracing import TraceOfRun

SHARE = "cantata_share"  # the metadata key by which a node says how much of the whole it is, from 0 to 1

Emit = Callable[[StoredEvent], None]
"""Takes an event in order; called from any thread, must not block."""

Kind = Literal["agent_thinking", "message_delta"]


class Reporter:
    """Emits the events of one run's things; *history* are those that its log already holds."""

    def __init__(
        self,
        workflow_id: str,
        emit: Emit,
        history: Iterable[StoredEvent],
        redaction: Redaction,
        timestamps: Timestamps,
    ) -> None:
        self.lock = threading.RLock()
        self.is_sealed = False
        self.on_late: Callable[[], None] = lambda: None
        self.traced = TraceReporter(redaction)
        self._id = workflow_id
        self._emit = emit
        self._redaction = redaction
        self._now = timestamps.now
        self._home = threading.get_ident()
        self._open = OpenSpans()
        self._tasks = TaskLedger()
        self._steps = self._messages = self._reasonings = 0
        self._done = 0.0  # of the shares that steps have
        self._ended = ""  # the last task in the history
        self._counted: set[str] = set()  # the tasks in it: one that is repeated after a crash counts once
        for event in history:
            self._restore(event)

    # Steps

    def start_step(
        self, task_id: str, span_id: str, parent: Span | None, metadata: dict[str, Any], given: Any = None
    ) -> StepSpan:
        """Open a step; *metadata* tells its superstep and branch. What it is *given* is for the trace alone."""
        path = path_of(task_id)
        superstep, branch = metadata.get("langgraph_step"), _branch_of(metadata.get("langgraph_path"))
        above = parent.span_id if parent else None
        span = StepSpan(
            span_id=span_id,
            parent=parent,
            node=path[-1],
            path=path,
            started=time.monotonic(),
            name=path[-1],
            task_id=task_id,
            number=self._steps + 1,
        )
        if not span.is_part_of_share():  # metadata is handed down
            span.share = metadata.get(SHARE) or 0.0
        if self._is_over(parent):
            span.is_open = False
            return span
        attempt, void = self._tasks.start(task_id, span_id, above, (graph_of(task_id), path[-1], superstep, branch))
        self._steps += 1
        self._open.add(span)
        self._emit(
            StepStart(
                **self._head(span),
                step=span.number,
                name=span.name,
                task_id=task_id,
                attempt=attempt,
                replaces=void or UNSET,
                superstep=UNSET if superstep is None else superstep,
                branch=UNSET if branch is None else branch,
            )
        )
        self.traced.open_step(span, given, metadata.get("lc_agent_name"))
        return span

    def end_step(
        self, span: StepSpan, status: StepStatus, *, output: Any = None, error: BaseException | None = None
    ) -> None:
        """Close a step, after everything that is open under it."""
        if not span.is_open or self.is_sealed:
            return
        self.close_under(span, status)
        self._open.remove(span)
        shown = self._redaction.capped(output)[0] if status == "ok" else UNSET
        fault = self._fault(error) if error else UNSET
        self._emit(
            StepEnd(
                **self._head(span),
                step=span.number,
                name=span.name,
                task_id=span.task_id,
                status=status,
                duration_ms=_elapsed(span),
                output=shown,
                error=fault,
            )
        )
        self.traced.close(span, status, shown, fault)
        if status == "ok" and span.share and span.task_id not in self._counted:
            self._counted.add(span.task_id)
            # What the log told is rounded; the shares of a workflow's steps are equal.
            self._done = min(1.0, (round(self._done / span.share) + 1) * span.share)
            self._emit(Progress(**self._place_of(span.parent), percent=round(100 * self._done, 1)))

    def close_under(self, span: Span | None, status: StepStatus) -> None:
        """Close what is open under *span*, or everything, innermost first; what another's end cuts did not fail."""
        cut: StepStatus = "interrupted" if status == "interrupted" else "cancelled"
        for other in self._open.under(span):
            match other:
                case MessageSpan():
                    self.complete(other, message_status(status))
                case ToolSpan():
                    self.end_tool(other, cut)
                case StepSpan():
                    self.end_step(other, cut)

    # Tools

    def start_tool(
        self, span_id: str, parent: Span | None, tool: str, tool_call_id: str | UnsetType, args: Any
    ) -> ToolSpan:
        """Open a tool."""
        span = ToolSpan(**self._place(span_id, parent), tool=tool, tool_call_id=tool_call_id)
        if self._is_over(parent):
            span.is_open = False
            return span
        self._open.add(span)
        self._tasks.tool(span_id, parent.span_id if parent else None)
        shown, _ = self._redaction.capped(args)
        self._emit(ToolStart(**self._head(span), tool_call_id=tool_call_id, tool=tool, args=shown))
        self.traced.open_tool(span, shown)
        return span

    def end_tool(
        self, span: ToolSpan, status: StepStatus, *, output: Any = None, error: BaseException | None = None
    ) -> None:
        """Close a tool; an output of status `error` is what the tool said that went wrong."""
        if not span.is_open or self.is_sealed:
            return
        self.close_under(span, status)
        self._open.remove(span)
        shown, size = (UNSET, UNSET) if output is None else self._redaction.capped(output)
        fault = self._tool_fault(error, output) if status == "error" else UNSET
        self._emit(
            ToolEnd(
                **self._head(span),
                tool_call_id=span.tool_call_id,
                tool=span.tool,
                status=status,
                output=shown,
                output_bytes=size,
                error=fault,
                duration_ms=_elapsed(span),
            )
        )
        self.traced.close(span, status, shown, fault)

    # Messages

    def message(
        self, parent: Span | None, agent: str, span_id: str = "", model: str | UnsetType = UNSET
    ) -> MessageSpan:
        """Return a message that may be said; it begins with its first word."""
        return MessageSpan(**self._place(span_id or str(uuid4()), parent), agent=agent, model=model)

    def speak(self, message: MessageSpan, kind: Kind, delta: str) -> None:
        """Say a piece of a message, from any thread. This is the hot path."""
        if threading.get_ident() == self._home:
            self._say(message, kind, delta)
            return
        with self.lock:
            self._say(message, kind, delta)

    def complete(self, message: MessageSpan, status: MessageStatus, usage: Usage | None = None) -> None:
        """End a message; one that never began stays unsaid."""
        if status != "ok":
            self.traced.close(message, status)
        was_open, message.is_open = message.is_open, False
        self._open.remove(message)
        if not message.message_id or not was_open or self.is_sealed:
            return
        self._emit(
            MessageComplete(
                **self._head(message),
                message_id=message.message_id,
                agent=message.agent,
                role=message.role,
                model=message.model,
                status=status,
                content="".join(message.texts),
                thought="".join(message.thoughts) or UNSET,
                usage=usage or UNSET,
            )
        )

    def reason(
        self, message: MessageSpan, thought: str, action: Action, calls: list[tuple[str | None, str, Any]], usage: Usage
    ) -> None:
        """Tell what the model call of *message* decided."""
        if self._is_over(message.parent):
            return
        self._reasonings += 1
        self._emit(
            ReasoningStep(
                **self._head(message),
                index=self._reasonings,
                agent=message.agent,
                model=message.model or "unknown",
                thought="".join(message.thoughts) or thought,
                action=action,
                tool_calls=[ToolCall(id, name, self._redaction.capped(args)[0]) for id, name, args in calls],
                usage=usage,
                duration_ms=_elapsed(message),
            )
        )

    # Other words

    def progress(self, span: Span | None, percent: float | None, message: str | None) -> None:
        """Tell how far the run is."""
        if self._is_over(span):
            return
        self._emit(Progress(**self._place_of(span), **self._advance("percent", percent, message)))

    def tool_progress(self, span: ToolSpan, percent: float | None, message: str | None) -> None:
        """Tell how far a tool is."""
        if self._is_over(span):
            return
        self._emit(ToolProgress(**self._head(span), **self._advance("progress", percent, message)))

    def custom(self, span: Span | None, name: str, data: dict[str, Any]) -> None:
        """Pass on any other word of the graph."""
        if self._is_over(span):
            return
        shown, _ = self._redaction.capped(data)
        self._emit(Custom(**self._place_of(span), name=self._redaction.text(name), data=shown))

    # Shared parts

    def _is_over(self, span: Span | None) -> bool:
        """Tell whether *span* has ended: a thread of a cancelled node goes on, and is not heard any more."""
        return self.is_late() or (span is not None and not span.is_open)

    def is_late(self) -> bool:
        """Tell whether a word comes after the run's end; whoever counts those hears of it."""
        if self.is_sealed:
            self.on_late()
        return self.is_sealed

    def _say(self, message: MessageSpan, kind: Kind, delta: str) -> None:
        if not delta:
            return
        if not message.message_id:
            self._start_message(message)
        if self.is_late() or not message.is_open:
            return
        said, event = (message.texts, MessageDelta) if kind == "message_delta" else (message.thoughts, AgentThinking)
        said.append(delta)
        self._emit(event(workflow_id=self._id, timestamp=self._now(), message_id=message.message_id, delta=delta))

    def _start_message(self, message: MessageSpan) -> None:
        with self.lock:
            if self._is_over(message.parent):
                message.is_open = False
            if not message.is_open:
                return
            self._messages += 1
            message.message_id = f"m{self._messages}"
            if self.traced.trace is not None:
                message.first_word_at = time.time()
            self._open.add(message)
            self._emit(
                MessageStart(
                    **self._head(message),
                    message_id=message.message_id,
                    agent=message.agent,
                    role=message.role,
                    model=message.model,
                )
            )

    def _advance(self, key: str, percent: float | None, message: str | None) -> dict[str, Any]:
        told = {key: percent, "message": None if message is None else self._redaction.text(message)}
        return {name: value for name, value in told.items() if value is not None}

    def _restore(self, event: StoredEvent) -> None:
        self._tasks.restore(event)
        self._open.restore(event, time.monotonic())
        match event:
            case StepStart():
                self._steps = event.step
            case MessageStart():
                self._messages += 1
            case ReasoningStep():
                self._reasonings = event.index
            case StepEnd():
                self._ended = event.task_id
            case Progress(percent=float() | int() as percent):
                self._done = percent / 100
                self._counted.add(self._ended)
            case _:
                pass

    def _tool_fault(self, error: BaseException | None, output: Any) -> Fault:
        return self._fault(error) if error else Fault("ToolError", self._redaction.error(str(output)))

    def _fault(self, error: BaseException) -> Fault:
        return Fault(type(error).__name__, self._redaction.error(error))

    def _head(self, span: Span) -> dict[str, Any]:
        return self._place_of(span) | {"span_id": span.span_id, "parent_span_id": span.parent_span_id}

    def _place_of(self, span: Span | None) -> dict[str, Any]:
        place = {
            "workflow_id": self._id,
            "timestamp": self._now(),
            "node": span.node if span else "",
            "path": span.path if span else [],
            "parent_span_id": span.span_id if span else UNSET,
        }
        return place if self.traced.trace is None else place | self._marks(self.traced.trace, span)

    def _marks(self, trace: TraceOfRun, span: Span | None) -> dict[str, str]:
        observed = span.observed if span else None
        return trace.marks.of(observed.span_id if observed else None)

    def _place(self, span_id: str, parent: Span | None) -> dict[str, Any]:
        return {
            "span_id": span_id,
            "parent": parent,
            "node": parent.node if parent else "",
            "path": parent.path if parent else [],
            "started": time.monotonic(),
        }


def message_status(status: StepStatus) -> MessageStatus:
    """Say how a message ends with a step or a model call of *status*; a question leaves it cut."""
    return "cancelled" if status == "interrupted" else status


def _branch_of(path: Any) -> int | None:
    """Read the number of a task that a node sent: `(push, 2, …)`, or `(push, (…), 2, …)` for a `@task`."""
    return next((part for part in path or () if isinstance(part, int) and not isinstance(part, bool)), None)


def _elapsed(span: Span) -> int:
    return round((time.monotonic() - span.started) * 1000)
