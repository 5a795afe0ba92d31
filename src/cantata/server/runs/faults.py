"""Why a run failed, in words that a client may see."""

from dataclasses import dataclass
from typing import NamedTuple

from langchain_core.exceptions import ModelError
from langgraph.errors import EmptyInputError, GraphRecursionError, InvalidUpdateError, NodeTimeoutError
from pydantic import ValidationError

from cantata.callbacks.events import WorkflowFault
from cantata.callbacks.redaction import Redaction
from cantata.graphs.expressions import BadExpression
from cantata.graphs.faults import ModelFault, ModelUnavailable, UnknownModel
from cantata.graphs.provider_faults import provider_fault
from cantata.graphs.registry import UnknownGraph
from cantata.graphs.shapes.state import NotApproved
from cantata.graphs.source import BrokenGraph
from cantata.graphs.spec import BadSpec

_LOOK = "Look at the failed step and the server's log."
_AGAIN = "Send the request again."


class Known(NamedTuple):
    """What a kind of exception means for a client."""

    types: tuple[type[BaseException], ...]
    code: str
    retryable: bool
    suggestions: tuple[str, ...]


KNOWN = (
    Known((UnknownModel,), "unknown_model", False, ("Name another model.",)),
    Known((ModelUnavailable,), "model_not_configured", False, ("Set the key that the message names.",)),
    Known((UnknownGraph, BrokenGraph), "graph_unusable", False, ("Mend the graph's file and start the server again.",)),
    Known((BadSpec,), "graph_unusable", False, ("Mend the workflow's definition and start it again.",)),
    Known((BadExpression,), "bad_expression", False, ("Mend the step's `transform` or `when`.",)),
    Known((NotApproved,), "not_approved", False, ("Change what was not approved, and start it again.",)),
    Known(
        (GraphRecursionError,),
        "recursion_limit",
        False,
        ("Raise `config.recursion_limit`.", "Look for a loop without an end."),
    ),
    Known((NodeTimeoutError, TimeoutError), "node_timeout", True, (_AGAIN, "Raise the timeout of the step.")),
    Known(
        (ValidationError, InvalidUpdateError, EmptyInputError),
        "invalid_state",
        False,
        ("Compare the input with the graph's schema.", _LOOK),
    ),
)


@dataclass(frozen=True)
class Failure:
    """A fault and what can be done about it."""

    fault: WorkflowFault
    suggestions: tuple[str, ...]


def timed_out(seconds: float) -> Failure:
    """Tell of a run that was at work for too long."""
    return _failure(
        "timeout",
        f"The workflow was stopped after {seconds:g} s of running time.",
        True,
        "Raise `timeout_seconds`.",
        "Give the workflow less to do.",
    )


def exhausted(attempts: int) -> Failure:
    """Tell of a run whose process died too often without progress."""
    return _failure(
        "attempts_exhausted",
        f"The server stopped {attempts} times while it executed this workflow.",
        False,
        "Look in the server's log for what stopped it.",
        "Start the workflow again when that is mended.",
    )


def failure_of(error: BaseException, redaction: Redaction, *, is_of_model: bool = False) -> Failure:
    """Describe what a graph raised, perhaps by a model call of its own; a traceback is for the log, not for this."""
    if (is_of_model or isinstance(error, ModelError)) and (fault := provider_fault(error)):
        error = fault
    words = redaction.error(error)
    if isinstance(error, ModelFault):
        return _failure(error.code, words, error.retryable, *error.recovery_suggestions)
    if isinstance(error, ModelError):
        return _failure("model_error", words, bool(getattr(error, "is_retryable", False)), _AGAIN)
    for kind in KNOWN:
        if isinstance(error, kind.types):
            return _failure(kind.code, words, kind.retryable, *kind.suggestions)
    return _failure("graph_error", f"{type(error).__name__}: {words}", False, _LOOK, _AGAIN)


def _failure(code: str, message: str, retryable: bool, *suggestions: str) -> Failure:
    return Failure(WorkflowFault(code, message, retryable), suggestions)
