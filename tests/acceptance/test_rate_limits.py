"""What one client may have: requests in a time, runs and streams at once, tokens in a day."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.acceptance.conftest import Fresh
from tests.acceptance.slow_clients import connected, heard
from tests.server_process import ASYNC, HANG_SECONDS, JSON, SSE, ServerProcess, eventually

NODE: dict[str, Any] = {"graph": "one_node", "input": {"key": "limits"}}
HELLO = {"message": "hi", "agent": "two_tools"}
FIFTY = httpx.Limits(max_connections=50)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server with limits that a test can reach, and a proxy that is believed."""
    process = ServerProcess(
        tmp_path_factory.mktemp("strict"),
        RATE_LIMIT_DEFAULT="20/minute",
        RATE_LIMIT_STREAM_START="5/15 minutes",
        AGENT_RATE_LIMITS="two_tools=2/hour",
        CONCURRENT_STREAMS_PER_USER="3",
        TRUSTED_PROXIES="127.0.0.1",
    )
    yield process.start()
    process.close()


_addresses = (f"203.0.113.{number}" for number in range(1, 255))


@pytest.fixture
def me() -> dict[str, str]:
    """Be a client that no other test is."""
    return {"X-Forwarded-For": next(_addresses)}


def test_without_a_setting_an_open_server_limits_nobody(server: ServerProcess) -> None:
    answers = [server.client.get("/api/graphs") for _ in range(150)]

    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit" not in answers[-1].headers


def test_requests_are_granted_up_to_the_limit_and_refused_beyond(strict: ServerProcess, me: dict[str, str]) -> None:
    answers = [strict.client.get("/api/graphs", headers=me) for _ in range(21)]

    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    problem = answers[-1].json()
    assert (problem["code"], problem["policy"]) == ("rate_limited", "default")
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert 50 < int(answers[-1].headers["retry-after"]) == problem["retry_after"] <= 60


def test_every_answer_tells_how_the_limits_stand(strict: ServerProcess, me: dict[str, str]) -> None:
    looked = strict.client.get("/nowhere", headers=me)
    started = strict.client.post("/api/workflows", json=NODE, headers=me | JSON)

    assert (looked.headers["ratelimit-policy"], looked.headers["ratelimit"]) == (
        '"default";q=20;w=60',
        '"default";r=19;t=60',
    )
    assert started.headers["ratelimit-policy"] == '"default";q=20;w=60, "stream_start";q=5;w=900'
    assert started.headers["ratelimit"].startswith('"default";r=18;t=')
    assert '"stream_start";r=4;t=' in started.headers["ratelimit"]


def test_of_many_requests_at_once_exactly_as_many_are_granted(strict: ServerProcess, me: dict[str, str]) -> None:
    with (
        httpx.Client(base_url=strict.url, limits=FIFTY, timeout=HANG_SECONDS, trust_env=False) as client,
        ThreadPoolExecutor(50) as threads,
    ):
        answers = list(threads.map(lambda _: client.get("/api/graphs", headers=me).status_code, range(200)))

    assert answers.count(200) == 20
    assert answers.count(429) == 180


@pytest.mark.parametrize(
    "path",
    [
        "/API/graphs",
        "/api/graphs/",
        "//api//graphs",
        "/api/graphs?x=1",
        "/api/./graphs",
        "/api/%67raphs",
        "/api/graphs/../graphs",
        "/health/../api/graphs",
        "/assets/..%2fapi/graphs",
        "/api/graphs%00",
        "/api/graphs;v=1",
    ],
)
def test_no_spelling_of_a_path_has_a_counter_of_its_own(strict: ServerProcess, me: dict[str, str], path: str) -> None:
    for _ in range(20):
        strict.client.get("/api/graphs", headers=me)

    answer = raw_get(strict, path, me)

    assert answer.status_code in (404, 429)


def raw_get(server: ServerProcess, path: str, headers: dict[str, str]) -> httpx.Response:
    """Ask for a path just as it is spelt."""
    request = server.client.build_request("GET", "/", headers=headers)
    request.url = request.url.copy_with(raw_path=path.encode())
    return server.client.send(request)


@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready", "/assets/none.js"])
def test_the_page_and_health_do_not_count(strict: ServerProcess, me: dict[str, str], path: str) -> None:
    for _ in range(25):
        strict.client.get(path, headers=me)

    assert '"default";r=19' in strict.client.get("/api/graphs", headers=me).headers["ratelimit"]


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Client-IP", "CF-Connecting-IP"])
def test_no_header_makes_another_client_of_one_where_no_proxy_is_trusted(fresh: Fresh, name: str) -> None:
    server = fresh(RATE_LIMIT_DEFAULT="3/minute").start()
    values = [f"for=203.0.113.{number}" if name == "Forwarded" else f"203.0.113.{number}" for number in range(4)]

    answers = [server.client.get("/api/graphs", headers={name: value}) for value in values]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]


def test_http_1_0_and_other_methods_count_as_well(strict: ServerProcess, me: dict[str, str]) -> None:
    for method in ("HEAD", "OPTIONS", "PUT"):
        strict.client.request(method, "/api/graphs", headers=me)
    with connected(strict) as connection:
        address = me["X-Forwarded-For"].encode()
        connection.sendall(b"GET /api/graphs HTTP/1.0\r\nHost: localhost\r\nX-Forwarded-For: " + address + b"\r\n\r\n")
        heard(connection)

    assert '"default";r=15' in strict.client.get("/api/graphs", headers=me).headers["ratelimit"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/chat", {"message": "hi", "agent": "flood"}),
        ("POST", "/api/workflows", NODE),
        ("POST", "/api/stream", {"prompt": "hi", "agent": "flood"}),
        ("GET", "/api/stream/flood?prompt=hi", None),
        ("POST", "/api/apps/limits-{n}/agent/generate", {"prompt": "hi", "agent": "flood"}),
        ("POST", "/api/coordinator/sequential", {"steps": [{"agent": "flood"}], "input": "hi"}),
    ],
)
def test_every_route_that_starts_runs_counts_starts(
    strict: ServerProcess, me: dict[str, str], method: str, path: str, body: Any
) -> None:
    answers = [
        strict.client.request(method, path.format(n=f"{me['X-Forwarded-For']}-{n}"), json=body, headers=me | ASYNC)
        for n in range(6)
    ]

    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert answers[-1].json()["policy"] == "stream_start"


def test_an_agent_may_have_a_limit_of_its_own_wherever_it_works(strict: ServerProcess, me: dict[str, str]) -> None:
    steps = {"steps": [{"agent": "flood"}, {"agent": "two_tools"}], "input": "hi"}
    ways = [("/chat", HELLO), ("/api/coordinator/sequential", steps), ("/chat", HELLO)]

    answers = [strict.client.post(path, json=body, headers=me | ASYNC) for path, body in ways]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[-1].json()["policy"] == "agent_two_tools"


def test_no_more_streams_are_open_than_may_be_and_a_closed_one_is_free_again(fresh: Fresh, key: str) -> None:
    server = fresh(CONCURRENT_STREAMS_PER_USER="3").start()
    run_id = server.started("nested", {"key": key})
    path = f"/api/workflows/{run_id}/events"
    with server.stream("GET", path) as one, server.stream("GET", path), server.stream("GET", path):
        refused = server.client.get(path, headers=SSE)
        new = server.client.post("/chat", json={"message": "hi", "agent": "flood"}, headers=SSE)
        waiting = server.client.post("/chat", json={"message": "hi", "agent": "flood"}, headers=JSON)
        polled = server.client.get(f"/api/workflows/{run_id}")
        server.desk.open(key)
        one.rest()

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
    assert refused.json()["policy"] == "concurrent_streams"
    assert int(refused.headers["retry-after"]) > 0
    assert {new.json()["code"], waiting.json()["code"]} == {"too_many_streams"}
    assert server.client.get("/api/workflows?graph=flood").json()["workflows"] == []
    assert polled.status_code == 200
    eventually(lambda: [server.client.get(path, headers=SSE).status_code for _ in range(4)] == [200] * 4)


@pytest.mark.parametrize("accept", [JSON, SSE])
def test_an_answer_that_cannot_be_told_of_is_not_taken(fresh: Fresh, key: str, accept: dict[str, str]) -> None:
    server = fresh(CONCURRENT_STREAMS_PER_USER="1").start()
    asking = server.waited("/api/workflows", {"graph": "approval", "input": {"key": key}})
    path = f"/api/workflows/{asking['workflow_id']}"
    responses = {asked["id"]: "yes" for asked in asking["interrupts"]}
    with server.stream("GET", f"{path}/events") as one:
        one.until("workflow_interrupted")
        answer = server.client.post(f"{path}/resume", json={"responses": responses}, headers=accept)

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
    assert server.workflow(asking["workflow_id"])["status"] == "interrupted"


def test_who_waits_for_a_run_that_is_there_holds_a_stream_too(fresh: Fresh, key: str) -> None:
    """Else one long run would let its owner keep as many connections as the server has."""
    server = fresh(CONCURRENT_STREAMS_PER_USER="1").start()
    asked = {"graph": "nested", "input": {"key": key}}
    headers = JSON | {"Idempotency-Key": key}
    with server.stream("POST", "/api/workflows", asked, SSE | {"Idempotency-Key": key}) as one:
        again = server.client.post("/api/workflows", json=asked, headers=headers)
        server.desk.open(key)
        one.rest()

    assert (again.status_code, again.json()["code"]) == (429, "too_many_streams")


def test_of_many_starts_at_once_exactly_as_many_run_as_may(fresh: Fresh, key: str) -> None:
    server = fresh(CONCURRENT_RUNS_PER_USER="7").start()
    body = {"graph": "nested", "input": {"key": key}}
    with (
        httpx.Client(base_url=server.url, limits=FIFTY, timeout=HANG_SECONDS, trust_env=False) as client,
        ThreadPoolExecutor(50) as threads,
    ):
        answers = list(threads.map(lambda _: client.post("/api/workflows", json=body, headers=ASYNC), range(200)))
    refused = [answer for answer in answers if answer.status_code == 429]
    server.desk.open(key)
    for answer in answers:
        server.events(answer.json()["workflow_id"]) if answer.status_code == 202 else None
    then = server.client.post("/api/workflows", json=body, headers=ASYNC)

    assert len(answers) - len(refused) == 7
    assert {answer.json()["code"] for answer in refused} == {"too_many_runs"}
    assert {answer.json()["policy"] for answer in refused} == {"concurrent_runs"}
    assert then.status_code == 202


def test_a_day_of_tokens_is_a_day_of_tokens(fresh: Fresh) -> None:
    """The run that uses it up waits; nothing new begins; what is asked again is told when to come back."""
    server = fresh(None, DAILY_TOKENS_PER_USER="400").start()
    steps = [{"agent": "researcher"}, {"agent": "writer", "method": "draft"}, {"agent": "reviewer"}]
    asked = {"steps": steps, "input": "The history of coffee"}

    waiting = server.waited("/api/coordinator/sequential", asked)
    new = server.client.post("/chat", json={"message": "hi"}, headers=JSON)
    resumed = server.client.post(f"/api/workflows/{waiting['workflow_id']}/resume", json={"responses": {}})
    server.terminate()
    server.start(DAILY_TOKENS_PER_USER="1000000")
    done = server.waited(f"/api/workflows/{waiting['workflow_id']}/resume", {"responses": {}})

    assert (waiting["status"], waiting["interrupt_cause"]) == ("interrupted", "budget")
    assert (new.status_code, new.json()["code"], new.json()["policy"]) == (429, "budget_exceeded", "budget")
    assert 0 < int(new.headers["retry-after"]) <= 86_400
    assert resumed.json()["code"] == "budget_exceeded"
    assert done["status"] == "completed"
    assert {step["attempt"] for step in done["steps"]} == {1}


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"RATE_LIMIT_DEFAULT": "many"}, "RATE_LIMIT_DEFAULT"),
        ({"RATE_LIMIT_DEFAULT": "5/minute;9/hour"}, "RATE_LIMIT_DEFAULT"),
        ({"RATE_LIMIT_STREAM_START": "0/minute"}, "RATE_LIMIT_STREAM_START"),
        ({"AGENT_RATE_LIMITS": "assistant"}, "AGENT_RATE_LIMITS"),
        ({"TRUSTED_PROXIES": "everybody"}, "TRUSTED_PROXIES"),
        ({"REDIS_URL": "http://localhost"}, "REDIS_URL"),
        ({"CORS_ORIGINS": "*"}, "CORS_ORIGINS"),
        ({"CORS_ORIGINS": "null"}, "CORS_ORIGINS"),
        ({"CORS_ORIGINS": "https://app.example/path"}, "CORS_ORIGINS"),
    ],
)
def test_a_limit_that_cannot_be_read_stops_the_start(fresh: Fresh, settings: dict[str, str], name: str) -> None:
    code, said = fresh().refused(**settings)

    assert code == 2
    assert name in said
