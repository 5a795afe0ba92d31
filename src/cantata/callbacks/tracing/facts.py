"""What the tracing of a run is told: plain, masked and bounded values, and who takes them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from msgspec import UNSET

from cantata.callbacks.events import (
    MessageComplete,
    MessageStart,
    ReasoningStep,
    StepEnd,
    StepStart,
    StepStatus,
    StoredEvent,
    TerminalEvent,
    ToolEnd,
    ToolStart,
    Usage,
    WorkflowCancelled,
    WorkflowCompleted,
    WorkflowError,
    WorkflowInterrupted,
)

Kind = Literal["step", "tool", "model", "retriever"]

VALUE_BYTES = 262_144  # of an input or an output in a trace, as JSON
CUT_SHORT = "the server's process ended"


@dataclass(frozen=True, kw_only=True)
class LeftOpen:
    """A span that began in a process which is gone."""

    span_id: str
    parent_span_id: str | None
    kind: Kind
    name: str
    started_at: datetime


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """A run, as its trace's root tells it."""

    id: UUID
    graph: str
    strategy: str
    input: Any
    session_id: str
    thread_id: str
    user: str
    workspace: str
    started_at: datetime
    """Of its first execution: the same for every later one, for LangSmith's order is made of it."""
    tags: Sequence[str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    is_new: bool = True
    """No execution before this one told of it."""
    left_open: Sequence[LeftOpen] = ()
    traceparent: str | None = None
    """W3C: the span of the request that started the run, if that came with one."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A span that begins."""

    kind: Kind
    name: str
    given: Any = None
    model: str | None = None
    provider: str | None = None
    agent: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tool_call_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Closed:
    """A span's end."""

    status: StepStatus
    output: Any = None
    error: str | None = None
    usage: Usage | None = None
    first_word_at: float | None = None
    """In seconds since the Unix epoch."""


@dataclass(frozen=True, kw_only=True)
class RunEnd:
    """How a run came to rest."""

    status: Literal["completed", "failed", "cancelled", "interrupted"]
    output: Mapping[str, Any]
    error: str | None = None
    usage: Usage | None = None


@dataclass(frozen=True, kw_only=True)
class FeedbackFacts:
    """What a user says of a run's answer."""

    run: UUID
    score: int | None
    """None takes back what was said."""
    comment: str | None = None
    is_first: bool = True
    """Nothing was said before that this takes the place of."""


class Observer(Protocol):
    """Hears of a run's spans as they open and close, from any thread; neither blocks nor raises."""

    wants_content: bool
    """What models are given and say is told, too."""

    def opened(self, span_id: str, parent_span_id: str | None, thing: Opened) -> None:
        """Hear that a span began."""
        ...

    def closed(self, span_id: str, result: Closed) -> None:
        """Hear that a span ended; one that was never opened is ignored."""
        ...


class RunTrace(Protocol):
    """One run's trace in one tool, for one execution."""

    handlers: Sequence[BaseCallbackHandler]
    """What LangChain itself is to tell, but of model calls their start alone (`ignore_llm`): else each would be called
    for every token. The rest is passed on to them, and of the tokens the first one."""
    observer: Observer | None

    def around(self) -> AbstractContextManager[object]:
        """Return the context in which the graph is to run."""
        ...

    def end(self, end: RunEnd) -> None:
        """End the root, and whatever is open under it."""
        ...


class Request(Protocol):
    """The span of a request that is being answered."""

    @property
    def traceparent(self) -> str:
        """Its own place, as W3C writes it."""
        ...

    def answered(self, status: int, workflow_id: str | None) -> None:
        """Tell how the answer begins."""
        ...

    def routed(self, method: str, route: str) -> None:
        """Tell which route took it: the name of a span must not hold ids."""
        ...


@runtime_checkable
class Requests(Protocol):
    """A tool that is told of requests, too."""

    def request(self, name: str, traceparent: str, attributes: Mapping[str, Any]) -> AbstractContextManager[Request]:
        """Tell a request as a span, under its caller's where that is known."""
        ...


@runtime_checkable
class HearsFeedback(Protocol):
    """A tool that is told what users say of answers, too."""

    def tell_feedback(self, given: FeedbackFacts) -> None:
        """Hear it; neither blocks nor raises."""
        ...


class Backend(Protocol):
    """A tool that traces are sent to."""

    name: str
    rate: float
    """The share of runs that it is told of."""

    def begin(self, run: RunFacts) -> RunTrace:
        """Begin the run's trace, or go on with it."""
        ...

    def url(self, trace_id: UUID) -> str | None:
        """Return where a trace is shown; None until that is known. Asks nobody."""
        ...

    def close(self, seconds: float) -> None:
        """Send what is left, for so long at most; called in a thread of its own."""
        ...


def left_open(history: Iterable[StoredEvent]) -> list[LeftOpen]:
    """List what the log of a dead process left open, the outermost first."""
    found: dict[str, LeftOpen] = {}
    for event in history:
        match event:
            case StepStart():
                found[event.span_id] = _left(event, "step", event.name)
            case ToolStart():
                found[event.span_id] = _left(event, "tool", event.tool)
            case MessageStart() if event.model:
                found[event.span_id] = _left(event, "model", event.model)
            case StepEnd() | ToolEnd() | ReasoningStep() | MessageComplete():
                found.pop(event.span_id, None)
            case _:
                pass
    return list(found.values())


def _left(event: StepStart | ToolStart | MessageStart, kind: Kind, name: str) -> LeftOpen:
    return LeftOpen(
        span_id=event.span_id,
        parent_span_id=event.parent_span_id or None,
        kind=kind,
        name=name,
        started_at=datetime.fromisoformat(event.timestamp),
    )


def end_of(event: TerminalEvent | WorkflowInterrupted) -> RunEnd:
    """Read how a run came to rest from its last event."""
    match event:
        case WorkflowCompleted():
            told = {"final_response": event.final_response, "output": event.output, **_summary(event)}
            return RunEnd(status="completed", output=_given(told), usage=event.usage)
        case WorkflowError():
            told = {"partial_response": event.partial_response, "code": event.error.code, **_summary(event)}
            return RunEnd(status="failed", output=_given(told), error=event.error.message, usage=event.usage)
        case WorkflowCancelled():
            told = {"partial_response": event.partial_response, "cancelled_by": event.by, **_summary(event)}
            return RunEnd(status="cancelled", output=_given(told), error=event.reason, usage=event.usage)
        case WorkflowInterrupted():
            asked = [{"id": question.id, "value": question.value} for question in event.interrupts]
            return RunEnd(status="interrupted", output={"interrupts": asked, "cause": event.cause})


def _summary(event: TerminalEvent) -> dict[str, Any]:
    told: dict[str, Any] = {"execution_time_ms": event.execution_time_ms}
    if isinstance(event, WorkflowCompleted):
        told |= {"tools_used": event.tools_used, "step_count": event.step_count}
    return told


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not UNSET}
