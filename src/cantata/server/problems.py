"""Errors as `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cantata.server.errors import CantataError, Invalid, MalformedJson, Unauthenticated, Unavailable

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1
CHALLENGE = 'Bearer realm="cantata"'

SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Why a request failed (RFC 9457); `code` is stable, `detail` says what to do next.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "What is wrong with a request's fields.",
            "items": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
                "required": ["path", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code"],
}


def problem(error: CantataError) -> Response:
    """Render *error*."""
    return render(error.status, error.code, error.detail, error.members, _headers(error))


def _headers(error: CantataError) -> Mapping[str, str] | None:
    told = error.members.get("retry_after", RETRY_AFTER_SECONDS if isinstance(error, Unavailable) else None)
    if told is not None:
        return {"Retry-After": str(told)}
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": CHALLENGE, "Cache-Control": "no-store"}
    return None


def render(
    status: int,
    code: str,
    detail: str,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Render a problem of any origin."""
    body = {
        "type": f"urn:cantata:error:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **(members or {}),
    }
    return _Problem(orjson.dumps(body), status, headers, MEDIA_TYPE, code=code)


class _Problem(Response):
    """Leaves its code in the scope, for the log and the metrics."""

    def __init__(self, *arguments: Any, code: str) -> None:
        super().__init__(*arguments)
        self._code = code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["problem"] = self._code
        await super().__call__(scope, receive, send)


def validation_problem(error: RequestValidationError) -> Response:
    """Render what FastAPI found wrong with a request."""
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        reason = next(item.get("ctx", {}).get("error", "") for item in found if item["type"] == "json_invalid")
        return problem(MalformedJson(f"The body is not valid JSON: {reason}."))
    return problem(refusal(found))


def refusal(found: Sequence[Any]) -> Invalid:
    """Say what pydantic found wrong, each finding with its path in what was sent."""
    return Invalid.fields([(_path(item["loc"]), _sentence(item)) for item in found])


def _sentence(item: Any) -> str:
    """Say what a validator of ours said, or else what pydantic says."""
    return str(item["ctx"]["error"]) if item["type"] == "value_error" else str(item["msg"])


def _path(location: tuple[int | str, ...]) -> str:
    inner = location[1:] if location and location[0] in ("body", "query", "path", "header") else location
    return ".".join(map(str, inner)) or "body"
