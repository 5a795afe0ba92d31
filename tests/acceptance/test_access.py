"""docs/access.md is true: every route, asked by nobody, the owner, another user and an admin."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.server_process import JSON, ROOT, ServerProcess
from tests.support.credentials import SECRET, bearer, token

PAGE = (ROOT / "docs/access.md").read_text()


class Row(NamedTuple):
    """What the page says of a route."""

    method: str
    path: str
    scope: str
    nobody: str
    owner: str
    another: str
    admin: str


ROWS = [
    Row(*told)
    for told in re.findall(
        r"^\| (\w+) \| `([^`]+)` \| `([^`]+)` \| (\S+) \| (.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE
    )
]
OPEN = re.findall(r"^\| (\w+) \| `([^`]+)` \|$", PAGE, re.MULTILINE)
UNLIMITED = {"RATE_LIMIT_DEFAULT": "off", "RATE_LIMIT_STREAM_START": "off"}  # more is asked here than a user may
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path}")

ADA, BOB, ROOT_USER = (
    bearer(token(name, role=role)) for name, role in (("ada", "user"), ("bob", "user"), ("root", "admin"))
)
STEPS = [{"agent": "assistant"}]
SPEC = {"type": "sequential", "steps": STEPS}
BODIES: dict[str, Any] = {
    "/chat": {"message": "hi"},
    "/api/stream": {"prompt": "hi"},
    "/api/workflows": {"graph": "assistant", "input": "hi"},
    "/api/workflows/{workflow_id}/resume": {"responses": {}},
    "/api/workflows/{workflow_id}/fork": {"checkpoint_id": "none"},
    "/api/workflows/{workflow_id}/feedback": {"score": 1},
    "/api/sessions/{session_id}": {"title": "Words"},
    "/api/sessions/{session_id}/messages/{message_id}/edit": {"content": "hello"},
    "/api/apps/{session_id}/agent/generate": {"prompt": "hi"},
    "/api/coordinator/sequential": {"steps": STEPS, "input": "hi"},
    "/api/coordinator/parallel": {"steps": STEPS, "input": "hi"},
    "/api/coordinator/hierarchical": {
        "master": {"name": "assistant"},
        "subAgents": [{"name": "assistant"}],
        "input": "hi",
    },
    "/api/coordinator/workflow": {"workflow": "sequential", "inputs": "hi"},
    "/api/coordinator/drawing": {"spec": SPEC},
    "/api/coordinator/workflows": {"name": "another_essay", "spec": SPEC},
    "/api/coordinator/workflows/{name}": {"spec": SPEC},
    "/api/keys": {"role": "user"},
}
QUERIES = {"/api/stream/{agent}": {"prompt": "hi"}}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server that asks who is there, with the built-in graphs."""
    process = ServerProcess(tmp_path_factory.mktemp("guarded"), None, JWT_SECRET=SECRET, **UNLIMITED)
    yield process.start()
    process.close()


@dataclass(frozen=True)
class Thing:
    """What ada has made, to be put into addresses."""

    workflow_id: str
    session_id: str
    message_id: str
    key_id: str
    name: str = "essay"
    agent: str = "assistant"

    def address(self, path: str) -> str:
        name = "assistant" if "/graphs/" in path else self.name
        return path.format_map({**vars(self), "name": name})


@pytest.fixture
def things(guarded: ServerProcess, key: str) -> Thing:
    """Let ada make one of everything."""
    client = guarded.client
    run = client.post("/chat", json={"message": "hi", "session_id": key}, headers={**ADA, **JSON}).json()
    client.post("/api/coordinator/workflows", json={"name": key, "spec": SPEC}, headers=ADA).raise_for_status()
    messages = client.get(f"/api/sessions/{key}/messages", headers=ADA).json()["messages"]
    made = client.post("/api/keys", json={"role": "user"}, headers=ROOT_USER).json()
    return Thing(run["workflow_id"], key, messages[0]["message_id"], made["id"], name=key)


def ask(server: ServerProcess, row: Row, things: Thing, who: dict[str, str]) -> httpx.Response:
    body = BODIES.get(row.path) if row.method in ("POST", "PUT", "PATCH") else None
    names_owner = who is ROOT_USER and row.admin == "reads" and "{session_id}" in row.path
    query = {"owner": "ada"} if names_owner else QUERIES.get(row.path)
    return server.client.request(row.method, things.address(row.path), json=body, params=query, headers={**JSON, **who})


def kept_to(outcome: str, answer: httpx.Response) -> bool:
    """Tell whether an answer is what the page says."""
    if outcome.isdigit():
        return answer.status_code == int(outcome)
    return answer.status_code < 500 and answer.status_code not in (401, 403, 404)


@every_row
def test_every_caller_gets_what_the_page_says(guarded: ServerProcess, things: Thing, row: Row) -> None:
    """The owner comes last, for some of it removes what the address names."""
    asked = {"nobody": {}, "another": BOB, "admin": ROOT_USER, "owner": ADA}

    answers = {who: ask(guarded, row, things, headers) for who, headers in asked.items()}

    wrong = {who: answer for who, answer in answers.items() if not kept_to(getattr(row, who), answer)}
    assert {who: (answer.status_code, answer.text) for who, answer in wrong.items()} == {}


@every_row
def test_no_route_works_without_its_scope(guarded: ServerProcess, things: Thing, row: Row) -> None:
    """Not for the owner either; and nothing is read of the request before: its body is no JSON."""
    scopes = {"workflows:read", "workflows:write", "workflows:cancel", "events:read"} - {row.scope}
    narrow = bearer(token("ada", scope=" ".join(scopes)))

    answer = guarded.client.request(row.method, things.address(row.path), content=b"{", headers=narrow)

    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert answer.json()["scope"] == row.scope


def test_the_open_routes_are_these_and_no_others() -> None:
    assert {path for _, path in OPEN} == {
        "/",
        "/assets/…",
        "/docs",
        "/favicon.ico",
        "/icon.svg",
        "/openapi.json",
        "/ops",
        "/theme.js",
        "/health/live",
        "/health/ready",
        "/auth/me",
        "/auth/login",
        "/auth/callback",
        "/auth/logout",
    }


def test_the_page_has_every_route(guarded: ServerProcess) -> None:
    described = guarded.client.get("/openapi.json").json()["paths"]
    listed = {(method.upper(), path) for path, methods in described.items() for method in methods}

    assert listed <= {(row.method, row.path) for row in ROWS} | set(OPEN)


def test_anothers_cursor_attaches_to_nothing(guarded: ServerProcess, things: Thing) -> None:
    cursor = f"evt_{things.workflow_id.removeprefix('wf_')}_1"

    answer = guarded.client.post(
        "/chat", json={"message": "hi", "session_id": things.session_id}, headers={**BOB, "Last-Event-ID": cursor}
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "workflow_not_found")


def test_one_session_and_one_idempotency_key_of_two_users_are_two_things(guarded: ServerProcess, key: str) -> None:
    body = {"message": "What is 17*23?", "session_id": key}
    answers = [
        guarded.client.post("/chat", json=body, headers={**who, **JSON, "Idempotency-Key": key}).json()
        for who in (ADA, BOB, ADA)
    ]

    ids = [answer["workflow_id"] for answer in answers]
    assert ids[0] == ids[2] != ids[1]
    assert {answer["session_id"] for answer in answers} == {key}
    sessions = [guarded.client.get(f"/api/sessions/{key}", headers=who).json() for who in (ADA, BOB)]
    assert [[run["workflow_id"] for run in session["workflows"]] for session in sessions] == [ids[:1], ids[1:2]]


def test_ids_in_the_configuration_reach_nobodys_thread(guarded: ServerProcess, things: Thing) -> None:
    config = {"configurable": {"thread_id": things.workflow_id}}

    answer = guarded.client.post("/chat", json={"message": "hi", "config": config}, headers=BOB)

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "config.configurable.thread_id")


def test_looks_of_admins_are_written_down(guarded: ServerProcess, things: Thing) -> None:
    guarded.client.get(f"/api/workflows/{things.workflow_id}", headers=ROOT_USER).raise_for_status()
    named = {"owner": "ada"}
    guarded.client.get(f"/api/sessions/{things.session_id}", params=named, headers=ROOT_USER).raise_for_status()

    looks = guarded.client.get("/api/audit?limit=2", headers=ROOT_USER).json()["looks"]

    assert [(look["admin"], look["owner"], look["target"]) for look in looks] == [
        ("root", "ada", things.session_id),
        ("root", "ada", things.workflow_id),
    ]
    assert things.workflow_id in guarded.log.read_text()


def test_keys_that_admins_make_and_revoke_are_written_down(guarded: ServerProcess) -> None:
    """Whoever has a key that acts for ada sees what is hers, and nobody would know how."""
    made = guarded.client.post("/api/keys", json={"role": "user", "owner": "ada"}, headers=ROOT_USER).json()
    guarded.client.delete(f"/api/keys/{made['id']}", headers=ROOT_USER).raise_for_status()

    looks = guarded.client.get("/api/audit?limit=2", headers=ROOT_USER).json()["looks"]

    assert [(look["admin"], look["action"], look["owner"], look["target"]) for look in looks] == [
        ("root", "DELETE /api/keys/{key_id}", "ada", made["id"]),
        ("root", "POST /api/keys", "ada", made["id"]),
    ]


def test_who_watches_everybodys_runs_is_written_down_once(guarded: ServerProcess) -> None:
    """The page asks every two seconds."""
    watcher = bearer(token("watcher", role="admin"))
    for _ in range(3):
        guarded.client.get("/api/operations", headers=watcher).raise_for_status()

    looks = guarded.client.get("/api/audit?limit=1000", headers=ROOT_USER).json()["looks"]

    assert [(look["owner"], look["target"]) for look in looks if look["admin"] == "watcher"] == [("*", "operations")]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/usage?owner=*&by=user,session"),
        ("GET", "/api/streams/active?all=true"),
        ("POST", "/api/streams/cancel-all?all=true"),
        ("GET", "/api/workflows?owner=*"),
    ],
)
def test_nobody_is_everybody_by_being_named_so(guarded: ServerProcess, method: str, path: str) -> None:
    """`*` stands for all owners: a user whom an issuer names so must not be taken for them."""
    answer = guarded.client.request(method, path, headers=bearer(token("*")))

    assert answer.status_code == 401


def test_nobody_else_may_name_an_owner(guarded: ServerProcess, things: Thing) -> None:
    paths = ["/api/workflows", "/api/sessions", f"/api/sessions/{things.session_id}", "/api/coordinator/stats"]
    answers = [guarded.client.get(path, params={"owner": "ada"}, headers=BOB) for path in paths]
    own = guarded.client.get("/api/workflows", params={"owner": "bob"}, headers=BOB)
    everybodys = guarded.client.post("/api/streams/cancel-all?all=true", headers=BOB)

    assert {(answer.status_code, answer.json()["code"]) for answer in [*answers, everybodys]} == {(403, "admin_only")}
    assert own.status_code == 200


def test_an_admin_sees_and_stops_everybodys_streams(guarded: ServerProcess) -> None:
    body = {"prompt": "hi", "on_disconnect": "continue"}
    with guarded.stream("POST", "/api/stream", body, ADA):
        listed = guarded.client.get("/api/streams/active?all=true", headers=ROOT_USER).json()
        own = guarded.client.get("/api/streams/active", headers=BOB).json()
        stopped = guarded.client.post("/api/streams/cancel-all?all=true", headers=ROOT_USER)

    assert own["count"] == 0
    assert {stream["owner"] for stream in listed["streams"]} <= {"ada"}
    assert stopped.status_code == 200


def test_what_was_made_while_open_stays_the_admins(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, None).start()
    run = server.waited("/chat", {"message": "hi"})
    server.terminate()
    server.start(JWT_SECRET=SECRET)

    address = f"/api/workflows/{run['workflow_id']}"
    answers = [server.client.get(address, headers=who).status_code for who in (ADA, ROOT_USER)]
    change = server.client.delete(address, headers=ROOT_USER)
    server.close()

    assert answers == [404, 200]
    assert change.status_code == 404


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [(b"{", "application/json", 400), (b"{}", "text/plain", 415), (b"{}", "application/json", 422)],
)
def test_what_is_anothers_is_not_read(
    guarded: ServerProcess, things: Thing, body: bytes, content_type: str, status: int
) -> None:
    address, kind = f"/api/workflows/{things.workflow_id}/resume", {"Content-Type": content_type}

    answers = [guarded.client.post(address, content=body, headers={**kind, **who}) for who in ({}, BOB, ADA)]

    assert [answer.status_code for answer in answers] == [401, 404, status]
