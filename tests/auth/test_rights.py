"""What roles and workspaces change: models for some, and what is kept for how long."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from cantata.server import Cantata
from cantata.server.settings import Settings
from tests.auth.conftest import Opened
from tests.support.credentials import SECRET, bearer, token

USER, PREMIUM = bearer(token("ada")), bearer(token("ada", role="premium"))
JSON = {"Accept": "application/json"}
DEAR = "offline-demo"


@pytest.fixture
async def dear(serving: Opened) -> Any:
    """Serve where the only model is for some."""
    async with serving(jwt_secret=SECRET, premium_models="offline-demo") as client:
        yield client


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/chat", {"message": "hi"}),
        ("/chat", {"message": "hi", "model": DEAR}),
        ("/chat", {"message": "hi", "config": {"configurable": {"model": DEAR}}}),
        ("/api/stream", {"prompt": "hi", "models": [DEAR]}),
        ("/api/workflows", {"graph": "assistant", "input": "hi", "context": {"model": DEAR}}),
        ("/api/coordinator/sequential", {"steps": [{"agent": "assistant", "model": DEAR}], "input": "hi"}),
        ("/api/coordinator/sequential", {"steps": [{"agent": "assistant"}], "input": "hi"}),
    ],
)
async def test_a_dear_model_is_for_premium_users(dear: httpx.AsyncClient, path: str, body: dict[str, Any]) -> None:
    refused = await dear.post(path, json=body, headers={**USER, **JSON})
    answered = await dear.post(path, json=body, headers={**PREMIUM, **JSON})

    assert (refused.status_code, refused.json()["code"], refused.json()["model"]) == (403, "premium_only", DEAR)
    assert answered.status_code == 200, answer_of(answered)


def answer_of(answer: httpx.Response) -> str:
    return answer.text[:500]


async def test_a_stored_workflow_does_not_smuggle_a_dear_model(dear: httpx.AsyncClient) -> None:
    spec = {"type": "sequential", "steps": [{"agent": "assistant", "model": DEAR}]}
    stored = await dear.post("/api/coordinator/workflows", json={"name": "mine", "spec": spec}, headers=USER)

    run = await dear.post("/api/coordinator/workflow", json={"workflow": "mine", "inputs": "hi"}, headers=USER)

    assert stored.status_code == 201
    assert (run.status_code, run.json()["code"]) == (403, "premium_only")


async def test_a_dear_model_that_does_not_exist_stops_the_start(serving: Opened) -> None:
    with pytest.raises(Exception, match="PREMIUM_MODELS"):
        async with serving(premium_models="gemini/x:y"):
            pass


async def test_a_run_belongs_to_its_users_workspace(client: httpx.AsyncClient) -> None:
    acme = bearer(token("ada", workspace="acme"))
    await client.post("/chat", json={"message": "hi", "session_id": "s"}, headers={**acme, **JSON})

    def places(connection: Any) -> list[Any]:
        return [
            connection.execute("SELECT workspace FROM runs").fetchall(),
            connection.execute("SELECT workspace FROM sessions").fetchall(),
        ]

    resources = client.app.state.resources  # type: ignore[attr-defined]  # the fixture's
    assert await resources.database.read(places) == [[("acme",)], [("acme",)]]


async def test_a_programs_runs_belong_to_whom_it_names(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'cantata.db'}")
    async with Cantata(settings) as cantata:
        await cantata.run("hi", owner="ada", session_id="s")
        await cantata.run("hi", session_id="s")
        async for _ in await cantata.stream_with_sse("hi", owner="ada"):
            pass
        told = [await cantata.get_stats(owner=owner) for owner in ("ada", "local", "bob")]

    counted = [stats["strategies"].get("single", {"runs": {"completed": 0}})["runs"]["completed"] for stats in told]
    assert counted == [2, 1, 0]
    assert [stats["streams"]["totalStreams"] for stats in told] == [1, 0, 0]
