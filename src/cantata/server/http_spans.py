"""Tells OpenTelemetry of requests, when it is configured; a stream is one span from its first byte to its last."""

from collections.abc import MutableMapping
from contextlib import ExitStack
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cantata.callbacks.tracing.facts import Requests
from cantata.server.runs.traces import caller

_WORKFLOW_ID = b"x-workflow-id"


class RequestSpans:
    """Middleware; what a request starts is part of the trace that its `traceparent` names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and tell."""
        requests = _told_of(scope) if scope["type"] == "http" else None
        if requests is None:
            await self._app(scope, receive, send)
            return
        traceparent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        method = scope["method"]
        attributes = {"http.request.method": method, "url.path": scope["path"], "url.scheme": scope["scheme"]}
        with ExitStack() as stack:
            span = stack.enter_context(requests.request(method, traceparent, attributes))
            if traceparent:
                token = caller.set(span.traceparent)
                stack.callback(caller.reset, token)

            async def tell(message: Message) -> None:
                if message["type"] == "http.response.start":
                    headers = dict(message["headers"])
                    workflow_id = headers.get(_WORKFLOW_ID)
                    span.answered(message["status"], workflow_id.decode() if workflow_id else None)
                    if route := scope.get("route"):
                        span.routed(method, route.path)
                await send(message)

            await self._app(scope, receive, tell)


def _told_of(scope: MutableMapping[str, Any]) -> Requests | None:
    cantata = getattr(scope["app"].state, "cantata", None)
    return cantata.resources.engine.tracing.requests if cantata is not None else None
