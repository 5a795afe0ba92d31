"""What every request leaves behind: a line in the log, and its place in the metrics.

The outermost layer, so that it sees what the others refuse. The HTTP metrics are those of
prometheus-fastapi-instrumentator; its own middleware looks through all routes once more for each request, while after
the answer the route stands in the scope.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, cast

from prometheus_fastapi_instrumentator.metrics import Info
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cantata.server.metrics import NAMELESS, Metrics
from cantata.server.paths import path_of

logger = logging.getLogger("cantata.access")

UNCOUNTED = ("/health/", "/metrics", "/api/metrics")  # whoever asks for these asks all the time
NO_ANSWER = 499  # the client went before there was one


class AccessLog:
    """Measures requests, and logs them if *is_logged*; *metrics* are None until the application is open."""

    def __init__(self, app: ASGIApp, metrics: Callable[[], Metrics | None], *, is_logged: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._is_logged = is_logged

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, then tell what came of it."""
        if scope["type"] != "http" or path_of(scope).startswith(UNCOUNTED):
            await self._app(scope, receive, send)
            return
        answer = _Answer()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.begin(message)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            self._tell(scope, answer)

    def _tell(self, scope: Scope, answer: "_Answer") -> None:
        route = getattr(scope.get("route"), "path", None)
        seconds = time.perf_counter() - answer.opened
        self._measure(scope, answer, route or NAMELESS, seconds)
        if self._is_logged:
            logger.info("request", extra={"told": _line(scope, answer, route or ascii(path_of(scope))[1:-1], seconds)})

    def _measure(self, scope: Scope, answer: "_Answer", route: str, seconds: float) -> None:
        metrics = self._metrics()
        if metrics is None:
            return
        if code := scope.get("problem"):
            metrics.problems.labels(code).inc()
        if metrics.http is not None:
            metrics.http(
                Info(
                    request=Request(scope),
                    response=cast(Response, answer),
                    method=scope["method"],
                    modified_handler=route,
                    modified_status=f"{str(answer.status)[0]}xx",
                    modified_duration=seconds,
                    modified_duration_without_streaming=(answer.begun or answer.opened) - answer.opened,
                )
            )


class _Answer:
    """What is known of an answer once it begins."""

    def __init__(self) -> None:
        self.opened = time.perf_counter()
        self.begun = 0.0
        self.status = NO_ANSWER
        self.headers = Headers()

    def begin(self, message: Message) -> None:
        self.begun = time.perf_counter()
        self.status = message["status"]
        self.headers = Headers(raw=message["headers"])


def _line(scope: Scope, answer: _Answer, route: str, seconds: float) -> dict[str, Any]:
    """Say it without the query, which may hold a prompt or a ticket."""
    principal = scope.get("state", {}).get("principal")
    told = {
        "method": scope["method"],
        "route": route,
        "status": answer.status,
        "duration_ms": round(seconds * 1000, 1),
        "error_code": scope.get("problem"),
        "workflow_id": answer.headers.get("x-workflow-id"),
        "principal": getattr(principal, "id", None),
        "client": scope["client"][0] if scope.get("client") else None,
    }
    return {name: value for name, value in told.items() if value is not None}
