"""One run's trace as OpenTelemetry spans, for Langfuse and for any OTLP endpoint; what they say differs in words only.

A span is sent when it ends and then never again. So the root ends with the run, not with an execution of it; its id is
known from the start, for the spans under it name it. Ids are made from the run's and LangChain's: whoever goes on with
a run makes the same ones.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, Protocol

import msgspec
from langchain_core.callbacks import BaseCallbackHandler
from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from cantata.callbacks.tracing.facts import CUT_SHORT, Closed, LeftOpen, Observer, Opened, RunEnd, RunFacts
from cantata.callbacks.tracing.names import observation_of

Attributes = Mapping[str, Any]


class Vocabulary(Protocol):
    """How a tool wants spans to be named and described; an attribute that is None is left out."""

    wants_content: bool

    def root(self, run: RunFacts) -> tuple[str, Attributes]:
        """Name and describe a run."""
        ...

    def end(self, run: RunFacts, end: RunEnd) -> Attributes:
        """Describe how a run ended."""
        ...

    def opened(self, run: RunFacts, thing: Opened) -> tuple[str, Attributes]:
        """Name and describe a span that begins."""
        ...

    def closed(self, thing: Opened, result: Closed) -> Attributes:
        """Describe a span's end."""
        ...


class FixedIds(IdGenerator):
    """Gives the next span of this thread the ids that were set for it; else random ones."""

    def __init__(self) -> None:
        self._next = threading.local()
        self._random = RandomIdGenerator()

    @contextmanager
    def set(self, trace_id: int, span_id: int) -> Iterator[None]:
        """Let the span that starts inside have these."""
        self._next.ids = (trace_id, span_id)
        try:
            yield
        finally:
            self._next.ids = None

    def generate_trace_id(self) -> int:
        """Return the set one, or any."""
        ids = getattr(self._next, "ids", None)
        return ids[0] if ids else self._random.generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the set one, or any."""
        ids = getattr(self._next, "ids", None)
        return ids[1] if ids else self._random.generate_span_id()


class SpansOfRun:
    """A `RunTrace`, and its `Observer`."""

    handlers: Sequence[BaseCallbackHandler] = ()

    def __init__(
        self, tracer: Tracer, ids: FixedIds, words: Vocabulary, run: RunFacts, *, follows_caller: bool = True
    ) -> None:
        self._tracer, self._ids, self._words, self._run = tracer, ids, words, run
        self.wants_content = words.wants_content
        self._open: dict[str, tuple[Span, Opened]] = {}
        self._is_over = False
        name, attributes = words.root(run)
        above = _caller(run) if follows_caller else Context()
        self._root = self._start(str(run.id), name, attributes, above=above, started_at=run.started_at)
        self._at = self._root.get_span_context()
        self.observer: Observer | None = self if self._root.is_recording() else None
        for left in run.left_open:
            self._end_left_open(left)

    def around(self) -> AbstractContextManager[object]:
        """Let what the graph sends out be part of the trace, where something of its own puts that on the wire."""
        return _attached(set_span_in_context(self._root))

    def opened(self, span_id: str, parent_span_id: str | None, thing: Opened) -> None:
        """Start a span."""
        if self._is_over:
            return
        name, attributes = self._words.opened(self._run, thing)
        self._open[span_id] = (self._start(span_id, name, attributes, above=self._under(parent_span_id)), thing)

    def closed(self, span_id: str, result: Closed) -> None:
        """End a span."""
        span, thing = self._open.pop(span_id, (None, None))
        if span is not None and thing is not None:
            is_error = result.status == "error"
            self._end(span, self._words.closed(thing, result), is_error=is_error, message=result.error)

    def end(self, end: RunEnd) -> None:
        """End the root, unless the run will go on, and what is open under it."""
        self._is_over = True
        for span_id in reversed(list(self._open)):
            self.closed(span_id, Closed(status="cancelled"))
        if end.status != "interrupted":
            attributes = self._words.end(self._run, end)
            self._end(self._root, attributes, is_error=end.status == "failed", message=end.error)

    def _end_left_open(self, left: LeftOpen) -> None:
        thing = Opened(kind=left.kind, name=left.name)
        name, attributes = self._words.opened(self._run, thing)
        above = self._under(left.parent_span_id)
        span = self._start(left.span_id, name, attributes, above=above, started_at=left.started_at)
        result = Closed(status="cancelled", error=CUT_SHORT)
        self._end(span, self._words.closed(thing, result), is_error=False, message=CUT_SHORT)

    def _under(self, parent_span_id: str | None) -> Context:
        if parent_span_id is None:
            return set_span_in_context(self._root, Context())
        number = int(observation_of(parent_span_id), 16)
        place = SpanContext(self._at.trace_id, number, is_remote=False, trace_flags=self._at.trace_flags)
        return set_span_in_context(NonRecordingSpan(place), Context())

    def _start(
        self, span_id: str, name: str, attributes: Attributes, *, above: Context, started_at: datetime | None = None
    ) -> Span:
        with self._ids.set(self._run.id.int, int(observation_of(span_id), 16)):
            return self._tracer.start_span(
                name,
                above,
                SpanKind.INTERNAL,
                _present(attributes),
                start_time=time.time_ns() if started_at is None else int(started_at.timestamp() * 1e9),
            )

    def _end(self, span: Span, attributes: Attributes, *, is_error: bool, message: str | None) -> None:
        span.set_attributes(_present(attributes))
        if is_error:
            span.set_status(Status(StatusCode.ERROR, message))
        span.end()


def as_json(value: Any) -> str | None:
    """Write a plain value as an attribute can hold it; a text stays as it is."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def _present(attributes: Attributes) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def _caller(run: RunFacts) -> Context:
    if run.traceparent is None:
        return Context()
    return TraceContextTextMapPropagator().extract({"traceparent": run.traceparent}, Context())


@contextmanager
def _attached(context: Context) -> Iterator[None]:
    token = otel_context.attach(context)
    try:
        yield
    finally:
        otel_context.detach(token)
