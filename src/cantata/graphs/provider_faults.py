"""Which fault it is that a model of any provider raised: by LangChain's types, else by the HTTP status it carries.

Only for what a model call raised: an exception of a tool that carries a status is no fault of a model.
"""

from langchain_core import exceptions as langchain_errors

from cantata.graphs.faults import FaultCode, ModelFault

LANGCHAIN_FAULTS: tuple[tuple[type[Exception], FaultCode], ...] = (
    (langchain_errors.ContextOverflowError, "model_invalid_request"),
    (langchain_errors.ModelAuthenticationError, "model_auth"),
    (langchain_errors.ModelPermissionDeniedError, "model_auth"),
    (langchain_errors.ModelNotFoundError, "model_not_found"),
    (langchain_errors.ModelRateLimitError, "model_rate_limited"),
    (langchain_errors.ModelInvalidRequestError, "model_invalid_request"),
    (langchain_errors.ModelTimeoutError, "model_timeout"),
    (langchain_errors.ModelConnectionError, "model_connection"),
    (langchain_errors.ModelAPIError, "model_unavailable"),
)
_BY_NAME: tuple[tuple[str, FaultCode], ...] = (  # of the SDKs and of httpx, the narrower first
    ("APITimeoutError", "model_timeout"),
    ("TimeoutException", "model_timeout"),
    ("APIConnectionError", "model_connection"),
    ("TransportError", "model_connection"),
)
_BY_STATUS: dict[int, FaultCode] = {
    400: "model_invalid_request",
    401: "model_auth",
    403: "model_auth",
    404: "model_not_found",
    408: "model_timeout",
    413: "model_invalid_request",
    422: "model_invalid_request",
    429: "model_rate_limited",
}
# Without the provider's own words: they may repeat a key or the prompt.
_SENTENCES: dict[FaultCode, str] = {
    "model_invalid_request": "The model's provider refused the request.",
    "model_auth": "The model's provider refused the key.",
    "model_connection": "The connection to the model failed.",
    "model_not_found": "The model's provider has no such model.",
    "model_rate_limited": "The rate limit of the model is reached.",
    "model_timeout": "The model did not answer in time.",
    "model_unavailable": "The model is not available at the moment.",
}


def provider_fault(error: BaseException) -> ModelFault | None:
    """Say which fault *error* is, a thing that a model call raised; None when nothing about it tells."""
    code = _code_of(error)
    return ModelFault(code, _SENTENCES[code]) if code is not None else None


def _code_of(error: BaseException) -> FaultCode | None:
    for kind, code in LANGCHAIN_FAULTS:
        if isinstance(error, kind):
            return code
    names = {cls.__name__ for cls in type(error).__mro__}
    for name, code in _BY_NAME:
        if name in names:
            return code
    status = _status_of(error)
    if status is None:
        return None
    return "model_unavailable" if status >= 500 else _BY_STATUS.get(status)


def _status_of(error: BaseException) -> int | None:
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int):
            return status
    return None
