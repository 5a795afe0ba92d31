"""Every instrument of the process, in one list: what an operator's Prometheus reads.

Names and labels are stable. A label's value may come from a client, so each kind of label takes a bounded number of
different ones; what comes later counts as `other`. Knows no run, no route: whoever has a fact tells it here.
"""

import gc
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_fastapi_instrumentator.metrics import default

MOST_WORDS = 200  # different values of one kind of label
OTHER = "other"
NAMELESS = "none"  # what has no name: the status of nothing, the model of a graph's own words

WAITS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)  # seconds
RUNS = (0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600)  # seconds
INSTANTS = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)  # seconds
SIZES = (1, 2, 5, 10, 20, 50, 100, 200)  # operations of a commit


class Words:
    """The values of one kind of label: as they come, up to a number of them."""

    def __init__(self, most: int = MOST_WORDS) -> None:
        self._most = most
        self._known: set[str] = set()

    def word(self, told: str | None) -> str:
        """Return *told*, or `other` when there are too many already."""
        name = told or NAMELESS
        if name not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(name)
        return name


class Metrics:
    """The instruments; *prefix* and an underscore stand before every name."""

    def __init__(self, prefix: str = "") -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # of the library; two series less for each counter
        self._prefix = prefix
        self.registry = CollectorRegistry()
        ProcessCollector(namespace=prefix, registry=self.registry)
        self.http = default(metric_namespace=prefix, should_exclude_streaming_duration=True, registry=self.registry)
        self.agents, self.models, self.tools, self.workspaces = Words(), Words(), Words(), Words()
        self._declare_streams()
        self._declare_runs()
        self._declare_models_and_tools()
        self._declare_readers()
        self._declare_process()

    def scraped(self) -> bytes:
        """Write everything in Prometheus' text format; of all processes that share `PROMETHEUS_MULTIPROC_DIR`."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # of the library
        return generate_latest(shared)

    def total(self, instrument: Counter, **labels: str) -> float:
        """Add up a counter's samples that have these labels, of this process."""
        (family,) = instrument.collect()
        return sum(
            sample.value
            for sample in family.samples
            if sample.name.endswith("_total") and labels.items() <= sample.labels.items()
        )

    def quantiles(self, instrument: Histogram) -> dict[str, float | None]:
        """Estimate the median and the slow ends of everything measured since the start, in the instrument's unit."""
        (family,) = instrument.collect()
        counts: defaultdict[float, float] = defaultdict(float)
        for sample in family.samples:
            if sample.name.endswith("_bucket"):
                counts[float(sample.labels["le"])] += sample.value
        return {f"p{round(100 * share)}": _quantile(sorted(counts.items()), share) for share in (0.5, 0.95, 0.99)}

    def _declare_streams(self) -> None:
        """Declare what was asked for at `/api/stream`."""
        count, measure = self._counter, self._histogram
        self.stream_sessions = count("stream_sessions", "Streams that ended.", ["agent", "status"])
        self.stream_chunks = count("stream_chunks_sent", "Pieces of text that streams told.", ["agent"])
        self.stream_seconds = measure(
            "stream_session_duration_seconds", "Streams, to their end.", RUNS, ["agent", "status"]
        )
        self.streams_active = self._gauge("stream_sessions_active", "Streams that are executed.", ["agent"])
        self.stream_errors = count("stream_errors", "Streams that failed.", ["agent", "error_type"])
        self.stream_cancellations = count("stream_cancellations", "Streams that were cancelled.", ["agent", "reason"])

    def _declare_runs(self) -> None:
        """Declare what happened to runs, however they were asked for."""
        count, measure = self._counter, self._histogram
        ways = ["strategy", "status"]
        self.workflows = count("coordinator_workflows", "Runs that ended.", ways)
        self.workflow_seconds = measure("coordinator_workflow_duration_seconds", "Runs, to their end.", RUNS, ways)
        self.run_errors = count("run_errors", "Runs that failed.", ["error_type"])
        self.runs_active = self._gauge("runs_active", "Runs that are executed now.")
        self.runs_queued = self._gauge("runs_queued", "Runs that wait for their turn.")
        self.runs_interrupted = self._gauge("runs_interrupted", "Runs that wait for a human.")
        self.runs_stuck = self._gauge("runs_stuck", "Runs that are marked as running and that nobody executes.")
        self.queue_wait = measure("run_queue_wait_seconds", "From a run's creation to its start.", WAITS)
        self.first_text = measure(
            "run_first_token_seconds", "From a run's creation to its first text.", WAITS, ["agent"]
        )
        self.text_gap = measure("run_token_gap_seconds", "Between two batches of a run's text.", WAITS)
        self.resumptions = count("run_resumptions", "Runs that went on after a rest.", ["cause"])
        self.retries = count("step_retries", "Steps that began again.", ["agent"])
        self.feedback = count(
            "feedback", "Scores that users gave; the same one again is not counted.", ["agent", "score"]
        )
        self.dropped = count("events_dropped", "Events that came after their run's end.")

    def _declare_models_and_tools(self) -> None:
        count, measure = self._counter, self._histogram
        calls = ["model", "agent", "status"]
        self.llm_calls = count("llm_calls", "Calls of models.", calls)
        self.llm_seconds = measure("llm_call_duration_seconds", "Calls of models.", RUNS, calls)
        self.llm_tokens = count("llm_tokens_used", "Tokens as providers count them.", ["model", "agent", "type"])
        self.llm_dollars = count("llm_cost_dollars", "Cost, estimated at list price.", ["model", "agent"])
        self.llm_unpriced = count("llm_calls_unpriced", "Calls of models without a known price.", ["model"])
        self.llm_errors = count("llm_errors", "Calls of models that failed.", ["model", "kind"])
        self.workspace_dollars = count("workspace_cost_dollars", "Cost, estimated at list price.", ["workspace"])
        self.tool_calls = count("tool_calls", "Calls of tools.", ["tool", "status"])
        self.tool_seconds = measure("tool_call_duration_seconds", "Calls of tools.", RUNS, ["tool", "status"])

    def _declare_readers(self) -> None:
        """Declare what clients see that read streams."""
        count, measure = self._counter, self._histogram
        self.readers = self._gauge("stream_readers", "Streams that clients read now.")
        self.resumes = count("stream_resumes", "Streams that went on after a cursor.")
        self.gaps = count("stream_gaps", "Streams whose cursor was older than what is kept.")
        self.fallbacks = count("stream_fallbacks", "Times that a slow reader went back to the log.")
        self.bytes_sent = count("stream_sent_bytes", "Bytes of streams.", ["format"])
        self.first_event = measure("stream_first_event_seconds", "From a stream's opening to its first event.", WAITS)
        self.delivery_lag = measure(
            "stream_delivery_lag_seconds", "From a commit to its handing over; a sample.", INSTANTS
        )

    def _declare_process(self) -> None:
        count, measure = self._counter, self._histogram
        self.commit_seconds = measure(
            "log_commit_seconds", "From the first operation of a batch to its commit.", INSTANTS
        )
        self.commit_operations = measure("log_commit_operations", "Operations of a batch.", SIZES)
        self.database_bytes = self._gauge("database_bytes", "Size of the database.")
        self.problems = count("problems", "Requests that were refused or failed.", ["code"])
        self.loop_lag = measure("loop_lag_seconds", "How late the event loop wakes who sleeps.", INSTANTS)
        self.collection_pause = measure("gc_pause_seconds", "Pauses of the garbage collection.", INSTANTS)

    def _counter(self, name: str, about: str, labels: Sequence[str] = ()) -> Counter:
        return Counter(name, about, labels, namespace=self._prefix, registry=self.registry)

    def _gauge(self, name: str, about: str, labels: Sequence[str] = ()) -> Gauge:
        return Gauge(name, about, labels, namespace=self._prefix, registry=self.registry, multiprocess_mode="livesum")

    def _histogram(self, name: str, about: str, buckets: Sequence[float], labels: Sequence[str] = ()) -> Histogram:
        return Histogram(name, about, labels, namespace=self._prefix, buckets=buckets, registry=self.registry)


def _quantile(buckets: Sequence[tuple[float, float]], share: float) -> float | None:
    """Find the value below which that share lies, as Prometheus does: evenly spread within a bucket."""
    wanted = share * (buckets[-1][1] if buckets else 0)
    if not wanted:
        return None
    low, below = 0.0, 0.0
    for high, count in buckets:
        if count >= wanted:
            return low if high == float("inf") else low + (high - low) * (wanted - below) / (count - below)
        low, below = high, count
    return low


@contextmanager
def measured_collections(metrics: Metrics) -> Iterator[None]:
    """Measure the pauses of the garbage collection while the context is open."""
    began = 0.0

    def note(phase: str, info: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        elif began:
            metrics.collection_pause.observe(time.perf_counter() - began)

    gc.callbacks.append(note)
    try:
        yield
    finally:
        gc.callbacks.remove(note)


def listed(metrics: Metrics) -> list[tuple[str, str, tuple[str, ...], str]]:
    """List the instruments for the documentation: name, type, labels, what they count."""
    found: list[Any] = [value for value in vars(metrics).values() if isinstance(value, Counter | Gauge | Histogram)]
    return [
        (
            f"{each._name}_total" if isinstance(each, Counter) else each._name,
            each._type,
            each._labelnames,
            each._documentation,
        )
        for each in found
    ]
