"""Workflows that clients store: versions, what a run keeps of them, and what becomes of a name."""

from typing import Any

import pytest

from tests.acceptance.conftest import Fresh
from tests.acceptance.reading import types
from tests.server_process import ASYNC, COORDINATOR, ServerProcess

STORED, NAMED = "/api/coordinator/workflows", "/api/coordinator/workflow"


def spec(*agents: str) -> dict[str, Any]:
    return {"type": "sequential", "steps": [{"agent": agent} for agent in agents]}


def store(server: ServerProcess, name: str, **members: Any) -> Any:
    return server.client.post(STORED, json={"name": name, "spec": spec("upper"), **members})


def test_a_workflow_is_stored_listed_shown_run_and_retired(coordinator: ServerProcess, key: str) -> None:
    stored = store(coordinator, key, description="Loud.")
    listed = {one["name"]: one for one in coordinator.client.get(STORED).json()["workflows"]}
    shown = coordinator.client.get(f"{STORED}/{key}").json()
    run = coordinator.waited(NAMED, {"workflow": key, "inputs": "ahoy"})
    retired = coordinator.client.delete(f"{STORED}/{key}")

    assert (stored.status_code, stored.headers["location"]) == (201, f"{STORED}/{key}")
    assert (stored.json()["version"], stored.json()["strategy"]) == (1, "sequential")
    assert (listed[key]["origin"], listed["sequential"]["origin"]) == ("stored", "ready-made")
    assert "upper" not in listed
    assert [version["version"] for version in shown["versions"]] == [1]
    assert shown["drawing"]["mermaid"].startswith("flowchart TD\n")
    assert (run["graph"], run["strategy"], run["final_response"]) == (key, "sequential", "AHOY")
    assert retired.status_code == 204
    assert coordinator.client.get(f"{STORED}/{key}").status_code == 404
    assert coordinator.client.post(NAMED, json={"workflow": key, "inputs": "x"}).json()["code"] == "unknown_graph"


def test_a_new_version_is_what_the_next_run_gets(coordinator: ServerProcess, key: str) -> None:
    store(coordinator, key)

    changed = coordinator.client.put(f"{STORED}/{key}", json={"spec": spec("upper", "exclaim")})

    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert coordinator.waited(NAMED, {"workflow": key, "inputs": "ahoy"})["final_response"] == "AHOY!"
    versions = coordinator.client.get(f"{STORED}/{key}").json()["versions"]
    assert [version["spec"] for version in versions] == [spec("upper", "exclaim"), spec("upper")]


def test_a_stored_workflow_runs_on_the_other_routes_too(coordinator: ServerProcess, key: str) -> None:
    store(coordinator, key)

    assert coordinator.waited("/chat", {"message": "ahoy", "agent": key})["final_response"] == "AHOY"
    assert coordinator.waited("/api/workflows", {"graph": key, "input": "ahoy"})["final_response"] == "AHOY"


def test_a_run_is_drawn_in_the_version_that_it_started_with(coordinator: ServerProcess, key: str) -> None:
    store(coordinator, key)
    run = coordinator.waited(NAMED, {"workflow": key, "inputs": "ahoy"})["workflow_id"]
    coordinator.client.put(f"{STORED}/{key}", json={"spec": spec("upper", "exclaim")})

    told = [coordinator.client.get(address) for address in (f"/api/workflows/{run}/drawing", f"{STORED}/{key}")]

    agents = [node["agent"] for node in told[0].json()["nodes"] if node["agent"]]
    newest = [node["agent"] for node in told[1].json()["drawing"]["nodes"] if node["agent"]]
    assert (agents, newest) == (["upper"], ["upper", "exclaim"])
    assert told[0].json()["mermaid"].startswith("flowchart TD\n")


def test_a_run_is_drawn_as_long_as_its_graph_is_there(fresh: Fresh) -> None:
    server = fresh(COORDINATOR).start()
    run = server.waited("/api/workflows", {"graph": "upper", "input": "ahoy"})["workflow_id"]
    address = f"/api/workflows/{run}/drawing"

    drawn, graphs = server.client.get(address), server.client.get("/api/graphs/upper/drawing")
    unknown = server.client.get("/api/workflows/wf_nothing/drawing")
    server.terminate()
    without = ServerProcess(server.folder, None).start()
    gone = without.client.get(address)
    without.close()

    assert drawn.json() == graphs.json()
    assert (unknown.status_code, unknown.json()["code"]) == (404, "workflow_not_found")
    assert (gone.status_code, gone.json()["code"]) == (422, "graph_unusable")


def test_a_run_keeps_its_version_through_a_kill(fresh: Fresh, key: str) -> None:
    server = fresh(COORDINATOR).start()
    store(server, "mine", spec=spec("gated", "upper"))
    body = {"workflow": "mine", "inputs": key}
    run_id = server.client.post(NAMED, json=body, headers=ASYNC).json()["workflow_id"]
    server.seen(run_id, "step_start", path=["gated", "reply"])

    server.client.put(f"{STORED}/mine", json={"spec": spec("exclaim")})
    server.client.delete(f"{STORED}/mine")
    server.kill()
    server.desk.open(key)
    server.start()
    story = server.events(run_id)

    assert types(story) == ["workflow_started", "workflow_resumed", "workflow_completed"]
    assert story[-1]["final_response"] == f"THROUGH {key.upper()}"
    assert server.client.get(f"{STORED}/mine").status_code == 404


def test_a_retired_name_can_be_stored_again_and_goes_on_counting(coordinator: ServerProcess, key: str) -> None:
    store(coordinator, key)
    coordinator.client.delete(f"{STORED}/{key}")

    again = store(coordinator, key)

    assert again.json()["version"] == 2
    versions = coordinator.client.get(f"{STORED}/{key}").json()["versions"]
    assert [(version["version"], version["is_retired"]) for version in versions] == [(2, False), (1, True)]


def test_inputs_are_held_to_the_schema(coordinator: ServerProcess, key: str) -> None:
    schema = {"type": "object", "properties": {"topic": {"type": "string"}}, "required": ["topic"]}
    store(coordinator, key, input_schema=schema)

    fine = coordinator.waited(NAMED, {"workflow": key, "inputs": {"topic": "sea"}})
    bad = coordinator.client.post(NAMED, json={"workflow": key, "inputs": {"topic": 5}})
    elsewhere = coordinator.client.post("/api/workflows", json={"graph": key, "input": {"topic": 5}})

    assert '"TOPIC": "SEA"' in fine["final_response"]
    assert (bad.status_code, bad.json()["errors"][0]["path"]) == (422, "inputs.topic")
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["path"]) == (422, "input.topic")


@pytest.mark.parametrize("name", ["sequential", "upper", "fails"])
def test_a_graphs_name_is_taken(coordinator: ServerProcess, name: str) -> None:
    answer = store(coordinator, name)

    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


def test_a_name_is_stored_once(coordinator: ServerProcess, key: str) -> None:
    store(coordinator, key)

    answer = store(coordinator, key)

    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
    assert "PUT" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_is_not_stored_is_not_found(coordinator: ServerProcess, method: str) -> None:
    body = {"spec": spec("upper")} if method == "PUT" else None

    answer = coordinator.client.request(method, f"{STORED}/nothing", json=body)

    assert (answer.status_code, answer.json()["code"]) == (404, "definition_not_found")


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"name": "not a name"}, "name"),
        ({"name": "1st"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": None}, "name"),
        ({"spec": {"type": "sequential", "steps": [{"agent": "nobody"}]}}, "spec.steps.0.agent"),
        ({"spec": {"type": "sequential", "steps": [{"agent": "upper"}] * 10_001}}, "spec.steps"),
        ({"spec": None}, "spec"),
        ({"spec": []}, "spec"),
        ({"description": 5}, "description"),
        ({"input_schema": {"type": "text"}}, "input_schema"),
        ({"input_schema": {"$ref": "https://example.org/schema"}}, "input_schema"),
        ({"input_schema": {"pattern": "(?=a)"}}, "input_schema"),
        ({"version": 3}, "version"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_its_path(
    coordinator: ServerProcess, members: dict[str, Any], where: str
) -> None:
    answer = coordinator.client.post(STORED, json={"name": "refused", "spec": spec("upper"), **members})

    assert answer.status_code == 422
    assert where in [error["path"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("inputs", [[], ["a"], 0, 1.5, False])
def test_a_graph_that_takes_an_object_is_not_started_with_anything_else(
    coordinator: ServerProcess, inputs: object
) -> None:
    refused = coordinator.client.post(NAMED, json={"workflow": "upper", "inputs": inputs})

    assert refused.status_code == 422
    assert [error["path"] for error in refused.json()["errors"]] == ["inputs"]
