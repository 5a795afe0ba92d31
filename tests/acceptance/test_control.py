"""Looking at runs and steering them: status, list, history, cancel, timeout, removal, and runs that nobody watches."""

import threading

import httpx
import pytest

from tests.acceptance.conftest import GRACE_SECONDS
from tests.acceptance.reading import folded, types
from tests.server_process import JSON, ServerProcess, eventually

SMALL_STATUS = {"workflow_id", "status", "progress", "last_seq", "attempt", "updated_at", "links"}


def waiting(server: ServerProcess, key: str, **fields: object) -> str:
    """Start a run that waits at its gate; return it once it does."""
    run_id = server.started("nested", {"key": key}, **fields)
    server.seen(run_id, "message_delta", delta="second ")
    return run_id


def test_a_poller_is_told_only_what_is_new(server: ServerProcess, key: str) -> None:
    run_id = waiting(server, key)
    path = f"/api/workflows/{run_id}/status"
    eventually(lambda: server.client.get(path).headers["etag"] == server.client.get(path).headers["etag"])

    running = server.client.get(path)
    unchanged = server.client.get(path, headers={"If-None-Match": running.headers["etag"]})
    server.desk.open(key)
    last = server.events(run_id)[-1]
    final = server.client.get(path, headers={"If-None-Match": running.headers["etag"]})

    assert set(running.json()) == SMALL_STATUS
    assert running.headers["retry-after"] == "1"
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (final.json()["status"], final.json()["last_seq"]) == ("completed", last["seq"])
    assert "retry-after" not in final.headers


def test_a_look_at_a_run_that_begins_does_not_wait_for_its_end(server: ServerProcess, key: str) -> None:
    """Between its claim and its first event a run has no recorder yet; 40 tries met that moment 9 times."""
    runs = []
    for number in range(40):
        run_id = server.started("nested", {"key": key}, session_id=f"{key}-{number}")
        runs.append(server.client.get(f"/api/workflows/{run_id}").json())

    assert {run["status"] for run in runs} <= {"queued", "running"}
    server.desk.open(key)
    assert server.events(runs[-1]["workflow_id"])[-1]["type"] == "workflow_completed"


def test_the_workflow_of_a_running_run_is_its_log_so_far(server: ServerProcess, key: str) -> None:
    run_id = waiting(server, key)

    eventually(lambda: server.workflow(run_id)["reasoning"][2:])
    workflow = server.workflow(run_id)
    so_far = server.client.get(f"/api/workflows/{run_id}/events", headers=JSON).json()["events"]

    assert workflow == workflow | folded(so_far)
    assert workflow["status"] == "running"
    assert [step["status"] for step in workflow["steps"]] == ["ok", "running", "ok", "running"]
    server.desk.open(key)


def test_the_list_is_filtered_and_paged(server: ServerProcess, key: str) -> None:
    runs = [server.waited("/api/workflows", {"graph": "one_node", "input": {"key": key}, "session_id": key})]
    runs += [server.waited("/chat", {"message": "hi", "session_id": key}) for _ in range(2)]
    ids = [run["workflow_id"] for run in reversed(runs)]

    def listed(**query: str | int) -> tuple[list[str], str | None]:
        wanted: dict[str, str | int] = {"session_id": key, **query}
        answer = server.client.get("/api/workflows", params=wanted).raise_for_status().json()
        return [run["workflow_id"] for run in answer["workflows"]], answer["next_cursor"]

    assert listed() == (ids, None)
    assert listed(graph="assistant") == (ids[:2], None)
    assert listed(status="completed") == (ids, None)
    assert listed(status="failed") == ([], None)
    assert listed(trace_id="none-has-one") == ([], None)
    assert listed(limit=2) == (ids[:2], ids[1])
    assert listed(limit=2, cursor=ids[1]) == (ids[2:], None)


def test_a_listed_run_has_its_small_status_and_more(server: ServerProcess, key: str) -> None:
    server.waited("/chat", {"message": "hi", "session_id": key})

    run = server.client.get("/api/workflows", params={"session_id": key}).json()["workflows"][0]

    assert set(run) == SMALL_STATUS | {"graph", "strategy", "session_id", "created_at", "feedback"}


def test_the_history_lists_the_runs_own_checkpoints(server: ServerProcess, key: str) -> None:
    body = {"message": "tool-error", "agent": "tool_error", "session_id": key}
    server.waited("/chat", body)
    run = server.waited("/chat", body)

    found = server.client.get(f"/api/workflows/{run['workflow_id']}/history").json()["checkpoints"]
    newest = server.client.get(f"/api/workflows/{run['workflow_id']}/history?limit=1").json()["checkpoints"]

    assert found[0]["checkpoint_id"] == run["checkpoint_id"]
    assert [checkpoint["next"] for checkpoint in found] == [[], ["model"], ["tools"], ["model"], ["__start__"]]
    assert found[0]["parent_checkpoint_id"] == found[1]["checkpoint_id"]
    assert newest == found[:1]


def test_a_cancel_is_answered_when_the_graph_has_ended(server: ServerProcess, key: str) -> None:
    run_id = waiting(server, key)
    path = f"/api/workflows/{run_id}/cancel"

    first = server.client.post(path, json={"reason": "enough"})
    again = server.client.post(path)

    assert first.json()["status"] == "cancelled"
    assert first.json()["cancelled"] == {"by": "local", "reason": "enough"}
    assert first.json()["partial_response"] == "this is second "
    assert again.json() == first.json()
    assert types(server.events(run_id)) == ["workflow_started", "workflow_cancelled"]


@pytest.mark.parametrize(("agent", "status"), [("two_tools", "completed"), ("model_error", "failed")])
def test_what_has_ended_cannot_be_cancelled(server: ServerProcess, agent: str, status: str) -> None:
    run = server.waited("/chat", {"message": "hi", "agent": agent})

    answer = server.client.post(f"/api/workflows/{run['workflow_id']}/cancel")

    assert (answer.status_code, answer.json()["code"]) == (409, "workflow_finished")
    assert server.workflow(run["workflow_id"])["status"] == status


def test_cancels_and_the_end_at_once_leave_one_terminal_event(server: ServerProcess, key: str) -> None:
    run_id = waiting(server, key)
    path = f"/api/workflows/{run_id}/cancel"

    cancels = [threading.Thread(target=server.client.post, args=[path]) for _ in range(5)]
    for thread in cancels:
        thread.start()
    server.desk.open(key)
    for thread in cancels:
        thread.join()

    assert types(server.events(run_id))[1:] in (["workflow_cancelled"], ["workflow_completed"])


def test_a_run_out_of_time_fails(server: ServerProcess, key: str) -> None:
    body = {"graph": "nested", "input": {"key": key}, "timeout_seconds": 3}

    workflow = server.waited("/api/workflows", body)

    assert (workflow["status"], workflow["error"]["code"]) == ("failed", "timeout")
    assert workflow["error"]["retryable"] is True
    assert workflow["execution_time_ms"] >= 3_000
    assert [step["status"] for step in workflow["steps"][:1]] == ["ok"]
    assert "running" not in {step["status"] for step in workflow["steps"]}


def test_only_what_has_ended_can_be_removed(server: ServerProcess, key: str) -> None:
    run_id = waiting(server, key, session_id=key)
    path = f"/api/workflows/{run_id}"

    too_early = server.client.delete(path)
    server.desk.open(key)
    server.events(run_id)
    removed = server.client.delete(path)
    gone = [server.client.request(method, path) for method in ("GET", "DELETE")]

    assert (too_early.status_code, too_early.json()["code"]) == (409, "workflow_not_finished")
    assert (removed.status_code, removed.content) == (204, b"")
    assert {answer.status_code for answer in gone} == {404}
    assert server.client.get("/api/workflows", params={"session_id": key}).json()["workflows"] == []


def test_a_conversation_survives_the_removal_of_its_run(server: ServerProcess, key: str) -> None:
    run = server.waited("/chat", {"message": "first", "agent": "tool_error", "session_id": key})

    server.client.delete(f"/api/workflows/{run['workflow_id']}").raise_for_status()
    later = server.waited("/chat", {"message": "second", "agent": "tool_error", "session_id": key})

    questions = [message["content"] for message in later["output"]["messages"] if message["type"] == "human"]
    assert questions == ["first", "second"]


def test_a_run_without_a_reader_is_cancelled_after_the_grace(server: ServerProcess, key: str) -> None:
    with server.stream(
        "POST", "/api/workflows", {"graph": "nested", "input": {"key": key}, "on_disconnect": "cancel"}
    ) as stream:
        stream.until("message_delta", delta="second ")

    events = server.client.get(f"/api/workflows?session_id={stream.events[0]['session_id']}")
    eventually(lambda: is_listed(server, stream.events[0]["session_id"], "cancelled"))

    last = server.events(stream.events[0]["workflow_id"])[-1]
    assert events.status_code == 200
    assert (last["type"], last["by"]) == ("workflow_cancelled", "disconnect")


def is_listed(server: ServerProcess, session_id: str, status: str) -> bool:
    """Tell a run's status by the list, which is no reader of the run."""
    answer = server.client.get("/api/workflows", params={"session_id": session_id, "status": status})
    return bool(answer.json()["workflows"])


def test_every_look_restarts_the_grace(server: ServerProcess, key: str) -> None:
    run_id = server.started("nested", {"key": key}, on_disconnect="cancel", session_id=key)
    pause = threading.Event()

    looked = []
    for _ in range(18):
        pause.wait(GRACE_SECONDS / 12)
        looked.append(server.client.get(f"/api/workflows/{run_id}/status").json()["status"])

    assert looked == ["running"] * 18  # one and a half graces long
    eventually(lambda: is_listed(server, key, "cancelled"))


def test_a_waiting_request_is_a_reader(server: ServerProcess, key: str) -> None:
    body = {"graph": "nested", "input": {"key": key}, "on_disconnect": "cancel"}
    opener = threading.Timer(1.5 * GRACE_SECONDS, server.desk.open, [key])

    opener.start()
    workflow = server.waited("/api/workflows", body)

    assert workflow["status"] == "completed"


def test_a_waiting_request_that_leaves_is_a_reader_no_more(server: ServerProcess, key: str) -> None:
    body = {"graph": "nested", "input": {"key": key}, "on_disconnect": "cancel", "session_id": key}

    with pytest.raises(httpx.ReadTimeout):
        server.client.post("/api/workflows", json=body, headers=JSON, timeout=0.5)

    try:
        eventually(lambda: is_listed(server, key, "cancelled"))
    finally:
        server.desk.open(key)


def test_a_run_that_goes_on_alone_does_so_by_default(server: ServerProcess, key: str) -> None:
    with server.stream("POST", "/api/workflows", {"graph": "nested", "input": {"key": key}}) as stream:
        stream.until("message_delta")
    threading.Event().wait(1.5 * GRACE_SECONDS)

    server.desk.open(key)

    assert server.events(stream.events[0]["workflow_id"])[-1]["type"] == "workflow_completed"


def test_runs_that_end_as_their_grace_does_leave_the_server_alive(server: ServerProcess, key: str) -> None:
    """The end may come between the look and the cancel; the refusal of that cancel once stopped the process."""
    ids = [
        server.started(
            "one_node",
            {"key": f"{key}-{number}", "seconds": GRACE_SECONDS - 0.06 + number * 0.0006},
            on_disconnect="cancel",
        )
        for number in range(100)
    ]

    ends = {types(server.events(run_id))[-1] for run_id in ids}

    assert ends <= {"workflow_completed", "workflow_cancelled"}
    assert server.client.get("/health/ready").status_code == 200
