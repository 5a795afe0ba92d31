"""A fork begins with any checkpoint of another run, on a session of its own, and leaves that run as it was."""

from typing import Any

import pytest

from tests.acceptance.reading import folded, told_by_log, typed
from tests.server_process import SSE, ServerProcess
from tests.support.invariants import check_invariants

SEQUENTIAL = "/api/coordinator/sequential"
STEPS = [{"agent": "counted"}, {"type": "approval", "prompt": "Go on?"}, {"agent": "upper"}]


def history(server: ServerProcess, workflow: dict[str, Any]) -> list[Any]:
    found: list[Any] = server.client.get(f"/api/workflows/{workflow['workflow_id']}/history").json()["checkpoints"]
    return found


def at(server: ServerProcess, workflow: dict[str, Any], *next_nodes: str) -> str:
    """Find the checkpoint that has these nodes before it."""
    return str(next(c["checkpoint_id"] for c in history(server, workflow) if c["next"] == list(next_nodes)))


def fork(server: ServerProcess, workflow: dict[str, Any], checkpoint_id: str, **members: Any) -> Any:
    return server.client.post(
        f"/api/workflows/{workflow['workflow_id']}/fork", json={"checkpoint_id": checkpoint_id, **members}
    )


def answer(server: ServerProcess, workflow: dict[str, Any]) -> Any:
    responses = {asked["id"]: {"approved": True} for asked in workflow["interrupts"]}
    return server.client.post(f"/api/workflows/{workflow['workflow_id']}/resume", json={"responses": responses}).json()


@pytest.fixture
def waiting(coordinator: ServerProcess, key: str) -> dict[str, Any]:
    """Start a workflow that has counted and waits for a human."""
    workflow: dict[str, Any] = coordinator.waited(SEQUENTIAL, {"steps": STEPS, "input": key})
    return workflow


def test_a_fork_of_a_waiting_workflow_asks_again_and_both_go_on(
    coordinator: ServerProcess, waiting: dict[str, Any], key: str
) -> None:
    forked = fork(coordinator, waiting, at(coordinator, waiting, "approval"), metadata={"why": "to try"}).json()
    ends = [answer(coordinator, workflow) for workflow in (waiting, forked)]

    assert (forked["status"], forked["input"]) == ("interrupted", key)
    assert forked["session_id"] != waiting["session_id"]
    assert forked["metadata"] == {
        "why": "to try",
        "forked_from": {
            "workflow_id": waiting["workflow_id"],
            "checkpoint_id": at(coordinator, waiting, "approval"),
        },
    }
    assert [end["final_response"] for end in ends] == [f"COUNTED {key.upper()}"] * 2
    assert coordinator.desk.ran(f"counted-{key}") == {f"counted-{key}": 1}


def test_a_fork_from_the_past_does_again_what_followed(
    coordinator: ServerProcess, waiting: dict[str, Any], key: str
) -> None:
    answer(coordinator, waiting)

    forked = fork(coordinator, waiting, at(coordinator, waiting, "counted")).json()

    assert forked["status"] == "interrupted"
    assert coordinator.desk.ran(f"counted-{key}") == {f"counted-{key}": 2}
    assert answer(coordinator, forked)["final_response"] == f"COUNTED {key.upper()}"


def test_a_fork_with_an_input_begins_anew_on_that_state(
    coordinator: ServerProcess, waiting: dict[str, Any], key: str
) -> None:
    end = answer(coordinator, waiting)

    forked = fork(coordinator, end, end["checkpoint_id"], input=f"{key}-again").json()
    done = answer(coordinator, forked)

    assert (forked["status"], forked["input"]) == ("interrupted", f"{key}-again")
    assert [m["content"] for m in done["output"]["messages"]] == [
        key,
        f"COUNTED {key.upper()}",
        f"{key}-again",
        f"COUNTED {key.upper()}-AGAIN",
    ]


def test_a_fork_of_the_end_has_ended(coordinator: ServerProcess, key: str) -> None:
    run = coordinator.waited(SEQUENTIAL, {"steps": [{"agent": "counted"}], "input": key})

    forked = fork(coordinator, run, run["checkpoint_id"]).json()

    assert (forked["status"], forked["output"]["value"]) == ("completed", f"counted {key}")
    assert coordinator.desk.ran(f"counted-{key}") == {f"counted-{key}": 1}


def test_a_fork_has_a_log_of_its_own_and_its_story_is_its_fold(
    coordinator: ServerProcess, waiting: dict[str, Any]
) -> None:
    checkpoint_id = at(coordinator, waiting, "counted")
    body = {"checkpoint_id": checkpoint_id}
    path = f"/api/workflows/{waiting['workflow_id']}/fork"
    with coordinator.client.stream("POST", path, json=body, headers=SSE) as stream:
        run_id = stream.headers["x-workflow-id"]

    coordinator.seen(run_id, "workflow_interrupted")
    answer(coordinator, coordinator.workflow(run_id))
    events = coordinator.events(run_id)

    check_invariants(typed(events))
    assert [events[0]["seq"], events[0]["type"], events[-1]["type"]] == [1, "workflow_started", "workflow_completed"]
    assert events[0]["metadata"]["forked_from"]["checkpoint_id"] == checkpoint_id
    assert folded(events) == told_by_log(coordinator.workflow(run_id))


def test_a_chat_is_forked_like_any_other_run(coordinator: ServerProcess, key: str) -> None:
    coordinator.waited("/chat", {"message": "What is 2+2?", "session_id": key})
    run = coordinator.waited("/chat", {"message": "What is 3+3?", "session_id": key})

    forked = fork(coordinator, run, at(coordinator, run, "model")).json()

    assert forked["status"] == "completed"
    assert [m["type"] for m in forked["output"]["messages"]] == [
        "human",
        "ai",
        "tool",
        "ai",
        "human",
        "ai",
        "tool",
        "ai",
    ]
    assert forked["final_response"] == run["final_response"]


def test_a_checkpoint_of_another_workflow_is_refused(coordinator: ServerProcess, waiting: dict[str, Any]) -> None:
    other = coordinator.waited(SEQUENTIAL, {"steps": [{"agent": "upper"}], "input": "x"})

    for checkpoint_id in ("nothing", other["checkpoint_id"]):
        answered = fork(coordinator, waiting, checkpoint_id)
        assert (answered.status_code, answered.json()["code"]) == (422, "unknown_checkpoint")


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"checkpoint_id": 5}, "checkpoint_id"),
        ({"checkpoint_id": ""}, "checkpoint_id"),
        ({"session_id": "mine"}, "session_id"),
        ({"input": " "}, "input"),
        ({"metadata": {"forked_from": "me"}}, "metadata.forked_from"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
    ],
)
def test_a_bad_field_of_a_fork_is_named(
    coordinator: ServerProcess, waiting: dict[str, Any], members: dict[str, Any], where: str
) -> None:
    checkpoint_id = at(coordinator, waiting, "approval")

    answered = fork(coordinator, waiting, **{"checkpoint_id": checkpoint_id, **members})

    assert answered.status_code == 422
    assert where in [error["path"] for error in answered.json()["errors"]]


def test_there_is_no_fork_of_what_does_not_exist(coordinator: ServerProcess) -> None:
    answered = coordinator.client.post("/api/workflows/wf_01h455vb4pex5vsknk084sn02q/fork", json={"checkpoint_id": "x"})

    assert (answered.status_code, answered.json()["code"]) == (404, "workflow_not_found")
