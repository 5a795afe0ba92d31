"""What OpenAPI says beyond FastAPI's knowledge: answers that routes write themselves, headers, what guards refuse."""

from collections.abc import Mapping
from typing import Any

PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_STREAM = {"text/event-stream": {"schema": {"type": "string", "description": "Frames of `id`, `event` and `data`."}}}

Answers = dict[int | str, dict[str, Any]]


def _schema_of(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _schema(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": _schema_of(name)}}


_WORKFLOW = _schema("Workflow")


def _problems(**sentences: str) -> Answers:
    return {
        int(status[1:]): {"description": sentence, "content": PROBLEM_CONTENT} for status, sentence in sentences.items()
    }


SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token, or an API key."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}
"""How to say who you are; an open server does not ask."""
REFUSALS: dict[str, Any] = {
    status: {"description": sentence, "content": PROBLEM_CONTENT}
    for status, sentence in (
        ("401", "Nobody said who asks, or the credential is not valid"),
        ("403", "The credential does not reach so far, or another site's page sent this"),
    )
}

RUN_ANSWERS: Answers = {
    200: {
        "description": "The stream, or the workflow once it has ended or waits for a human.",
        "content": {**_WORKFLOW, **_STREAM},
    },
    202: {
        "description": "Accepted, with `Prefer: respond-async`: look at `Location`.",
        "content": _schema("SmallStatus"),
    },
    204: {"description": "The cursor is the last event of a workflow that has ended."},
    **_problems(
        _400="Malformed JSON",
        _404="The cursor's workflow does not exist",
        _409="The session is busy, or the cursor lies beyond the log",
        _413="The body is too large",
        _415="The body is not JSON",
        _422="A field is not acceptable",
    ),
}
WORKFLOW_ANSWERS: Answers = {
    200: {"description": "The workflow.", "content": _WORKFLOW},
    **_problems(_404="No workflow has this id"),
}
STATUS_ANSWERS: Answers = {
    200: {"description": "How it is doing; ask again after `Retry-After`.", "content": _schema("SmallStatus")},
    304: {"description": "Nothing has happened since the status of that `ETag`."},
    **_problems(_404="No workflow has this id"),
}
WORKFLOW_LIST: Answers = {
    200: {
        "description": "The workflows, newest first, and `next_cursor`.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "workflows": {"type": "array", "items": _schema_of("SmallStatus")},
                        "next_cursor": {"type": ["string", "null"]},
                    },
                    "required": ["workflows", "next_cursor"],
                }
            }
        },
    },
    **_problems(_404="No workflow has the cursor's id", _422="A parameter is not acceptable"),
}
HISTORY_ANSWERS: Answers = {
    200: {"description": "The checkpoints, newest first."},
    **_problems(_404="No workflow has this id", _422="A parameter is not acceptable"),
}
EVENTS_ANSWERS: Answers = {
    200: {"description": "The stream, or a page of events.", "content": {"application/json": {}, **_STREAM}},
    204: RUN_ANSWERS[204],
    **_problems(
        _404="No workflow has this id",
        _409="The cursor lies beyond the log",
        _422="The cursor, or an option, is not acceptable",
    ),
}
CHANGE_ANSWERS: Answers = {
    **_problems(
        _400="Malformed JSON",
        _404="Nothing has this name",
        _409="The name is in use",
        _413="The body is too large",
        _415="The body is not JSON",
        _422="A field is not acceptable",
    ),
}
LOOK_ANSWERS: Answers = {**_problems(_404="Nothing has this name", _422="The graph cannot be loaded")}
RUN_DRAWING_ANSWERS: Answers = {
    **_problems(_404="No workflow has this id", _422="What it ran is gone: the graph, or an agent of its steps")
}
MODEL_LIST: Answers = {
    200: {
        "description": "The models.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "models": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {
                                    "name": {"type": "string"},
                                    "provider": {"type": "string"},
                                    "is_default": {"type": "boolean"},
                                },
                                "required": ["name", "provider", "is_default"],
                            },
                        }
                    },
                    "required": ["models"],
                }
            }
        },
    }
}
STATS_ANSWERS: Answers = {**_problems(_422="No agent has this name")}
ACTION_ANSWERS: Answers = {
    **_problems(
        _400="Malformed JSON",
        _404="No workflow has this id",
        _409="The workflow's status does not allow it",
        _415="The body is not JSON",
        _422="A field is not acceptable",
    ),
}
FEEDBACK_ANSWERS: Answers = {
    200: {"description": "What is kept now.", "content": _schema("Feedback")},
    **ACTION_ANSWERS,
}
SESSION_LIST: Answers = {
    200: {"description": "The sessions, the newest activity first, and `next_cursor`."},
    **_problems(_422="A parameter is not acceptable"),
}
SESSION_ANSWERS: Answers = {
    200: {"description": "The session.", "content": _schema("WholeSession")},
    **_problems(_404="No session has this id"),
}
SESSION_STREAM_ANSWERS: Answers = {
    200: {"description": "The stream.", "content": _STREAM},
    204: {"description": "Everything was seen, and nothing of the session is active."},
    **_problems(
        _404="No session, or no workflow of the cursor, has this id",
        _409="The cursor lies beyond the log",
        _422="The cursor, or an option, is not acceptable",
    ),
}
SESSION_CHANGES: Answers = {
    200: {"description": "The session as it is now.", "content": _schema("WholeSession")},
    **_problems(
        _400="Malformed JSON",
        _404="No session has this id, or it has no such message",
        _415="The body is not JSON",
        _422="A field is not acceptable",
    ),
}
SESSION_REMOVAL: Answers = {
    **_problems(
        _404="No session has this id",
        _409="A workflow of the session is active",
    ),
}
MESSAGE_LIST: Answers = {
    200: {
        "description": "The messages in order of time, or as trees, each with its `children`.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"messages": {"type": "array", "items": _schema_of("ShownMessage")}},
                    "required": ["messages"],
                }
            }
        },
    },
    **_problems(_404="No session has this id, or it has no such message", _422="A parameter is not acceptable"),
}
EXPORT_ANSWERS: Answers = {
    200: {
        "description": "The session, its messages as trees and its workflows; or all that to read.",
        "content": {"application/json": {}, "text/markdown": {"schema": {"type": "string"}}},
    },
    **_problems(_404="No session has this id", _422="A parameter is not acceptable"),
}
VARIANT_ANSWERS: Answers = RUN_ANSWERS | _problems(_404="There is no such session, message, or workflow of the cursor")

SMALL_STATUS: dict[str, Any] = {
    "type": "object",
    "description": "What somebody needs who polls often; a listing and `GET /api/streams/active` tell more.",
    "properties": {
        "workflow_id": {"type": "string"},
        "status": {"enum": ["queued", "running", "interrupted", "completed", "failed", "cancelled"]},
        "progress": {"type": ["number", "null"]},
        "last_seq": {"type": "integer"},
        "attempt": {"type": "integer"},
        "updated_at": {"type": "string"},
        "links": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["workflow_id", "status", "progress", "last_seq", "attempt", "updated_at", "links"],
}

_LIMITED: Answers = {
    429: {
        "description": "More than the user may have; `policy` names the limit.",
        "content": PROBLEM_CONTENT,
        "headers": {
            "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."},
            "RateLimit": {"schema": {"type": "string"}, "description": '`"default";r=97;t=58`: what is left.'},
            "RateLimit-Policy": {"schema": {"type": "string"}, "description": '`"default";q=100;w=60`: the limits.'},
        },
    }
}
_GUARDED = _problems(_400="This is no request that can be read", _403="Another site's page, or another name in `Host`")
_BODY = _problems(_400="Malformed JSON", _413="The body is too large", _415="The body is not plain JSON")
_UNREADABLE = _problems(_422="A parameter is not acceptable")
_AWAY = _problems(_503="The server starts or shuts down, or its storage is unavailable")


def complete(path: str, operation: dict[str, Any]) -> None:
    """Add to *operation* what holds for every one of its kind."""
    told: dict[str, Any] = operation["responses"]
    if unreadable := told.get("422"):
        unreadable["content"] = PROBLEM_CONTENT
    served: Answers = {} if path.startswith("/health/") else {**_LIMITED, **_AWAY}
    common: Answers = {**_GUARDED, **_UNREADABLE, **served}
    body: Answers = _BODY if "requestBody" in operation else {}
    for status, answer in {**common, **body}.items():
        told.setdefault(str(status), answer)
    operation.setdefault("parameters", []).extend(_headers(path, told))


def _headers(path: str, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the request headers that make a difference."""
    wanted = []
    if "text/event-stream" in told.get("200", {}).get("content", {}):
        wanted.append(
            _header("Last-Event-ID", "The `id` of the last event that was seen: the stream goes on after it.")
        )
    if "202" in told:
        wanted.append(
            _header("Idempotency-Key", "1 to 255 visible ASCII characters: a repeat finds the same workflow.")
        )
        wanted.append(_header("Prefer", "`respond-async` for 202 and an address, at once."))
    if "304" in told:
        wanted.append(_header("If-None-Match", "The `ETag` of the status that is known."))
    return wanted


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": description}


KEY_LIST: Answers = {200: {"description": "The keys, without what is secret of them."}}
NEW_KEY_ANSWERS: Answers = {
    201: {"description": "The key; `key` is what its holder sends, and is shown this once."},
    **_problems(
        _400="Malformed JSON",
        _415="The body is not JSON",
        _422="A field is not acceptable",
    ),
}
KEY_ANSWERS: Answers = {**_problems(_404="No key has this id")}
AUDIT_ANSWERS: Answers = {200: {"description": "The looks, newest first."}}
TICKET_ANSWERS: Answers = {
    201: {"description": "The `ticket`, until when it must have been used, and the address of the events with it."},
    **_problems(_404="No workflow has this id"),
}
LOGIN_ANSWERS: Answers = {
    302: {"description": "On to the issuer's page."},
    **_problems(_404="Nobody can log in here", _422="A parameter is not acceptable", _503="The issuer is unavailable"),
}
CALLBACK_ANSWERS: Answers = {
    302: {"description": "Back to the page, logged in."},
    **_problems(_401="The login was not completed", _404="Nobody can log in here", _503="The issuer is unavailable"),
}
LOGOUT_ANSWERS: Answers = {
    204: {"description": "The cookie is gone."},
    **_problems(_403="Another site's page sent this"),
}
ME_ANSWERS: Answers = {
    200: {"description": "`principal` or null, `methods` to say who you are, `is_open`, and `limits` of a request."}
}
METRICS_ANSWERS: Answers = {
    200: {"description": "Prometheus' text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}
}
USAGE_ANSWERS: Answers = {
    200: {
        "description": "The sums, as they were asked for.",
        "content": {"application/json": {"schema": {"type": "object"}}, "text/csv": {"schema": {"type": "string"}}},
    }
}
READY_ANSWERS: Answers = {
    status: {"description": sentence, "content": {"application/json": {"schema": {"type": "object"}}}}
    for status, sentence in ((200, "New runs are taken."), (503, "None are taken: the server shuts down, or starts."))
}
OPERATIONS_ANSWERS: Answers = {
    200: {"description": "As of now.", "content": {"application/json": {"schema": {"type": "object"}}}}
}
