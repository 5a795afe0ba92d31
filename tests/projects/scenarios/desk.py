"""Where the graphs note what they did, and wait until they may go on: files, so that a killed process keeps them."""

import asyncio
import os
from pathlib import Path

DESK = Path(os.environ.get("SCENARIO_DESK", "/tmp/scenario-desk"))


def note(key: str, node: str) -> int:
    """Write down that a node ran; return how often it has."""
    path = DESK / f"{key}.ran"
    with path.open("a") as file:
        file.write(f"{node}\n")
    return path.read_text().split().count(node)


async def gate(name: str) -> None:
    while not (DESK / f"{name}.open").exists():
        await asyncio.sleep(0.005)
