"""Why a run failed, in words that a client may see."""

from dataclasses import dataclass

from langchain_core.exceptions import ModelError
from langgraph.errors import EmptyInputError, GraphRecursionError, InvalidUpdateError, NodeTimeoutError
from pydantic import ValidationError

from cantata.callbacks.events import WorkflowFault
from cantata.callbacks.redaction import Redaction
from cantata.graphs.faults import ModelFault, ModelUnavailable, UnknownModel
from cantata.graphs.provider_faults import provider_fault
from cantata.graphs.registry import BrokenGraph, UnknownGraph

_LOOK = "Look at the failed step and the server's log."
_AGAIN = "Send the request again."


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
    match error:
        case ModelFault():
            return _failure(error.code, words, error.retryable, *error.recovery_suggestions)
        case UnknownModel():
            return _failure("unknown_model", words, False, "Name another model.")
        case ModelUnavailable():
            return _failure("model_not_configured", words, False, "Set the key that the message names.")
        case ModelError():
            return _failure("model_error", words, bool(getattr(error, "is_retryable", False)), _AGAIN)
        case UnknownGraph() | BrokenGraph():
            return _failure("graph_unusable", words, False, "Mend the graph's file and start the server again.")
        case GraphRecursionError():
            return _failure(
                "recursion_limit", words, False, "Raise `config.recursion_limit`.", "Look for a loop without an end."
            )
        case NodeTimeoutError() | TimeoutError():
            return _failure("node_timeout", words, True, _AGAIN, "Raise the timeout of the step.")
        case ValidationError() | InvalidUpdateError() | EmptyInputError():
            return _failure("invalid_state", words, False, "Compare the input with the graph's schema.", _LOOK)
        case _:
            return _failure("graph_error", f"{type(error).__name__}: {words}", False, _LOOK, _AGAIN)


def _failure(code: str, message: str, retryable: bool, *suggestions: str) -> Failure:
    return Failure(WorkflowFault(code, message, retryable), suggestions)
