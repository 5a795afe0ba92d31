"""Whatever is posted as a workflow is run, or refused with what is wrong; the server never fails."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.server.app import create_app
from cantata.server.settings import Settings
from tests.properties.test_specs import damaged, specs

NAMES = ["assistant", "writer", "reviewer"]
SHAPES = st.sampled_from(["sequential", "parallel", "hierarchical"])


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFLINE_DEMO_TOKEN_DELAY_MS", "0")
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "DEFAULT_MODEL"):
        monkeypatch.delenv(name, raising=False)


async def posted(requests: list[tuple[str, Any]]) -> list[httpx.Response]:
    """Post to a server of its own."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(database_url=f"sqlite:///{Path(folder) / 'cantata.db'}"))
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                header = {"Prefer": "respond-async"}
                return [await client.post(path, json=body, headers=header) for path, body in requests]


def of_shape(shape: str, spec: Any) -> tuple[str, Any]:
    """Post a spec as a shape's own path takes it."""
    body = {key: value for key, value in spec.items() if key != "type"} if isinstance(spec, dict) else spec
    return f"/api/coordinator/{shape}", body | {"input": "tea"} if isinstance(body, dict) else body


@given(st.lists(st.tuples(SHAPES, damaged() | specs(NAMES)), min_size=10, max_size=30))
@settings(max_examples=5)
def test_whatever_is_posted_is_run_or_refused(drawn: list[tuple[str, Any]]) -> None:
    requests = [of_shape(shape, spec) for shape, spec in drawn]
    requests += [("/api/coordinator/drawing", {"spec": spec}) for _, spec in drawn]

    responses = asyncio.run(posted(requests))

    assert {response.status_code for response in responses} <= {200, 202, 422}, [r.text for r in responses]


def bomb(levels: int) -> dict[str, Any]:
    spec: dict[str, Any] = {"agent": "writer"}
    for _ in range(levels):
        spec = {"type": "parallel", "tasks": [spec, spec]}
    return spec


def deep(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"not": value}
    return value


@pytest.mark.parametrize(
    ("step", "path"),
    [
        (bomb(12), "steps.0.tasks"),
        ({"type": "sequential", "steps": [{"agent": "writer"}] * 10_001}, "steps.0.steps"),
        ({"type": "approval", "prompt": "x", "schema": {"type": 3}}, "steps.0.schema"),
        ({"agent": "writer", "when": "[]" * 400}, "steps.0.when"),
        ({"agent": "writer", "transform": "no_such(@)"}, "steps.0.transform"),
        ({"agent": "writer", "method": deep(60)}, "steps.0.method"),
        ({"agent": "nobody"}, "steps.0.agent"),
    ],
    ids=["fan-out", "10,001 steps", "schema", "expression", "function", "deep", "nobody"],
)
def test_a_bomb_is_refused_with_the_path_of_its_field(step: Any, path: str) -> None:
    (response,) = asyncio.run(posted([("/api/coordinator/sequential", {"steps": [step], "input": "tea"})]))

    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["path"].startswith(path)


@pytest.mark.parametrize("levels", [20, 40, 60, 80, 90, 200])
def test_a_deep_schema_is_taken_or_refused(levels: int) -> None:
    step = {"type": "approval", "prompt": "x", "schema": deep(levels)}

    (response,) = asyncio.run(posted([("/api/coordinator/sequential", {"steps": [step], "input": "tea"})]))

    assert response.status_code in (202, 400, 422), response.text
