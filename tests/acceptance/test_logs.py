"""What the real process logs: every line in one shape, and nothing in it that a client said."""

import json
from importlib.metadata import version
from typing import Any

from tests.acceptance.conftest import Fresh
from tests.server_process import ServerProcess, eventually

SAID = "What-nobody-else-may-read"
JSON_LINES = {"LOG_FORMAT": "json"}


def lines(server: ServerProcess, **members: Any) -> list[dict[str, Any]]:
    """Return the lines that have these members."""
    told = [json.loads(line) for line in server.log.read_text().splitlines()]
    return [line for line in told if members.items() <= line.items()]


def asked(server: ServerProcess, agent: str = "two_tools") -> str:
    """Stream an agent's answer; return the run once its request has left its line."""
    with server.stream("GET", f"/api/stream/{agent}?prompt={SAID}") as read:
        run_id: str = read.until("connected").data["workflow_id"]
        read.rest()
    eventually(lambda: lines(server, event="request"))
    return run_id


def test_a_request_leaves_one_line_without_its_query(fresh: Fresh) -> None:
    server = fresh(**JSON_LINES).start()

    run_id = asked(server)

    (line,) = lines(server, event="request")
    assert line == line | {
        "level": "info",
        "logger": "cantata.access",
        "method": "GET",
        "route": "/api/stream/{agent}",
        "status": 200,
        "workflow_id": run_id,
    }
    assert line["duration_ms"] > 0
    assert SAID not in server.log.read_text()


def test_a_log_says_which_server_wrote_it_and_how_it_ended(fresh: Fresh) -> None:
    server = fresh(**JSON_LINES).start()
    server.terminate()
    server.wait()

    (started,), (stopped,) = lines(server, event="server started"), lines(server, event="server stopped")
    assert started == started | {"port": server.port, "version": version("cantata"), "is_open": True}
    assert started["database"].endswith("cantata.db")
    assert started["timestamp"] < stopped["timestamp"]


def test_a_run_leaves_one_line_that_says_how_it_went(fresh: Fresh) -> None:
    server = fresh(**JSON_LINES).start()

    run_id = asked(server)

    (line,) = lines(server, event="run completed")
    workflow = server.workflow(run_id)
    assert line == line | {
        "workflow_id": run_id,
        "session_id": workflow["session_id"],
        "graph": "two_tools",
        "status": "completed",
        "duration_ms": workflow["execution_time_ms"],
        "events": workflow["last_seq"],
    }


def test_what_is_logged_during_a_run_carries_its_id(fresh: Fresh) -> None:
    server = fresh(**JSON_LINES).start()

    run_id = asked(server, "model_error")

    (line,) = lines(server, level="warning")
    assert line["workflow_id"] == run_id
    assert "the provider hung up" in line["exception"]


def test_a_refused_request_names_the_code_and_nothing_that_was_sent(fresh: Fresh) -> None:
    server = fresh(**JSON_LINES).start()

    server.client.post("/chat", json={"message": SAID, "unknown": SAID})

    eventually(lambda: lines(server, event="request"))
    (line,) = lines(server, event="request")
    assert (line["route"], line["status"]) == ("/chat", 422)
    assert SAID not in server.log.read_text()


def test_requests_of_probes_and_scrapers_leave_no_line(fresh: Fresh) -> None:
    server = fresh(**JSON_LINES).start()

    server.client.get("/health/live")
    server.client.get("/metrics")
    server.client.get("/api/workflows")
    eventually(lambda: lines(server, event="request"))

    assert [line["route"] for line in lines(server, event="request")] == ["/api/workflows"]


def test_levels_are_set_for_all_and_for_modules(fresh: Fresh) -> None:
    server = fresh(LOG_LEVELS="cantata.access=WARNING", **JSON_LINES).start()

    server.waited("/chat", {"message": "hi", "agent": "two_tools"})

    assert lines(server, event="run completed")
    assert not lines(server, event="request")


def test_an_unknown_level_stops_the_start(fresh: Fresh) -> None:
    code, said = fresh().refused(LOG_LEVELS="cantata=LOUD")

    assert code == 2
    assert "LOG_LEVELS" in said


def test_a_run_that_waits_and_goes_on_says_so(fresh: Fresh) -> None:
    """Somebody asks at night why a run does not go on."""
    server = fresh(**JSON_LINES).start()
    run = server.waited("/api/coordinator/workflow", {"workflow": "approval", "inputs": {"key": "logged"}})
    run_id = run["workflow_id"]

    answers = {question["id"]: "yes" for question in run["interrupts"]}
    server.client.post(f"/api/workflows/{run_id}/resume", json={"responses": answers})
    eventually(lambda: lines(server, event="run completed"))

    (waits,), (goes_on,) = lines(server, event="run interrupted"), lines(server, event="run resumed")
    assert waits == waits | {"workflow_id": run_id, "graph": "approval", "attempt": 1, "cause": "human"}
    assert goes_on == goes_on | {"workflow_id": run_id, "graph": "approval", "attempt": 1, "cause": "human"}
