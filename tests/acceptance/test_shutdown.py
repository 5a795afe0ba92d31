"""SIGTERM: runs pause between two steps, streams end in good order, and the next process goes on."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor

from tests.acceptance.conftest import Fresh
from tests.acceptance.reading import Follower, typed, types
from tests.server_process import HANG_SECONDS, JSON, ServerProcess, eventually
from tests.support.invariants import check_invariants

STEPS = [f"s{number}" for number in range(1, 9)]
RETRY_AND_NOTHING_ELSE = b"retry: 1000\n\n"


def is_draining(server: ServerProcess) -> bool:
    return server.client.get("/health/ready").status_code == 503


def test_a_run_pauses_at_the_edge_of_its_superstep_and_goes_on(fresh: Fresh, key: str) -> None:
    server = fresh().start()
    for step in STEPS[:4]:
        server.desk.open(f"{key}-{step}")
    follower = Follower(server, "POST", "/api/workflows", {"graph": "barred_steps", "input": {"key": key}}).begin()
    server.seen(follower.run_id, "step_start", name="s5")

    server.signal(signal.SIGTERM)
    eventually(lambda: is_draining(server))
    for step in STEPS[4:]:
        server.desk.open(f"{key}-{step}")
    code = server.wait()
    before = server.desk.ran(key)
    server.start()
    story = follower.end()

    assert code == 0
    assert before == dict.fromkeys(STEPS[:5], 1)
    assert server.desk.ran(key) == dict.fromkeys(STEPS, 1)
    assert types(story) == ["workflow_started", "workflow_resumed", "workflow_completed"]
    assert next(event["cause"] for event in story if event["type"] == "workflow_resumed") == "drain"
    assert server.workflow(follower.run_id)["attempt"] == 1
    assert story == server.events(follower.run_id)
    check_invariants(typed(story))


def test_open_streams_end_in_good_order(fresh: Fresh, key: str) -> None:
    server = fresh().start()

    with server.stream("POST", "/api/workflows", {"graph": "approval", "input": {"key": key}}) as stream:
        stream.until("workflow_interrupted")
        server.signal(signal.SIGTERM)
        stream.rest()  # raises when the body is cut

    assert stream.raw.endswith(RETRY_AND_NOTHING_ELSE)
    assert server.wait() == 0


def test_what_does_not_pause_in_time_is_recovered(fresh: Fresh, key: str) -> None:
    server = fresh(DRAIN_SECONDS="1").start()
    run_id = server.started("nested", {"key": key})
    server.seen(run_id, "message_delta", delta="second ")

    begun = time.monotonic()
    code = server.terminate()
    took = time.monotonic() - begun
    server.desk.open(key)
    server.start()

    assert code == 0
    assert 0.9 < took < HANG_SECONDS / 2
    assert types(server.events(run_id)) == ["workflow_started", "workflow_resumed", "workflow_completed"]
    assert server.desk.ran(key) == {"before": 1, "first": 1, "second": 2, "after": 1}


def test_a_waiting_request_is_told_to_come_back(fresh: Fresh, key: str) -> None:
    server = fresh(DRAIN_SECONDS="0.2").start()
    body = {"graph": "nested", "input": {"key": key}}

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.client.post, "/api/workflows", json=body, headers=JSON)
        eventually(lambda: server.desk.ran(key)["second"] == 1)
        server.terminate()
        answer = waiting.result()

    assert (answer.status_code, answer.json()["code"]) == (503, "shutting_down")
    assert answer.headers["retry-after"] == "1"


def test_no_run_is_taken_while_the_server_drains(fresh: Fresh, key: str) -> None:
    server = fresh(DRAIN_SECONDS="60").start()
    server.seen(server.started("nested", {"key": key}), "message_delta", delta="second ")

    server.signal(signal.SIGTERM)
    eventually(lambda: is_draining(server))
    answer = server.client.post("/chat", json={"message": "hi"})

    assert (answer.status_code, answer.json()["code"]) == (503, "shutting_down")
    server.desk.open(key)
    server.wait()


def test_a_second_interrupt_does_not_wait(fresh: Fresh, key: str) -> None:
    server = fresh(DRAIN_SECONDS="300").start()
    server.seen(server.started("nested", {"key": key}), "message_delta", delta="second ")

    server.signal(signal.SIGINT)
    eventually(lambda: is_draining(server))
    server.signal(signal.SIGINT)
    begun = time.monotonic()
    server.wait()

    assert time.monotonic() - begun < HANG_SECONDS
