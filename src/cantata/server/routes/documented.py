"""What OpenAPI says of the answers that routes write themselves."""

from typing import Any

PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_WORKFLOW = {"application/json": {"schema": {"$ref": "#/components/schemas/Workflow"}}}
_STREAM = {"text/event-stream": {"schema": {"type": "string", "description": "Frames of `id`, `event` and `data`."}}}

Answers = dict[int | str, dict[str, Any]]


def _problems(**sentences: str) -> Answers:
    return {
        int(status[1:]): {"description": sentence, "content": PROBLEM_CONTENT} for status, sentence in sentences.items()
    }


RUN_ANSWERS: Answers = {
    200: {"description": "The stream, or the workflow once it has ended.", "content": {**_WORKFLOW, **_STREAM}},
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
    **_problems(_404="No workflow has this id", _409="The cursor lies beyond the log", _422="The cursor is none"),
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
