"""What tracing costs a run: processor time of a span, and of a run whose endpoint is refused, broken or silent.

A process of its own: `python -m benchmarks.tracing FINE BROKEN SILENT RUNS`, the ports of the endpoints. Each kind of
tracing has a Cantata of its own in it, and they take turns, so that a drift of the machine meets all; the threads that
send are waited for and count.
"""

import asyncio
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cantata.server import Cantata

ROOT = Path(__file__).parent.parent
LIMIT_SECONDS = 300.0
NODES = 4  # each with a model call
SPANS = 2 * NODES + 1
TOKENS = 80  # of a call
ROUNDS = 7  # of each kind; the median counts, without the first one, which warms up
QUIET_SECONDS = 0.6  # for the threads to send a round's spans
ENDPOINTS = ("live", "refused", "broken", "silent")


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
        command = [sys.executable, "-m", "benchmarks.tracing", fine, broken, silent, str(runs)]
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


def _kinds(fine: str, broken: str, silent: str) -> dict[str, Mapping[str, Any]]:
    ports = {"live": fine, "refused": "9", "broken": broken, "silent": silent}
    langsmith, langfuse = (
        {place: tell(f"http://127.0.0.1:{ports[place]}") for place in ENDPOINTS} for tell in (_langsmith, _langfuse)
    )
    return {
        "off": {},
        **{f"langsmith {place}": told for place, told in langsmith.items()},
        **{f"langfuse {place}": told for place, told in langfuse.items()},
        "opentelemetry live": {"otel_exporter_otlp_endpoint": f"http://127.0.0.1:{fine}"},
        "both live": {**langsmith["live"], **langfuse["live"]},
    }


def _langsmith(url: str) -> Mapping[str, Any]:
    return {"langsmith_tracing": True, "langsmith_endpoint": url, "langsmith_api_key": "bench"}


def _langfuse(url: str) -> Mapping[str, Any]:
    told = {"langfuse_public_key": "pk-lf-bench", "langfuse_secret_key": "sk-lf-bench"}
    return {"langfuse_enabled": True, "langfuse_host": url, **told}


async def _measure(kinds: Mapping[str, Mapping[str, Any]], runs: int) -> TracingCost:
    from benchmarks.traced_graph import opened  # noqa: PLC0415 — only in the measuring process

    rounds: dict[str, list[float]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            open_ones = {
                kind: await stack.enter_async_context(opened(Path(folder) / f"{number}.db", settings))
                for number, (kind, settings) in enumerate(kinds.items())
            }
            for _ in range(ROUNDS):
                for kind, cantata in open_ones.items():
                    rounds[kind].append(await _cost(cantata, runs))
    return _summed({kind: costs[1:] for kind, costs in rounds.items()})


async def _cost(cantata: "Cantata", runs: int) -> float:
    """Return the processor time of a run, in ms, of all threads."""
    began = time.process_time()
    for _ in range(runs):
        workflow = await cantata.run("go on", graph="measured")
        assert workflow["status"] == "completed", workflow
    await asyncio.sleep(QUIET_SECONDS)
    return (time.process_time() - began) / runs * 1_000


def _summed(rounds: Mapping[str, list[float]]) -> TracingCost:
    def span(kind: str) -> float:
        pairs = zip(rounds[kind], rounds["off"], strict=True)
        return statistics.median(cost - off for cost, off in pairs) / SPANS

    def share(tool: str, place: str) -> float:
        pairs = zip(rounds[f"{tool} {place}"], rounds[f"{tool} live"], strict=True)
        return statistics.median(cost / live for cost, live in pairs)

    shares = {f"{t}_{place}": share(t, place) for t in ("langsmith", "langfuse") for place in ENDPOINTS[1:]}
    spans = {f"{t}_span_ms": span(f"{t} live") for t in ("langsmith", "langfuse", "opentelemetry", "both")}
    return TracingCost(off_ms=statistics.median(rounds["off"]), **spans, **shares)


if __name__ == "__main__":
    told = _kinds(*sys.argv[1:4])
    print(json.dumps(asdict(asyncio.run(_measure(told, int(sys.argv[4]))))))
