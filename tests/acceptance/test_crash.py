"""kill -9: whoever watched, and whoever comes later, sees one story; what had finished is not done again."""

import random
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest

from tests.acceptance.conftest import Fresh
from tests.acceptance.reading import Follower, standing_texts, typed, types
from tests.server_process import ServerProcess, eventually
from tests.support.invariants import check_invariants

OUTAGE_SECONDS = 9
STEPS = [f"s{number}" for number in range(1, 9)]


def check_story(server: ServerProcess, followers: Sequence[Follower]) -> list[dict[str, Any]]:
    """Every follower has the list of a reader that was never cut; return it."""
    stories = [follower.end() for follower in followers]
    whole = server.events(followers[0].run_id)
    assert all(story == whole for story in stories)
    check_invariants(typed(whole))
    return whole


def follow(server: ServerProcess, body: Any) -> list[Follower]:
    """Start a run; one client repeats its POST when it is cut, the other reconnects to the run's events."""
    poster = Follower(server, "POST", "/api/workflows", body).begin()
    return [poster, Follower(server, "GET", f"/api/workflows/{poster.run_id}/events").begin()]


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_random_moments(fresh: Fresh, key: str, seed: int) -> None:
    """Many of the moments are inside checkpoint writes: there are two for each of the eight nodes."""
    chance = random.Random(seed)
    server = fresh(MAX_ATTEMPTS="100").start()
    followers = follow(server, {"graph": "steps", "input": {"key": key, "seconds": 0.03}})

    for _ in range(3):
        threading.Event().wait(chance.uniform(0, 0.2))
        server.kill()
        server.start()
    story = check_story(server, followers)

    ran = server.desk.ran(key)
    workflow = server.workflow(followers[0].run_id)
    assert story[-1]["type"] == "workflow_completed"
    assert set(ran) == set(STEPS)
    assert sum(ran.values()) <= len(STEPS) + 3  # at most the node that was cut, each time
    assert sorted(standing_texts(workflow)) == [f"this is {name}" for name in STEPS]


def test_an_outage_that_is_longer_than_the_runs_time_does_not_use_it_up(fresh: Fresh, key: str) -> None:
    server = fresh(RUN_TIMEOUT_SECONDS=str(OUTAGE_SECONDS - 1)).start()
    run_id = server.started("nested", {"key": key})
    server.seen(run_id, "reasoning_step", index=3)

    server.kill()
    threading.Event().wait(OUTAGE_SECONDS)
    server.desk.open(key)
    server.start()

    server.events(run_id)  # to the last one
    workflow = server.workflow(run_id)
    assert (workflow["status"], workflow["error"]) == ("completed", None)
    assert workflow["execution_time_ms"] < OUTAGE_SECONDS * 1_000


def test_killed_in_the_second_node_of_a_subgraph(fresh: Fresh, key: str) -> None:
    server = fresh().start()
    followers = follow(server, {"graph": "nested", "input": {"key": key}})
    server.seen(followers[0].run_id, "reasoning_step", index=3)

    server.kill()
    server.desk.open(key)
    server.start()
    story = check_story(server, followers)

    workflow = server.workflow(followers[0].run_id)
    assert server.desk.ran(key) == {"before": 1, "first": 1, "second": 2, "after": 1}
    assert types(story) == ["workflow_started", "workflow_resumed", "workflow_completed"]
    assert [event["cause"] for event in story if event["type"] == "workflow_resumed"] == ["recovery"]
    assert standing_texts(workflow) == ["this is before", "this is first", "this is second", "this is after"]
    assert [m["content"].strip() for m in workflow["messages"] if m["void"]] == ["this is second"]
    assert all(follower.connections == 2 for follower in followers)


def test_killed_in_one_of_several_branches(fresh: Fresh, key: str) -> None:
    """Two branches have finished and are stored; the third is repeated alone."""
    server = fresh().start()
    followers = follow(server, {"graph": "fan_out", "input": {"key": key}})
    server.desk.open(f"{key}-branch0")
    server.desk.open(f"{key}-branch2")
    server.seen(followers[0].run_id, "step_end", name="branch")
    eventually(lambda: sum(e["type"] == "step_end" and e["name"] == "branch" for e in followers[0].events) == 2)
    eventually(lambda: server.desk.ran(key)["branch1"] == 1)
    eventually(lambda: tasks_stored(server, "said") == 2)  # after their ends are told

    server.kill()
    server.desk.open(f"{key}-branch1")
    server.start()
    story = check_story(server, followers)

    assert server.desk.ran(key) == {"plan": 1, "branch0": 1, "branch1": 2, "branch2": 1, "gather": 1}
    assert story[-1]["final_response"] == "branch0 branch1 branch2"
    assert sorted(standing_texts(server.workflow(followers[0].run_id))) == [f"this is branch{n}" for n in range(3)]


def tasks_stored(server: ServerProcess, channel: str) -> int:
    """Count the tasks whose writes to a channel are stored."""
    with closing(sqlite3.connect(f"file:{server.folder / 'cantata.db'}?mode=ro", uri=True)) as database:
        asked = "SELECT count(DISTINCT task_id) FROM checkpoint_writes WHERE channel = ?"
        (count,) = database.execute(asked, (channel,)).fetchone()
    return int(count)


def test_killed_in_the_middle_of_a_text(fresh: Fresh, key: str) -> None:
    server = fresh().start()
    poster = Follower(server, "POST", "/chat", {"message": key, "agent": "slow_tokens"}).begin()
    server.seen(poster.run_id, "message_delta", delta="three ")

    server.kill()
    server.desk.open(key)
    server.start()
    story = check_story(server, [poster])

    workflow = server.workflow(poster.run_id)
    assert [(m["content"], m["status"], m["void"]) for m in workflow["messages"]] == [
        ("one two three ", "cancelled", True),
        ("one two three four five six ", "ok", False),
    ]
    assert story[-1]["final_response"] == "one two three four five six "
    assert server.desk.ran(key) == {"model": 2}


def test_killed_while_a_run_waits_for_its_turn(fresh: Fresh, key: str) -> None:
    server = fresh().start()
    first = server.started("nested", {"key": key}, session_id=key)
    second = server.started("one_node", {"key": f"{key}-2"}, session_id=key, if_busy="enqueue")

    server.kill()
    server.desk.open(key)
    server.start()

    ends = [server.events(run_id)[-1] for run_id in (first, second)]
    assert [end["type"] for end in ends] == ["workflow_completed", "workflow_completed"]
    assert ends[0]["timestamp"] <= ends[1]["timestamp"]
    assert types(server.events(second)) == ["workflow_started", "workflow_completed"]


@pytest.mark.parametrize("graph", ["poison", "poison_at_once"])
def test_a_run_that_kills_its_process_is_given_up(fresh: Fresh, key: str, graph: str) -> None:
    server = fresh(MAX_ATTEMPTS="2").start()
    run_id = server.started(graph, {"key": key})

    codes = [server.wait()]
    server.start()
    codes.append(server.wait())
    server.start()
    story = server.events(run_id)

    workflow = server.workflow(run_id)
    assert codes == [3, 3]
    assert types(story) == ["workflow_started", "workflow_resumed", "workflow_error"]
    assert story[-1]["error"]["code"] == "attempts_exhausted"
    assert workflow["status"] == "failed"
    assert "running" not in {entry["status"] for entry in workflow["steps"] + workflow["messages"]}
    assert server.desk.ran(key)["die"] == 2
    assert server.waited("/chat", {"message": "hi", "agent": "two_tools"})["status"] == "completed"
    check_invariants(typed(story))
