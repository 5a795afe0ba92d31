"""What a step of a compiled workflow spec costs beside the same graph written by hand, with the same agents.

The agents say a word without a model, so that what is left is the graph around them.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIMIT_SECONDS = 120.0


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
    command = [sys.executable, "-m", "benchmarks.handwritten", str(runs)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=LIMIT_SECONDS, text=True)
    return CompiledCost(**json.loads(done.stdout))
