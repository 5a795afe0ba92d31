"""Models of other providers: how they are named, and what becomes of their errors."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Fresh
from tests.acceptance.openai_server import KEY, OpenAIServer, openai_server
from tests.acceptance.reading import folded, told_by_log, typed
from tests.acceptance.strangers import served
from tests.server_process import ServerProcess
from tests.support.invariants import check_invariants

NOWHERE = "http://127.0.0.1:9"  # the port of the discard service, where nobody listens


@pytest.fixture(scope="module")
def openai() -> Iterator[OpenAIServer]:
    """Be OpenAI."""
    with openai_server() as server:
        yield server


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory, openai: OpenAIServer) -> Iterator[ServerProcess]:
    """Serve the project whose graphs use other providers' models."""
    with served(tmp_path_factory.mktemp("providers"), "providers", **openai.settings, MODEL_ATTEMPTS="1") as server:
        yield server


def asked(server: ServerProcess, graph: str, text: str) -> Any:
    return server.waited("/api/workflows", {"graph": graph, "input": text})


def test_a_built_in_graph_runs_with_another_providers_model(providers: ServerProcess, openai: OpenAIServer) -> None:
    body = {"message": "17", "model": "openai:gpt-5-mini", "options": {"temperature": 1, "max_output_tokens": 300}}
    events = providers.streamed("/chat", body)

    assert events[-1]["type"] == "workflow_completed"
    assert {event["model"] for event in events if event["type"] == "reasoning_step"} == {"gpt-5-mini"}
    assert events[-1]["usage"]["cost_usd"] > 0
    assert {request["max_completion_tokens"] for request in openai.asked if "temperature" in request} == {300}
    assert told_by_log(providers.workflow(events[0]["workflow_id"])) == folded(events)
    check_invariants(typed(events))


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (400, "model_invalid_request", False),
        (401, "model_auth", False),
        (403, "model_auth", False),
        (404, "model_not_found", False),
        (422, "model_invalid_request", False),
        (429, "model_rate_limited", True),
        (500, "model_unavailable", True),
        (503, "model_unavailable", True),
    ],
)
@pytest.mark.parametrize("graph", ["openai", "reasoner", "chosen"])
def test_an_error_of_any_provider_has_the_code_that_geminis_has(
    providers: ServerProcess, graph: str, status: int, code: str, retryable: bool
) -> None:
    run = asked(providers, graph, f"status {status}")

    assert (run["status"], run["error"]["code"], run["error"]["retryable"]) == ("failed", code, retryable)
    assert run["recovery_suggestions"]
    assert KEY not in str(run)


def test_a_provider_that_is_not_there_is_a_fault_of_the_connection(tmp_path: Path) -> None:
    with served(tmp_path, "providers", OPENAI_BASE_URL=NOWHERE, OPENAI_API_KEY=KEY) as server:
        run = asked(server, "openai", "hello")

    assert (run["error"]["code"], run["error"]["retryable"]) == ("model_connection", True)


@pytest.mark.parametrize(
    ("model", "code", "words"),
    [
        ("anthropic:claude-sonnet-4-5", "model_not_configured", "pip install langchain-anthropic"),
        ("openai:gpt-5-mini", "model_not_configured", "OPENAI_API_KEY"),
        ("nobody:some-model", "unknown_model", "no provider 'nobody'"),
        ("some-model", "unknown_model", "<provider>:<model>"),
    ],
)
def test_a_model_that_cannot_be_had_is_refused_with_what_it_lacks(
    server: ServerProcess, model: str, code: str, words: str
) -> None:
    answer = server.client.post("/chat", json={"message": "hi", "model": model})

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert words in answer.json()["detail"]


def test_a_default_model_that_cannot_be_had_stops_the_start(fresh: Fresh) -> None:
    code, said = fresh(None).refused(DEFAULT_MODEL="openai:gpt-5-mini")

    assert code != 0
    assert "DEFAULT_MODEL: The model openai:gpt-5-mini cannot be had" in said
    assert "Traceback" not in said
