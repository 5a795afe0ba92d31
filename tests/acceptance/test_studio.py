"""What LangSmith Studio asks of `langgraph dev`, asked of it with this repository's own `langgraph.json`.

Studio itself is a page on the web; it is not part of the test.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from cantata.graphs.drawing import draw
from tests.server_process import ASSISTANT, HANG_SECONDS, ROOT, ServerProcess, eventually, free_port

LISTED = json.loads(ASSISTANT.read_text())["graphs"]
GRAPHS = sorted(LISTED)
QUESTION = "What is 17*23?"
QUIET = {
    "DEFAULT_MODEL": "offline-demo",
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGGRAPH_NO_VERSION_CHECK": "1",
    "LANGSMITH_TRACING": "false",
    "OFFLINE_DEMO_TOKEN_DELAY_MS": "0",
    "NO_COLOR": "1",
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studio") / "studio.log"


@pytest.fixture(scope="module")
def studio(log: Path) -> Iterator[httpx.Client]:
    """Run `langgraph dev` in a copy of what it needs, for it keeps its threads in the folder where it starts."""
    folder = log.parent / "repository"
    folder.mkdir()
    shutil.copy(ASSISTANT, folder)
    (folder / "graphs").symlink_to(ROOT / "graphs")
    (folder / ".env").touch()
    port = free_port()
    command = [str(Path(sys.executable).with_name("langgraph")), "dev", "--no-browser", "--no-reload"]
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ} | QUIET
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, "--port", str(port)], cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=HANG_SECONDS, trust_env=False) as client:
        try:
            eventually(lambda: _answers(client))
            yield client
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(HANG_SECONDS)


@pytest.fixture(scope="module")
def assistants(studio: httpx.Client) -> dict[str, str]:
    found = studio.post("/assistants/search", json={"limit": 100}).raise_for_status().json()
    return {assistant["graph_id"]: assistant["assistant_id"] for assistant in found}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("ours"), ASSISTANT)
    yield server.start()
    server.close()


def test_every_graph_is_an_assistant(assistants: dict[str, str]) -> None:
    assert sorted(assistants) == GRAPHS


@pytest.mark.parametrize("graph", GRAPHS)
def test_studio_draws_every_step(studio: httpx.Client, assistants: dict[str, str], graph: str) -> None:
    location = LISTED[graph]["path"].removeprefix("./").removesuffix(".py:graph")
    module = import_module(f"cantata.{location.replace('/', '.')}")
    steps = {node.id.replace("/", ":") for node in draw(module.graph).nodes}

    drawing = studio.get(f"/assistants/{assistants[graph]}/graph", params={"xray": "true"}).raise_for_status().json()

    drawn = {node["id"] for node in drawing["nodes"]}
    assert {step for step in steps if step not in drawn and not any(id.startswith(f"{step}:") for id in drawn)} == set()


@pytest.mark.parametrize("graph", GRAPHS)
def test_studio_offers_the_models_and_their_options(
    studio: httpx.Client, assistants: dict[str, str], graph: str
) -> None:
    schemas = studio.get(f"/assistants/{assistants[graph]}/schemas").raise_for_status().json()

    assert "messages" in schemas["input_schema"]["properties"]
    assert {"model", "temperature"} <= set(schemas["context_schema"]["properties"])


@pytest.mark.parametrize("graph", GRAPHS)
def test_a_run_says_what_our_own_server_says(
    studio: httpx.Client, assistants: dict[str, str], ours: ServerProcess, log: Path, graph: str
) -> None:
    given = {"messages": [{"role": "user", "content": QUESTION}]}
    thread = studio.post("/threads", json={}).raise_for_status().json()["thread_id"]
    body = {"assistant_id": assistants[graph], "input": given, "context": {"model": "offline-demo"}}

    state = studio.post(f"/threads/{thread}/runs/wait", json=body).raise_for_status().json()
    history = studio.get(f"/threads/{thread}/history", params={"limit": 50}).raise_for_status().json()
    workflow = ours.waited("/api/workflows", {"graph": graph, "input": given, "model": "offline-demo"})

    assert text_of(state["messages"][-1]) == workflow["final_response"]
    assert len(history) >= 3  # checkpoints to go back to: of the input, of the start, after each superstep
    assert [line for line in log.read_text().splitlines() if "[warning" in line or "[error" in line] == []


def text_of(message: dict[str, Any]) -> str:
    """Join the answer's text, without its thoughts."""
    content = message["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return "".join(part["text"] for part in parts if part["type"] == "text")


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/ok").status_code == 200
    except httpx.ConnectError:
        return False
