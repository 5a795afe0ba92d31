"""Limits are a user's, whatever the address and the credential, and as large as the role says."""

from pathlib import Path

import httpx
import pytest
from tests.support.app import open_app, somebody

from cantata.server.auth.principal import Role

ASYNC = {"Prefer": "respond-async"}


async def granted(client: httpx.AsyncClient, count: int) -> int:
    """Send many requests; tell how many were granted."""
    return sum([(await client.get("/api/graphs")).status_code == 200 for _ in range(count)])


@pytest.mark.parametrize(("role", "most"), [("user", 4), ("premium", 8), ("admin", 40)])
async def test_a_role_has_so_many_times_a_users_limit(tmp_path: Path, role: Role, most: int) -> None:
    async with (
        open_app(tmp_path, rate_limit_default="4/minute", premium_limit_factor=2) as app,
        app.client(somebody("ada", role)) as client,
    ):
        assert await granted(client, most + 5) == most


async def test_a_user_has_one_counter_at_all_addresses(tmp_path: Path) -> None:
    async with (
        open_app(tmp_path, rate_limit_default="4/minute") as app,
        app.client(somebody("ada"), "203.0.113.1") as here,
        app.client(somebody("ada"), "203.0.113.2") as there,
        app.client(somebody("bob"), "203.0.113.1") as neighbour,
    ):
        assert await granted(here, 3) + await granted(there, 5) == 4
        assert await granted(neighbour, 5) == 4


async def test_whoever_shows_a_credential_has_the_limits_that_nobody_set(tmp_path: Path) -> None:
    async with open_app(tmp_path) as app, app.client(somebody("ada")) as ada:
        answer = await ada.get("/api/graphs")

        assert answer.headers["ratelimit-policy"] == '"default";q=100;w=60'


async def test_whoever_uses_an_open_server_has_no_limit_unless_it_is_set(tmp_path: Path) -> None:
    async with open_app(tmp_path, jwt_secret=None) as app, app.client() as local:
        assert "ratelimit" not in (await local.get("/api/graphs")).headers


async def test_a_limit_can_be_off(tmp_path: Path) -> None:
    async with open_app(tmp_path, rate_limit_default="off") as app, app.client(somebody("ada")) as ada:
        assert await granted(ada, 120) == 120


@pytest.mark.parametrize(("role", "cause"), [("user", "budget"), ("admin", None)])
async def test_a_run_has_the_budget_of_whoever_started_it(tmp_path: Path, role: Role, cause: str | None) -> None:
    steps = {"steps": [{"agent": "writer", "method": "draft"}, {"agent": "reviewer"}], "input": "tea"}
    async with (
        open_app(tmp_path, daily_tokens_per_user=20, admin_limit_factor=1_000) as app,
        app.client(somebody("ada", role)) as client,
    ):
        workflow = (await client.post("/api/coordinator/sequential", json=steps, timeout=30)).json()

    assert workflow.get("interrupt_cause") == cause


async def test_as_many_runs_are_at_work_as_the_role_may_have(tmp_path: Path) -> None:
    body = {"message": "Tell me a long story", "on_disconnect": "continue"}
    async with (
        open_app(tmp_path, concurrent_runs_per_user=1, drain_seconds=0) as app,
        app.client(somebody("ada")) as client,
    ):
        answers = [await client.post("/chat", json=body, headers=ASYNC) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 429]
