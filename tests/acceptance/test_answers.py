"""One run, three answers; the headers and the first bytes of a stream."""

import httpx
import pytest

from tests.server_process import ASYNC, JSON, SSE, ServerProcess

NODE = {"graph": "one_node", "input": {"key": "answers"}}
CHAT = {"message": "hello"}


def kind(answer: httpx.Response) -> tuple[int, str]:
    """Tell the status and the media type."""
    return answer.status_code, answer.headers.get("content-type", "").partition(";")[0]


STREAMED, WAITED, ACCEPTED = (200, "text/event-stream"), (200, "application/json"), (202, "application/json")


@pytest.mark.parametrize(
    ("headers", "chat", "workflow"),
    [
        ({"Accept": "*/*"}, STREAMED, WAITED),
        ({"Accept": "text/html"}, STREAMED, WAITED),
        (SSE, STREAMED, STREAMED),
        (JSON, WAITED, WAITED),
        (SSE | ASYNC, ACCEPTED, ACCEPTED),
        ({"Prefer": "wait=5, Respond-Async"}, ACCEPTED, ACCEPTED),
        ({"Accept": "text/event-stream;q=0.5, application/json"}, WAITED, WAITED),
        ({"Accept": "application/json;q=0.9, TEXT/EVENT-STREAM"}, STREAMED, STREAMED),
        ({"Accept": "application/json, text/event-stream"}, STREAMED, STREAMED),
        ({"Accept": "text/event-stream;q=0, application/json;q=0.1"}, WAITED, WAITED),
        ({"Accept": "application/json;q=x"}, STREAMED, WAITED),
    ],
)
def test_the_client_chooses_the_answer(
    server: ServerProcess, headers: dict[str, str], chat: tuple[int, str], workflow: tuple[int, str]
) -> None:
    assert kind(server.client.post("/chat", json=CHAT, headers=headers)) == chat
    assert kind(server.client.post("/api/workflows", json=NODE, headers=headers)) == workflow


def test_the_headers_of_a_stream(server: ServerProcess) -> None:
    answer = server.client.post("/chat", json=CHAT, headers=SSE)

    run_id = answer.headers["x-workflow-id"]
    assert {name: answer.headers[name] for name in answer.headers if name != "date"} == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache, no-transform",
        "connection": "keep-alive",
        "x-accel-buffering": "no",
        "x-workflow-id": run_id,
        "location": f"/api/workflows/{run_id}",
        "content-location": f"/api/workflows/{run_id}",
        "transfer-encoding": "chunked",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
    }
    assert answer.content.startswith(f"retry: 1000\nid: evt_{run_id[3:]}_0\n\nid: evt_{run_id[3:]}_1\nevent: ".encode())


def test_the_first_bytes_come_before_the_graph_starts(server: ServerProcess, key: str) -> None:
    """A client that is cut before its run's turn comes must already know the run."""
    first = {"graph": "nested", "input": {"key": key}, "session_id": key}
    running = server.started("nested", first["input"], session_id=key)

    with server.stream("POST", "/api/workflows", {**first, "if_busy": "enqueue"}) as stream:
        beat = stream.until("heartbeat")

    assert stream.frames[0].raw.startswith(b"retry: 1000\nid: evt_")
    assert [event["type"] for event in stream.events] == ["workflow_started"]
    assert beat.data["status"] == "queued"
    server.client.post(f"/api/workflows/{beat.data['workflow_id']}/cancel").raise_for_status()
    server.client.post(f"/api/workflows/{running}/cancel").raise_for_status()


def test_a_silent_stream_shows_that_it_lives(server: ServerProcess, key: str) -> None:
    run_id = server.started("nested", {"key": key})

    with server.stream("GET", f"/api/workflows/{run_id}/events") as stream:
        first, second = stream.until("heartbeat"), stream.until("heartbeat")
        server.desk.open(key)
        stream.rest()

    assert first.id is None
    assert first.data == {**first.data, "status": "running", "last_seq": len(stream.events[: first.data["last_seq"]])}
    assert second.data["last_seq"] == first.data["last_seq"]
    assert stream.events[-1]["type"] == "workflow_completed"


def test_an_accepted_run_tells_where_to_look(server: ServerProcess) -> None:
    answer = server.client.post("/api/workflows", json=NODE, headers=ASYNC)

    run_id = answer.json()["workflow_id"]
    assert answer.headers["location"] == f"/api/workflows/{run_id}"
    assert answer.headers["preference-applied"] == "respond-async"
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["links"] == {
        "self": f"/api/workflows/{run_id}",
        **{name: f"/api/workflows/{run_id}/{name}" for name in ("status", "events", "cancel", "resume", "history")},
    }


def test_a_failed_run_is_an_answer_too(server: ServerProcess) -> None:
    workflow = server.waited("/chat", {"message": "hello", "agent": "model_error"})

    assert workflow["status"] == "failed"
    assert workflow["error"] == {
        "code": "graph_error",
        "message": "RuntimeError: the provider hung up",
        "retryable": False,
    }
    assert workflow["partial_response"] == "This is the "
    assert workflow["failed_node"] == "model"
    assert workflow["recovery_suggestions"]


def test_a_stream_that_was_read_to_its_end_gets_204(server: ServerProcess) -> None:
    """A browser's EventSource reconnects after each end; only 204 stops it."""
    last = server.streamed("/api/workflows", NODE)[-1]
    path, cursor = f"/api/workflows/{last['workflow_id']}/events", str(last["seq"])

    streamed = server.client.get(path, headers=SSE | {"Last-Event-ID": cursor})
    paged = server.client.get(path, headers=JSON | {"Last-Event-ID": cursor})

    assert (streamed.status_code, streamed.content) == (204, b"")
    assert (paged.status_code, paged.json()) == (
        200,
        {"events": [], "last_seq": last["seq"], "has_more": False},
    )


def test_events_come_in_pages_too(server: ServerProcess) -> None:
    events = server.streamed("/api/workflows", NODE)
    path = f"/api/workflows/{events[0]['workflow_id']}/events"

    page = server.client.get(path, params={"after": 2, "limit": 3}, headers=JSON).json()
    whole = server.client.get(path, headers=JSON).json()

    assert page == {"events": events[2:5], "last_seq": len(events), "has_more": True}
    assert whole == {"events": events, "last_seq": len(events), "has_more": False}


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "gzip"), ("identity", None)])
def test_a_long_answer_is_compressed_for_who_wants_it(
    server: ServerProcess, key: str, accepted: str, encoding: str | None
) -> None:
    run = server.waited("/api/workflows", {"graph": "flood", "input": f"{key} 5000 0"})
    address = f"/api/workflows/{run['workflow_id']}"

    answer = server.client.get(address, headers={"Accept-Encoding": accepted})

    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.json() == run


def test_a_stream_and_a_short_answer_are_left_as_they_are(server: ServerProcess, key: str) -> None:
    wants = {"Accept-Encoding": "gzip"}
    run = server.started("flood", f"{key} 5000 0")

    with server.stream("GET", f"/api/workflows/{run}/events", headers=wants) as stream:
        stream.rest()
    short = server.client.get(f"/api/workflows/{run}/status", headers=wants)

    assert "content-encoding" not in stream.response.headers
    assert "content-encoding" not in short.headers
