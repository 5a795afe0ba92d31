"""What /api/operations tells an operator of the real process."""

import socket
from typing import Any

import pytest

from tests.acceptance.conftest import Fresh
from tests.server_process import ServerProcess, eventually


@pytest.fixture
def server(fresh: Fresh) -> ServerProcess:
    """Start a server of this test's own."""
    return fresh().start()


def told(server: ServerProcess) -> Any:
    return server.client.get("/api/operations").raise_for_status().json()


def test_a_run_is_shown_with_the_step_it_is_at(server: ServerProcess, key: str) -> None:
    run_id = server.started("nested", {"key": key})
    server.seen(run_id, "message_delta", delta="second ")

    (run,) = told(server)["runs"]["shown"]

    assert run["workflow_id"] == run_id
    assert (run["graph"], run["owner"], run["steps"]) == ("nested", "local", [["inner", "second"]])


def test_who_waits_for_a_human_is_counted(server: ServerProcess, key: str) -> None:
    """It holds no place in the line, so nothing else tells an operator that somebody is asked."""
    server.seen(server.started("approval", {"key": key}), "workflow_interrupted")

    eventually(lambda: told(server)["runs"]["active"] == 0)

    assert told(server)["runs"]["interrupted"] == 1
    assert "\nruns_interrupted 1.0\n" in server.client.get("/metrics").text


def test_ended_runs_are_summed_up_and_failures_named(server: ServerProcess) -> None:
    asked = {"messages": [{"role": "user", "content": "x"}]}
    server.waited("/api/workflows", {"graph": "two_tools", "input": asked})
    failed = server.waited("/api/workflows", {"graph": "model_error", "input": asked})

    now = told(server)

    (failure,) = now["failures"]
    assert (now["runs"]["active"], now["runs"]["shown"]) == (0, [])
    assert (now["totals"]["completed"], now["totals"]["failed"]) == (1, 1)
    assert (now["totals"]["model_calls"], now["totals"]["model_errors"]) == (3, 1)
    assert (failure["workflow_id"], failure["error"]) == (failed["workflow_id"], failed["error"])
    assert now["latency_seconds"]["run"]["p50"] <= now["latency_seconds"]["run"]["p99"]
    assert now["storage"]["database_bytes"] > 10_000


def test_a_reader_that_takes_nothing_is_named(server: ServerProcess, key: str) -> None:
    """Its run goes on meanwhile, and is far ahead of it."""
    words = {"messages": [{"role": "user", "content": "flood 60000 0"}]}
    run_id = server.started("flood", words)
    request = f"GET /api/workflows/{run_id}/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
    with socket.socket() as idle:
        idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        idle.connect(("127.0.0.1", server.port))
        idle.sendall(request.encode())

        (slow,) = next(iter(filter(None, (told(server)["readers"]["slow"] for _ in range(1_000)))))

    assert slow["workflow_id"] == run_id
    assert slow["behind"] >= 100
