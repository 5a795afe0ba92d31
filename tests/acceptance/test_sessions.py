"""Conversations: one run at a time, in order, over several graphs; and keys against doing a thing twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.server_process import ASYNC, JSON, ServerProcess


def test_a_busy_session_names_its_run_and_how_to_cancel_it(server: ServerProcess, key: str) -> None:
    active = server.started("nested", {"key": key}, session_id=key)

    answer = server.client.post("/chat", json={"message": "hi", "session_id": key})

    assert (answer.status_code, answer.json()["code"]) == (409, "session_busy")
    assert answer.json()["active_workflow_id"] == active
    assert server.client.post(answer.json()["cancel"]).json()["status"] == "cancelled"
    assert server.waited("/chat", {"message": "hi", "session_id": key})["status"] == "completed"


def test_enqueued_runs_take_their_turn(server: ServerProcess, key: str) -> None:
    first = server.started("nested", {"key": key}, session_id=key)
    second = server.started("one_node", {"key": f"{key}-2"}, session_id=key, if_busy="enqueue")
    third = server.started("one_node", {"key": f"{key}-3"}, session_id=key, if_busy="enqueue")
    waiting = [server.workflow(run_id)["status"] for run_id in (second, third)]

    server.desk.open(key)
    ends = [server.events(run_id)[-1]["timestamp"] for run_id in (first, second, third)]

    assert waiting == ["queued", "queued"]
    assert ends == sorted(ends)
    assert server.workflow(second)["started_at"] >= ends[0]
    assert server.workflow(third)["started_at"] >= ends[1]


def test_a_cancelled_run_lets_the_next_one_go(server: ServerProcess, key: str) -> None:
    first = server.started("nested", {"key": key}, session_id=key)
    second = server.started("nested", {"key": f"{key}-2"}, session_id=key, if_busy="enqueue")
    third = server.started("one_node", {"key": f"{key}-3"}, session_id=key, if_busy="enqueue")

    cancelled = [server.client.post(f"/api/workflows/{run_id}/cancel").json() for run_id in (second, first)]

    assert [workflow["status"] for workflow in cancelled] == ["cancelled", "cancelled"]
    assert server.events(third)[-1]["type"] == "workflow_completed"
    assert server.desk.ran(f"{key}-2") == {}


def test_a_session_goes_on_over_two_graphs(server: ServerProcess, key: str) -> None:
    """Each graph has a thread of its own, and hears what the other ones said."""
    server.waited("/chat", {"message": "two-tools", "agent": "two_tools", "session_id": key})
    server.waited("/chat", {"message": "remember me", "agent": "tool_error", "session_id": key})
    workflow = server.waited("/chat", {"message": "And now?", "agent": "two_tools", "session_id": key})

    said = [(message["type"], message["content"].strip()) for message in workflow["output"]["messages"]]
    spoken = [pair for pair in said if pair[0] == "human" or pair[1] in ("I could not find it.",)]
    assert spoken == [
        ("human", "two-tools"),
        ("human", "remember me"),
        ("ai", "I could not find it."),
        ("human", "And now?"),
    ]


def test_fifty_equal_requests_at_once_make_one_run(server: ServerProcess, key: str) -> None:
    body = {"graph": "one_node", "input": {"key": key}, "session_id": key}
    headers = ASYNC | {"Idempotency-Key": key}

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: server.client.post("/api/workflows", json=body, headers=headers), range(50)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["workflow_id"] for answer in answers}) == 1
    assert len(server.events(answers[0].json()["workflow_id"])) > 0
    assert server.desk.ran(key) == {"only": 1}


def test_a_key_gives_the_same_run_and_the_answer_that_is_asked_for(server: ServerProcess, key: str) -> None:
    body = {"graph": "one_node", "input": {"key": key}}

    first = server.waited("/api/workflows", body, {"Idempotency-Key": key})
    second = server.streamed("/api/workflows", body, {"Idempotency-Key": key})
    third = server.client.post(f"/api/workflows?idempotency_key={key}", json=body, headers=JSON).json()

    assert second[0]["workflow_id"] == first["workflow_id"] == third["workflow_id"]
    assert second[-1]["type"] == "workflow_completed"


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/workflows", {"graph": "one_node", "input": {"key": "another"}}), ("/chat", {"message": "hello"})],
)
def test_a_key_is_for_one_request(server: ServerProcess, key: str, path: str, body: dict[str, str]) -> None:
    server.waited("/api/workflows", {"graph": "one_node", "input": {"key": key}}, {"Idempotency-Key": key})

    answer = server.client.post(path, json=body, headers={"Idempotency-Key": key})

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


@pytest.mark.parametrize("bad", ["a b", "x" * 256, "ü"])
def test_a_key_that_is_none_is_refused(server: ServerProcess, bad: str) -> None:
    answer = server.client.post("/chat", json={"message": "hi"}, headers={b"Idempotency-Key": bad.encode("latin-1")})

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "Idempotency-Key")
