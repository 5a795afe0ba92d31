"""Reading requests: strict JSON, cursors, what answer is wanted, and which request this is a repeat of."""

import hashlib
import json
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
from fastapi import Depends, Request, Response
from starlette.datastructures import Headers

from cantata.server.auth.policies import GuardedRoute
from cantata.server.errors import BadCursor, CursorOfAnotherRequest, UnsupportedMediaType, WorkflowNotFound
from cantata.server.protocols.view import Format, View
from cantata.server.routes.bodies import NewRunBody, NewRunQuery, RunBody, StreamQuery
from cantata.server.routes.compression import compressed
from cantata.server.runs.ids import Cursor, RunId, cursor_of, run_id_of
from cantata.server.runs.model import OnDisconnect, Run
from cantata.server.runs.requests import invalid

Wanted = Literal["stream", "wait", "background"]

MAX_JSON_DEPTH = 100  # levels; the encoders behind us stop at 254

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class StrictJsonRequest(Request):
    """Takes JSON as the standard has it: no NaN, no lone surrogates, a bounded depth."""

    async def json(self) -> Any:
        """Parse the body once; an error is a `json.JSONDecodeError`."""
        if not hasattr(self, "_strict_json"):
            body = await self.body()
            self._strict_json = orjson.loads(body)
            if body.count(b"[") + body.count(b"{") > MAX_JSON_DEPTH and _is_deeper(self._strict_json, MAX_JSON_DEPTH):
                raise json.JSONDecodeError(f"it is nested deeper than {MAX_JSON_DEPTH} levels", "", 0)
        return self._strict_json


def _check_media_type(headers: Headers) -> None:
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if has_body and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType


def _is_deeper(value: Any, levels: int) -> bool:
    """Tell whether *value* is nested deeper than *levels*; level by level, so that no depth exhausts the stack."""
    level = [value]
    for _ in range(levels):
        nested = (part for part in level if isinstance(part, dict | list))
        level = [item for part in nested for item in (part.values() if isinstance(part, dict) else part)]
    return any(isinstance(part, dict | list) for part in level)


class StrictJsonRoute(GuardedRoute):
    """A route whose body is JSON, read by `StrictJsonRequest`; long answers are compressed."""

    def readable(self, request: Request) -> Request:
        """Return the request as FastAPI is to read it.

        Raises:
            UnsupportedMediaType: it has a body that does not say that it is JSON.
        """
        _check_media_type(request.headers)
        return StrictJsonRequest(request.scope, request.receive)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            return await compressed(await handle(request), request)

        return answered


def read_run_id(workflow_id: str) -> RunId:
    """Read the id in the URL; a malformed one names no workflow."""
    run_id = run_id_of(workflow_id)
    if run_id is None:
        raise WorkflowNotFound(f"{workflow_id!r} is no workflow's id: that is `wf_` and 26 characters.")
    return run_id


async def _workflow_id(workflow_id: str) -> RunId:
    return read_run_id(workflow_id)


WorkflowId = Annotated[RunId, Depends(_workflow_id)]


def wanted_answer(request: Request, default: Wanted) -> Wanted:
    """Tell which of the three answers the client asks for."""
    if "respond-async" in {p.strip().lower() for p in request.headers.get("prefer", "").split(",")}:
        return "background"
    accept = request.headers.get("accept", "")
    stream, document = _quality(accept, "text/event-stream"), _quality(accept, "application/json")
    if stream == document == 0:
        return default
    return "stream" if stream >= document else "wait"


def _quality(accept: str, media_type: str) -> float:
    best = 0.0
    for part in accept.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name.lower() == media_type:
            told = next((p[2:] for p in parameters if p.startswith("q=")), "1")
            best = max(best, float(told) if re.fullmatch(r"[01](\.[0-9]{0,3})?", told) else 0.0)
    return best


def idempotency_key(request: Request, in_query: str | None = None) -> str | None:
    """Return the key that protects the request from being carried out twice.

    Raises:
        Invalid: it is not 1 to 255 visible ASCII characters.
    """
    key = request.headers.get("idempotency-key") or in_query
    if key is not None and not _KEY.fullmatch(key):
        raise invalid("Idempotency-Key", "A key has 1 to 255 visible ASCII characters.")
    return key


def request_hash(route: str, body: Any) -> str:
    """Name a request by its route and its parsed body, whatever the order of the body's members."""
    content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(route.encode() + b"\0" + content).hexdigest()


def told_cursor(request: Request, after: str | None) -> str | None:
    """Return the cursor as sent: the header goes first, an empty one is none."""
    return request.headers.get("last-event-id") or after or None


def position_in(run_id: RunId, told: str | None) -> int | None:
    """Read a cursor on a URL that names the run; None when there is none.

    Raises:
        BadCursor: it is no cursor, or another run's.
    """
    if told is None:
        return None
    cursor = cursor_of(told, run_id)
    if cursor is None or cursor.run_id != run_id:
        raise BadCursor
    return cursor.seq


def attaching_cursor(told: str | None) -> Cursor | None:
    """Read a cursor on a URL that starts runs: it must name its run.

    Raises:
        BadCursor: it does not.
    """
    if told is None:
        return None
    cursor = cursor_of(told)
    if cursor is None:
        raise BadCursor("Here a cursor must name its run: send the whole `id` of the last event you saw, `evt_…`.")
    return cursor


def check_same_request(run: Run, this_hash: str) -> None:
    """Let a cursor attach only to the run that the same request made.

    Raises:
        CursorOfAnotherRequest: this is another one; a stale header must not swallow a new message.
    """
    if run.request_hash != this_hash:
        raise CursorOfAnotherRequest


@dataclass(frozen=True)
class Reply:
    """How a request is to be answered."""

    wanted: Wanted
    view: View
    cursor: Cursor | None
    """Of the run that the same request made before."""


def reply_to(request: Request, query: StreamQuery, default: Wanted, default_format: Format = "reasoning") -> Reply:
    """Read how *request* is to be answered.

    Raises:
        Invalid, BadCursor: an option or the cursor cannot be used.
    """
    wanted, view = wanted_answer(request, default), view_of(query, default_format)
    _check_options(request, wanted)
    cursor = attaching_cursor(told_cursor(request, query.after)) if isinstance(query, NewRunQuery) else None
    return Reply(wanted, view, cursor)


def _check_options(request: Request, wanted: Wanted) -> None:
    """Refuse what would have no effect on the answer, rather than ignore it."""
    if wanted == "stream":
        if "limit" in request.query_params:
            raise invalid("limit", "A stream has no pages: leave it out, or send `Accept: application/json`.")
        return
    for name in StreamQuery.model_fields:
        if name in request.query_params:
            raise invalid(name, "The answer is no stream: leave it out, or send `Accept: text/event-stream`.")


def view_of(query: StreamQuery, default_format: Format) -> View:
    """Read how a stream is to be told.

    Raises:
        Invalid: `tokens` is of another format.
    """
    told_format = query.format or default_format
    if query.tokens and told_format != "compat":
        raise invalid("tokens", "Only the format `compat` has tokens.")
    return View(
        format=told_format,
        has_tokens=query.tokens,
        include=frozenset(query.include),
        exclude=frozenset(query.exclude),
        coalesce_seconds=query.coalesce_ms / 1000,
        heartbeat_seconds=query.heartbeat_seconds,
    )


def disconnect_of(body: NewRunBody, wanted: Wanted, default: OnDisconnect = "continue") -> OnDisconnect:
    """Return what happens when nobody watches; nobody can be expected to watch a background run."""
    return body.on_disconnect or ("continue" if wanted == "background" else default)


def common_fields(body: RunBody, wanted: Wanted, disconnect: OnDisconnect = "continue") -> Mapping[str, Any]:
    """Return what every request for a run carries."""
    return {
        "session_id": body.session_id,
        "metadata": body.metadata,
        "if_busy": body.if_busy,
        "on_disconnect": disconnect_of(body, wanted, disconnect),
        "timeout_seconds": body.timeout_seconds,
        "may_trace": body.trace,
        "model": body.model,
        "options": body.options.model_dump(exclude_none=True),
        "recursion_limit": body.config.recursion_limit,
        "tags": tuple(body.config.tags),
        "configurable": body.config.configurable,
    }
