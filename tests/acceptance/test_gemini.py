"""The real Gemini client against a server that speaks Gemini's HTTP: text, tools, errors, cut streams."""

from collections.abc import Iterator
from typing import Any

import pytest
from llmock.pytest_plugin import LLMock
from llmock.testing import LLMockServer

from tests.acceptance.reading import folded, told_by_log, typed
from tests.server_process import ServerProcess
from tests.support.invariants import check_invariants

KEY = "AIzaSyNotARealKeyJustForTests0123456789"


@pytest.fixture(scope="module")
def gemini(tmp_path_factory: pytest.TempPathFactory, llmock_server: LLMockServer) -> Iterator[ServerProcess]:
    """Run a server that has a key, and believes that Gemini is here."""
    process = ServerProcess(
        tmp_path_factory.mktemp("gemini"),
        None,
        GEMINI_API_KEY=KEY,
        GOOGLE_GEMINI_BASE_URL=f"{llmock_server.url}/gemini",
        MODEL_ATTEMPTS="1",
    )
    yield process.start()
    process.close()


def chat(server: ServerProcess, message: str, **fields: Any) -> list[dict[str, Any]]:
    return server.streamed("/chat", {"message": message, **fields})


def test_with_a_key_gemini_is_the_default(gemini: ServerProcess, llmock: LLMock) -> None:
    llmock.reply("The lighthouse was built in 1811.")

    events = chat(gemini, "When?")

    deltas = [event["delta"] for event in events if event["type"] == "message_delta"]
    assert events[-1]["final_response"] == "".join(deltas) == "The lighthouse was built in 1811."
    assert len(deltas) > 1
    assert next(e["model"] for e in events if e["type"] == "message_start").endswith("gemini-2.5-flash")
    assert events[-1]["usage"]["input_tokens"] > 0
    assert events[-1]["usage"]["cost_usd"] > 0
    check_invariants(typed(events))


def test_gemini_calls_tools(gemini: ServerProcess, llmock: LLMock) -> None:
    llmock.call_tool("calculator", {"expression": "17*23"})
    llmock.reply("It is 391.")

    events = chat(gemini, "What is 17*23?")

    tool = next(event for event in events if event["type"] == "tool_end")
    assert (tool["tool"], tool["output"], tool["status"]) == ("calculator", "391", "ok")
    assert events[-1]["final_response"] == "It is 391."
    assert told_by_log(gemini.workflow(events[0]["workflow_id"])) == folded(events)
    check_invariants(typed(events))


@pytest.mark.parametrize(("status", "retryable"), [(400, False), (403, False), (429, True), (503, True)])
def test_an_error_of_gemini_is_the_runs_error(
    gemini: ServerProcess, llmock: LLMock, status: int, retryable: bool
) -> None:
    llmock.fail(status, times=None)

    events = chat(gemini, "hello")

    assert events[-1]["type"] == "workflow_error"
    assert events[-1]["error"]["retryable"] is retryable
    assert events[-1]["error"]["code"].startswith("model_")
    assert events[-1]["recovery_suggestions"]
    assert KEY not in str(events) + gemini.log.read_text()
    check_invariants(typed(events))


@pytest.mark.parametrize("fault", ["disconnect", "truncate", "corrupt"])
def test_a_cut_stream_of_gemini_is_no_answer(gemini: ServerProcess, llmock: LLMock, fault: str) -> None:
    llmock.reply("one two three four five six seven eight nine ten " * 3, times=None)
    getattr(llmock, fault)(after_chunks=3, times=None)

    events = chat(gemini, "count")

    assert events[-1]["type"] == "workflow_error"
    assert events[-1]["partial_response"]
    assert [e["status"] for e in events if e["type"] == "message_complete"] == ["error"]
    check_invariants(typed(events))


def test_the_options_reach_gemini(gemini: ServerProcess, llmock: LLMock) -> None:
    llmock.reply("ok")

    options = {"temperature": 0.5, "topP": 0.9, "maxOutputTokens": 99}
    chat(gemini, "hello", model="gemini-2.5-pro", options=options)

    sent = llmock.last_request
    assert "gemini-2.5-pro" in sent.path
    assert sent.body["generationConfig"] == sent.body["generationConfig"] | options


def test_one_model_under_two_names_is_named_twice(gemini: ServerProcess) -> None:
    models = ["gemini-2.5-flash", "google_genai:models/gemini-2.5-flash"]

    answer = gemini.client.post("/api/stream", json={"prompt": "x", "models": models})

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "models.1")
