"""What is open in a run right now, and in which order it must be closed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET, UnsetType

from cantata.callbacks.events import (
    AgentThinking,
    MessageComplete,
    MessageDelta,
    MessageStart,
    StepEnd,
    StepStart,
    StoredEvent,
    ToolEnd,
    ToolStart,
)


@dataclass(eq=False, kw_only=True, slots=True)
class Span:
    """A thing with a start and an end, at a place in the graph."""

    span_id: str
    parent: "Span | None"
    node: str
    path: list[str]
    started: float  # monotonic seconds
    is_open: bool = True

    @property
    def parent_span_id(self) -> str | UnsetType:
        """The nearest enclosing span, absent at the root."""
        return self.parent.span_id if self.parent else UNSET

    @property
    def observed(self) -> "Span | None":
        """The span that a trace knows: a message that the graph itself speaks is its step's."""
        return self

    def is_under(self, other: "Span") -> bool:
        """Tell whether *other* encloses this span."""
        above = self.parent
        while above is not None and above is not other:
            above = above.parent
        return above is other

    def nearest_step(self) -> "StepSpan | None":
        """Return the nearest step, this span included."""
        span: Span | None = self
        while span is not None and not isinstance(span, StepSpan):
            span = span.parent
        return span

    def nearest_tool(self) -> "ToolSpan | None":
        """Return the nearest tool within the step, this span included."""
        span: Span | None = self
        while span is not None and not isinstance(span, StepSpan | ToolSpan):
            span = span.parent
        return span if isinstance(span, ToolSpan) else None


@dataclass(eq=False, kw_only=True, slots=True)
class StepSpan(Span):
    """A running node."""

    name: str
    task_id: str
    number: int
    share: float = 0.0
    """Of the whole run's work, as the graph's author reckons it; what is below a step that has one has none."""

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of the steps from the root graph's down to this one, by which branches have an order."""
        above = self.parent.nearest_step() if self.parent else None
        return (*(above.numbers() if above else ()), self.number)

    def is_part_of_share(self) -> bool:
        """Tell whether a step above counts as a whole."""
        above = self.parent
        while above is not None and not (isinstance(above, StepSpan) and above.share):
            above = above.parent
        return above is not None


@dataclass(eq=False, kw_only=True, slots=True)
class ToolSpan(Span):
    """A running tool."""

    tool: str
    tool_call_id: str | UnsetType


@dataclass(eq=False, kw_only=True, slots=True)
class MessageSpan(Span):
    """A message that is being said; `message_id` is empty until its first word."""

    agent: str
    role: str = "assistant"
    model: str | UnsetType = UNSET
    message_id: str = ""
    first_word_at: float | None = None
    """In seconds since the Unix epoch."""
    thoughts: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def observed(self) -> Span | None:
        """The model call, if one speaks."""
        if self.model is not UNSET:
            return self
        return self.parent.observed if self.parent else None


class OpenSpans:
    """The open spans of one run, in the order of their start."""

    def __init__(self) -> None:
        self._spans: dict[str, Span] = {}
        self._messages: dict[str, MessageSpan] = {}

    def add(self, span: Span) -> None:
        """Note that *span* began. A message may share its id with nothing else that is open."""
        self._spans[span.span_id] = span

    def remove(self, span: Span) -> None:
        """Note that *span* ended."""
        span.is_open = False
        self._spans.pop(span.span_id, None)

    def under(self, span: Span | None) -> Iterator[Span]:
        """Yield what is open under *span*, or everything, innermost first; it may be removed meanwhile."""
        for other in reversed(list(self._spans.values())):
            if span is None or other.is_under(span):
                yield other

    def restore(self, event: StoredEvent, now: float) -> None:
        """Take in one event of the log, in order: what an earlier execution left open stays open."""
        match event:
            case StepStart():
                self.add(
                    StepSpan(**_place(self, event, now), name=event.name, task_id=event.task_id, number=event.step)
                )
            case ToolStart():
                self.add(ToolSpan(**_place(self, event, now), tool=event.tool, tool_call_id=event.tool_call_id))
            case MessageStart():
                message = MessageSpan(**_place(self, event, now), agent=event.agent, role=event.role, model=event.model)
                message.message_id = event.message_id
                self._messages[event.message_id] = message
                self.add(message)
            case AgentThinking():
                self._messages[event.message_id].thoughts.append(event.delta)
            case MessageDelta():
                self._messages[event.message_id].texts.append(event.delta)
            case MessageComplete():
                self._end(event.span_id)
                self._messages.pop(event.message_id, None)
            case StepEnd() | ToolEnd():
                self._end(event.span_id)
            case _:
                pass

    def _end(self, span_id: str) -> None:
        span = self._spans.get(span_id)
        if span is not None:
            self.remove(span)

    def _parent(self, span_id: str | UnsetType) -> Span | None:
        return None if span_id is UNSET else self._spans.get(span_id)


def _place(spans: OpenSpans, event: StepStart | ToolStart | MessageStart, now: float) -> dict[str, Any]:
    return {
        "span_id": event.span_id,
        "parent": spans._parent(event.parent_span_id),
        "node": event.node,
        "path": event.path,
        "started": now,
    }
