"""What users say of answers: given, replaced, taken back, and told with the workflow, on the real process."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.conftest import Fresh
from tests.acceptance.test_metrics import Scrape
from tests.server_process import ServerProcess, eventually
from tests.support.app import open_app, somebody

pytestmark = pytest.mark.anyio

SAID = "What-nobody-else-may-read"


def answered(server: ServerProcess) -> str:
    run_id: str = server.waited("/chat", {"message": "hi"})["workflow_id"]
    return run_id


def give(server: ServerProcess, run_id: str, body: Any) -> httpx.Response:
    return server.client.put(f"/api/workflows/{run_id}/feedback", json=body)


def test_feedback_is_told_with_the_workflow_and_in_lists(server: ServerProcess) -> None:
    run = server.waited("/chat", {"message": "hi"})
    told = {"score": 1, "comment": "Just what I needed."}

    answer = give(server, run["workflow_id"], told)

    listed = server.client.get("/api/workflows", params={"session_id": run["session_id"]}).json()["workflows"]
    assert run["feedback"] is None
    assert (answer.status_code, answer.json()) == (200, told)
    assert server.workflow(run["workflow_id"]) == run | {"feedback": told}
    assert [workflow["feedback"] for workflow in listed] == [told]


def test_a_repeat_takes_the_place_of_what_was_said(server: ServerProcess) -> None:
    run_id = answered(server)

    give(server, run_id, {"score": 1, "comment": "Good."})
    give(server, run_id, {"score": 0})

    assert server.workflow(run_id)["feedback"] == {"score": 0, "comment": None}


def test_an_empty_comment_is_none(server: ServerProcess) -> None:
    answer = give(server, answered(server), {"score": 0, "comment": ""})

    assert answer.json() == {"score": 0, "comment": None}


def test_feedback_is_taken_back_and_taking_back_nothing_is_fine(server: ServerProcess) -> None:
    run_id = answered(server)
    give(server, run_id, {"score": 1})

    answers = [server.client.delete(f"/api/workflows/{run_id}/feedback") for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert server.workflow(run_id)["feedback"] is None


def test_a_run_that_goes_on_takes_no_feedback(server: ServerProcess, key: str) -> None:
    run_id = server.started("nested", {"key": key})
    server.seen(run_id, "message_delta", delta="second ")

    refused = give(server, run_id, {"score": 1})
    taken_back = server.client.delete(f"/api/workflows/{run_id}/feedback")
    server.desk.open(key)
    server.events(run_id)

    assert (refused.status_code, refused.json()["code"]) == (409, "workflow_not_finished")
    assert "has ended" in refused.json()["detail"]
    assert taken_back.status_code == 204
    assert give(server, run_id, {"score": 1}).status_code == 200


def test_a_failed_run_takes_feedback(server: ServerProcess) -> None:
    run = server.waited("/api/workflows", {"graph": "model_error", "input": "hi"})

    answer = give(server, run["workflow_id"], {"score": 0})

    assert (run["status"], answer.status_code) == ("failed", 200)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "score"),
        ({"score": 2}, "score"),
        ({"score": -1}, "score"),
        ({"score": True}, "score"),
        ({"score": 0.5}, "score"),
        ({"score": "1"}, "score"),
        ({"score": None}, "score"),
        ({"score": 1, "comment": "x" * 2_001}, "comment"),
        ({"score": 1, "comment": 5}, "comment"),
        ({"score": 1, "stars": 5}, "stars"),
    ],
)
def test_what_is_no_feedback_is_refused_by_its_path(server: ServerProcess, body: Any, path: str) -> None:
    run_id = answered(server)

    answer = give(server, run_id, body)

    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [path]
    assert server.workflow(run_id)["feedback"] is None


def test_the_longest_comment_is_kept_as_it_was_written(server: ServerProcess) -> None:
    run_id = answered(server)
    comment = "é" * 1_998 + "\n\U0001f600"

    give(server, run_id, {"score": 1, "comment": comment}).raise_for_status()

    assert server.workflow(run_id)["feedback"]["comment"] == comment


def test_a_workflow_that_is_not_there_takes_none(server: ServerProcess) -> None:
    path = "/api/workflows/wf_01jd0000000000000000000000/feedback"

    answers = [server.client.put(path, json={"score": 1}), server.client.delete(path)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "workflow_not_found")] * 2


async def test_only_the_owner_says_it_and_an_admin_reads_it(tmp_path: Path) -> None:
    async with (
        open_app(tmp_path) as application,
        application.client(somebody("ada")) as ada,
        application.client(somebody("bob")) as bob,
        application.client(somebody("root", "admin")) as admin,
    ):
        run = (await ada.post("/chat", json={"message": "hi"}, headers={"Accept": "application/json"})).json()
        address = f"/api/workflows/{run['workflow_id']}"
        given = await ada.put(f"{address}/feedback", json={"score": 1})
        refused = [
            await who.request(method, f"{address}/feedback", json={"score": 0})
            for who in (bob, admin)
            for method in ("PUT", "DELETE")
        ]
        read = [await who.get(address) for who in (ada, bob, admin)]

    assert given.status_code == 200
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(404, "workflow_not_found")] * 4
    assert [answer.status_code for answer in read] == [200, 404, 200]
    assert read[2].json()["feedback"] == {"score": 1, "comment": None}


def test_feedback_outlives_the_process_and_goes_with_its_run(fresh: Fresh) -> None:
    server = fresh().start()
    run_id = answered(server)
    give(server, run_id, {"score": 1, "comment": "Good."})

    server.kill()
    server.start()
    kept = server.workflow(run_id)["feedback"]
    server.client.delete(f"/api/workflows/{run_id}").raise_for_status()

    assert kept == {"score": 1, "comment": "Good."}
    assert give(server, run_id, {"score": 1}).status_code == 404


def test_scores_are_counted_by_agent_and_the_same_one_once(fresh: Fresh) -> None:
    server = fresh().start()
    runs = [answered(server) for _ in range(3)]

    for run_id, score in zip([*runs, runs[0], runs[1]], [1, 1, 0, 1, 0], strict=True):
        give(server, run_id, {"score": score, "comment": SAID}).raise_for_status()
    server.client.delete(f"/api/workflows/{runs[2]}/feedback").raise_for_status()

    scraped = Scrape(server)
    assert scraped("feedback_total", agent="assistant", score="1") == 2
    assert scraped("feedback_total", agent="assistant", score="0") == 2


def test_feedback_leaves_a_line_without_its_comment(fresh: Fresh) -> None:
    server = fresh(LOG_FORMAT="json").start()
    run_id = answered(server)

    give(server, run_id, {"score": 0, "comment": SAID})
    give(server, run_id, {"score": 0, "comment": SAID})
    server.client.delete(f"/api/workflows/{run_id}/feedback").raise_for_status()

    def lines() -> list[dict[str, Any]]:
        told = [json.loads(line) for line in server.log.read_text().splitlines()]
        return [line for line in told if line["event"].startswith("feedback")]

    eventually(lambda: len(lines()) == 2)
    given, taken_back = lines()
    assert given == given | {
        "event": "feedback given",
        "workflow_id": run_id,
        "graph": "assistant",
        "score": 0,
        "has_comment": True,
    }
    assert taken_back == taken_back | {"event": "feedback taken back", "workflow_id": run_id}
    assert SAID not in server.log.read_text()
