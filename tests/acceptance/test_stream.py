"""/api/stream on the real process: the seeds' addresses, with their words."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.server_process import ASYNC, JSON, ServerProcess, Stream, eventually

QUESTION = "What is 17*23?"
TWO = ["offline-demo", "google_genai:gemini-2.5-flash"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    process.close()


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path, OFFLINE_DEMO_TOKEN_DELAY_MS="2000", DISCONNECT_GRACE_SECONDS="2").start()
    yield process
    process.close()


def datas(stream: Stream) -> list[Any]:
    return [frame.data for frame in stream.rest() if frame.data is not None]


def refused(server: ServerProcess, method: str, path: str, body: Any = None) -> tuple[int, str]:
    answer = server.client.request(method, path, json=body)
    return answer.status_code, answer.json()["code"]


def test_a_posted_prompt_is_answered_in_numbered_chunks(server: ServerProcess) -> None:
    with server.stream("POST", "/api/stream", {"prompt": QUESTION, "options": {"topP": 0.9}}) as stream:
        *chunks, last = datas(stream)

    assert [chunk["index"] for chunk in chunks] == list(range(1, len(chunks) + 1))
    assert last["fullText"] == "".join(chunk["chunk"] for chunk in chunks) == last["final_response"]
    assert (last["complete"], last["totalChunks"]) == (True, len(chunks))
    assert sorted(last["usage"]) == ["completionTokens", "promptTokens", "totalTokens"]
    assert {frame.event for frame in stream.frames} == {None}


def test_an_agent_is_streamed_by_get_in_named_frames(server: ServerProcess) -> None:
    with server.stream("GET", f"/api/stream/assistant?prompt={QUESTION}&tokens=true") as stream:
        frames = [frame for frame in stream.rest() if frame.event]

    assert [frame.event for frame in frames][:1] == ["connected"]
    assert [frame.event for frame in frames][-2:] == ["complete", "close"]
    said = "".join(frame.data["chunk"] for frame in frames if frame.event == "chunk")
    assert said == "".join(frame.data["token"] for frame in frames if frame.event == "token")
    assert said == frames[-2].data["final_response"]


def test_the_same_get_with_the_last_id_goes_on_and_starts_nothing(server: ServerProcess) -> None:
    address = "/api/stream/assistant?prompt=What%20is%202*3%3F&session_id=repeated"
    with server.stream("GET", address) as stream:
        whole = stream.rest()

    middle = {"Last-Event-ID": whole[5].id or ""}
    with server.stream("GET", f"{address}&format=compat&heartbeat_seconds=20", headers=middle) as again:
        rest = again.rest()
    done = server.client.get(address, headers={"Accept": "text/event-stream", "Last-Event-ID": whole[-1].id or ""})
    other = server.client.get(address.replace("2*3", "2*4"), headers={"Last-Event-ID": whole[5].id or ""})

    assert [frame.raw for frame in rest[1:]] == [frame.raw for frame in whole[6:]]
    assert done.status_code == 204
    assert (other.status_code, other.json()["code"]) == (422, "cursor_of_another_request")
    runs = server.client.get("/api/workflows?session_id=repeated").json()["workflows"]
    assert len(runs) == 1


def test_several_models_answer_side_by_side(server: ServerProcess) -> None:
    with server.stream("POST", "/api/stream", {"prompt": QUESTION, "models": ["offline-demo"]}) as stream:
        *chunks, last = datas(stream)

    assert {chunk["model"] for chunk in chunks} == {"offline-demo"}
    assert last["fullText"]["offline-demo"] == "".join(chunk["chunk"] for chunk in chunks)
    assert last["usage"]["offline-demo"]["totalTokens"] > 0
    assert refused(server, "POST", "/api/stream", {"prompt": QUESTION, "models": TWO}) == (422, "model_not_configured")


@pytest.mark.parametrize(("action", "body"), [("regenerate", {}), ("edit", {"content": "What is 2*3?"})])
def test_models_side_by_side_stay_so_when_they_are_asked_again(
    server: ServerProcess, action: str, body: dict[str, Any]
) -> None:
    asked = {"prompt": QUESTION, "models": ["offline-demo"], "session_id": f"again-{action}"}
    server.waited("/api/stream", asked)
    (question, *_) = server.client.get(f"/api/sessions/again-{action}/messages").json()["messages"]
    path = f"/api/sessions/again-{action}/messages/{question['message_id']}/{action}"

    with server.stream("POST", f"{path}?format=chunks", {**body, "metadata": {"mine": 1}}) as stream:
        *chunks, last = datas(stream)

    assert {chunk["model"] for chunk in chunks} == {"offline-demo"}
    assert list(last["fullText"]) == ["offline-demo"]
    assert server.workflow(stream.response.headers["X-Workflow-Id"])["metadata"] == {
        "mine": 1,
        "models": ["offline-demo"],
    }
    assert refused(server, "POST", path, {**body, "metadata": {"models": 1}}) == (422, "invalid_request")


def test_a_fork_of_models_side_by_side_tells_them_apart(server: ServerProcess) -> None:
    run = server.waited("/api/stream", {"prompt": QUESTION, "models": ["offline-demo"]})
    *_, first = server.client.get(f"/api/workflows/{run['workflow_id']}/history").json()["checkpoints"]

    path = f"/api/workflows/{run['workflow_id']}/fork?format=chunks"
    with server.stream("POST", path, {"checkpoint_id": first["checkpoint_id"]}) as stream:
        *_, last = datas(stream)

    assert list(last["fullText"]) == ["offline-demo"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "missing_prompt"),
        ({"prompt": None}, 400, "missing_prompt"),
        ({"prompt": " \n"}, 400, "missing_prompt"),
        ({"prompt": 5}, 422, "invalid_request"),
        ({"prompt": "x", "agent": "nobody"}, 422, "unknown_graph"),
        ({"prompt": "x", "agent": "stats"}, 422, "unknown_graph"),
        ({"prompt": "x", "model": "nothing"}, 422, "unknown_model"),
        ({"prompt": "x", "models": ["nothing"]}, 422, "unknown_model"),
        ({"prompt": "x", "models": []}, 422, "invalid_request"),
        ({"prompt": "x", "models": ["offline-demo"] * 2}, 422, "invalid_request"),
        ({"prompt": "x", "models": ["offline-demo"], "model": "offline-demo"}, 422, "invalid_request"),
        ({"prompt": "x", "models": ["offline-demo"], "agent": "sequential"}, 422, "unknown_graph"),
        ({"prompt": "x", "models": ["offline-demo"], "metadata": {"models": "mine"}}, 422, "invalid_request"),
        ({"prompt": "x", "options": {"topK": 1}}, 422, "invalid_request"),
        ({"prompt": "x" * 100_001}, 422, "message_too_long"),
    ],
)
def test_a_bad_post_is_refused(server: ServerProcess, body: Any, status: int, code: str) -> None:
    assert refused(server, "POST", "/api/stream", body) == (status, code)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/assistant", 400, "missing_prompt"),
        ("/assistant?prompt=", 400, "missing_prompt"),
        ("/nobody?prompt=x", 422, "unknown_graph"),
        ("/assistant?prompt=x&model=nothing", 422, "unknown_model"),
        ("/assistant?prompt=x&format=nothing", 422, "invalid_request"),
        ("/assistant?prompt=x&colour=red", 422, "invalid_request"),
        ("/assistant?prompt=x&tokens=true&format=chunks", 422, "invalid_request"),
        ("/assistant?prompt=x&include=nothing", 422, "invalid_request"),
        ("/assistant?prompt=x&coalesce_ms=-1", 422, "invalid_request"),
        ("/assistant?prompt=x&heartbeat_seconds=0", 422, "invalid_request"),
        ("/assistant?prompt=x&temperature=9", 422, "invalid_request"),
        ("/assistant?prompt=x&session_id=a b", 422, "invalid_request"),
        ("/assistant?prompt=x&models=offline-demo&models=offline-demo", 422, "invalid_request"),
        ("/stats/nobody", 422, "unknown_graph"),
    ],
)
def test_a_bad_get_is_refused(server: ServerProcess, path: str, status: int, code: str) -> None:
    assert refused(server, "GET", f"/api/stream{path}") == (status, code)


def test_statistics_have_the_promised_fields(server: ServerProcess) -> None:
    before = server.client.get("/api/stream/stats/writer").json()
    with server.stream("GET", "/api/stream/writer?prompt=Write+about+tea.") as stream:
        stream.rest()

    told = server.client.get("/api/stream/stats/writer").json()
    whole = server.client.get("/api/stream/stats").json()

    assert (before["totalStreams"], before["successRate"], before["avgDuration"]) == (0, "0.00%", "0ms")
    counts = ("totalStreams", "activeStreams", "completedStreams", "failedStreams", "cancelledStreams")
    assert [told[name] for name in counts] == [1, 0, 1, 0, 0]
    assert (told["agent"], told["successRate"]) == ("writer", "100.00%")
    assert told["avgDuration"].removesuffix("ms").isdigit()
    assert whole["agents"]["writer"] == told
    assert whole["totalStreams"] == sum(one["totalStreams"] for one in whole["agents"].values())


def test_a_stream_that_nobody_reads_any_more_is_cancelled(slow: ServerProcess) -> None:
    with slow.stream("POST", "/api/stream", {"prompt": QUESTION}) as stream:
        run_id = stream.response.headers["X-Workflow-Id"]
        next(iter(stream))

    eventually(lambda: slow.client.get("/api/streams/active").json()["count"] == 0)  # looking at it would keep it alive
    assert slow.workflow(run_id)["cancelled"]["by"] == "disconnect"


def test_active_streams_are_listed_and_all_cancelled_at_once(slow: ServerProcess) -> None:
    with (
        slow.stream("POST", "/api/stream", {"prompt": QUESTION}) as first,
        slow.stream("GET", f"/api/stream/writer?prompt={QUESTION}") as second,
        slow.stream("POST", "/chat", {"message": QUESTION}) as chat,
    ):
        second.until("connected")
        next(iter(first)), next(iter(chat))
        listed = slow.client.get("/api/streams/active").json()
        done = slow.client.post("/api/streams/cancel-all", json={"reason": "closing time"}).json()
        last = first.rest()[-1].data
        ended = [frame.event for frame in second.rest()][-2:]
        chat.until("step_start")

    assert {(one["agent"], one["readers"]) for one in listed["streams"]} == {("assistant", 1), ("writer", 1)}
    assert listed["count"] == done["cancelled"] == len(done["workflow_ids"]) == 2
    assert last == {"error": {"code": "cancelled", "message": "closing time"}}
    assert ended == ["error", "close"]
    assert slow.client.get("/api/streams/active").json() == {"count": 0, "streams": []}


def test_cancelling_all_tells_when_the_database_cannot_be_written(server: ServerProcess) -> None:
    """Another program holds it; the run that waits for a human keeps the stream waiting for its turn."""
    server.waited("/api/workflows", {"graph": "approval", "input": {"key": "held"}, "session_id": "held"})
    waiting = {"prompt": QUESTION, "session_id": "held", "if_busy": "enqueue", "on_disconnect": "continue"}
    server.client.post("/api/stream", json=waiting, headers=ASYNC)

    with closing(sqlite3.connect(server.folder / "cantata.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = refused(server, "POST", "/api/streams/cancel-all")

    assert answer == (503, "storage_unavailable")
    assert server.client.post("/api/streams/cancel-all").json()["cancelled"] == 1


def test_with_json_wanted_the_whole_workflow_is_the_answer(server: ServerProcess) -> None:
    workflow = server.client.post("/api/stream", json={"prompt": QUESTION}, headers=JSON).json()

    assert workflow["status"] == "completed"
    assert json.loads(server.client.get(workflow["links"]["self"]).text)["final_response"] == workflow["final_response"]


def test_another_answer_of_several_models_is_told_side_by_side_too(server: ServerProcess) -> None:
    body = {"prompt": QUESTION, "models": ["offline-demo"], "session_id": "side-by-side"}
    server.client.post("/api/stream", json=body, headers=JSON).raise_for_status()
    messages = server.client.get("/api/sessions/side-by-side/messages").json()["messages"]
    address = f"/api/sessions/side-by-side/messages/{messages[-1]['message_id']}/regenerate?format=chunks"

    with server.stream("POST", address, {}) as stream:
        last = datas(stream)[-1]

    assert list(last["fullText"]) == ["offline-demo"]
