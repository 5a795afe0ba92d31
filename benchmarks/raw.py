"""The same graph without a server: the speed that everything else is a share of.

A process of its own, so that nothing of the server or the client is loaded: `python -m benchmarks.raw RUNS TOKENS`.
"""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import uvloop
from langchain_core.messages import AIMessageChunk

ROOT = Path(__file__).parent.parent
LIMIT_SECONDS = 60.0


@dataclass(frozen=True)
class RawSpeed:
    """How fast one run after the other goes through `graph.astream`."""

    tokens_per_second: float
    cpu_us_per_token: float


def measure_raw(runs: int, tokens: int) -> RawSpeed:
    """Measure in a new process.

    Raises:
        subprocess.SubprocessError: it failed, or took too long.
    """
    command = [sys.executable, "-m", "benchmarks.raw", str(runs), str(tokens)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=LIMIT_SECONDS, text=True)
    return RawSpeed(**json.loads(done.stdout))


async def _run(tokens: int) -> int:
    from benchmarks.project.graph import BenchState, bench_input, graph  # noqa: PLC0415 — only in the measuring process

    received = 0
    given = cast(BenchState, bench_input(tokens))
    async for mode, chunk in graph.astream(given, stream_mode=["messages", "updates"]):
        message = chunk[0] if mode == "messages" else None
        received += isinstance(message, AIMessageChunk) and bool(message.content)
    return received


async def _measure(runs: int, tokens: int) -> RawSpeed:
    for _ in range(5):
        await _run(tokens)
    began, cpu_began = time.monotonic(), time.process_time()
    received = 0
    for _ in range(runs):
        received += await _run(tokens)
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu_began
    assert received == runs * tokens, received
    return RawSpeed(received / seconds, cpu_seconds / received * 1e6)


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(_measure(int(sys.argv[1]), int(sys.argv[2]))))))
