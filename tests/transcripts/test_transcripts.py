"""What each kind of run looks like on the wire, byte for byte."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server_process import JSON, ServerProcess, Stream
from tests.support.invariants import check_invariants
from tests.transcripts.golden import compare, normal


class Conversation:
    """Requests and the bytes of their answers, in order."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.raw = b""

    def ask(self, path: str, body: Any) -> Stream:
        """Read the whole stream of a request."""
        with self.server.stream("POST", path, body) as stream:
            stream.rest()
        self.add(f"POST {path}", stream)
        return stream

    def cancelled(self, path: str, body: Any, event: str, **members: Any) -> None:
        """Read a request's stream to an event, cancel the run there, and read on."""
        with self.server.stream("POST", path, body) as stream:
            run_id = stream.until(event, **members).data["workflow_id"]
            self.server.client.post(f"/api/workflows/{run_id}/cancel", json={"reason": "enough"}).raise_for_status()
            stream.rest()
        self.add(f"POST {path}", stream)

    def resume(self, stream: Stream, answer: Any) -> None:
        """Answer what the run asks at the end of the log so far."""
        asked = stream.events[-1]
        responses = {interrupt["id"]: answer for interrupt in asked["interrupts"]}
        self.ask(f"/api/workflows/{asked['workflow_id']}/resume", {"responses": responses})

    def until_asked(self, body: Any) -> Stream:
        """Read a run's stream to its question; it stays open, so the client leaves."""
        with self.server.stream("POST", "/api/workflows", body) as stream:
            stream.until("workflow_interrupted")
        self.add("POST /api/workflows", stream)
        return stream

    def add(self, title: str, stream: Stream) -> None:
        """Note a stream, up to its last whole frame."""
        self.raw += f"### {title}\n".encode() + b"".join(frame.raw for frame in stream.frames)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for the transcripts that do not kill it."""
    process = ServerProcess(tmp_path_factory.mktemp("transcripts"))
    yield process.start()
    process.close()


@pytest.fixture
def talk(server: ServerProcess) -> Conversation:
    return Conversation(server)


def test_success(talk: Conversation) -> None:
    stream = talk.ask("/chat", {"message": "What is 17*23, and what time is it in Tokyo?"})

    compare("success", normal(talk.raw, tells_time=True))
    check_invariants(stream.events)


def test_two_parallel_tools(talk: Conversation) -> None:
    stream = talk.ask("/chat", {"message": "two-tools", "agent": "two_tools"})

    compare("two_parallel_tools", normal(talk.raw))
    check_invariants(stream.events)


def test_tool_error(talk: Conversation) -> None:
    stream = talk.ask("/chat", {"message": "tool-error", "agent": "tool_error"})

    compare("tool_error", normal(talk.raw))
    check_invariants(stream.events)


def test_model_error_mid_stream(talk: Conversation) -> None:
    stream = talk.ask("/chat", {"message": "model-error", "agent": "model_error"})

    compare("model_error_mid_stream", normal(talk.raw))
    check_invariants(stream.events)


def test_cancel_mid_token(talk: Conversation) -> None:
    talk.cancelled("/chat", {"message": "mid-token", "agent": "slow_tokens"}, "message_delta", delta="three ")

    compare("cancel_mid_token", normal(talk.raw))


def test_cancel_in_a_tool_and_a_second_message(talk: Conversation) -> None:
    """A provider refuses a conversation with an unanswered tool call, so the next run answers it: `cancelled`."""
    body = {"message": "in-a-tool", "agent": "slow_tool", "session_id": "cancelled-in-a-tool"}

    talk.cancelled("/chat", body, "tool_start")
    stream = talk.ask("/chat", {**body, "message": "what-now"})

    compare("cancel_in_a_tool", normal(talk.raw))
    assert stream.events[-1]["final_response"].strip() == "Before, the tool said: cancelled"


def test_node_retry_with_a_subgraph(talk: Conversation) -> None:
    stream = talk.ask("/api/workflows", {"graph": "retry", "input": {"key": "retry"}})

    compare("node_retry_with_a_subgraph", normal(talk.raw))
    check_invariants(stream.events)


def test_interrupt_and_resume_in_a_subgraph(talk: Conversation) -> None:
    stream = talk.until_asked({"graph": "approval", "input": {"key": "approval"}})
    talk.resume(stream, "yes")

    compare("interrupt_and_resume_in_a_subgraph", normal(talk.raw))


def test_breakpoint(talk: Conversation) -> None:
    stream = talk.until_asked({"graph": "breakpoint", "input": {"key": "breakpoint"}})
    talk.resume(stream, None)

    compare("breakpoint", normal(talk.raw))


def test_handoff(talk: Conversation) -> None:
    stream = talk.ask("/api/workflows", {"graph": "handoff", "input": {"key": "handoff"}})

    compare("handoff", normal(talk.raw))
    check_invariants(stream.events)


def test_crash_and_resume(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path).start()
    talk = Conversation(server)
    try:
        with server.stream("POST", "/api/workflows", {"graph": "nested", "input": {"key": "crash"}}) as stream:
            run_id = stream.until("message_delta", message_id="m3", delta="second ").data["workflow_id"]
            stream.until("reasoning_step", index=3)
            server.kill()
        talk.add("POST /api/workflows", stream)
        server.start()
        server.desk.open("crash")
        cursor = {"Last-Event-ID": str(stream.cursor)}
        with server.stream("GET", f"/api/workflows/{run_id}/events", headers=cursor) as rest:
            rest.rest()
        talk.add(f"GET /api/workflows/{run_id}/events", rest)

        compare("crash_and_resume", normal(talk.raw))
        check_invariants(stream.events + rest.events)
    finally:
        server.close()


def test_the_folded_workflow_of_a_transcript_is_what_polling_tells(talk: Conversation) -> None:
    """The wire format has one more reader: the JSON answer of the same request ends with the same words."""
    answer = talk.server.waited("/chat", {"message": "two-tools", "agent": "two_tools"}, JSON)

    assert answer["final_response"].strip() == "Three million people enjoy fine weather."
