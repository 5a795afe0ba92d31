"""What a step of a compiled workflow spec costs beside the same graph written by hand, with the same agents.

A process of its own: `python -m benchmarks.compiled RUNS`. The agents say a word without a model, so that what is left
is the graph around them. Both kinds run by turns, so that a drift of the machine meets both.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.handwritten import Graph

ROOT = Path(__file__).parent.parent
LIMIT_SECONDS = 120.0
STEPS = 10
ROUNDS = 7  # of each kind; the median counts


@dataclass(frozen=True)
class CompiledCost:
    """Processor time of a step, in µs, and the ratio of both within a round."""

    sequential: float
    sequential_by_hand: float
    sequential_ratio: float
    parallel: float
    parallel_by_hand: float
    parallel_ratio: float


def measure_compiled(runs: int) -> CompiledCost:
    """Measure in a new process.

    Raises:
        subprocess.SubprocessError: it failed, or took too long.
    """
    command = [sys.executable, "-m", "benchmarks.compiled", str(runs)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=LIMIT_SECONDS, text=True)
    return CompiledCost(**json.loads(done.stdout))


async def _measure(runs: int) -> CompiledCost:
    from benchmarks.handwritten import COMPILED, HANDWRITTEN  # noqa: PLC0415 — only in the measuring process

    found: dict[str, float] = {}
    for shape in ("sequential", "parallel"):
        rounds = [
            (await _cost(COMPILED[shape], runs), await _cost(HANDWRITTEN[shape], runs)) for _ in range(ROUNDS + 1)
        ]
        rounds = rounds[1:]  # the first one warms up
        found[shape] = statistics.median(one for one, _ in rounds)
        found[f"{shape}_by_hand"] = statistics.median(other for _, other in rounds)
        found[f"{shape}_ratio"] = statistics.median(one / other for one, other in rounds)
    return CompiledCost(**found)


async def _cost(graph: "Graph", runs: int) -> float:
    began = time.process_time()
    for _ in range(runs):
        output: Mapping[str, Any] = await graph.ainvoke({"input": "go"})
    assert output["final_response"], output
    return (time.process_time() - began) / (runs * STEPS) * 1e6


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_measure(int(sys.argv[1]))))))
