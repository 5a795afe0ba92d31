"""Stream tickets, and streams whose reader may not read on: for a browser's EventSource, and for long streams."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.server_process import ASYNC, JSON, SSE, ServerProcess, Stream, eventually
from tests.support.credentials import SECRET, bearer, token

ADA, BOB, ROOT = bearer(token("ada")), bearer(token("bob")), bearer(token("root", role="admin"))
CHECK_SECONDS = 0.2
LEEWAY_SECONDS = 30


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server that looks often whether readers may read on."""
    folder = tmp_path_factory.mktemp("guarded")
    process = ServerProcess(folder, JWT_SECRET=SECRET, AUTH_CHECK_SECONDS=str(CHECK_SECONDS))
    yield process.start()
    process.close()


@pytest.fixture
def waiting(guarded: ServerProcess, key: str) -> str:
    """Let ada start a run that waits for a human, so that its stream stays open."""
    body = {"graph": "approval", "input": {"key": key}}
    return str(guarded.client.post("/api/workflows", json=body, headers={**ADA, **ASYNC}).json()["workflow_id"])


def ticket_of(server: ServerProcess, run_id: str, who: dict[str, str] = ADA) -> dict[str, Any]:
    answer = server.client.post(f"/api/workflows/{run_id}/stream-ticket", headers=who)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def made_key(server: ServerProcess, **members: Any) -> dict[str, Any]:
    told: dict[str, Any] = server.client.post("/api/keys", json={"role": "user", **members}, headers=ROOT).json()
    return told


def test_a_ticket_opens_the_events_of_its_run(guarded: ServerProcess, waiting: str) -> None:
    ticket = ticket_of(guarded, waiting)

    with guarded.stream("GET", ticket["events"]) as first:
        asked = first.until("workflow_interrupted")
    with guarded.stream("GET", ticket["events"], headers={"Last-Event-ID": str(first.cursor)}) as again:
        head = next(iter(again))

    assert asked.data["workflow_id"] == waiting
    assert head.id == first.cursor
    assert ticket["events"] == f"/api/workflows/{waiting}/events?ticket={ticket['ticket']}"


def test_a_ticket_opens_nothing_else(guarded: ServerProcess, waiting: str) -> None:
    ticket = ticket_of(guarded, waiting)["ticket"]
    other = guarded.client.post("/chat", json={"message": "hi"}, headers={**ADA, **ASYNC}).json()["workflow_id"]
    get, post = guarded.client.get, guarded.client.post

    answers = {
        "another run's events": get(f"/api/workflows/{other}/events?ticket={ticket}"),
        "the run": get(f"/api/workflows/{waiting}?ticket={ticket}"),
        "its status": get(f"/api/workflows/{waiting}/status?ticket={ticket}"),
        "its end": post(f"/api/workflows/{waiting}/cancel?ticket={ticket}"),
        "another ticket": post(f"/api/workflows/{waiting}/stream-ticket?ticket={ticket}"),
        "a list": get(f"/api/workflows?ticket={ticket}"),
        "an altered one": get(f"/api/workflows/{waiting}/events?ticket={ticket[:-1]}"),
        "none": get(f"/api/workflows/{waiting}/events?ticket="),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == {
        name: 404 if name == "another run's events" else 401 for name in answers
    }


def test_nobody_gets_a_ticket_for_anothers_run(guarded: ServerProcess, waiting: str) -> None:
    address = f"/api/workflows/{waiting}/stream-ticket"

    assert guarded.client.post(address, headers=BOB).status_code == 404
    assert guarded.client.post(address).status_code == 401


def test_a_ticket_ends_with_the_key_that_it_was_issued_with(guarded: ServerProcess, waiting: str) -> None:
    key = made_key(guarded, owner="ada")
    ticket = ticket_of(guarded, waiting, {"X-API-Key": key["key"]})
    with guarded.stream("GET", ticket["events"]) as stream:
        stream.until("workflow_interrupted")

    guarded.client.delete(f"/api/keys/{key['id']}", headers=ROOT)

    assert guarded.client.get(ticket["events"], headers=SSE).status_code == 401


def test_a_ticket_is_kept_as_a_hash(guarded: ServerProcess, waiting: str) -> None:
    ticket = ticket_of(guarded, waiting)["ticket"]

    stored = b"".join(path.read_bytes() for path in Path(guarded.folder).glob("cantata.db*"))

    assert waiting.encode() in stored
    assert ticket.encode() not in stored
    assert ticket not in guarded.log.read_text()


def test_a_stream_whose_token_expires_says_so_and_can_be_resumed(guarded: ServerProcess, waiting: str) -> None:
    ending = bearer(token("ada", exp=int(time.time()) - LEEWAY_SECONDS + 6))

    with guarded.stream("GET", f"/api/workflows/{waiting}/events", headers=ending) as stream:
        last = stream.rest()[-1]
    with guarded.stream(
        "GET", f"/api/workflows/{waiting}/events", headers={**ADA, "Last-Event-ID": str(stream.cursor)}
    ) as resumed:
        guarded.client.post(f"/api/workflows/{waiting}/cancel", headers=ADA)
        resumed.rest()

    assert (last.event, last.id) == ("auth_expired", None)
    assert last.data["reason"] == "the credential has expired"
    assert next(event["seq"] for event in resumed.events) == stream.events[-1]["seq"] + 1
    assert resumed.events[-1]["type"] == "workflow_cancelled"


@pytest.mark.parametrize("form", ["reasoning", "compat", "chunks", "session"])
def test_a_stream_whose_key_is_revoked_says_so_in_every_format(guarded: ServerProcess, waiting: str, form: str) -> None:
    key = made_key(guarded, owner="ada")
    address = f"/api/workflows/{waiting}/events?format={form}&exclude=auth_expired"

    with guarded.stream("GET", address, headers={"X-API-Key": key["key"]}) as stream:
        next(iter(stream))
        revoked_at = time.monotonic()
        guarded.client.delete(f"/api/keys/{key['id']}", headers=ROOT)
        last = stream.rest()[-1]

    assert last.event == "auth_expired"
    assert last.data["reason"] == "the key was revoked"
    assert time.monotonic() - revoked_at < 30


def test_who_waits_for_an_answer_with_a_key_that_is_revoked_waits_no_longer(guarded: ServerProcess, key: str) -> None:
    """An answer is owed to nobody who may not read it; the run itself goes on."""
    made = made_key(guarded, owner="ada")
    body, headers = {"graph": "nested", "input": {"key": key}}, {**JSON, "X-API-Key": made["key"]}

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(guarded.client.post, "/api/workflows", json=body, headers=headers)
        eventually(lambda: guarded.desk.ran(key)["second"] == 1)
        guarded.client.delete(f"/api/keys/{made['id']}", headers=ROOT)
        answer = waiting.result()
    run_id = answer.json()["workflow_id"]
    status = guarded.client.get(f"/api/workflows/{run_id}/status", headers=ADA).json()["status"]
    guarded.client.post(f"/api/workflows/{run_id}/cancel", headers=ADA)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.json()["detail"] == f"While this waited, the key was revoked; {run_id} goes on."
    assert status == "running"


def test_the_command_revokes_beside_a_running_server(guarded: ServerProcess, waiting: str) -> None:
    """Another process writes to the database that the server holds."""
    key = guarded.told("key", "create", "--owner", "ada", "--name", "by command", "--expires", "1d").strip()
    with guarded.client.stream("GET", f"/api/workflows/{waiting}/events", headers={**SSE, "X-API-Key": key}) as answer:
        stream = Stream(answer)
        next(iter(stream))
        listed = guarded.told("key", "list")
        guarded.told("key", "revoke", key.split("_")[1])
        last = stream.rest()[-1]

    assert "by command" in listed
    assert last.event == "auth_expired"
    assert guarded.client.get("/api/workflows", headers={"X-API-Key": key}).status_code == 401
