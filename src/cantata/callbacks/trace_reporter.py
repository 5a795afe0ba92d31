"""Tells a run's trace what begins and ends in it, with what no event tells. Without a trace it does nothing."""

from typing import Any

from msgspec import UNSET, UnsetType

from cantata.callbacks.events import Fault, StepStatus, Usage
from cantata.callbacks.redaction import Redaction
from cantata.callbacks.spans import MessageSpan, Span, StepSpan, ToolSpan
from cantata.callbacks.tracing.facts import VALUE_BYTES, Closed, Opened
from cantata.callbacks.tracing.tracing import TraceOfRun


class TraceReporter:
    """Masks and bounds whatever it tells; content goes only to who wants it."""

    def __init__(self, redaction: Redaction) -> None:
        self.trace: TraceOfRun | None = None
        self._redaction = redaction

    @property
    def heard(self) -> TraceOfRun | None:
        """The trace, when somebody hears of spans: else nothing need be put together for them."""
        return self.trace if self.trace is not None and self.trace.is_observed else None

    def pass_on(self, callback: str, *args: Any, **kwargs: Any) -> None:
        """Tell the trace's own handlers of a model call, of which LangChain does not tell them."""
        if self.trace is not None:
            self.trace.pass_on(callback, *args, **kwargs)

    def open_step(self, span: StepSpan, given: Any, agent: str | None) -> None:
        """Tell that a step begins, and what it was given."""
        if self.heard:
            self._open(span, Opened(kind="step", name=span.name, given=self._content(given), agent=agent))

    def open_tool(self, span: ToolSpan, shown: Any) -> None:
        """Tell that a tool begins; its arguments are *shown* in an event, too."""
        self._open(span, Opened(kind="tool", name=span.tool, given=shown, tool_call_id=span.tool_call_id or None))

    def open_model(self, message: MessageSpan, given: Any, provider: str | None, parameters: dict[str, Any]) -> None:
        """Tell that the model call of *message* begins."""
        if not self.heard:
            return
        model = message.model or "unknown"
        opened = Opened(
            kind="model",
            name=model,
            given=self._content(given, VALUE_BYTES),
            model=model,
            provider=provider,
            agent=message.agent,
            parameters=self._redaction.plain(_scalars(parameters)),
        )
        self._open(message, opened)

    def close_model(self, message: MessageSpan, said: Any, usage: Usage) -> None:
        """Tell what the model call of *message* gave."""
        if trace := self.heard:
            shown = self._content(said, VALUE_BYTES)
            result = Closed(status="ok", output=shown, usage=usage, first_word_at=message.first_word_at)
            trace.closed(message.span_id, result)

    def fail_model(self, message: MessageSpan, status: StepStatus, error: BaseException) -> None:
        """Tell that the model call of *message* was cut."""
        if trace := self.heard:
            trace.closed(message.span_id, Closed(status=status, error=self._redaction.error(error)))

    def open_retriever(self, span_id: str, parent: Span | None, name: str, query: str) -> None:
        """Tell that a retriever begins."""
        if trace := self.heard:
            opened = Opened(kind="retriever", name=name, given=self._content(query))
            trace.opened(span_id, parent.span_id if parent else None, opened)

    def close_retriever(self, span_id: str, found: Any, error: BaseException | None = None) -> None:
        """Tell what a retriever found."""
        if trace := self.heard:
            message = self._redaction.error(error) if error else None
            status: StepStatus = "error" if error else "ok"
            trace.closed(span_id, Closed(status=status, output=self._content(found), error=message))

    def close(self, span: Span, status: StepStatus, shown: Any = UNSET, fault: Fault | UnsetType = UNSET) -> None:
        """Tell that a step, a tool or a message ended, as its event says."""
        if trace := self.heard:
            error = fault.message if isinstance(fault, Fault) else None
            output = None if shown is UNSET else shown
            trace.closed(span.span_id, Closed(status=status, output=output, error=error))

    def _open(self, span: Span, thing: Opened) -> None:
        if trace := self.heard:
            trace.opened(span.span_id, span.parent.span_id if span.parent else None, thing)

    def _content(self, value: Any, limit: int | None = None) -> Any:
        if self.trace is None or not self.trace.wants_content:
            return None
        return (self._redaction.capped(value) if limit is None else self._redaction.capped(value, limit))[0]


def _scalars(parameters: dict[str, Any]) -> dict[str, Any]:
    """Keep what tells how a model generates: not its tools, which are long, nor LangChain's own `_type`."""
    return {
        name: value
        for name, value in parameters.items()
        if isinstance(value, str | int | float) and not name.startswith("_")
    }
