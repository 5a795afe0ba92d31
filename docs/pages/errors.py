"""The page of errors: of requests, of the start, of runs."""

import ast
import types
from collections.abc import Iterator

from docs.pages.glossary import Glossary
from docs.pages.markdown import Row, code, page, table
from docs.pages.source import calls

from cantata.graphs import faults as model_faults
from cantata.server import errors
from cantata.server.runs import faults as run_faults

NEVER_ANSWERED = (errors.Fenced, errors.LogConflict)


def errors_page(glossary: Glossary) -> str:
    """Describe every way in which a request, the start or a run can fail."""
    known: list[type[errors.CantataError]] = [errors.CantataError, *_descendants(errors.CantataError)]
    of_the_start = [e for e in known if issubclass(e, errors.Misconfigured)]
    of_requests = [e for e in known if e not in of_the_start and e not in NEVER_ANSWERED]
    sentences = {e: glossary.sentence(e.__dict__.get("__doc__"), f"the error {e.__name__}") for e in known}
    return page(
        "Errors",
        """
        `code` is stable and for programs; `detail` is for people, says what to do next where something can be done, and
        may be reworded. No answer holds a traceback or a secret.
        """,
        "## When a request fails",
        """
        The answer is `application/problem+json`. Some errors carry more members: `errors` lists `path` and `message` of
        each field that was refused, `session_busy` names `active_workflow_id` and `cancel`, `cursor_beyond_head` the
        `last_seq`, `interrupt_mismatch` the `pending` ids, a 429 its `policy` and `retry_after` in seconds. A
        429 and a 503 have the header `Retry-After`.
        `last_seq`, `interrupt_mismatch` the `pending` ids, `missing_scope` the `scope`, `premium_only` the `model`. A
        503 has `Retry-After`, a 401 `WWW-Authenticate`.
        """,
        '```json\n{"type": "urn:cantata:error:cursor_beyond_head", "title": "Conflict", "status": 409,\n'
        ' "detail": "The cursor lies beyond the last event, so it is of another log: leave it out.",\n'
        ' "code": "cursor_beyond_head", "last_seq": 71}\n```',
        table(("code", "status", "what it says"), [(code(e.code), str(e.status), sentences[e]) for e in of_requests]),
        "What matches no route is `not_found`, or 405 `method_not_allowed`.",
        "## When the server does not start",
        "It prints one sentence and exits with 2, also for a setting or a `langgraph.json` that cannot be used.",
        table(("code", "what it says"), [(code(e.code), sentences[e]) for e in of_the_start]),
        "## When a run fails",
        """
        The stream ends with `workflow_error`, the workflow has `status: failed`, and both hold `error` with `code`,
        `message` and `retryable`, beside `recovery_suggestions` and the `partial_response`.
        """,
        table(("code", "retryable", "what happened", "suggestions"), _failures(glossary)),
    )


def _descendants(kind: type[errors.CantataError]) -> Iterator[type[errors.CantataError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)


def _failures(glossary: Glossary) -> Iterator[Row]:
    found: dict[str, tuple[str, list[str]]] = {
        kind: (_yes(told.retryable), list(told.recovery_suggestions)) for kind, told in model_faults._KINDS.items()
    }
    for call in calls(run_faults):
        match call:
            case ast.Call(func=ast.Name(id="_failure"), args=[ast.Constant(value=str(name)), _, retryable, *said]):
                is_known = isinstance(retryable, ast.Constant)
                told = _yes(ast.literal_eval(retryable)) if is_known else "as the model says"
                suggestions = [_text_in(run_faults, argument) for argument in said]
                if name in found:  # two causes of one code
                    told = told if told == found[name][0] else "depends"
                    suggestions = [*found[name][1], *suggestions]
                found[name] = (told, suggestions)
    for kind in run_faults.KNOWN:
        suggestions = list(kind.suggestions)
        if kind.code in found:  # two causes of one code
            suggestions = [*found[kind.code][1], *suggestions]
        found[kind.code] = (_yes(kind.retryable), suggestions)
    for name, (told, suggestions) in sorted(found.items()):
        yield code(name), told, glossary.of("failures", name), " ".join(suggestions)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _text_in(module: types.ModuleType, node: ast.expr) -> str:
    return str(getattr(module, node.id) if isinstance(node, ast.Name) else ast.literal_eval(node))
