"""Puts the parts together: middleware, routers, error handler, lifespan. No logic."""

import gc
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from starlette.exceptions import HTTPException

from cantata.server import errors
from cantata.server.access_log import AccessLog
from cantata.server.auth.access import open_access
from cantata.server.auth.chain import Authentication
from cantata.server.auth.policies import Declared, declared_routes
from cantata.server.embedded import Cantata
from cantata.server.exits import heard_exits
from cantata.server.guard import Addressed, BodyLimit, OpenServerGuard
from cantata.server.hardening import SecurityHeaders, secured
from cantata.server.http_spans import RequestSpans
from cantata.server.problems import SCHEMA as PROBLEM_SCHEMA
from cantata.server.problems import problem, render, validation_problem
from cantata.server.rate_limits.failed_logins import FailedLogins
from cantata.server.rate_limits.middleware import RateLimits
from cantata.server.rate_limits.peers import TrustedHops
from cantata.server.rate_limits.policies import Policies
from cantata.server.rate_limits.visits import Limits
from cantata.server.rate_limits.windows import open_windows
from cantata.server.routes import (
    api_page,
    apps,
    audit,
    chat,
    coordinator,
    definitions,
    graphs,
    health,
    keys,
    logins,
    metrics,
    models,
    operations,
    sessions,
    stream,
    usage,
    workflows,
)
from cantata.server.routes.answers import Answers
from cantata.server.routes.documented import REFUSALS, SECURITY_SCHEMES, SMALL_STATUS, complete
from cantata.server.routes.page import page_routes
from cantata.server.routes.session_shapes import session_schemas
from cantata.server.runs.allowances import Allowances
from cantata.server.runs.workflow import workflow_schemas
from cantata.server.settings import Settings
from cantata.server.settings.forms import rate_of
from cantata.server.watchdog import watched_loop

logger = logging.getLogger(__name__)

EXPOSED_HEADERS = (
    *("Location", "Content-Location", "X-Workflow-Id", "Retry-After", "ETag", "Preference-Applied"),
    *("RateLimit", "RateLimit-Policy"),
)

ROUTERS = (
    chat.router,
    stream.router,
    workflows.router,
    sessions.router,
    apps.router,
    coordinator.router,
    definitions.router,
    graphs.router,
    models.router,
    keys.router,
    audit.router,
    logins.router,
    health.router,
    metrics.router,
    operations.router,
    usage.router,
    api_page.router,
)


def create_app(settings: Settings, config_path: Path | None = None) -> FastAPI:
    """Build the application; resources are opened by its lifespan, and when it is mounted by `opened`.

    *config_path* is a `langgraph.json`; without one the built-in graphs are served.
    """

    limits = _limits(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Cantata(settings, config_path) as cantata:
            resources, streams = cantata.resources, cantata.streams
            app.state.cantata, app.state.resources, app.state.streams = cantata, resources, streams
            app.state.metrics = resources.engine.metrics
            app.state.answers = Answers(
                resources.service, streams, cantata.telling, drain_seconds=settings.drain_seconds
            )
            async with open_access(settings, resources) as app.state.access:
                with watched_loop(settings.blocking_seconds), heard_exits(cantata.begin_drain):
                    yield
        await limits.windows.close()

    app = FastAPI(
        title="Cantata",
        version=version("cantata"),
        summary="Runs agent workflows and streams what they do.",
        lifespan=lifespan,
        docs_url=None,  # `api_page` has it, under a content policy
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.settings, app.state.failed_logins = settings, limits.failed_logins
    for router in ROUTERS:
        app.include_router(router)
    app.router.routes.extend(page_routes())
    open_paths = {one.path for one in declared_routes(app) if one.policy.scope is None}
    _describe(app)
    _add_middleware(app, settings, limits, open_paths)
    _add_error_handlers(app)
    return app


def opened(app: FastAPI) -> AbstractAsyncContextManager[Any]:
    """Open what `create_app` built, in the lifespan of the application that it is mounted into.

    Nobody runs the lifespan of a mounted application but who mounts it.
    """
    return app.router.lifespan_context(app)


async def shut_down(app: FastAPI) -> None:
    """Let runs come to rest and end the streams, while connections are still open. Idempotent."""
    await app.state.cantata.drain()


def _limits(settings: Settings) -> Limits:
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    windows = open_windows(redis_url, settings.rate_limit_processes)
    failed_logins = FailedLogins(windows, rate_of(settings.rate_limit_failed_logins))
    return Limits(Policies.configured(settings), Allowances.configured(settings), windows, failed_logins)


def _describe(app: FastAPI) -> None:
    """Add to OpenAPI what routes answer without FastAPI's knowledge."""
    generate = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            told = generate()
            told["components"]["schemas"] |= {"Problem": PROBLEM_SCHEMA, "SmallStatus": SMALL_STATUS}
            told["components"]["schemas"] |= {**workflow_schemas(), **session_schemas()}
            _describe_access(told, declared_routes(app))
            for path, operations in told["paths"].items():
                for operation in operations.values():
                    complete(path, operation)
            told["components"]["schemas"].pop("HTTPValidationError", None)
            told["components"]["schemas"].pop("ValidationError", None)
        return app.openapi_schema or {}

    app.openapi = described  # type: ignore[method-assign]  # how FastAPI documents extending it


def _describe_access(told: dict[str, Any], declared: Sequence[Declared]) -> None:
    told["components"]["securitySchemes"] = SECURITY_SCHEMES
    for one in declared:
        operation = told["paths"].get(one.path, {}).get(one.method.lower())
        if operation is not None and one.policy.scope is not None:
            operation["security"] = [{name: []} for name in SECURITY_SCHEMES]
            operation["responses"] |= REFUSALS


def _add_middleware(app: FastAPI, settings: Settings, limits: Limits, open_paths: Collection[str]) -> None:
    """Add the layers that every request passes, the innermost first."""
    app.add_middleware(Addressed)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    app.add_middleware(RateLimits, limits=limits, page={route.path for route in page_routes()})
    app.add_middleware(
        Authentication, is_open=settings.is_open, open_paths=open_paths, failed_logins=limits.failed_logins
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            allow_private_network=settings.cors_private_network,
            expose_headers=EXPOSED_HEADERS,
        )
    if settings.traces_endpoint is not None:
        app.add_middleware(RequestSpans)
    if settings.is_open:
        app.add_middleware(OpenServerGuard, allowed_hosts=settings.allowed_hosts, cors_origins=settings.cors_origins)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(AccessLog, metrics=lambda: getattr(app.state, "metrics", None), is_logged=settings.log_requests)
    app.add_middleware(TrustedHops, trusted_proxies=settings.trusted_proxies)


def _add_error_handlers(app: FastAPI) -> None:
    handlers: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        errors.CantataError: _known,
        RequestValidationError: _unreadable,
        HTTPException: _unrouted,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _known(request: Request, error: errors.CantataError) -> Response:
    return problem(error)


async def _unreadable(request: Request, error: RequestValidationError) -> Response:
    return validation_problem(error)


async def _unrouted(request: Request, error: HTTPException) -> Response:
    kind = {404: errors.NotFound, 405: errors.MethodNotAllowed}.get(error.status_code)
    if kind is None:
        return render(error.status_code, "http_error", str(error.detail), headers=error.headers)
    return problem(kind(f"{request.method} {request.url.path}: {error.detail}. /docs lists what there is."))


async def _unexpected(request: Request, error: Exception) -> Response:
    """Answer for a mistake of ours: the client gets a code, the log the traceback."""
    logger.exception("%s %s failed", request.method, request.url.path, exc_info=error)
    answer = problem(errors.CantataError("Something went wrong here; the server's log says what."))
    answer.raw_headers = secured(answer.raw_headers)  # it is made outside of every other layer
    return answer


def tune_interpreter() -> None:
    """Set what a process that only serves wants, once, after everything is imported.

    Full collections while streams are open pause them for up to 0.4 s and find nothing: a run makes no cyclic
    garbage. A thread that commits beside a busy loop starves at the default switch interval of 5 ms.
    """
    sys.setswitchinterval(0.0005)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
