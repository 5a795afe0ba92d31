"""What one run's events mean for the metrics, and its end for the server's log. Changes nothing."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET

from cantata.callbacks.events import (
    AgentThinking,
    MessageDelta,
    ReasoningStep,
    StepStart,
    StoredEvent,
    ToolEnd,
    Usage,
    WorkflowResumed,
)
from cantata.callbacks.redaction import Redaction
from cantata.server.metrics import Metrics
from cantata.server.runs.faults import failure_of
from cantata.server.runs.model import ModelCall, Run

logger = logging.getLogger(__name__)

_TEXTS = (MessageDelta, AgentThinking)
Spend = Callable[[ModelCall], None]
"""Takes what each model call used, before a checkpoint that holds its outcome is written."""

ENDS = ("completed", "failed", "cancelled")
LONGEST_GAP_SECONDS = 10.0  # a longer silence is a tool's or a human's, not the model's


class RunMeter:
    """Tells the metrics of one run."""

    def __init__(self, metrics: Metrics, run: Run, spend: Spend = lambda call: None) -> None:
        self._metrics = metrics
        self._spend = spend
        self._run = run
        self._agent = metrics.agents.word(run.spec.graph)
        self._has_spoken = run.last_seq > 1  # of a run that goes on the first text was measured, or is not the first
        self._last_text = 0.0

    @contextmanager
    def executing(self) -> Iterator[None]:
        """Count the run as active while the context is open."""
        if self._run.takeover is None and self._run.answers is None:
            self._metrics.queue_wait.observe(_since(self._run.created_at))
        gauge = self._metrics.streams_active.labels(self._agent) if self._run.spec.is_stream else None
        if gauge:
            gauge.inc()
        try:
            yield
        finally:
            if gauge:
                gauge.dec()

    def heard(self, events: Sequence[StoredEvent]) -> None:
        """Take what goes into the log next; how the run ends is for `settled`."""
        texts = 0
        for event in events:
            if isinstance(event, _TEXTS):
                texts += 1
            elif isinstance(event, ReasoningStep):
                self._called(event)
            elif isinstance(event, ToolEnd):
                self._used(event)
            elif isinstance(event, StepStart) and event.attempt > 1:
                self._metrics.retries.labels(self._agent).inc()
            elif isinstance(event, WorkflowResumed):
                self._metrics.resumptions.labels(event.cause).inc()
                logger.info("run resumed", extra={"told": {**line_of(self._run), "cause": event.cause}})
        if texts:
            self._spoke(texts)

    def failed_call(self, model: str, agent: str, seconds: float, error: BaseException) -> None:
        """Take a model call that raised: there is no event of its own for it."""
        is_cancelled = isinstance(error, asyncio.CancelledError)
        self._call(model, agent, "cancelled" if is_cancelled else "error", seconds)
        if not is_cancelled:
            kind = failure_of(error, Redaction(), is_of_model=True).fault.code
            self._metrics.llm_errors.labels(self._metrics.models.word(model), kind).inc()

    def came_late(self) -> None:
        """Take a word that was dropped, because the run had ended."""
        self._metrics.dropped.inc()

    def settled(self, workflow: Mapping[str, Any]) -> None:
        """Take the run as it came to rest, once that is stored; one that waits or is queued again has not ended."""
        status, metrics, spec = workflow["status"], self._metrics, self._run.spec
        if status == "interrupted":
            waits = {**line_of(self._run), "cause": workflow["interrupt_cause"]}
            logger.info("run interrupted", extra={"told": waits})
        if status not in ENDS:
            return
        seconds = workflow["execution_time_ms"] / 1000
        logger.info("run %s", status, extra={"told": _line(self._run, workflow)})
        metrics.workflows.labels(spec.strategy, status).inc()
        metrics.workflow_seconds.labels(spec.strategy, status).observe(seconds)
        if status == "failed":
            metrics.run_errors.labels(workflow["error"]["code"]).inc()
        if spec.is_stream:
            metrics.stream_sessions.labels(self._agent, status).inc()
            metrics.stream_seconds.labels(self._agent, status).observe(seconds)
            self._stream_broke_off(workflow)

    def _stream_broke_off(self, workflow: Mapping[str, Any]) -> None:
        if workflow["status"] == "failed":
            self._metrics.stream_errors.labels(self._agent, workflow["error"]["code"]).inc()
        if workflow["status"] == "cancelled":
            reason = "disconnect" if workflow["cancelled"]["by"] == "disconnect" else "request"
            self._metrics.stream_cancellations.labels(self._agent, reason).inc()

    def _spoke(self, texts: int) -> None:
        """Measure text by the batches that the log takes: at a token's pace a batch is a token."""
        now = time.perf_counter()
        if not self._has_spoken:
            self._has_spoken = True
            self._metrics.first_text.labels(self._agent).observe(_since(self._run.created_at))
        elif now - self._last_text < LONGEST_GAP_SECONDS:
            self._metrics.text_gap.observe(now - self._last_text)
        self._last_text = now
        if self._run.spec.is_stream:
            self._metrics.stream_chunks.labels(self._agent).inc(texts)

    def _called(self, event: ReasoningStep) -> None:
        self._call(event.model, event.agent, "ok", event.duration_ms / 1000)
        metrics, used = self._metrics, event.usage
        model, agent = metrics.models.word(event.model), metrics.agents.word(event.agent)
        for kind, tokens in _tokens(used):
            metrics.llm_tokens.labels(model, agent, kind).inc(tokens)
        if used.cost_usd is UNSET:
            metrics.llm_unpriced.labels(model).inc()
        else:
            metrics.llm_dollars.labels(model, agent).inc(used.cost_usd)
            metrics.workspace_dollars.labels(metrics.workspaces.word(self._run.workspace)).inc(used.cost_usd)
        run = self._run
        told = ModelCall(
            owner=run.owner,
            session_id=run.session_id,
            graph=run.spec.graph,
            agent=event.agent,
            model=event.model,
            usage=used,
        )
        self._spend(told)

    def _call(self, model: str, agent: str, status: str, seconds: float) -> None:
        metrics = self._metrics
        labels = metrics.models.word(model), metrics.agents.word(agent), status
        metrics.llm_calls.labels(*labels).inc()
        metrics.llm_seconds.labels(*labels).observe(seconds)

    def _used(self, event: ToolEnd) -> None:
        labels = self._metrics.tools.word(event.tool), event.status
        self._metrics.tool_calls.labels(*labels).inc()
        self._metrics.tool_seconds.labels(*labels).observe(event.duration_ms / 1000)


def line_of(run: Run) -> dict[str, Any]:
    """Say which run a line is about."""
    return {
        "workflow_id": run.id,
        "session_id": run.session_id,
        "principal": run.owner,
        "graph": run.spec.graph,
        "attempt": run.attempt,
    }


def _line(run: Run, workflow: Mapping[str, Any]) -> dict[str, Any]:
    """Say how a run went, without a word of what was said in it."""
    told = {
        **line_of(run),
        "status": workflow["status"],
        "error_code": (workflow["error"] or {}).get("code"),
        "failed_node": workflow.get("failed_node"),
        "duration_ms": workflow["execution_time_ms"],
        "events": workflow["last_seq"],
        "total_tokens": workflow["usage"]["total_tokens"],
        "cost_usd": workflow["usage"]["cost_usd"],
    }
    return {name: value for name, value in told.items() if value is not None}


def _tokens(used: Usage) -> Iterator[tuple[str, int]]:
    told = (
        ("input", used.input_tokens),
        ("output", used.output_tokens),
        ("reasoning", used.reasoning_tokens),
        ("cached", used.cached_tokens),
    )
    return ((kind, tokens) for kind, tokens in told if tokens is not UNSET and tokens)


def _since(timestamp: str) -> float:
    """Return the seconds since a stored time."""
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(timestamp)).total_seconds())
