"""Any client can go on from any place, and a repeated request never starts a second run."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server_process import JSON, SSE, Frame, ServerProcess

BODY = {"graph": "steps", "input": {"key": "cursors", "seconds": 0.0}}


@pytest.fixture(scope="module")
def log(server: ServerProcess) -> list[dict[str, Any]]:
    """Make a finished run; return its events."""
    return server.streamed("/api/workflows", BODY)


def seqs(server: ServerProcess, log: list[dict[str, Any]], query: str, headers: Mapping[str, str]) -> list[int]:
    answer = server.client.get(f"/api/workflows/{log[0]['workflow_id']}/events{query}", headers=SSE | dict(headers))
    frames = [Frame.read(raw + b"\n\n") for raw in answer.content.split(b"\n\n")[:-1]]
    return [frame.data["seq"] for frame in frames if frame.data]


def cursor(log: list[dict[str, Any]], seq: int) -> str:
    return f"evt_{log[0]['workflow_id'][3:]}_{seq}"


@pytest.mark.parametrize("start", ["0", "-", "-1", "0-0", ""])
def test_every_word_for_the_start(server: ServerProcess, log: list[dict[str, Any]], start: str) -> None:
    assert seqs(server, log, "", {"Last-Event-ID": start})[0] == 1
    assert seqs(server, log, f"?after={start}", {})[0] == 1


def test_the_header_goes_before_the_query(server: ServerProcess, log: list[dict[str, Any]]) -> None:
    assert seqs(server, log, "?after=3", {})[0] == 4
    assert seqs(server, log, f"?after={cursor(log, 3)}", {})[0] == 4
    assert seqs(server, log, "?after=3", {"Last-Event-ID": cursor(log, 7)})[0] == 8
    assert seqs(server, log, "?after=3&since_timestamp=0", {})[0] == 4


def test_a_time_is_a_cursor(server: ServerProcess, log: list[dict[str, Any]]) -> None:
    middle = datetime.fromisoformat(log[20]["timestamp"])
    first = next(event["seq"] for event in log if datetime.fromisoformat(event["timestamp"]) >= middle)

    assert seqs(server, log, f"?since_timestamp={middle.timestamp():.3f}", {})[0] == first
    assert seqs(server, log, "?since_timestamp=0", {})[0] == 1


@pytest.mark.parametrize("bad", ["abc", "-2", "1.5", "evt_x_1", "9" * 19, "evt_01h455vb4pex5vsknk084sn02q_1"])
def test_what_is_no_cursor_of_this_run_is_refused(server: ServerProcess, log: list[dict[str, Any]], bad: str) -> None:
    """The last one is another run's."""
    answer = server.client.get(f"/api/workflows/{log[0]['workflow_id']}/events", headers={"Last-Event-ID": bad})

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


def test_a_cursor_beyond_the_head_tells_the_head(server: ServerProcess, log: list[dict[str, Any]]) -> None:
    path = f"/api/workflows/{log[0]['workflow_id']}/events?after={len(log) + 1}"

    streamed, paged = server.client.get(path, headers=SSE), server.client.get(path, headers=JSON)

    assert (streamed.status_code, streamed.json()["code"]) == (409, "cursor_beyond_head")
    assert streamed.json()["last_seq"] == len(log)
    assert paged.json() == streamed.json()


def test_a_repeated_post_goes_on_where_it_was_cut(server: ServerProcess, key: str) -> None:
    body = {"graph": "steps", "input": {"key": key}, "session_id": key}

    with server.stream("POST", "/api/workflows", body) as cut:
        cut.until("message_delta")
    # The same JSON in another order is the same request.
    again = {"session_id": key, "input": {"key": key}, "graph": "steps"}
    with server.stream("POST", "/api/workflows", again, {"Last-Event-ID": str(cut.cursor)}) as rest:
        rest.rest()

    run_id = cut.events[0]["workflow_id"]
    assert cut.events + rest.events == server.events(run_id)
    assert server.desk.ran(key)["s1"] == 1
    assert len(server.client.get("/api/workflows", params={"session_id": key}).json()["workflows"]) == 1


@pytest.mark.parametrize(
    ("changed", "told", "status", "code"),
    [
        ({"input": {"key": "other"}}, None, 422, "cursor_of_another_request"),
        ({"session_id": "another-session"}, None, 422, "bad_cursor"),
        ({}, "12", 422, "bad_cursor"),
        ({}, "nonsense", 422, "bad_cursor"),
        ({}, "evt_01h455vb4pex5vsknk084sn02q_3", 404, "workflow_not_found"),
    ],
)
def test_a_stale_cursor_never_swallows_a_new_request(
    server: ServerProcess, log: list[dict[str, Any]], changed: dict[str, Any], told: str | None, status: int, code: str
) -> None:
    answer = server.client.post(
        "/api/workflows", json=BODY | changed, headers=SSE | {"Last-Event-ID": told or cursor(log, 3)}
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_cursor_of_another_route_is_of_another_request(server: ServerProcess, log: list[dict[str, Any]]) -> None:
    answer = server.client.post("/chat", json={"message": "hi"}, headers={"Last-Event-ID": cursor(log, 3)})

    assert (answer.status_code, answer.json()["code"]) == (422, "cursor_of_another_request")


def test_a_repeated_post_after_the_end_gets_the_same_workflow(server: ServerProcess, log: list[dict[str, Any]]) -> None:
    at_the_end = {"Last-Event-ID": cursor(log, len(log))}

    waited = server.client.post("/api/workflows", json=BODY, headers=JSON | at_the_end)
    streamed = server.client.post("/api/workflows", json=BODY, headers=SSE | at_the_end)
    beyond = server.client.post("/api/workflows", json=BODY, headers=SSE | {"Last-Event-ID": cursor(log, len(log) + 1)})

    assert waited.json() == server.workflow(log[0]["workflow_id"])
    assert streamed.status_code == 204
    assert (beyond.status_code, beyond.json()["last_seq"]) == (409, len(log))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1))
def test_a_cut_at_any_byte_resumes_to_the_same_list(
    server: ServerProcess, log: list[dict[str, Any]], where: float
) -> None:
    path = f"/api/workflows/{log[0]['workflow_id']}/events"
    whole = server.client.get(path, headers=SSE).content

    cut = whole[: round(where * len(whole))]
    seen = [Frame.read(raw + b"\n\n") for raw in cut.split(b"\n\n")[:-1]]
    ids = [frame.id for frame in seen if frame.id]
    rest = server.client.get(path, headers=SSE | ({"Last-Event-ID": ids[-1]} if ids else {})).content

    told = seen + [Frame.read(raw + b"\n\n") for raw in rest.split(b"\n\n")[:-1]]
    assert [frame.data for frame in told if frame.data] == log


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bytes_read=st.integers(1, 4_000), key=st.uuids().map(str))
def test_a_live_stream_cut_at_any_byte_resumes_to_the_same_list(
    server: ServerProcess, bytes_read: int, key: str
) -> None:
    body = {"graph": "flood", "message": f"{key} 100 0.001"}
    with server.client.stream(
        "POST", "/chat", json={"message": body["message"], "agent": "flood"}, headers=SSE
    ) as response:
        raw = next(response.iter_raw(bytes_read))
        run_id = response.headers["x-workflow-id"]

    seen = [Frame.read(part + b"\n\n") for part in raw.split(b"\n\n")[:-1]]
    after = next((frame.id for frame in reversed(seen) if frame.id), "0")
    rest = server.events(run_id, str(after))

    assert [frame.data for frame in seen if frame.data] + rest == server.events(run_id)
