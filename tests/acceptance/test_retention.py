"""A server that keeps things for less than a second: whoever looks later is told what is missing, and nobody hangs."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.acceptance.conftest import Fresh
from tests.acceptance.reading import told_by_log
from tests.server_process import HANG_SECONDS, JSON, SSE, ServerProcess, eventually

SAID = ("chunk", "index", "reset", "totalChunks", "fullText")
SOON = {"EVENT_RETENTION_DAYS": "0.00001", "CHECKPOINT_RETENTION_DAYS": "0.00001", "RETENTION_INTERVAL_SECONDS": "0.1"}
WINDOW_BYTES = 32_768


@pytest.fixture
def forgetful(fresh: Fresh) -> Iterator[ServerProcess]:
    """Run a server that removes what is older than 0.9 s, ten times a second."""
    server = fresh(**SOON).start()
    yield server
    assert "Traceback" not in server.log.read_text()


def narrow(server: ServerProcess) -> ServerProcess:
    """Let the client take little that nobody reads: the kernel would hold a whole log for it, given the time."""
    window = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)])
    server.client.close()
    server.client = httpx.Client(base_url=server.url, timeout=HANG_SECONDS, transport=window, trust_env=False)
    return server


def page(server: ServerProcess, run_id: str, query: str = "") -> Any:
    return server.client.get(f"/api/workflows/{run_id}/events{query}", headers=JSON).raise_for_status().json()


def trimmed(server: ServerProcess, key: str, **fields: Any) -> Any:
    """Run to its end, and wait until its log is trimmed; return the workflow as it was told at its end."""
    workflow = server.waited("/api/workflows", {"graph": "one_node", "input": {"key": key}, **fields})
    eventually(lambda: "gap" in page(server, workflow["workflow_id"]))
    return workflow


@pytest.mark.parametrize("after", [0, 3])
def test_a_stream_of_a_trimmed_run_tells_the_gap_and_then_the_end(
    forgetful: ServerProcess, key: str, after: int
) -> None:
    workflow = trimmed(forgetful, key)
    run_id, last = workflow["workflow_id"], workflow["last_seq"]

    with forgetful.stream("GET", f"/api/workflows/{run_id}/events?after={after}") as stream:
        _, gap, end = stream.rest()

    assert (gap.event, gap.id) == ("stream_gap", f"evt_{run_id[3:]}_{last - 1}")
    assert (gap.data["from_seq"], gap.data["to_seq"]) == (after + 1, last - 1)
    assert gap.data["snapshot"]["status"] == "completed"
    assert (end.event, end.data["seq"]) == ("workflow_completed", last)


@pytest.mark.parametrize("after", [0, 3])
def test_a_trimmed_run_still_tells_its_answer(forgetful: ServerProcess, key: str, after: int) -> None:
    workflow = trimmed(forgetful, key)
    text = "".join(message["content"] for message in workflow["messages"])
    address = f"/api/workflows/{workflow['workflow_id']}/events?after={after}"

    with forgetful.stream("GET", f"{address}&format=chunks") as stream:
        _, gap, *chunks = stream.rest()
    with forgetful.stream("GET", f"{address}&format=compat") as stream:
        compat = [(frame.event, frame.data.get("chunk")) for frame in stream.rest() if frame.data is not None]

    told = [{name: frame.data[name] for name in frame.data if name in SAID} for frame in chunks]
    assert gap.event == "stream_gap"
    assert told == [{"reset": True}, {"chunk": text, "index": 1}, {"totalChunks": 1, "fullText": text}]
    assert compat == [
        *(("stream_gap", None), ("connected", None), ("status", None), ("chunk", text)),
        *(("complete", None), ("close", None)),
    ]


def test_from_the_gap_on_a_trimmed_log_is_read_as_ever(forgetful: ServerProcess, key: str) -> None:
    workflow = trimmed(forgetful, key)
    path, last = workflow["links"]["events"], workflow["last_seq"]

    at_the_end = forgetful.client.get(f"{path}?after={last}", headers=SSE)

    assert at_the_end.status_code == 204
    assert [event["seq"] for event in forgetful.events(workflow["workflow_id"], last - 1)] == [last]


def test_polling_tells_the_same_story_as_before_the_trim(forgetful: ServerProcess, key: str) -> None:
    before = trimmed(forgetful, key)
    run_id = before["workflow_id"]

    status = forgetful.client.get(f"/api/workflows/{run_id}/status").json()

    assert told_by_log(forgetful.workflow(run_id)) == told_by_log(before)
    assert (status["status"], status["last_seq"], status["progress"]) == ("completed", before["last_seq"], 100)


def test_a_page_of_a_trimmed_log_tells_the_gap(forgetful: ServerProcess, key: str) -> None:
    workflow = trimmed(forgetful, key)
    last = workflow["last_seq"]

    told = page(forgetful, workflow["workflow_id"], "?after=2")

    assert (told["gap"]["from_seq"], told["gap"]["to_seq"]) == (3, last - 1)
    assert [event["seq"] for event in told["events"]] == [last]
    assert (told["last_seq"], told["has_more"]) == (last, False)


def test_a_time_that_was_trimmed_away_gives_the_gap(forgetful: ServerProcess, key: str) -> None:
    workflow = trimmed(forgetful, key)

    with forgetful.stream("GET", f"{workflow['links']['events']}?since_timestamp=1000000000") as stream:
        stream.rest()

    assert [frame.event for frame in stream.frames] == [None, "stream_gap", "workflow_completed"]


def test_a_repeated_post_attaches_to_a_trimmed_run(forgetful: ServerProcess, key: str) -> None:
    """The client was cut early and comes back late: it still gets its run's end, and no second run."""
    body = {"graph": "one_node", "input": {"key": key}}
    run_id = trimmed(forgetful, key)["workflow_id"]

    with forgetful.stream("POST", "/api/workflows", body, {"Last-Event-ID": f"evt_{run_id[3:]}_1"}) as stream:
        stream.rest()

    assert [frame.event for frame in stream.frames] == [None, "stream_gap", "workflow_completed"]
    assert forgetful.desk.ran(key) == {"only": 1}


def test_a_conversation_goes_on_after_its_checkpoints_were_pruned(fresh: Fresh, key: str) -> None:
    server = fresh().start()
    first = server.waited("/chat", {"message": "My name is Ada.", "agent": "two_tools", "session_id": key})
    history = first["links"]["history"]
    oldest = server.client.get(history).json()["checkpoints"][-1]["checkpoint_id"]
    server.terminate()
    server.start(**SOON)
    eventually(lambda: len(server.client.get(history).json()["checkpoints"]) == 1)

    fork = server.client.post(
        f"/api/workflows/{first['workflow_id']}/fork", json={"checkpoint_id": oldest, "input": {}}
    )
    second = server.waited("/chat", {"message": "And now?", "agent": "two_tools", "session_id": key})

    assert (fork.status_code, fork.json()["code"]) == (422, "unknown_checkpoint")
    assert [m["content"] for m in second["output"]["messages"] if m["type"] == "human"] == [
        "My name is Ada.",
        "And now?",
    ]


def test_an_active_run_keeps_everything_however_old_it_is(forgetful: ServerProcess, key: str) -> None:
    waiting = forgetful.started("nested", {"key": key})
    before = forgetful.seen(waiting, "step_start").data
    trimmed(forgetful, f"{key}-2")

    forgetful.desk.open(key)

    events = forgetful.events(waiting)
    assert before in events
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_a_reader_that_is_slow_while_its_run_is_trimmed_is_told_in_the_middle(forgetful: ServerProcess) -> None:
    """What it got and what it was told is missing make up the whole log, in order."""
    run_id = narrow(forgetful).started("flood", {"messages": [{"role": "user", "content": "flood 60000 0"}]})

    with forgetful.stream("GET", f"/api/workflows/{run_id}/events") as stream:
        stream.until("workflow_started")
        eventually(lambda: "gap" in page(forgetful, run_id))
        told = [frame.data for frame in stream.rest() if frame.data]

    covered = [range(data.get("seq", data.get("from_seq")), data.get("seq", data.get("to_seq")) + 1) for data in told]
    assert [seq for part in covered for seq in part] == list(range(1, told[-1]["seq"] + 1))
    assert "stream_gap" in [data["type"] for data in told[1:-1]]


def test_a_stream_of_a_run_that_is_deleted_meanwhile_ends(fresh: Fresh) -> None:
    server = narrow(fresh().start())
    run_id = server.started("flood", {"messages": [{"role": "user", "content": "flood 60000 0"}]})

    with server.stream("GET", f"/api/workflows/{run_id}/events") as stream:
        stream.until("workflow_started")
        eventually(lambda: server.client.delete(f"/api/workflows/{run_id}").status_code == 204)
        events = [frame.event for frame in stream.rest()]

    assert "workflow_completed" not in events
    assert server.client.get(f"/api/workflows/{run_id}/events").status_code == 404
    assert "Traceback" not in server.log.read_text()


def test_a_server_that_stops_in_the_middle_of_a_sweep_stops_in_good_order(fresh: Fresh, key: str) -> None:
    server = fresh(**SOON).start()
    trimmed(server, key)

    assert server.terminate() == 0
    assert "Traceback" not in server.log.read_text()
