"""kill -9 inside a workflow: finished branches are not repeated, the join comes once, questions stay."""

import threading

from tests.acceptance.conftest import Fresh
from tests.acceptance.reading import Follower, types
from tests.server_process import COORDINATOR, eventually

PARALLEL = "/api/coordinator/parallel"


def test_killed_in_the_middle_of_a_parallel_step(fresh: Fresh, key: str) -> None:
    server = fresh(COORDINATOR).start()
    tasks = [{"agent": "counted"}, {"agent": "gated"}, {"type": "sequential", "steps": [{"agent": "gated"}]}]
    client = Follower(server, "POST", PARALLEL, {"tasks": tasks, "input": key}).begin()
    server.seen(client.run_id, "step_end", name="counted")
    eventually(lambda: server.desk.ran(f"gated-{key}").total() == 2)
    threading.Event().wait(0.2)  # a finished branch is stored after its end is told

    server.kill()
    server.desk.open(key)
    server.start()
    story = client.end()

    joins = [event for event in story if event["type"] == "step_start" and event["name"] == "aggregate"]
    assert types(story) == ["workflow_started", "workflow_resumed", "workflow_completed"]
    assert story[-1]["output"]["value"] == [f"counted {key}", f"through {key}", f"through {key}"]
    assert server.desk.ran(f"counted-{key}").total() == 1
    assert server.desk.ran(f"gated-{key}").total() == 4
    assert len(joins) == 1


def test_a_question_outlives_its_process_with_its_schema(fresh: Fresh, key: str) -> None:
    server = fresh(COORDINATOR).start()
    tasks = [{"agent": "counted"}, {"type": "approval", "prompt": "Go on?"}]
    waiting = server.waited(PARALLEL, {"tasks": tasks, "input": key})
    path = f"/api/workflows/{waiting['workflow_id']}/resume"
    (question,) = waiting["interrupts"]

    server.kill()
    server.start()
    refused = server.client.post(path, json={"responses": {question["id"]: "yes"}})
    taken = server.client.post(path, json={"responses": {question["id"]: {"approved": True}}})

    assert (refused.status_code, taken.json()["status"]) == (422, "completed")
    assert server.desk.ran(f"counted-{key}").total() == 1
