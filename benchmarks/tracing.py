"""What tracing costs a run: processor time of a span, and of a run whose endpoint is refused, broken or silent.

benchmarks.traced_graph, a process ──HTTP──▶ benchmarks.trace_peer, and a socket here that never answers
"""

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIMIT_SECONDS = 300.0


@dataclass(frozen=True)
class TracingCost:
    """Of a span in ms; of a run as its share of one whose endpoint is live, within a round."""

    off_ms: float
    langsmith_span_ms: float
    langfuse_span_ms: float
    opentelemetry_span_ms: float
    both_span_ms: float
    langsmith_refused: float
    langsmith_broken: float
    langsmith_silent: float
    langfuse_refused: float
    langfuse_broken: float
    langfuse_silent: float


def measure_tracing(runs: int) -> TracingCost:
    """Measure in a new process.

    Raises:
        subprocess.SubprocessError: it failed, or took too long.
    """
    with _peer() as (fine, broken), _silent() as silent:
        command = [sys.executable, "-m", "benchmarks.traced_graph", fine, broken, silent, str(runs)]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=LIMIT_SECONDS, text=True)
    return TracingCost(**json.loads(done.stdout.splitlines()[-1]))


@contextlib.contextmanager
def _peer() -> Iterator[list[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.trace_peer"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def _silent() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        yield str(listening.getsockname()[1])
