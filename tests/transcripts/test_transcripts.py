"""What each kind of run looks like on the wire, byte for byte."""

from pathlib import Path

from tests.server_process import JSON, ServerProcess
from tests.support.invariants import check_invariants
from tests.transcripts.golden import compare, normal
from tests.transcripts.talk import Conversation


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
    body = {"message": "mid-token", "agent": "slow_tokens"}

    talk.cancelled("/chat", body, lambda frame: frame.event == "message_delta" and frame.data["delta"] == "three ")

    compare("cancel_mid_token", normal(talk.raw))


def test_cancel_in_a_tool_and_a_second_message(talk: Conversation) -> None:
    """A provider refuses a conversation with an unanswered tool call, so the next run answers it: `cancelled`."""
    body = {"message": "in-a-tool", "agent": "slow_tool", "session_id": "cancelled-in-a-tool"}

    talk.cancelled("/chat", body, lambda frame: frame.event == "tool_start")
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
