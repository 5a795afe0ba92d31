"""What the README promises to somebody with nothing but curl."""

from tests.acceptance.reading import folded, told_by_log, typed
from tests.server_process import ServerProcess
from tests.support.invariants import check_invariants

QUESTION = {"message": "What is 17*23, and what time is it in Cairo?"}


def test_a_question_is_answered_live(server: ServerProcess) -> None:
    events = server.streamed("/chat", QUESTION)

    kinds = [event["type"] for event in events]
    tools = [event for event in events if event["type"] == "tool_end"]
    text = "".join(event["delta"] for event in events if event["type"] == "message_delta")
    assert kinds[0] == "workflow_started"
    assert kinds[-1] == "workflow_completed"
    assert "agent_thinking" in kinds
    assert [tool["tool"] for tool in tools] == ["calculator", "current_time"]
    assert tools[0]["output"] == "391"
    assert "In Cairo it is" in tools[1]["output"]
    assert all(tool["duration_ms"] >= 0 for tool in tools)
    assert "391" in text
    assert events[-1]["final_response"] == text
    check_invariants(typed(events))


def test_polling_tells_what_the_stream_told(server: ServerProcess) -> None:
    events = server.streamed("/chat", QUESTION)

    polled = server.workflow(events[0]["workflow_id"])

    assert told_by_log(polled) == folded(events)
    assert polled["status"] == "completed"
    assert polled["attempt"] == 1


def test_the_built_in_workflow_takes_a_text(server: ServerProcess) -> None:
    workflow = server.waited("/api/workflows", {"graph": "sequential", "input": "The history of the lighthouse"})

    assert workflow["status"] == "completed"
    outer = [step["name"] for step in workflow["steps"] if len(step["path"]) == 1]
    assert outer == ["researcher", "writer", "reviewer"]
    assert workflow["strategy"] == "sequential"


def test_health_names_the_graphs(server: ServerProcess) -> None:
    answer = server.client.get("/health/ready")

    assert answer.status_code == 200
    assert {"assistant", "sequential", "two_tools"} <= set(answer.json()["graphs"])
    assert answer.json()["broken_graphs"] == {}


def test_the_page_is_at_the_root(server: ServerProcess) -> None:
    answer = server.client.get("/")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "<title>Cantata</title>" in answer.text
