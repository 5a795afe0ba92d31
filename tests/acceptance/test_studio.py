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
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.runnables.graph import Edge, Node
from langchain_core.runnables.graph_mermaid import draw_mermaid

from tests.server_process import ASSISTANT, HANG_SECONDS, ROOT, ServerProcess, eventually, free_port

GRAPHS = sorted(json.loads(ASSISTANT.read_text())["graphs"])
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
    found = studio.post("/assistants/search", json={}).raise_for_status().json()
    return {assistant["graph_id"]: assistant["assistant_id"] for assistant in found}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("ours"), ASSISTANT)
    yield server.start()
    server.close()


def test_every_graph_is_an_assistant(assistants: dict[str, str]) -> None:
    assert sorted(assistants) == GRAPHS


@pytest.mark.parametrize("graph", GRAPHS)
def test_studio_draws_what_the_documentation_shows(
    studio: httpx.Client, assistants: dict[str, str], graph: str
) -> None:
    drawing = studio.get(f"/assistants/{assistants[graph]}/graph", params={"xray": "true"}).raise_for_status().json()

    assert mermaid(drawing) in (ROOT / "docs/graphs.md").read_text()


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
    assert len(history) > len(workflow["steps"])  # checkpoints to go back to
    assert [line for line in log.read_text().splitlines() if "[warning" in line or "[error" in line] == []


def mermaid(drawing: dict[str, Any]) -> str:
    """Draw what Studio was given, as the documentation does."""
    nodes = {node["id"]: Node(node["id"], node["id"], None, None) for node in drawing["nodes"]}
    edges = [
        Edge(edge["source"], edge["target"], edge.get("data"), edge.get("conditional", False))
        for edge in drawing["edges"]
    ]
    return draw_mermaid(nodes, edges, with_styles=False).replace("\t", "  ")


def text_of(message: dict[str, Any]) -> str:
    """Join the answer's text, without its thoughts."""
    return "".join(part["text"] for part in message["content"] if part["type"] == "text")


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/ok").status_code == 200
    except httpx.ConnectError:
        return False
