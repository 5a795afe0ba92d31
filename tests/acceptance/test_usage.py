"""What model calls used, as /api/usage tells it on the real process."""

import csv
import io
from typing import Any

import pytest

from tests.acceptance.conftest import Fresh
from tests.server_process import ServerProcess
from tests.support.credentials import SECRET, bearer, token

QUESTION = {"message": "What is 17*23?"}


@pytest.fixture
def server(fresh: Fresh) -> ServerProcess:
    """Start a server of this test's own: usage is of everything that runs."""
    return fresh(None).start()


def usage(server: ServerProcess, query: str = "") -> Any:
    return server.client.get(f"/api/usage?{query}").raise_for_status().json()


def test_a_conversation_costs_what_its_workflows_say(server: ServerProcess) -> None:
    runs = [server.waited("/chat", {**QUESTION, "session_id": "talk"})["usage"] for _ in range(2)]
    server.waited("/chat", QUESTION)

    told = usage(server, "by=session&session_id=talk")

    (row,) = told["rows"]
    assert row["session"] == "talk"
    assert row["calls"] == sum(run["model_calls"] for run in runs)
    assert row["total_tokens"] == sum(run["total_tokens"] for run in runs)
    assert row["cost_usd"] == 0.0


def test_agents_within_a_workflow_are_told_apart(server: ServerProcess) -> None:
    steps = [{"agent": "researcher"}, {"agent": "writer"}]
    workflow = server.waited("/api/coordinator/sequential", {"steps": steps, "input": "What is an event log?"})

    told = usage(server, "by=graph,agent,model")

    assert {row["graph"] for row in told["rows"]} == {"sequential"}
    assert [row["agent"] for row in told["rows"]] == ["researcher", "writer"]
    assert sum(row["calls"] for row in told["rows"]) == told["total"]["calls"] == workflow["usage"]["model_calls"]


def test_a_spreadsheet_gets_the_same_rows(server: ServerProcess) -> None:
    server.waited("/chat", QUESTION)

    answer = server.client.get("/api/usage?by=day,user,model&format=csv")

    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert (row["user"], row["model"], row["calls"]) == ("local", "offline-demo", "2")


def test_a_server_without_runs_has_used_nothing(server: ServerProcess) -> None:
    told = usage(server)

    assert (told["rows"], told["total"]["calls"], told["total"]["cost_usd"]) == ([], 0, 0)


def test_a_sum_by_nothing_is_the_total(server: ServerProcess) -> None:
    """Also where nothing was used, whose sums a database does not know."""
    nothing = usage(server, "by=")
    server.waited("/chat", {"message": "What is 17*23?"})
    something = usage(server, "by=")

    assert (nothing["rows"], something["rows"]) == ([nothing["total"]], [something["total"]])
    assert (nothing["total"]["total_tokens"], something["total"]["calls"]) == (0, 2)


@pytest.mark.parametrize(
    ("query", "path"),
    [("by=user,moon", "by.1"), ("from=yesterday", "from"), ("from=2026-02-02&to=2026-02-01", "from"), ("x=1", "x")],
)
def test_what_cannot_be_asked_is_refused_with_its_place(server: ServerProcess, query: str, path: str) -> None:
    answer = server.client.get(f"/api/usage?{query}")

    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [path]


def test_admins_see_what_everybody_used_and_nobody_else_does(fresh: Fresh) -> None:
    """Sums that tell nobody apart are no look at anybody's; the others are written down."""
    server = fresh(None, JWT_SECRET=SECRET).start()
    ada, root = bearer(token("ada")), bearer(token("root", role="admin"))
    server.waited("/chat", QUESTION, headers=ada)

    own = server.client.get("/api/usage?by=user", headers=root).json()
    all_sums = server.client.get("/api/usage?by=day&owner=*", headers=root).json()
    by_user = server.client.get("/api/usage?by=user&owner=*", headers=root).json()
    refused = server.client.get("/api/usage?owner=*", headers=ada)
    looks = server.client.get("/api/audit", headers=root).json()

    assert (own["rows"], all_sums["total"]["calls"]) == ([], 2)
    assert [row["user"] for row in by_user["rows"]] == ["ada"]
    assert refused.status_code == 403
    assert [(look["target"], look["owner"]) for look in looks["looks"]] == [("usage", "*")]
