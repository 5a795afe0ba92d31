"""What OpenAPI says of the answers that routes write themselves."""

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


RUN_ANSWERS: Answers = {
    200: {
        "description": "The stream, or the workflow once it has ended or waits for a human.",
        "content": {**_WORKFLOW, **_STREAM},
    },
    202: {"description": "Accepted, with `Prefer: respond-async`: look at `Location`."},
    204: {"description": "The cursor is the last event of a workflow that has ended."},
    **_problems(
        _400="Malformed JSON",
        _404="The cursor's workflow does not exist",
        _409="The session is busy, or the cursor lies beyond the log",
        _413="The body is too large",
        _415="The body is not JSON",
        _422="A field is not acceptable",
        _503="The server shuts down, or its storage is unavailable",
    ),
}
WORKFLOW_ANSWERS: Answers = {
    200: {"description": "The workflow.", "content": _WORKFLOW},
    **_problems(_404="No workflow has this id"),
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
        _503="The storage is unavailable",
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
        _503="The storage is unavailable",
    ),
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
        _503="The storage is unavailable",
    ),
}
SESSION_REMOVAL: Answers = {
    **_problems(
        _404="No session has this id",
        _409="A workflow of the session is active",
        _503="The storage is unavailable",
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
