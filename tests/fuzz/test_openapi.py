"""Whatever the description of the API allows, or forbids, can be sent: no answer is a 5xx, and each is as described.

`make test` sends the same few requests each time; `make fuzz` sends thousands of new ones (`FUZZ_EXAMPLES`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.callers import CALLERS, Caller, furnished
from tests.server_process import ROOT, ServerProcess

EXAMPLES = os.environ.get("FUZZ_EXAMPLES")
PHASES = "examples,coverage,fuzzing,stateful" if EXAMPLES else "examples,fuzzing,stateful"
FEW = ("--max-examples", "5", "--generation-deterministic")
ANSWER_SECONDS = "30"  # a hang: runs have three, and a busy machine may stall
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "use_after_free",
)
# What streams for as long as somebody waits is not of this kind of test; it has its own in tests/acceptance.
ENDLESS = ("/api/workflows/{workflow_id}/events", "/api/apps/{session_id}/agent/stream-continue")
SHAPES = ("SequentialStep", "ParallelStep", "HierarchicalStep")
PROGRAM = "import tests.fuzz.hooks; from schemathesis.cli import schemathesis; schemathesis()"


@pytest.fixture(params=CALLERS, ids=lambda caller: caller.name)
def caller(request: pytest.FixtureRequest) -> Caller:
    found: Caller = request.param
    return found


@pytest.fixture
def server(tmp_path: Path, caller: Caller) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path, None, RUN_TIMEOUT_SECONDS="3", **caller.settings)
    yield process.start()
    process.close()


@pytest.mark.timeout(1_800)
def test_every_answer_is_as_it_is_described(server: ServerProcess, caller: Caller, tmp_path: Path) -> None:
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(flattened(server.client.get("/openapi.json", headers=caller.headers).json())))
    known = json.dumps(furnished(server, caller))

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "run", str(description), *options(server, caller)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "FUZZ_KNOWN": known},
        check=False,
    )

    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert server.client.get("/health/live").status_code == 200
    assert "Traceback" not in server.log.read_text()


def options(server: ServerProcess, caller: Caller) -> list[str]:
    """Say what is to be sent, by whom, and what is looked at."""
    headers = {"Accept": "application/json"} | caller.headers
    return [
        *("--url", server.url, "--phases", PHASES, "--checks", ",".join(CHECKS)),
        *(("--max-examples", EXAMPLES, "--generation-database", "none") if EXAMPLES else FEW),
        *("--request-timeout", ANSWER_SECONDS, "--suppress-health-check", "all", "--warnings", "off"),
        *("--no-color", "--no-shrink", "--output-sanitize", "false"),
        *[part for path in ENDLESS for part in ("--exclude-path", path)],
        *[part for name, value in headers.items() for part in ("-H", f"{name}:{value}")],
    ]


def flattened(described: Any) -> Any:
    """Let no shape hold shapes: what makes up values cannot make one that holds its like."""
    schemas = described["components"]["schemas"]
    for shape in SHAPES:
        for member in schemas[shape]["properties"].values():
            items = member.get("items", {})
            for choices in (items.get("anyOf", []), items.get("oneOf", [])):
                choices[:] = [one for one in choices if not str(one.get("$ref", "")).endswith(SHAPES)]
            items.pop("discriminator", None)
    return described
