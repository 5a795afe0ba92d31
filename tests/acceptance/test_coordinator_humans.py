"""People in workflows: several are asked at once, and only answers that fit are taken."""

from typing import Any

import pytest

from tests.server_process import ServerProcess

PARALLEL = "/api/coordinator/parallel"
ASKS = [
    {"type": "sequential", "name": "first", "steps": [{"agent": "counted"}, {"type": "approval", "prompt": "Go on?"}]},
    {"type": "approval", "name": "second", "prompt": "How many?", "schema": {"type": "integer", "minimum": 1}},
]


@pytest.fixture
def asked(coordinator: ServerProcess, key: str) -> dict[str, Any]:
    """Start a workflow that asks two people at once; return it as it waits."""
    workflow: dict[str, Any] = coordinator.waited(PARALLEL, {"tasks": ASKS, "input": key})
    assert workflow["status"] == "interrupted"
    return workflow


def ids(workflow: dict[str, Any]) -> dict[str, str]:
    """Return the ids of the questions, by their prompts."""
    return {asked["value"]["prompt"]: asked["id"] for asked in workflow["interrupts"]}


def resume(server: ServerProcess, workflow: dict[str, Any], **answers: Any) -> Any:
    """Answer by prompt."""
    known = ids(workflow)
    responses = {known[prompt.replace("_", " ") + "?"]: value for prompt, value in answers.items()}
    return server.client.post(f"/api/workflows/{workflow['workflow_id']}/resume", json={"responses": responses})


def test_questions_of_two_branches_are_answered_together(
    coordinator: ServerProcess, asked: dict[str, Any], key: str
) -> None:
    answer = resume(coordinator, asked, Go_on={"approved": True}, How_many=3)

    assert answer.json()["status"] == "completed"
    assert answer.json()["output"]["value"] == [f"counted {key}", {"value": key, "answer": 3}]


def test_one_of_two_answers_is_refused(coordinator: ServerProcess, asked: dict[str, Any]) -> None:
    answer = resume(coordinator, asked, Go_on={"approved": True})

    assert (answer.status_code, answer.json()["code"]) == (409, "interrupt_mismatch")
    assert set(answer.json()["pending"]) == set(ids(asked).values())
    assert coordinator.workflow(asked["workflow_id"])["status"] == "interrupted"


def test_every_answer_that_breaks_its_schema_is_named_and_the_workflow_waits_on(
    coordinator: ServerProcess, asked: dict[str, Any]
) -> None:
    answer = resume(coordinator, asked, Go_on={"approved": "yes"}, How_many=0)

    known = ids(asked)
    assert answer.status_code == 422
    assert {error["path"] for error in answer.json()["errors"]} == {
        f"responses.{known['Go on?']}.approved",
        f"responses.{known['How many?']}",
    }
    assert coordinator.workflow(asked["workflow_id"])["status"] == "interrupted"
    assert resume(coordinator, asked, Go_on={"approved": True}, How_many=1).json()["status"] == "completed"


def test_an_approval_in_a_branch_keeps_what_the_branch_has_done(
    coordinator: ServerProcess, asked: dict[str, Any], key: str
) -> None:
    workflow = resume(coordinator, asked, Go_on={"approved": True}, How_many=1).json()

    counted = [step for step in workflow["steps"] if step["name"] == "counted"]
    assert [(step["status"], step["void"]) for step in counted] == [("ok", False)]
    assert coordinator.desk.ran(f"counted-{key}") == {f"counted-{key}": 1}


def test_what_is_not_approved_ends_the_workflow(coordinator: ServerProcess, asked: dict[str, Any]) -> None:
    answer = resume(coordinator, asked, Go_on={"approved": False, "comment": "not like this"}, How_many=1)

    assert answer.json()["status"] == "failed"
    assert answer.json()["error"]["code"] == "not_approved"
    assert "not like this" in answer.json()["error"]["message"]


def test_a_value_given_with_the_approval_goes_on_instead(coordinator: ServerProcess) -> None:
    steps = [{"type": "approval", "prompt": "Go on?"}, {"agent": "upper"}]
    waiting = coordinator.waited("/api/coordinator/sequential", {"steps": steps, "input": "draft"})

    workflow = resume(coordinator, waiting, Go_on={"approved": True, "value": "better"}).json()

    assert workflow["final_response"] == "BETTER"


def test_a_question_of_an_agents_own_with_a_schema_is_held_to_it(coordinator: ServerProcess) -> None:
    waiting = coordinator.waited("/api/coordinator/sequential", {"steps": [{"agent": "asking"}], "input": "Which?"})
    (question,) = waiting["interrupts"]
    path = f"/api/workflows/{waiting['workflow_id']}/resume"

    refused = coordinator.client.post(path, json={"responses": {question["id"]: {"colour": "green"}}})
    taken = coordinator.client.post(path, json={"responses": {question["id"]: {"colour": "red"}}})

    assert refused.json()["errors"][0]["path"] == f"responses.{question['id']}.colour"
    assert taken.json()["final_response"] == "painted red"
