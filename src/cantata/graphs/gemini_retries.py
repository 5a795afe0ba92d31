"""Which fault a provider's exception is, and whether and when to try again."""

import json
import logging
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from google.genai.errors import APIError, UnknownApiResponseError
from pydantic import ValidationError

from cantata.graphs.faults import FaultCode, ModelFault
from cantata.graphs.provider_faults import LANGCHAIN_FAULTS

logger = logging.getLogger(__name__)

_LONGEST_BACKOFF_SECONDS = 20.0
_LONGEST_ASKED_WAIT_SECONDS = 60.0  # a longer RetryInfo is told to the client instead of waited for

_BY_TYPE: tuple[tuple[type[Exception], FaultCode], ...] = (
    *LANGCHAIN_FAULTS,
    (UnknownApiResponseError, "malformed_response"),
    (json.JSONDecodeError, "malformed_response"),
    (ValidationError, "malformed_response"),
    (TimeoutError, "model_timeout"),
    (ConnectionError, "model_connection"),
    (APIError, "model_unavailable"),
)
# Statuses that are no fault of the request although they are 4xx; 499 is Google's CANCELLED, on its side.
_BY_STATUS: dict[int, FaultCode] = {408: "model_timeout", 499: "model_unavailable"}
# The Google client takes httpx, httpx2 or aiohttp, whichever is installed, so transport errors go by name.
_BY_NAME: tuple[tuple[str, FaultCode], ...] = (
    ("TimeoutException", "model_timeout"),
    ("TransportError", "model_connection"),
    ("ClientConnectionError", "model_connection"),
    ("ClientPayloadError", "model_connection"),
)
_SENTENCES: dict[FaultCode, str] = {
    "model_invalid_request": "Gemini refused the request to {model}",
    "malformed_response": "{model} sent something that is not an answer",
    "model_auth": "Gemini refused the key",
    "model_connection": "The connection to {model} failed",
    "model_not_found": "Gemini has no model named {model}",
    "model_rate_limited": "The rate limit of {model} is reached",
    "model_timeout": "{model} did not answer in time",
    "model_unavailable": "{model} is not available at the moment",
}


@dataclass
class Attempts:
    """The attempts of one model call and the time they share.

    Time counts while we wait for the model, never while whoever reads the answer is busy with it.
    """

    model: str
    allowed: int
    total_seconds: float
    first_retry_seconds: float
    secret: str = field(repr=False)
    made: int = 0
    _spent_seconds: float = 0.0

    @property
    def remaining_seconds(self) -> float:
        """What is left of the total, never below a millisecond: 0 would mean no timeout to the transport."""
        return max(0.001, self.total_seconds - self._spent_seconds)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the time that the block takes.

        Raises:
            TimeoutError: The time is used up.
        """
        began = time.monotonic()
        try:
            yield
        finally:
            self._spent_seconds += time.monotonic() - began
        if self._spent_seconds >= self.total_seconds:
            raise TimeoutError

    def is_model_problem(self, error: Exception) -> bool:
        """Tell a failing model from a bug of ours or of the client, which is raised as it is."""
        return isinstance(error, ModelFault) or _code_of(error) is not None

    def wait_after(self, error: Exception, *, has_begun: bool = False) -> float:
        """Give the seconds to wait before the next attempt.

        Raises:
            ModelFault: There is none: the fault is final, its answer was begun, or attempts or time are used up.
        """
        self.made += 1
        fault = error if isinstance(error, ModelFault) else self._fault_of(error)
        asked = _asked_wait(error)
        wait = self._backoff() if asked is None else asked
        is_over = self.made >= self.allowed or has_begun or wait >= self.remaining_seconds
        if not fault.retryable or is_over or wait > _LONGEST_ASKED_WAIT_SECONDS:
            _raise(fault, error)
        self._spent_seconds += wait
        logger.warning("%s failed (%s), attempt %d of %d", self.model, fault.code, self.made, self.allowed)
        return wait

    def _backoff(self) -> float:
        longest = min(self.first_retry_seconds * 2 ** (self.made - 1), _LONGEST_BACKOFF_SECONDS)
        return random.uniform(longest / 2, longest)

    def _fault_of(self, error: Exception) -> ModelFault:
        code = _code_of(error) or "model_unavailable"
        sentence = _SENTENCES[code].format(model=self.model)
        if code == "model_invalid_request" and (reason := _provider_message(error)):
            sentence += f": {self._safe(reason)}"
        if code == "model_rate_limited" and (asked := _asked_wait(error)) is not None:
            sentence += f"; it asks to wait {asked:.1f} s"
        return ModelFault(code, sentence.rstrip(".") + ".")

    def _safe(self, text: str) -> str:
        return text.replace(self.secret, "…")[:300] if self.secret else text[:300]


def _raise(fault: ModelFault, error: Exception) -> NoReturn:
    if fault is error:
        raise fault
    if fault.code == "model_auth":
        raise fault from None  # Google's details can repeat the key, and a traceback shows its causes
    raise fault from error


def _code_of(error: Exception) -> FaultCode | None:
    if _api_error(error) is not None and "API_KEY_INVALID" in _reasons(error):
        return "model_auth"  # Gemini says 400 for a bad key
    if (api_error := _api_error(error)) is not None and api_error.code in _BY_STATUS:
        return _BY_STATUS[api_error.code]
    for kind, code in _BY_TYPE:
        if isinstance(error, kind):
            return code
    names = {cls.__name__ for cls in type(error).__mro__}
    found = [code for name, code in _BY_NAME if name in names]
    if found:
        return found[0]
    return "model_invalid_request" if api_error is not None else None  # a status that LangChain has no type for


def _api_error(error: BaseException) -> APIError | None:
    """Find Google's own exception: it is the error or its cause."""
    for candidate in (error, error.__cause__):
        if isinstance(candidate, APIError):
            return candidate
    return None


def _provider_message(error: Exception) -> str:
    api_error = _api_error(error)
    return (api_error.message or "") if api_error is not None else ""


def _reasons(error: Exception) -> list[str]:
    return [str(detail.get("reason", "")) for detail in _details(error)]


def _asked_wait(error: Exception) -> float | None:
    """Read RetryInfo, as in {"@type": "…RetryInfo", "retryDelay": "34.4s"}."""
    for detail in _details(error):
        if str(detail.get("@type", "")).endswith("RetryInfo"):
            try:
                return max(0.0, float(str(detail.get("retryDelay", "")).removesuffix("s")))
            except ValueError:
                return None
    return None


def _details(error: Exception) -> list[dict[str, Any]]:
    api_error = _api_error(error)
    body = api_error.details if api_error is not None else None
    inner = body.get("error", body) if isinstance(body, dict) else {}
    details = inner.get("details") if isinstance(inner, dict) else None
    return [detail for detail in details or [] if isinstance(detail, dict)]
