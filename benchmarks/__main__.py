"""The `make bench` command: how fast this server delivers, and how late, beside the same graph without a server.

    this process: the client ──HTTP on loopback──▶ `cantata serve`, a process for each suite and repetition
                                                   `benchmarks.raw`, a process for each repetition

Needs Linux: both processes read one monotonic clock, and the server's processor time comes from /proc.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.report import Figures, figures_of, missed, render
from benchmarks.server import database_root, file_system, sync_milliseconds
from benchmarks.suites import FULL, QUICK, SUITES, Samples, measure


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; exits with 1 when `--strict` is given and a target is missed."""
    options = _parser().parse_args(arguments)
    wanted = options.only or SUITES
    samples, began = Samples(), time.monotonic()
    for repetition in range(options.repeat or (1 if options.quick else 3)):
        _tell(f"repetition {repetition + 1}")
        measure(samples, QUICK if options.quick else FULL, wanted, _tell)
    figures = figures_of(samples)
    print(f"{_conditions(began)}\n\n{render(samples, figures)}")
    if options.json:
        _write(Path(options.json), samples, figures)
    if options.strict and missed(figures):
        sys.exit(1)


def _conditions(began: float) -> str:
    root = database_root()
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} processors, load average {load:.1f}; database on {file_system(root)} ({root}),"
        f" fdatasync {sync_milliseconds(root):.2f} ms; measured in {time.monotonic() - began:.0f} s"
    )


def _tell(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


def _write(path: Path, samples: Samples, figures: Figures) -> None:
    content = {"medians": figures, "repetitions": asdict(samples)}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures this server.")
    parser.add_argument("--quick", action="store_true", help="smaller loads, once each, not above 100 streams")
    parser.add_argument("--only", action="append", choices=SUITES, help="measure this; can be said again")
    parser.add_argument("--repeat", type=int, metavar="N", help="show medians of N repetitions (default: 3; quick: 1)")
    parser.add_argument("--json", metavar="FILE", help="write every figure of every repetition, too")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is missed")
    return parser


if __name__ == "__main__":
    main()
