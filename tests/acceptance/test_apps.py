"""/api/apps on the real process: a session's agent, and a stream that covers the whole session."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server_process import ASYNC, Frame, ServerProcess

AGENT = "/api/apps/{}/agent"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("server")).start()
    yield process
    process.close()


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path, OFFLINE_DEMO_TOKEN_DELAY_MS="20").start()
    yield process
    process.close()


def generated(server: ServerProcess, session: str, prompt: str = "What is 17*23?") -> list[Frame]:
    with server.stream("POST", f"{AGENT.format(session)}/generate", {"prompt": prompt}) as stream:
        return stream.rest()


def continued(server: ServerProcess, session: str, query: str = "", headers: dict[str, str] | None = None) -> list[Any]:
    with server.stream("GET", f"{AGENT.format(session)}/stream-continue{query}", headers=headers) as stream:
        return stream.rest()


def raws(frames: list[Frame]) -> list[bytes]:
    return [frame.raw for frame in frames if frame.data is not None]


def test_a_prompt_is_answered_with_stored_events(server: ServerProcess) -> None:
    frames = [frame for frame in generated(server, "one") if frame.data]

    kinds = [frame.data["event_type"] for frame in frames]
    assert kinds[0] == "agent_start"
    assert kinds[-2:] == ["agent_end", "finish"]
    assert {"tool_start", "tool_end", "message_delta", "message_complete"} <= set(kinds)
    assert (frames[-1].event, frames[-1].data["status"], frames[-1].data["data"]) == (
        "finish",
        "success",
        {"status": "success"},
    )
    assert {frame.data["session_id"] for frame in frames} == {"one"}
    assert len({frame.data["event_id"] for frame in frames}) == len(frames)
    answer = server.client.get("/api/sessions/one/messages").json()["messages"][-1]
    deltas = [frame.data for frame in frames if frame.event == "delta"]
    assert "".join(data["delta"] for data in deltas) == answer["content"]
    assert {data["message_id"] for data in deltas} == {answer["message_id"]}


def test_the_whole_session_is_told_run_after_run(server: ServerProcess) -> None:
    first, second = generated(server, "two"), generated(server, "two", "And 2+2?")

    whole = continued(server, "two")
    middle = continued(server, "two", headers={"Last-Event-ID": first[7].id or ""})
    last = server.client.get(f"{AGENT.format('two')}/stream-continue?after={second[-1].id}")

    assert raws(whole) == raws(first) + raws(second)
    assert raws(middle) == raws(first)[7:] + raws(second)
    assert last.status_code == 204


def test_a_time_is_a_place_in_the_session(server: ServerProcess) -> None:
    first = generated(server, "three")
    between = time.time()
    second = generated(server, "three", "And 2+2?")

    assert raws(continued(server, "three", f"?since_timestamp={between}")) == raws(second)
    assert raws(continued(server, "three", "?since_timestamp=0")) == raws(first) + raws(second)
    late = server.client.get(f"{AGENT.format('three')}/stream-continue?since_timestamp={between + 3600}")
    assert late.status_code == 204


def test_a_session_goes_on_with_the_runs_that_wait_in_it(slow: ServerProcess) -> None:
    address = f"{AGENT.format('queue')}/generate"
    for prompt in ("What is 1+1?", "What is 2+2?", "What is 3+3?"):
        body = {"prompt": prompt, "if_busy": "enqueue"}
        assert slow.client.post(address, json=body, headers=ASYNC).status_code == 202

    frames = continued(slow, "queue", "?format=reasoning&include=workflow_completed")

    ends = [frame.data["final_response"].split(" =")[0] for frame in frames if frame.data]
    assert ends == ["1+1", "2+2", "3+3"]


@pytest.mark.parametrize(
    ("session", "query", "status", "code"),
    [
        ("nobody", "", 404, "session_not_found"),
        ("bad", "?since_timestamp=noon", 422, "invalid_request"),
        ("bad", "?since_timestamp=-1", 422, "invalid_request"),
        ("bad", "?since_timestamp=nan", 422, "invalid_request"),
        ("bad", "?after=3", 422, "bad_cursor"),
        ("bad", "?after=evt_01h455vb4pex5vsknk084sn02q_1", 404, "workflow_not_found"),
        ("bad", "?format=nothing", 422, "invalid_request"),
        ("bad", "?limit=3", 422, "invalid_request"),
    ],
)
def test_a_bad_place_is_refused(server: ServerProcess, session: str, query: str, status: int, code: str) -> None:
    generated(server, "bad", "Hello")

    answer = server.client.get(f"{AGENT.format(session)}/stream-continue{query}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_cursor_of_another_session_and_one_beyond_the_log_are_refused(server: ServerProcess) -> None:
    other, own = generated(server, "other"), generated(server, "own")
    address = f"{AGENT.format('own')}/stream-continue?after="

    assert server.client.get(address + str(other[1].id)).json()["code"] == "bad_cursor"
    beyond = server.client.get(address + str(own[1].id).rpartition("_")[0] + "_999")
    assert (beyond.status_code, beyond.json()["code"]) == (409, "cursor_beyond_head")


@pytest.mark.parametrize(
    ("session", "body", "status", "code"),
    [
        ("g", {}, 400, "missing_prompt"),
        ("g", {"prompt": ""}, 400, "missing_prompt"),
        ("g", {"prompt": "x", "session_id": "h"}, 422, "invalid_request"),
        ("g", {"prompt": "x", "agent": "nobody"}, 422, "unknown_graph"),
        ("g", {"prompt": "x", "models": ["offline-demo"]}, 422, "invalid_request"),
        ("a b", {"prompt": "x"}, 422, "invalid_request"),
    ],
)
def test_a_bad_prompt_is_refused(server: ServerProcess, session: str, body: Any, status: int, code: str) -> None:
    answer = server.client.post(f"{AGENT.format(session)}/generate", json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
