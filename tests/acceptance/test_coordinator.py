"""The coordinator over HTTP: each shape with the body that its clients send, the three answers, and every refusal."""

from typing import Any

import pytest

from tests.acceptance.conftest import Fresh
from tests.server_process import ASYNC, JSON, PROJECTS, ServerProcess

SHAPES = "/api/coordinator"
SEQUENTIAL, PARALLEL, HIERARCHICAL = f"{SHAPES}/sequential", f"{SHAPES}/parallel", f"{SHAPES}/hierarchical"
NAMED, DRAWING = f"{SHAPES}/workflow", f"{SHAPES}/drawing"

IN_TURN = {"steps": [{"agent": "upper", "method": "run", "transform": None}, {"agent": "exclaim", "method": "run"}]}
SIDE_BY_SIDE = {"tasks": [{"agent": "upper", "method": "run"}, {"agent": "exclaim", "method": "run"}]}
UNDER_A_MANAGER = {
    "master": {"name": "assistant", "method": "run"},
    "subAgents": [{"name": "upper", "method": "run"}, {"name": "exclaim", "method": "run"}],
}


def nested(levels: int) -> dict[str, Any]:
    """Nest sequential steps so deep."""
    step: dict[str, Any] = {"agent": "exclaim"}
    for _ in range(levels - 1):
        step = {"type": "sequential", "steps": [step]}
    return step


# What the shapes do


def test_steps_in_turn_get_the_output_of_the_one_before(coordinator: ServerProcess) -> None:
    workflow = coordinator.waited(SEQUENTIAL, {**IN_TURN, "input": "ahoy"})

    assert (workflow["status"], workflow["final_response"]) == ("completed", "AHOY!")
    assert (workflow["graph"], workflow["strategy"], workflow["input"]) == ("sequential", "sequential", "ahoy")
    assert [step["name"] for step in workflow["steps"] if len(step["path"]) == 1] == ["upper", "exclaim"]


def test_steps_side_by_side_get_the_same_input(coordinator: ServerProcess) -> None:
    workflow = coordinator.waited(PARALLEL, {**SIDE_BY_SIDE, "input": "ahoy"})

    assert (workflow["strategy"], workflow["output"]["value"]) == ("parallel", ["AHOY", "ahoy!"])


def test_a_manager_delegates(coordinator: ServerProcess) -> None:
    workflow = coordinator.waited(HIERARCHICAL, {**UNDER_A_MANAGER, "input": "ahoy"})

    assert (workflow["status"], workflow["strategy"]) == ("completed", "hierarchical")
    assert workflow["reasoning"][0]["action"] == "delegate"
    assert {"assistant", "upper"} <= {step["name"] for step in workflow["steps"]}


def test_any_json_goes_through_and_transforms_pick_from_it(coordinator: ServerProcess) -> None:
    steps = [{"agent": "facts", "transform": "json"}, {"agent": "exclaim", "when": "facts[5]"}]

    workflow = coordinator.waited(SEQUENTIAL, {"steps": steps, "input": "sea"})

    assert workflow["output"]["value"] == {"topic": "sea", "facts": ["one", "two"]}
    assert coordinator.waited(SEQUENTIAL, {**IN_TURN, "input": {"n": 1}})["input"] == {"n": 1}
    assert coordinator.waited(SEQUENTIAL, {**IN_TURN, "input": False})["final_response"] == "FALSE!"


def test_three_steps_of_a_second_side_by_side_are_at_work_at_once(coordinator: ServerProcess) -> None:
    events = coordinator.streamed(PARALLEL, {"tasks": [{"agent": "second"}] * 3, "input": "x"})

    steps = [event["type"] for event in events if event["type"].startswith("step_") and len(event["path"]) == 1]
    assert events[-1]["output"]["value"] == ["x after a second"] * 3
    assert steps[:6] == ["step_start"] * 3 + ["step_end"] * 3


def test_a_text_goes_on_with_the_sessions_conversation(coordinator: ServerProcess, key: str) -> None:
    body = {"steps": [{"agent": "exclaim"}], "session_id": key}
    coordinator.waited(SEQUENTIAL, {**body, "input": "one"})

    again = coordinator.waited(SEQUENTIAL, {**body, "input": "two"})

    assert [m["content"] for m in again["output"]["messages"]] == ["one", "one!", "two", "two!"]


def test_a_workflow_of_the_request_shares_no_thread_with_a_graph_of_its_name(
    coordinator: ServerProcess, key: str
) -> None:
    """The states of two graphs on one thread leak into each other."""
    sent = {"session_id": key, "input": "one"}
    first = coordinator.waited(SEQUENTIAL, {**sent, "steps": [{"agent": "exclaim"}]})
    second = coordinator.waited("/api/workflows", {**sent, "graph": "sequential"})

    assert (first["status"], second["status"]) == ("completed", "completed")
    assert [m["content"] for m in second["output"]["messages"]][:2] == ["one", "one!"]


def test_ten_levels_are_fine(coordinator: ServerProcess) -> None:
    workflow = coordinator.waited(SEQUENTIAL, {"steps": [nested(9)], "input": "deep"})

    assert workflow["final_response"] == "deep!"


def test_what_shakes_is_tried_again_and_what_is_broken_can_be_done_without(
    coordinator: ServerProcess, key: str
) -> None:
    retry = {"max_attempts": 3, "initial_interval": 0.01, "backoff_factor": 2}
    tasks = [{"agent": "shaky", "retry": retry}, {"agent": "broken"}, {"agent": "upper"}]

    workflow = coordinator.waited(PARALLEL, {"tasks": tasks, "input": key, "on_error": "continue"})

    failure = {"error": {"type": "RuntimeError", "message": "it is broken"}}
    assert workflow["output"]["value"] == ["at last", failure, key.upper()]
    assert coordinator.desk.ran(f"shaky-{key}") == {f"shaky-{key}": 3}


def test_a_failing_branch_ends_the_workflow_unless_told_otherwise(coordinator: ServerProcess) -> None:
    workflow = coordinator.waited(PARALLEL, {"tasks": [{"agent": "broken"}, {"agent": "second"}], "input": "x"})

    assert (workflow["status"], workflow["error"]["code"]) == ("failed", "graph_error")
    assert "it is broken" in workflow["error"]["message"]


def test_a_step_has_its_own_time(coordinator: ServerProcess, key: str) -> None:
    steps = [{"agent": "gated", "timeout_seconds": 0.1}]

    workflow = coordinator.waited(SEQUENTIAL, {"steps": steps, "input": key})

    assert (workflow["status"], workflow["error"]["code"]) == ("failed", "node_timeout")


def test_a_cancel_stops_all_branches(coordinator: ServerProcess, key: str) -> None:
    tasks = [{"agent": "gated"}] * 3
    run = coordinator.client.post(PARALLEL, json={"tasks": tasks, "input": key}, headers=ASYNC).json()["workflow_id"]
    for name in ("gated", "gated_2", "gated_3"):
        coordinator.seen(run, "step_start", path=[name, "reply"])

    workflow = coordinator.client.post(f"/api/workflows/{run}/cancel").json()

    assert workflow["status"] == "cancelled"
    assert {step["status"] for step in workflow["steps"]} == {"cancelled"}
    assert len([step for step in workflow["steps"] if len(step["path"]) == 1]) == 3


# The three answers


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (SEQUENTIAL, {**IN_TURN, "input": "ahoy"}),
        (PARALLEL, {**SIDE_BY_SIDE, "input": "ahoy"}),
        (HIERARCHICAL, {**UNDER_A_MANAGER, "input": "ahoy"}),
        (NAMED, {"workflow": "upper", "inputs": "ahoy", "options": {}}),
    ],
)
def test_every_route_has_the_three_answers_and_waits_by_default(
    coordinator: ServerProcess, path: str, body: dict[str, Any]
) -> None:
    waited = coordinator.client.post(path, json=body)
    background = coordinator.client.post(path, json=body, headers=ASYNC)
    streamed = coordinator.streamed(path, body)

    assert (waited.status_code, waited.json()["status"]) == (200, "completed")
    assert background.status_code == 202
    assert background.headers["location"] == f"/api/workflows/{background.json()['workflow_id']}"
    assert [streamed[0]["type"], streamed[-1]["type"]] == ["workflow_started", "workflow_completed"]
    assert coordinator.events(background.json()["workflow_id"])[-1]["type"] == "workflow_completed"


def test_a_repeated_request_attaches_by_key_or_cursor(coordinator: ServerProcess, key: str) -> None:
    body = {**IN_TURN, "input": key}
    first = coordinator.waited(SEQUENTIAL, body, {"Idempotency-Key": key})
    again = coordinator.waited(SEQUENTIAL, body, {"Idempotency-Key": key})
    cursor = {"Last-Event-ID": f"evt_{first['workflow_id'][3:]}_1"}

    attached = coordinator.waited(SEQUENTIAL, body, cursor)
    other = coordinator.client.post(PARALLEL, json={**SIDE_BY_SIDE, "input": key}, headers=JSON | cursor)

    assert again["workflow_id"] == attached["workflow_id"] == first["workflow_id"]
    assert (other.status_code, other.json()["code"]) == (422, "cursor_of_another_request")


# By name


def test_any_graph_can_be_run_by_its_name(coordinator: ServerProcess) -> None:
    options = {"model": "offline-demo", "temperature": 0.2, "timeout_seconds": 30, "config": {"tags": ["mine"]}}

    ready_made = coordinator.waited(NAMED, {"workflow": "sequential", "inputs": "The sea", "options": options})
    a_graph = coordinator.waited(NAMED, {"workflow": "upper", "inputs": {"messages": ["ahoy"]}})

    assert (ready_made["status"], ready_made["strategy"]) == ("completed", "sequential")
    assert a_graph["final_response"] == "AHOY"


@pytest.mark.parametrize("field", ["model", "timeout_seconds", "config"])
def test_a_field_in_options_and_beside_them_is_refused(coordinator: ServerProcess, field: str) -> None:
    value: Any = {"model": "offline-demo", "timeout_seconds": 5, "config": {}}[field]
    body = {"workflow": "assistant", "inputs": "hi", "options": {field: value}, field: value}

    answer = coordinator.client.post(NAMED, json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == f"options.{field}"


def test_an_unknown_name_is_answered_with_those_that_are_known(coordinator: ServerProcess) -> None:
    answer = coordinator.client.post(NAMED, json={"workflow": "nothing", "inputs": "x"})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_graph")
    assert all(name in answer.json()["detail"] for name in ("nothing", "sequential", "upper"))


# Refusals


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        (SEQUENTIAL, {"input": "x"}, "steps"),
        (SEQUENTIAL, {"steps": [], "input": "x"}, "steps"),
        (SEQUENTIAL, {"steps": "upper", "input": "x"}, "steps"),
        (SEQUENTIAL, {"steps": None, "input": "x"}, "steps"),
        (SEQUENTIAL, {"steps": ["upper"], "input": "x"}, "steps.0"),
        (SEQUENTIAL, {"steps": [{"method": "run"}], "input": "x"}, "steps.0.agent"),
        (SEQUENTIAL, {"steps": [{"agent": "nobody"}], "input": "x"}, "steps.0.agent"),
        (SEQUENTIAL, {"steps": [{"agent": "fails"}], "input": "x"}, "steps.0.agent"),
        (
            SEQUENTIAL,
            {"steps": [{"agent": "upper"}, {"agent": "upper", "method": "sing"}], "input": "x"},
            "steps.1.method",
        ),
        (SEQUENTIAL, {"steps": [{"agent": "upper", "transform": "reverse"}], "input": "x"}, "steps.0.transform"),
        (SEQUENTIAL, {"steps": [{"agent": "upper", "transform": "a[?"}], "input": "x"}, "steps.0.transform"),
        (SEQUENTIAL, {"steps": [{"agent": "upper", "when": "nofunction(@)"}], "input": "x"}, "steps.0.when"),
        (SEQUENTIAL, {"steps": [{"agent": "upper", "colour": 1}], "input": "x"}, "steps.0.colour"),
        (SEQUENTIAL, {"steps": [{"type": "loop"}], "input": "x"}, "steps.0"),
        (SEQUENTIAL, {**IN_TURN}, "input"),
        (SEQUENTIAL, {**IN_TURN, "input": None}, "input"),
        (SEQUENTIAL, {**IN_TURN, "input": " "}, "input"),
        (SEQUENTIAL, {**IN_TURN, "input": "x", "tasks": []}, "tasks"),
        (SEQUENTIAL, {**IN_TURN, "input": "x", "type": "parallel"}, "type"),
        (SEQUENTIAL, {**IN_TURN, "input": "x", "name": "not a name"}, "name"),
        (SEQUENTIAL, {**IN_TURN, "input": "x", "timeout_seconds": 0}, "timeout_seconds"),
        (PARALLEL, {"tasks": [{"agent": "nobody"}], "input": "x"}, "tasks.0.agent"),
        (PARALLEL, {**SIDE_BY_SIDE, "input": "x", "max_concurrency": 0}, "max_concurrency"),
        (PARALLEL, {**SIDE_BY_SIDE, "input": "x", "on_error": "shrug"}, "on_error"),
        (PARALLEL, {**SIDE_BY_SIDE, "input": "x", "aggregate": "blend"}, "aggregate"),
        (PARALLEL, {**SIDE_BY_SIDE, "input": "x", "aggregate": {"agent": "nobody"}}, "aggregate.agent"),
        (HIERARCHICAL, {"master": {"name": "assistant"}, "input": "x"}, "subAgents"),
        (HIERARCHICAL, {**UNDER_A_MANAGER, "input": "x", "max_rounds": 0}, "max_rounds"),
        (HIERARCHICAL, {**UNDER_A_MANAGER, "input": "x", "master": {"name": "nobody"}}, "master.name"),
        (HIERARCHICAL, {**UNDER_A_MANAGER, "input": "x", "subAgents": [{"name": "nobody"}]}, "subAgents.0.name"),
        (NAMED, {"inputs": "x"}, "workflow"),
        (NAMED, {"workflow": "upper"}, "inputs"),
        (NAMED, {"workflow": "upper", "inputs": "x", "options": {"warmth": 1}}, "options.warmth"),
        (DRAWING, {}, "spec"),
        (DRAWING, {"spec": {"type": "sequential", "steps": [{"agent": "nobody"}]}}, "spec.steps.0.agent"),
        (DRAWING, {"spec": 5}, "spec"),
    ],
)
def test_a_refusal_names_the_field(coordinator: ServerProcess, path: str, body: dict[str, Any], where: str) -> None:
    answer = coordinator.client.post(path, json=body)

    assert answer.status_code == 422
    assert where in [error["path"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("steps", "where", "setting"),
    [
        ([{"agent": "upper"}] * 10_001, "steps", "MAX_WORKFLOW_STEPS"),
        ([{"type": "parallel", "tasks": [{"agent": "upper"}] * 60}] * 60, None, "MAX_WORKFLOW_STEPS"),
        ([nested(16)], "steps.0" + ".steps.0" * 15, "MAX_WORKFLOW_DEPTH"),
    ],
    ids=["many", "fan-out", "deep"],
)
def test_a_bomb_is_refused_before_anything_runs(
    coordinator: ServerProcess, steps: list[Any], where: str | None, setting: str
) -> None:
    answer = coordinator.client.post(SEQUENTIAL, json={"steps": steps, "input": "x"})

    error = answer.json()["errors"][0]
    assert answer.status_code == 422
    assert setting in error["message"]
    assert where in (None, error["path"])


def test_the_limits_are_settings(fresh: Fresh) -> None:
    config = PROJECTS / "coordinator" / "langgraph.json"
    server = fresh(config, MAX_WORKFLOW_STEPS="3", MAX_WORKFLOW_DEPTH="2").start()

    many = server.client.post(SEQUENTIAL, json={"steps": [{"agent": "upper"}] * 3, "input": "x"})
    deep = server.client.post(DRAWING, json={"spec": {"type": "sequential", "steps": [nested(2)]}})
    fine = server.client.post(SEQUENTIAL, json={"steps": [{"agent": "upper"}] * 2, "input": "x"})

    assert (many.status_code, deep.status_code, fine.status_code) == (422, 422, 200)


# Lists and drawings


def test_agents_are_listed_with_what_steps_can_say_of_them(coordinator: ServerProcess) -> None:
    agents = {one["name"]: one for one in coordinator.client.get(f"{SHAPES}/agents").json()["agents"]}

    assistant, upper, fails = agents["assistant"], agents["upper"], agents["fails"]
    assert (assistant["status"], assistant["model"]) == ("ok", "offline-demo")
    assert {"run", "execute"} <= set(assistant["methods"])
    assert "calculator" in assistant["tools"]
    assert "messages" in upper["input_schema"]["properties"]
    assert (fails["status"], fails["methods"]) == ("error", [])
    assert "no such licence" in fails["error"]


def test_a_file_that_hangs_or_fails_does_not_keep_the_server_from_running(fresh: Fresh) -> None:
    server = fresh(PROJECTS / "coordinator" / "hanging.json", GRAPH_LOAD_SECONDS="5").start()

    agents = {one["name"]: one for one in server.client.get(f"{SHAPES}/agents").json()["agents"]}
    ready = server.client.get("/health/ready")

    assert ready.status_code == 200
    assert set(ready.json()["broken_graphs"]) == {"hangs", "fails"}
    assert agents["hangs"]["status"] == agents["fails"]["status"] == "error"
    assert "GRAPH_LOAD_SECONDS" in agents["hangs"]["error"]
    assert server.waited(SEQUENTIAL, {"steps": [{"agent": "upper"}], "input": "on"})["final_response"] == "ON"
    assert server.terminate() == 0


def test_graphs_are_listed_and_drawn(coordinator: ServerProcess) -> None:
    graphs = {one["name"]: one for one in coordinator.client.get("/api/graphs").json()["graphs"]}
    drawing = coordinator.client.get("/api/graphs/assistant/drawing").json()
    unknown = coordinator.client.get("/api/graphs/nothing/drawing")
    broken = coordinator.client.get("/api/graphs/fails/drawing")

    assert {"name", "description", "input_schema"} <= set(graphs["sequential"])
    assert graphs["fails"]["error"]
    assert {node["name"] for node in drawing["nodes"]} == {"__start__", "model", "tools", "__end__"}
    assert {"source": "tools", "target": "model", "conditional": False} in drawing["edges"]
    assert drawing["mermaid"].startswith("flowchart TD\n")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "graph_not_found")
    assert (broken.status_code, broken.json()["code"]) == (422, "graph_unusable")


def test_a_spec_is_drawn_without_being_run(coordinator: ServerProcess, key: str) -> None:
    spec = {"type": "sequential", "steps": [{"agent": "counted"}, {"type": "parallel", **SIDE_BY_SIDE}]}

    drawing = coordinator.client.post(DRAWING, json={"spec": spec}).json()

    nodes = {node["id"]: node["type"] for node in drawing["nodes"]}
    assert nodes["counted"] == nodes["parallel/upper"] == "agent"
    assert nodes["parallel"] == "workflow"
    assert 'subgraph n2["parallel"]' in drawing["mermaid"]
