"""What clients are told of what a graph raised."""

import httpx

from cantata.callbacks.redaction import Redaction
from cantata.server.runs.faults import failure_of


def refused() -> httpx.HTTPStatusError:
    """Make what an HTTP client raises for a 401."""
    request = httpx.Request("GET", "https://elsewhere.example")
    return httpx.HTTPStatusError("no", request=request, response=httpx.Response(401, request=request))


def test_an_http_error_of_a_tool_is_no_fault_of_a_model() -> None:
    assert failure_of(refused(), Redaction()).fault.code == "graph_error"


def test_an_http_error_of_a_model_is_its_fault() -> None:
    assert failure_of(refused(), Redaction(), is_of_model=True).fault.code == "model_auth"


def test_a_models_error_that_tells_nothing_is_the_graphs() -> None:
    assert failure_of(ValueError("odd"), Redaction(), is_of_model=True).fault.code == "graph_error"
