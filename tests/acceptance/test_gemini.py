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


TWO = ["offline-demo", "gemini-2.5-flash"]


def side_by_side(server: ServerProcess, prompt: str, **fields: Any) -> list[Any]:
    """Ask two models, and return what a client of `chunks` gets."""
    with server.stream("POST", "/api/stream", {"prompt": prompt, "models": TWO, **fields}) as stream:
        return [frame.data for frame in stream.rest() if frame.data is not None]


def test_two_models_answer_side_by_side(gemini: ServerProcess, llmock: LLMock) -> None:
    llmock.reply("Seventeen times twenty-three is 391.")

    *chunks, last = side_by_side(gemini, "What is 17*23?", session_id="two-models")

    said = {model: "".join(c["chunk"] for c in chunks if c["model"] == model) for model in TWO}
    indexes = [[c["index"] for c in chunks if c["model"] == model] for model in TWO]
    assert last["fullText"] == said
    assert said["gemini-2.5-flash"] == "Seventeen times twenty-three is 391."
    assert said["offline-demo"].startswith("17*23 = 391.")
    assert indexes == [list(range(1, len(one) + 1)) for one in indexes]
    assert all(last["usage"][model]["totalTokens"] > 0 for model in TWO)
    told = gemini.client.get("/api/sessions/two-models/export?format=markdown").text
    assert all(words in told for words in ("Seventeen times twenty-three", "17*23 = 391."))


def test_a_model_that_fails_does_not_stop_the_other(gemini: ServerProcess, llmock: LLMock) -> None:
    llmock.fail(400, times=None)

    frames = side_by_side(gemini, "What is 17*23?")

    failed = [frame for frame in frames if "error" in frame]
    assert [(frame["model"], frame["error"]["code"]) for frame in failed] == [("gemini-2.5-flash", "model_failed")]
    assert frames[-1]["complete"]
    assert frames[-1]["fullText"]["offline-demo"].startswith("17*23 = 391.")
    assert frames[-1]["fullText"]["gemini-2.5-flash"] == ""


def test_what_two_models_said_is_known_to_the_next_run(gemini: ServerProcess, llmock: LLMock) -> None:
    llmock.reply("Lighthouses are towers.")
    side_by_side(gemini, "Tell me about lighthouses.", session_id="known")
    llmock.reply("As I said.")

    chat(gemini, "What was it?", session_id="known", model="gemini-2.5-flash")

    asked = str(llmock.last_request.body)
    assert "Tell me about lighthouses." in asked
    assert "Lighthouses are towers." in asked
