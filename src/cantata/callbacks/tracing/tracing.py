"""All tools that a process tells of its runs, as one; without any, nothing is done.

Here is the edge between runs and tools: whatever a tool's library raises is logged, and no run's concern.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, ParamSpec
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langsmith import tracing_context
from langsmith.utils import tracing_is_enabled

from cantata.callbacks.events import TerminalEvent, WorkflowInterrupted
from cantata.callbacks.redaction import Redaction
from cantata.callbacks.tracing.facts import (
    Backend,
    Closed,
    FeedbackFacts,
    HearsFeedback,
    Observer,
    Opened,
    Requests,
    RunFacts,
    RunTrace,
    end_of,
)
from cantata.callbacks.tracing.names import LANGSMITH, TraceMarks

logger = logging.getLogger(__name__)

P = ParamSpec("P")

LEAVE_SECONDS = 0.25  # for a tool to let go of its connections when its time is over


class Tracing:
    """The configured tools."""

    def __init__(self, backends: Sequence[Backend] = (), redaction: Redaction | None = None) -> None:
        self._backends = tuple(backends)
        self.redaction = redaction or Redaction()

    @property
    def requests(self) -> Requests | None:
        """The tool that is told of requests, too, if there is one."""
        return next((backend for backend in self._backends if isinstance(backend, Requests)), None)

    def chosen(self) -> list[str]:
        """Draw, once for a run, the tools that are told of it; by one draw, so that shares overlap."""
        drawn = random.random()
        return [backend.name for backend in self._backends if drawn < backend.rate]

    def begin(self, told: Collection[str], run: RunFacts) -> "TraceOfRun | None":
        """Begin the run's traces, or go on with them, in those of the tools *told* that are still configured."""
        if not told:
            return None
        traces: dict[str, RunTrace] = {}
        for backend in self._backends:
            if backend.name in told:
                _harmlessly(_add, traces, backend, run)
        return TraceOfRun(traces, TraceMarks(run.id, told), self.redaction)

    def told(self, told: Collection[str], trace_id: UUID) -> dict[str, str] | None:
        """Return the ids and addresses by which a client finds a run's traces; None when there are none."""
        if not told:
            return None
        urls = {f"{backend.name}_url": backend.url(trace_id) for backend in self._backends if backend.name in told}
        return {"trace_id": str(trace_id)} | {name: url for name, url in urls.items() if url is not None}

    def tell_feedback(self, told: Collection[str], given: FeedbackFacts) -> None:
        """Tell what a user says of a run to those of the tools *told* of the run that keep such things."""
        masked = replace(given, comment=given.comment and self.redaction.text(given.comment))
        for backend in self._backends:
            if backend.name in told and isinstance(backend, HearsFeedback):
                _harmlessly(backend.tell_feedback, masked)

    def close(self, seconds: float) -> None:
        """Send what is left to all tools at once, for so long at most. Blocks; what hangs is left behind."""
        deadline = time.monotonic() + seconds
        closing = [threading.Thread(target=backend.close, args=(seconds,), daemon=True) for backend in self._backends]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join(max(0.0, deadline - time.monotonic()) + LEAVE_SECONDS)


class TraceOfRun:
    """One run's traces for one execution; an `Observer` of its spans."""

    def __init__(self, traces: dict[str, RunTrace], marks: TraceMarks, redaction: Redaction) -> None:
        self.marks = marks
        self._traces = traces
        self._redaction = redaction
        self.handlers: list[BaseCallbackHandler] = [h for trace in traces.values() for h in trace.handlers]
        self._observers: list[Observer] = [t.observer for t in traces.values() if t.observer is not None]
        self.is_observed = bool(self._observers)
        self.wants_content = any(observer.wants_content for observer in self._observers)

    @contextmanager
    def around(self) -> Iterator[None]:
        """Run the graph inside."""
        with ExitStack() as stack:
            if LANGSMITH not in self._traces:
                stack.enter_context(untraced())
            for trace in self._traces.values():
                stack.enter_context(trace.around())
            yield

    def pass_on(self, callback: str, *args: Any, **kwargs: Any) -> None:
        """Tell the handlers of a model call; LangChain does not, see `RunTrace.handlers`."""
        for handler in self.handlers:
            _harmlessly(getattr(handler, callback), *args, **kwargs)

    def opened(self, span_id: str, parent_span_id: str | None, thing: Opened) -> None:
        """Tell all observers that a span began."""
        for observer in self._observers:
            _harmlessly(observer.opened, span_id, parent_span_id, thing)

    def closed(self, span_id: str, result: Closed) -> None:
        """Tell all observers that a span ended."""
        for observer in self._observers:
            _harmlessly(observer.closed, span_id, result)

    def end(self, last: TerminalEvent | WorkflowInterrupted) -> None:
        """Tell how the run came to rest."""
        end = end_of(last)
        end = replace(end, error=end.error and self._redaction.error(end.error))
        for trace in self._traces.values():
            _harmlessly(trace.end, end)


def untraced() -> AbstractContextManager[object]:
    """Return a context without LangSmith, whatever the environment says: the settings alone decide."""
    return tracing_context(enabled=False) if tracing_is_enabled() else nullcontext()


def _add(traces: dict[str, RunTrace], backend: Backend, run: RunFacts) -> None:
    traces[backend.name] = backend.begin(run)


def _harmlessly(tell: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    try:
        tell(*args, **kwargs)
    # The edge named above.
    except Exception as error:
        logger.warning("A part of a trace was lost", exc_info=error)
