"""A route that does not say who may use it stops the start."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from cantata.server.app import create_app
from cantata.server.auth.policies import GuardedRoute, Policy, declared_routes, needs, open_to_all
from cantata.server.errors import UndeclaredRoute
from cantata.server.settings import Settings


def app_with(route_class: type[APIRoute], mark: Callable[[Any], Any]) -> FastAPI:
    app, router = FastAPI(redoc_url=None, swagger_ui_oauth2_redirect_url=None), APIRouter(route_class=route_class)

    @router.get("/thing")
    @mark
    async def thing() -> None: ...

    app.include_router(router)
    return app


def unmarked(endpoint: Any) -> Any:
    return endpoint


@pytest.mark.parametrize(
    ("route_class", "mark"), [(GuardedRoute, unmarked), (APIRoute, unmarked), (APIRoute, needs("workflows:read"))]
)
def test_a_route_without_a_policy_that_is_enforced_is_found(
    route_class: type[APIRoute], mark: Callable[[Any], Any]
) -> None:
    with pytest.raises(UndeclaredRoute, match="/thing"):
        declared_routes(app_with(route_class, mark))


@pytest.mark.parametrize(
    ("route_class", "mark", "policy"),
    [
        (GuardedRoute, needs("workflows:read"), Policy("workflows:read")),
        (APIRoute, open_to_all, Policy(None)),
    ],
)
def test_a_declared_route_is_listed(route_class: type[APIRoute], mark: Callable[[Any], Any], policy: Policy) -> None:
    assert ("GET", "/thing", policy) in declared_routes(app_with(route_class, mark))


def test_a_route_that_was_added_without_a_policy_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings())

    @app.get("/forgotten")
    async def forgotten() -> None: ...

    with pytest.raises(UndeclaredRoute, match="/forgotten"):
        declared_routes(app)
