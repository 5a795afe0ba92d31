"""The statistics add up what ended, agent by agent, and outlive the process."""

from typing import Any

import pytest

from tests.acceptance.conftest import Fresh
from tests.server_process import ASYNC, COORDINATOR, ServerProcess

STATS = "/api/coordinator/stats"
SEQUENTIAL, PARALLEL = "/api/coordinator/sequential", "/api/coordinator/parallel"


@pytest.fixture
def server(fresh: Fresh) -> ServerProcess:
    """Start a server of this test's own: statistics are of everything that runs."""
    return fresh(COORDINATOR).start()


def stats(server: ServerProcess) -> Any:
    return server.client.get(STATS).raise_for_status().json()


def runs(group: Any) -> tuple[int, int, int]:
    return group["runs"]["completed"], group["runs"]["failed"], group["runs"]["cancelled"]


def test_a_new_server_has_nothing_to_tell(server: ServerProcess) -> None:
    assert stats(server) == {"since": None, "strategies": {}, "agents": {}, "workflows": {}}


def test_runs_are_counted_by_strategy_workflow_and_agent(server: ServerProcess) -> None:
    steps = [{"agent": "upper"}, {"agent": "assistant", "name": "last"}]
    server.waited(SEQUENTIAL, {"steps": steps, "input": "What is 2+2?"})
    server.waited(PARALLEL, {"tasks": [{"agent": "upper"}, {"agent": "broken"}], "input": "x", "on_error": "continue"})
    server.waited(SEQUENTIAL, {"steps": [{"agent": "broken"}], "input": "x"})
    server.waited("/chat", {"message": "What is 2+2?"})

    told = stats(server)

    strategies, agents, workflows = told["strategies"], told["agents"], told["workflows"]
    assert {name: runs(group) for name, group in strategies.items()} == {
        "parallel": (1, 0, 0),
        "sequential": (1, 1, 0),
        "single": (1, 0, 0),
    }
    assert strategies["sequential"]["success_rate"] == 0.5
    assert {name: runs(group) for name, group in workflows.items()} == {
        "assistant": (1, 0, 0),
        "parallel": (1, 0, 0),
        "sequential": (1, 1, 0),
    }
    assert (runs(agents["upper"]), runs(agents["assistant"])) == ((2, 0, 0), (2, 0, 0))
    assert agents["broken"]["runs"]["failed"] >= 1
    assert agents["assistant"]["usage"]["model_calls"] == 4
    assert agents["assistant"]["usage"]["total_tokens"] == sum(
        strategies[name]["usage"]["total_tokens"] for name in ("single", "sequential")
    )
    assert agents["assistant"]["usage"]["cost_usd"] == 0
    assert agents["upper"]["usage"]["model_calls"] == 0


def test_percentiles_are_of_real_durations(server: ServerProcess) -> None:
    server.waited(SEQUENTIAL, {"steps": [{"agent": "second"}], "input": "x"})
    for _ in range(9):  # so many that a busy machine does not hold up half of them
        server.waited(SEQUENTIAL, {"steps": [{"agent": "upper"}], "input": "x"})

    of_all, of_one = stats(server)["strategies"]["sequential"]["duration_ms"], stats(server)["agents"]["second"]

    assert of_all["p50"] < 1_000 <= of_all["p95"] == of_all["p99"]
    assert of_one["duration_ms"]["p50"] >= 1_000


def test_what_is_at_work_is_active(server: ServerProcess, key: str) -> None:
    body = {"tasks": [{"agent": "gated"}, {"agent": "upper"}], "input": key}
    run_id = server.client.post(PARALLEL, json=body, headers=ASYNC).json()["workflow_id"]
    server.seen(run_id, "step_start", path=["gated", "reply"])

    told = stats(server)
    server.desk.open(key)
    server.events(run_id)
    later = stats(server)

    groups = (told["strategies"]["parallel"], told["workflows"]["parallel"], told["agents"]["gated"])
    assert [(group["active"], group["success_rate"]) for group in groups] == [(1, None)] * 3
    assert (later["strategies"]["parallel"]["active"], runs(later["strategies"]["parallel"])) == (0, (1, 0, 0))


def test_a_cancelled_run_counts_as_such(server: ServerProcess, key: str) -> None:
    body = {"steps": [{"agent": "gated"}], "input": key}
    run_id = server.client.post(SEQUENTIAL, json=body, headers=ASYNC).json()["workflow_id"]
    server.seen(run_id, "step_start", path=["gated", "reply"])

    server.client.post(f"/api/workflows/{run_id}/cancel")

    told = stats(server)
    assert runs(told["strategies"]["sequential"]) == runs(told["agents"]["gated"]) == (0, 0, 1)


def test_statistics_outlive_the_process_and_the_run_until_they_are_reset(server: ServerProcess) -> None:
    run = server.waited(SEQUENTIAL, {"steps": [{"agent": "upper"}], "input": "x"})
    before = stats(server)
    server.client.delete(f"/api/workflows/{run['workflow_id']}")
    server.kill()
    server.start()

    assert stats(server) == before

    reset = server.client.post(f"{STATS}/reset").json()
    assert reset["since"] is not None
    assert reset["strategies"] == reset["agents"] == {}
    server.waited(SEQUENTIAL, {"steps": [{"agent": "upper"}], "input": "x"})
    assert runs(stats(server)["agents"]["upper"]) == (1, 0, 0)
