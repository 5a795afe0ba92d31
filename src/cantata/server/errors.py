"""Every way a request can fail, as one tree; `docs/errors.md` is made from it.

    CantataError
    ├── BadRequest 400 ─── MalformedJson, MissingPrompt, MalformedRequest
    ├── Unauthenticated 401 ── TokenExpired
    ├── Forbidden 403 ──── HostNotAllowed, CrossSite, InvalidKey, MissingScope, PremiumOnly, AdminOnly
    ├── NotFound 404 ───── WorkflowNotFound, GraphNotFound, DefinitionNotFound, SessionNotFound, MessageNotFound,
    │                      KeyNotFound
    ├── MethodNotAllowed 405, RequestTimeout 408, HeadersTooLarge 431
    ├── Conflict 409 ───── SessionBusy, WorkflowFinished, WorkflowNotFinished, NotInterrupted, InterruptMismatch,
    │                      CursorBeyondHead, NameTaken
    ├── BodyTooLarge 413, UnsupportedMediaType 415
    ├── Invalid 422 ────── BadCursor, CursorOfAnotherRequest, IdempotencyMismatch, UnknownGraph, GraphUnusable,
    │                      NoMessages, UnknownModel, ModelNotConfigured, NotConfigurable, MessageTooLong,
    │                      UnknownCheckpoint
    ├── TooManyRequests 429 ── RateLimited, TooManyRuns, TooManyStreams, BudgetExceeded
    ├── Unavailable 503 ── StorageUnavailable, ShuttingDown, NotOpened, TooManyConnections, IssuerUnavailable
    └── Misconfigured ──── DatabaseInUse, DatabaseUnusable, SchemaMismatch, UndeclaredRoute, Unprotected

A class's docstring is its default sentence; `code` is stable. What is misconfigured stops the start; `Fenced` and
`LogConflict` never reach a client.
"""

from collections.abc import Sequence
from typing import Any, ClassVar


class CantataError(Exception):
    """The request failed."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str | None = None, **members: Any) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.members = members
        super().__init__(self.detail)


class BadRequest(CantataError):
    """The request cannot be read."""

    status = 400
    code = "bad_request"


class MalformedJson(BadRequest):
    """The body is not valid JSON in UTF-8."""

    code = "malformed_json"


class MissingPrompt(BadRequest):
    """Say something: the request has no `prompt`."""

    code = "missing_prompt"


class MalformedRequest(BadRequest):
    """This is no HTTP/1.1 request."""

    code = "malformed_request"


class Unauthenticated(CantataError):
    """Say who you are: send `Authorization: Bearer` with a valid token or API key, or `X-API-Key`."""

    status = 401
    code = "unauthenticated"


class TokenExpired(Unauthenticated):
    """The token has expired: send a new one; a stream goes on where it was."""

    code = "token_expired"


class Forbidden(CantataError):
    """This is not allowed."""

    status = 403
    code = "forbidden"


class HostNotAllowed(Forbidden):
    """An open server answers only for localhost; add the name to ALLOWED_HOSTS."""

    code = "host_not_allowed"


class CrossSite(Forbidden):
    """Another site's page may not use an open server; add its origin to CORS_ORIGINS."""

    code = "cross_site"


class InvalidKey(Forbidden):
    """The API key is not valid; INVALID_KEY_STATUS is 403."""

    code = "invalid_key"


class MissingScope(Forbidden):
    """The credential does not reach so far: it lacks the `scope` that this needs."""

    code = "missing_scope"


class PremiumOnly(Forbidden):
    """The model is for the roles premium and admin."""

    code = "premium_only"


class AdminOnly(Forbidden):
    """Only an admin may ask for what is another's."""

    code = "admin_only"


class NotFound(CantataError):
    """There is nothing here: `/docs` lists the addresses."""

    status = 404
    code = "not_found"


class WorkflowNotFound(NotFound):
    """No workflow has this id: GET /api/workflows lists those that there are."""

    code = "workflow_not_found"


class GraphNotFound(NotFound):
    """No graph has this name: GET /api/graphs lists them."""

    code = "graph_not_found"


class DefinitionNotFound(NotFound):
    """No stored workflow has this name: GET /api/coordinator/workflows lists them."""

    code = "definition_not_found"


class SessionNotFound(NotFound):
    """No session has this id: GET /api/sessions lists those that there are."""

    code = "session_not_found"


class MessageNotFound(NotFound):
    """The session has no such message: GET /api/sessions/{id}/messages lists them."""

    code = "message_not_found"


class KeyNotFound(NotFound):
    """No API key has this id: GET /api/keys lists them."""

    code = "key_not_found"


class MethodNotAllowed(CantataError):
    """The address exists, but not for this method."""

    status = 405
    code = "method_not_allowed"


class RequestTimeout(CantataError):
    """The request took too long to arrive: send it faster, or raise HEADER_TIMEOUT_SECONDS or BODY_TIMEOUT_SECONDS."""

    status = 408
    code = "request_timeout"


class HeadersTooLarge(CantataError):
    """The request line and headers are larger than MAX_HEADER_BYTES, or of more than 100 fields: send less."""

    status = 431
    code = "headers_too_large"


class Conflict(CantataError):
    """The request does not fit the present state."""

    status = 409
    code = "conflict"


class SessionBusy(Conflict):
    """The session has an active workflow: wait for it, cancel it, or send `if_busy: enqueue`."""

    code = "session_busy"


class WorkflowFinished(Conflict):
    """The workflow has finished: nothing is left to cancel."""

    code = "workflow_finished"


class WorkflowNotFinished(Conflict):
    """The workflow has not finished: cancel it first."""

    code = "workflow_not_finished"


class NotInterrupted(Conflict):
    """The workflow is not waiting for an answer."""

    code = "not_interrupted"


class InterruptMismatch(Conflict):
    """The responses must answer exactly the pending interrupts: send one for each id in `pending`."""

    code = "interrupt_mismatch"


class CursorBeyondHead(Conflict):
    """The cursor lies beyond the last event, so it is of another log: leave it out."""

    code = "cursor_beyond_head"


class NameTaken(Conflict):
    """The name is in use: take another one, or make a new version with PUT."""

    code = "name_taken"


class BodyTooLarge(CantataError):
    """The body is larger than MAX_BODY_BYTES: send less, or raise it."""

    status = 413
    code = "body_too_large"


class UnsupportedMediaType(CantataError):
    """Send the body as `Content-Type: application/json`."""

    status = 415
    code = "unsupported_media_type"


class Invalid(CantataError):
    """A field is not acceptable."""

    status = 422
    code = "invalid_request"

    @classmethod
    def fields(cls, found: Sequence[tuple[str, str]]) -> "Invalid":
        """Name every field at fault by its path, with a sentence; the detail is the first of them."""
        path, message = found[0]
        listed = [{"path": place, "message": sentence} for place, sentence in found]
        return cls(f"{path}: {message}" if path else message, errors=listed)


class BadCursor(Invalid):
    """The cursor cannot be used here: send the `id` of the last event you saw."""

    code = "bad_cursor"


class CursorOfAnotherRequest(Invalid):
    """The cursor belongs to another request: leave out Last-Event-ID to start a new workflow."""

    code = "cursor_of_another_request"


class IdempotencyMismatch(Invalid):
    """The Idempotency-Key was used with another body or route: use a new one."""

    code = "idempotency_mismatch"


class UnknownGraph(Invalid):
    """No graph has this name: GET /api/graphs lists them."""

    code = "unknown_graph"


class GraphUnusable(Invalid):
    """The graph could not be loaded: mend its file and start the server again."""

    code = "graph_unusable"


class NoMessages(Invalid):
    """The graph's state has no `messages`: run it through POST /api/workflows."""

    code = "no_messages"


class UnknownModel(Invalid):
    """No model has this name."""

    code = "unknown_model"


class ModelNotConfigured(Invalid):
    """The model cannot be used as the server is configured."""

    code = "model_not_configured"


class NotConfigurable(Invalid):
    """The graph has no such setting."""

    code = "not_configurable"


class MessageTooLong(Invalid):
    """The message is longer than MAX_MESSAGE_CHARS: shorten it, or raise that."""

    code = "message_too_long"


class UnknownCheckpoint(Invalid):
    """The workflow made no such checkpoint: its history lists those that it made."""

    code = "unknown_checkpoint"


class TooManyRequests(CantataError):
    """This is more than you may have: wait for as long as Retry-After says."""

    status = 429
    code = "too_many_requests"


class RateLimited(TooManyRequests):
    """Too many requests in too short a time: wait for as long as Retry-After says."""

    code = "rate_limited"


class TooManyRuns(TooManyRequests):
    """No more of your workflows may be queued or running: wait for one, or cancel one."""

    code = "too_many_runs"


class TooManyStreams(TooManyRequests):
    """No more of your streams may be open: close one, or poll."""

    code = "too_many_streams"


class BudgetExceeded(TooManyRequests):
    """Your tokens, or what they may cost, are used up for today (UTC)."""

    code = "budget_exceeded"


class Unavailable(CantataError):
    """The server cannot answer right now: try again later."""

    status = 503
    code = "unavailable"


class StorageUnavailable(Unavailable):
    """The database cannot be written: try again later."""

    code = "storage_unavailable"


class ShuttingDown(Unavailable):
    """The server is shutting down: try again in a moment."""

    code = "shutting_down"


class TooManyConnections(Unavailable):
    """As many connections are open as MAX_CONNECTIONS allows: try again in a moment."""

    code = "too_many_connections"


class NotOpened(Unavailable):
    """The application is mounted but not open: enter `opened(app)` in the lifespan of the outer one."""

    code = "not_opened"


class IssuerUnavailable(Unavailable):
    """The issuer of tokens cannot be reached, so nobody new can be let in: try again later."""

    code = "issuer_unavailable"


class Misconfigured(CantataError):
    """The server cannot start as it is configured."""

    code = "misconfigured"


class DatabaseInUse(Misconfigured):
    """Another server uses this database: stop it, or set DATABASE_URL to another file."""

    code = "database_in_use"


class DatabaseUnusable(Misconfigured):
    """The database file cannot be opened: set DATABASE_URL to a file that can be written."""

    code = "database_unusable"


class SchemaMismatch(Misconfigured):
    """The database was written by another version of the server."""

    code = "schema_mismatch"


class UndeclaredRoute(Misconfigured):
    """A route does not say who may use it."""

    code = "undeclared_route"


class Unprotected(Misconfigured):
    """Without authentication the server listens on loopback only."""

    code = "unprotected"


class Fenced(CantataError):
    """The run belongs to a newer claim."""

    code = "fenced"


class LogConflict(CantataError):
    """The log's head is not where the writer expected it."""

    code = "log_conflict"
