"""What a provider's exception tells, whatever SDK it is from."""

import httpx
import pytest
from langchain_core import exceptions as langchain_errors

from cantata.graphs.provider_faults import provider_fault


class APIStatusError(Exception):
    """As the SDKs that OpenAI's generator makes have it."""

    def __init__(self, status_code: int) -> None:
        super().__init__("body with sk-secret")
        self.status_code = status_code


class APIConnectionError(Exception):
    """No status, for there was no answer."""


class APITimeoutError(APIConnectionError):
    """A narrower one."""


class TextStatusError(Exception):
    """Its status is no number."""

    status_code = "429"


def refused(status: int) -> httpx.HTTPStatusError:
    """Make what clients without an SDK of their own raise."""
    request = httpx.Request("POST", "https://provider.example")
    return httpx.HTTPStatusError("refused", request=request, response=httpx.Response(status, request=request))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (langchain_errors.ModelRateLimitError("slow down"), "model_rate_limited"),
        (langchain_errors.ContextOverflowError("too long"), "model_invalid_request"),
        (langchain_errors.ModelConnectionError("gone"), "model_connection"),
        (langchain_errors.ModelTimeoutError("late"), "model_timeout"),
        (APIStatusError(401), "model_auth"),
        (APIStatusError(404), "model_not_found"),
        (APIStatusError(408), "model_timeout"),
        (APIStatusError(413), "model_invalid_request"),
        (APIStatusError(529), "model_unavailable"),
        (refused(429), "model_rate_limited"),
        (APITimeoutError(), "model_timeout"),
        (APIConnectionError(), "model_connection"),
        (httpx.ReadTimeout("late"), "model_timeout"),
        (httpx.ConnectError("gone"), "model_connection"),
    ],
)
def test_a_fault_is_known_by_type_name_or_status(error: Exception, code: str) -> None:
    fault = provider_fault(error)

    assert fault is not None
    assert fault.code == code
    assert "sk-secret" not in str(fault)


@pytest.mark.parametrize(
    "error", [ValueError("x"), APIStatusError(302), langchain_errors.ModelError("odd"), TextStatusError("x")]
)
def test_what_tells_nothing_is_no_fault_of_a_provider(error: BaseException) -> None:
    assert provider_fault(error) is None
