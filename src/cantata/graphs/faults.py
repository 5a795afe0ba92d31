"""What can go wrong between a graph and its model, as one small tree.

Every message here is safe to show to a client: it never holds a key, a prompt or a provider's raw body.

    ModelProblem
    ├── UnknownModel       the name means nothing here
    ├── ModelUnavailable   the name is right, but a setting or a package is missing
    └── ModelFault         the call itself failed; `code` says how
"""

from dataclasses import dataclass
from typing import Literal

FaultCode = Literal[
    "answer_blocked",
    "empty_answer",
    "model_invalid_request",
    "malformed_response",
    "malformed_tool_call",
    "model_auth",
    "model_connection",
    "model_not_found",
    "model_rate_limited",
    "model_timeout",
    "model_truncated",
    "model_unavailable",
    "output_limit",
    "prompt_blocked",
]


@dataclass(frozen=True)
class _Kind:
    retryable: bool
    recovery_suggestions: tuple[str, ...]


_KINDS: dict[FaultCode, _Kind] = {
    "answer_blocked": _Kind(False, ("Rephrase the request.", "Try another model.")),
    "empty_answer": _Kind(True, ("Send the request again.", "Rephrase the request.")),
    "model_invalid_request": _Kind(
        False,
        ("Shorten the conversation if it is very long.", "Check the model's name and its options."),
    ),
    "malformed_response": _Kind(True, ("Send the request again.",)),
    "malformed_tool_call": _Kind(True, ("Send the request again.", "Simplify the tool's parameters.")),
    "model_auth": _Kind(False, ("Check the provider's key, for Gemini GEMINI_API_KEY, and what it is allowed to do.",)),
    "model_connection": _Kind(True, ("Check the network between the server and the model.",)),
    "model_not_found": _Kind(False, ("Check the model's name.", "Leave `model` out to use the default.")),
    "model_rate_limited": _Kind(True, ("Wait a little and send it again.", "Raise the quota of the key.")),
    "model_timeout": _Kind(True, ("Send the request again.", "Raise MODEL_IDLE_SECONDS or MODEL_TOTAL_SECONDS.")),
    "model_truncated": _Kind(True, ("Send the request again.",)),
    "model_unavailable": _Kind(True, ("Wait a little and send it again.", "Try another model.")),
    "output_limit": _Kind(False, ("Raise max_output_tokens.", "Ask for a shorter answer.")),
    "prompt_blocked": _Kind(False, ("Rephrase the request.",)),
}


class ModelProblem(Exception):
    """A model cannot be used as asked."""

    code: str
    retryable: bool = False
    recovery_suggestions: tuple[str, ...] = ()


class UnknownModel(ModelProblem):
    """No model has this name."""

    code = "unknown_model"
    recovery_suggestions = ("Leave `model` out to use the default.",)


class ModelUnavailable(ModelProblem):
    """The model may exist, but a setting or a package that it needs is missing."""

    code = "model_not_configured"
    recovery_suggestions = ("Set or install what the message names.", "Use offline-demo.")


class ModelFault(ModelProblem):
    """A model call that failed; `code` is stable, the message is safe to show."""

    def __init__(self, code: FaultCode, message: str) -> None:
        """Look up in one table what the code implies, so that equal faults give equal advice."""
        super().__init__(message)
        self.code: FaultCode = code
        self.retryable = _KINDS[code].retryable
        self.recovery_suggestions = _KINDS[code].recovery_suggestions

    def __reduce__(self) -> tuple[type["ModelFault"], tuple[FaultCode, str]]:
        # To be pickled and copied: `Exception` would call us with the message alone.
        return type(self), (self.code, str(self))
