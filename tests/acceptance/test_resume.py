"""Questions to humans: who may answer, what happens to a second answer, and what a crash leaves of it."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.acceptance.conftest import Fresh
from tests.acceptance.reading import folded, told_by_log, types
from tests.server_process import ASYNC, JSON, ServerProcess, eventually


def asked(server: ServerProcess, graph: str, key: str, **fields: Any) -> Any:
    """Start a run; return its workflow once it asks."""
    workflow = server.waited("/api/workflows", {"graph": graph, "input": {"key": key}, **fields})
    assert workflow["status"] == "interrupted"
    return workflow


def answering(workflow: Any, answer: Any) -> dict[str, Any]:
    """Answer every question of the workflow alike."""
    return {"responses": {interrupt["id"]: answer for interrupt in workflow["interrupts"]}}


def resume_path(workflow: Any) -> str:
    return f"/api/workflows/{workflow['workflow_id']}/resume"


def test_a_question_in_a_subgraph_is_asked_and_answered(server: ServerProcess, key: str) -> None:
    workflow = asked(server, "approval", key)

    done = server.waited(resume_path(workflow), answering(workflow, "yes"))

    assert [(i["value"], i["node"]) for i in workflow["interrupts"]] == [({"question": "May I?"}, "ask")]
    assert workflow["interrupt_cause"] == "human"
    assert (done["status"], done["final_response"], done["interrupts"]) == ("completed", "the answer was yes", [])
    assert server.desk.ran(key) == {"prepare": 1, "ask": 2, "act": 1}
    assert told_by_log(done) == folded(server.events(workflow["workflow_id"]))


def test_a_stream_of_the_answer_begins_with_the_resumption(server: ServerProcess, key: str) -> None:
    workflow = asked(server, "approval", key)

    events = server.streamed(resume_path(workflow), answering(workflow, "yes"))

    assert events[0]["type"] == "workflow_resumed"
    assert events[0]["seq"] == workflow["last_seq"] + 1
    assert events[0]["cause"] == "human"
    assert events[-1]["type"] == "workflow_completed"


def test_a_stream_stays_open_over_the_question(server: ServerProcess, key: str) -> None:
    with server.stream("POST", "/api/workflows", {"graph": "approval", "input": {"key": key}}) as stream:
        question = stream.until("workflow_interrupted").data
        beat = stream.until("heartbeat")
        server.waited(f"/api/workflows/{question['workflow_id']}/resume", answering(question, "yes"))
        stream.rest()

    assert beat.data["status"] == "interrupted"
    assert types(stream.events)[1:] == ["workflow_interrupted", "workflow_resumed", "workflow_completed"]


def test_questions_one_after_the_other(server: ServerProcess, key: str) -> None:
    first = asked(server, "two_questions", key)
    second = server.waited(resume_path(first), answering(first, "A"))

    done = server.waited(resume_path(second), answering(second, "B"))

    assert second["status"] == "interrupted"
    assert second["interrupts"][0]["id"] != first["interrupts"][0]["id"]
    assert done["final_response"] == "A B"


def test_a_breakpoint_is_passed_with_no_answer(server: ServerProcess, key: str) -> None:
    workflow = asked(server, "breakpoint", key)

    refused = server.client.post(resume_path(workflow), json={"responses": {"x": 1}})
    done = server.waited(resume_path(workflow), {"responses": {}})

    assert (workflow["interrupt_cause"], workflow["interrupt_nodes"]) == ("breakpoint", ["publish"])
    assert (refused.status_code, refused.json()["pending"]) == (409, [])
    assert done["status"] == "completed"
    assert server.desk.ran(key) == {"write": 1, "publish": 1}


@pytest.mark.parametrize("wrong", [{}, {"other": "yes"}])
def test_other_answers_than_those_asked_for_list_the_pending_ones(
    server: ServerProcess, key: str, wrong: dict[str, Any]
) -> None:
    workflow = asked(server, "approval", key)
    question = workflow["interrupts"][0]["id"]

    answer = server.client.post(resume_path(workflow), json={"responses": wrong})
    too_many = server.client.post(resume_path(workflow), json={"responses": {question: 1, "more": 2}})

    assert (answer.status_code, answer.json()["code"]) == (409, "interrupt_mismatch")
    assert answer.json()["pending"] == too_many.json()["pending"] == [question]
    assert server.workflow(workflow["workflow_id"])["status"] == "interrupted"


def test_of_two_racing_answers_one_wins(server: ServerProcess, key: str) -> None:
    workflow = asked(server, "approval", key)
    path = resume_path(workflow)

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda n: server.client.post(path, json=answering(workflow, f"answer {n}"), headers=JSON), range(8)
            )
        )

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"not_interrupted"}
    assert types(server.events(workflow["workflow_id"])).count("workflow_resumed") == 1
    assert server.desk.ran(key)["act"] == 1


def test_an_answer_repeated_with_its_key_attaches(server: ServerProcess, key: str) -> None:
    workflow = asked(server, "approval", key)
    path, headers = resume_path(workflow), {"Idempotency-Key": key}
    first = server.streamed(path, answering(workflow, "yes"), headers)

    again = server.streamed(path, answering(workflow, "yes"), headers)
    another = server.client.post(path, json=answering(workflow, "no"), headers=headers)
    without = server.client.post(path, json=answering(workflow, "yes"))

    assert again == first
    assert (another.status_code, another.json()["code"]) == (409, "not_interrupted")
    assert without.status_code == 409


@pytest.mark.parametrize(("cursor", "status"), [("nonsense", 422), ("9999", 409)])
def test_an_answer_with_a_bad_cursor_is_not_taken(server: ServerProcess, key: str, cursor: str, status: int) -> None:
    """A client that reads 422 or 409 must be right that nothing happened."""
    workflow = asked(server, "approval", key)

    answer = server.client.post(
        resume_path(workflow), json=answering(workflow, "yes"), headers={"Last-Event-ID": cursor}
    )

    assert answer.status_code == status
    assert server.workflow(workflow["workflow_id"])["status"] == "interrupted"


def test_a_run_that_asks_keeps_its_session_until_it_is_cancelled(server: ServerProcess, key: str) -> None:
    workflow = asked(server, "approval", key, session_id=key)

    busy = server.client.post("/chat", json={"message": "hi", "session_id": key})
    cancelled = server.client.post(f"/api/workflows/{workflow['workflow_id']}/cancel").json()

    assert busy.json()["active_workflow_id"] == workflow["workflow_id"]
    assert (cancelled["status"], cancelled["interrupts"]) == ("cancelled", [])
    assert server.client.post(resume_path(workflow), json=answering(workflow, "yes")).status_code == 409
    assert server.waited("/chat", {"message": "hi", "session_id": key})["status"] == "completed"


def test_a_run_that_asks_needs_no_reader(server: ServerProcess, key: str) -> None:
    workflow = asked(server, "approval", key, on_disconnect="cancel")
    with server.stream("GET", f"/api/workflows/{workflow['workflow_id']}/events") as stream:
        for _ in range(11):  # 3.3 s of heartbeats, longer than the grace
            stream.until("heartbeat")

    done = server.waited(resume_path(workflow), answering(workflow, "yes"))

    assert done["status"] == "completed"


def test_a_waiting_request_that_is_repeated_at_the_question_is_answered(server: ServerProcess, key: str) -> None:
    workflow = asked(server, "approval", key)
    cursor = f"evt_{workflow['workflow_id'][3:]}_{workflow['last_seq']}"

    again = server.waited("/api/workflows", {"graph": "approval", "input": {"key": key}}, {"Last-Event-ID": cursor})

    assert again == workflow


def set_back(server: ServerProcess, run_id: str, **columns: Any) -> None:
    """Take the last event back and change the run's row: what a crash before the last commit would have left."""
    with sqlite3.connect(server.folder / "cantata.db") as database:
        first, last, frames = database.execute(
            "SELECT first_seq, last_seq, frames FROM events WHERE run_id = ? ORDER BY first_seq DESC", (run_id,)
        ).fetchone()
        left = b"".join(part + b"\n\n" for part in frames.split(b"\n\n")[:-2])
        key = (run_id, first)
        if left:
            change = "UPDATE events SET frames = ?, last_seq = ? WHERE run_id = ? AND first_seq = ?"
            database.execute(change, (left, last - 1, *key))
        else:
            database.execute("DELETE FROM events WHERE run_id = ? AND first_seq = ?", key)
        database.execute("UPDATE heads SET last_seq = ?, is_open = TRUE WHERE run_id = ?", (last - 1, run_id))
        for name, value in columns.items():
            database.execute(f"UPDATE runs SET {name} = ? WHERE id = ?", (value, run_id))
    database.close()


def test_a_crash_between_answer_and_claim_loses_nothing(fresh: Fresh, key: str) -> None:
    """The answer is stored, `workflow_resumed` too, and no worker is free to take the run when the process dies."""
    server = fresh(MAX_CONCURRENT_RUNS="1").start()
    workflow = asked(server, "approval", key)
    server.seen(server.started("nested", {"key": f"{key}-other"}), "message_delta")
    server.client.post(resume_path(workflow), json=answering(workflow, "yes"), headers=ASYNC).raise_for_status()
    waiting = server.workflow(workflow["workflow_id"])
    server.kill()

    server.desk.open(f"{key}-other")
    server.start()

    assert (waiting["status"], waiting["interrupts"]) == ("queued", [])
    assert server.events(workflow["workflow_id"])[-1]["final_response"] == "the answer was yes"
    assert server.desk.ran(key) == {"prepare": 1, "ask": 2, "act": 1}


def test_a_crash_after_the_answer_repeats_no_question(fresh: Fresh, key: str) -> None:
    server = fresh().start()
    workflow = asked(server, "approval", key)

    server.client.post(resume_path(workflow), json=answering(workflow, "yes"), headers=ASYNC)
    server.kill()  # before, in or after the claim
    server.start()

    events = server.events(workflow["workflow_id"])
    assert events[-1]["type"] == "workflow_completed"
    assert events[-1]["final_response"] == "the answer was yes"
    assert types(events).count("workflow_interrupted") == 1


def test_an_open_question_survives_a_crash(fresh: Fresh, key: str) -> None:
    server = fresh().start()
    workflow = asked(server, "approval", key)

    server.kill()
    server.start()

    assert server.workflow(workflow["workflow_id"]) == workflow
    assert server.waited(resume_path(workflow), answering(workflow, "yes"))["status"] == "completed"


def test_a_crash_just_before_a_breakpoint_does_not_pass_it(fresh: Fresh, key: str) -> None:
    """The checkpoint before the node is stored some milliseconds before `workflow_interrupted` is."""
    server = fresh().start()
    run_id = asked(server, "breakpoint", key)["workflow_id"]
    server.kill()
    set_back(server, run_id, status="running")

    server.start()
    eventually(lambda: server.workflow(run_id)["status"] not in ("queued", "running"))

    assert server.desk.ran(key) == {"write": 1}
    assert server.workflow(run_id)["status"] == "interrupted"


def test_a_crash_just_before_a_question_asks_it_again(fresh: Fresh, key: str) -> None:
    server = fresh().start()
    workflow = asked(server, "approval", key)
    server.kill()
    set_back(server, workflow["workflow_id"], status="running")

    server.start()
    eventually(lambda: server.workflow(workflow["workflow_id"])["status"] not in ("queued", "running"))
    again = server.workflow(workflow["workflow_id"])

    assert again["status"] == "interrupted"
    assert again["interrupts"] == workflow["interrupts"]
    assert server.waited(resume_path(again), answering(again, "yes"))["final_response"] == "the answer was yes"
