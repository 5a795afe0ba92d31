"""What the server is held to: figures, and what they must not pass."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A figure and what it must not pass."""

    title: str
    figure: str
    limit: float
    unit: str = ""
    """With `ms` it is a time, which a slower machine makes longer."""
    is_floor: bool = False

    def is_met(self, value: float) -> bool:
        """Tell whether *value* is on the right side of the limit."""
        return value >= self.limit if self.is_floor else value <= self.limit


TARGETS = (
    Target("flood C=100, share of raw", "flood C=100.share_of_raw", 0.60, is_floor=True),
    Target("flood C=100, lag p50", "flood C=100.lag_p50_ms", 25, "ms"),
    Target("flood C=100, lag p99", "flood C=100.lag_p99_ms", 100, "ms"),
    Target("pace 100 × 50/s, lag p50", "pace 100 × 50/s.lag_p50_ms", 2, "ms"),
    Target("pace 100 × 50/s, lag p99", "pace 100 × 50/s.lag_p99_ms", 10, "ms"),
    Target("first event C=1, p50", "first event C=1.p50_ms", 5, "ms"),
    Target("tiny durable run, CPU", "tiny run C=16.cpu_ms", 2, "ms"),
    Target("slow clients, × status p99", "limits.slow_clients_ratio", 2),
    Target("limits, CPU of a status", "limits.cpu_us", 40, "µs"),
    Target("frame of a token", "frame.bytes", 221, "bytes"),
    Target("sequential spec, × by hand", "compiled.sequential_ratio", 1.25),
    Target("parallel spec, × by hand", "compiled.parallel_ratio", 1.25),
    Target("LangSmith, CPU of a span", "tracing.langsmith_span_ms", 0.6, "ms"),
    Target("Langfuse, CPU of a span", "tracing.langfuse_span_ms", 0.8, "ms"),
    Target("LangSmith refused, × live", "tracing.langsmith_refused", 1.2),
    Target("LangSmith broken, × live", "tracing.langsmith_broken", 1.2),
    Target("LangSmith silent, × live", "tracing.langsmith_silent", 1.2),
    Target("Langfuse refused, × live", "tracing.langfuse_refused", 1.2),
    Target("Langfuse broken, × live", "tracing.langfuse_broken", 1.2),
    Target("Langfuse silent, × live", "tracing.langfuse_silent", 1.2),
    Target("page, frames missed", "page.dropped_share", 0.01),
    Target("page, slowed to a quarter", "page.slowed_dropped_share", 0.20),
)
