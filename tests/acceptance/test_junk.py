"""Random junk against every route: never a 5xx, and every refusal is a problem with a code."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server_process import ServerProcess

JUNK = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ROUTES = [
    ("POST", "/chat"),
    ("POST", "/api/workflows"),
    ("GET", "/api/workflows"),
    ("GET", "/api/workflows/{id}"),
    ("DELETE", "/api/workflows/{id}"),
    ("GET", "/api/workflows/{id}/status"),
    ("GET", "/api/workflows/{id}/events"),
    ("GET", "/api/workflows/{id}/history"),
    ("GET", "/api/workflows/{id}/drawing"),
    ("POST", "/api/workflows/{id}/cancel"),
    ("POST", "/api/workflows/{id}/resume"),
    ("POST", "/api/workflows/{id}/fork"),
    ("POST", "/api/coordinator/sequential"),
    ("POST", "/api/coordinator/parallel"),
    ("POST", "/api/coordinator/hierarchical"),
    ("POST", "/api/coordinator/workflow"),
    ("POST", "/api/coordinator/drawing"),
    ("GET", "/api/coordinator/agents"),
    ("GET", "/api/coordinator/workflows"),
    ("POST", "/api/coordinator/workflows"),
    ("GET", "/api/coordinator/workflows/junk"),
    ("PUT", "/api/coordinator/workflows/junk"),
    ("GET", "/api/coordinator/stats"),
    ("GET", "/api/graphs"),
    ("GET", "/api/graphs/junk/drawing"),
    ("GET", "/api/models"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/"),
]
TEXTS = st.text(max_size=30)
WORDS = st.sampled_from(["assistant", "one_node", "two_tools", "hi", "reject", "enqueue", "cancel", "offline-demo", ""])
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()
VALUES = st.recursive(
    NUMBERS | TEXTS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        "message",
        "agent",
        "graph",
        "input",
        "context",
        "session_id",
        "metadata",
        "if_busy",
        "on_disconnect",
        "timeout_seconds",
        "model",
        "options",
        "config",
        "responses",
        "reason",
        "steps",
        "tasks",
        "master",
        "subAgents",
        "aggregate",
        "workflow",
        "inputs",
        "name",
        "spec",
        "input_schema",
        "checkpoint_id",
    ]
)
BODIES = (
    st.dictionaries(FIELDS, VALUES | WORDS, max_size=5).map(lambda body: json.dumps(body).encode())
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=60)
)
LIKELY = st.fixed_dictionaries(
    {"graph": st.just("one_node"), "input": VALUES},
    optional={"metadata": VALUES, "config": VALUES, "context": VALUES, "session_id": TEXTS, "timeout_seconds": NUMBERS},
).map(lambda body: json.dumps(body).encode())
STEPS = st.recursive(
    st.fixed_dictionaries(
        {"agent": WORDS | st.just("researcher")},
        optional={"method": WORDS, "transform": TEXTS, "when": TEXTS, "retry": VALUES, "timeout_seconds": NUMBERS},
    )
    | st.fixed_dictionaries({"type": st.just("approval"), "prompt": TEXTS}, optional={"schema": VALUES})
    | VALUES,
    lambda inner: (
        st.fixed_dictionaries({"type": st.just("sequential"), "steps": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries(
            {"type": st.just("parallel"), "tasks": st.lists(inner, max_size=3)},
            optional={"aggregate": inner, "on_error": TEXTS, "max_concurrency": NUMBERS},
        )
        | st.fixed_dictionaries(
            {
                "type": st.just("hierarchical"),
                "master": st.fixed_dictionaries({"name": WORDS}),
                "subAgents": st.lists(inner, max_size=3),
            },
            optional={"aggregator": inner, "max_rounds": NUMBERS},
        )
    ),
    max_leaves=6,
)
HEADER = st.binary(max_size=40).map(lambda raw: bytes(b for b in raw if b >= 32 and b != 127).strip())
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Accept", "Prefer", "Last-Event-ID", "Idempotency-Key", "If-None-Match", "Origin", "Host", "Sec-Fetch-Site"]
    ),
    HEADER | st.sampled_from([b"evt_0_0", b"0", b"*", b"respond-async", b"text/event-stream", b"application/json"]),
    max_size=3,
)
QUERIES = st.dictionaries(
    st.sampled_from(
        [
            "after",
            "since_timestamp",
            "limit",
            "status",
            "session_id",
            "graph",
            "trace_id",
            "cursor",
            "format",
            "idempotency_key",
            "x",
        ]
    ),
    TEXTS | NUMBERS.map(str),
    max_size=3,
)


@pytest.fixture(scope="module")
def run_id(server: ServerProcess) -> str:
    """Make a run."""
    return str(server.waited("/chat", {"message": "hi", "agent": "model_error"})["workflow_id"])


def check(server: ServerProcess, request: httpx.Request) -> None:
    """Send; a stream is left after its headers."""
    answer = server.client.send(request, stream=True)
    try:
        assert answer.status_code < 500, (request, request.content, answer.read())
        if answer.status_code >= 400:
            assert isinstance(json.loads(answer.read())["code"], str)
    finally:
        answer.close()


def request(server: ServerProcess, method: str, path: str, **parts: Any) -> httpx.Request:
    """Build a request; junk that httpx itself refuses to send is no junk of ours."""
    return server.client.build_request(method, path, **parts)


@JUNK
@given(route=st.sampled_from(ROUTES), query=QUERIES, headers=HEADERS, body=BODIES)
def test_junk_everywhere(
    server: ServerProcess,
    run_id: str,
    route: tuple[str, str],
    query: dict[str, str],
    headers: dict[str, bytes],
    body: bytes,
) -> None:
    method, path = route
    sent: dict[str, bytes] = {"Content-Type": b"application/json", **headers}
    pairs = "&".join(f"{name}={quote(value, safe='', errors='surrogatepass')}" for name, value in query.items())
    parts: dict[str, Any] = {"content": body} if method in ("POST", "PUT") else {}

    check(server, request(server, method, f"{path.format(id=run_id)}?{pairs}", headers=sent, **parts))


@JUNK
@given(body=LIKELY, headers=HEADERS)
def test_junk_in_a_likely_body(server: ServerProcess, body: bytes, headers: dict[str, bytes]) -> None:
    sent = {"Content-Type": b"application/json", **headers, "Prefer": b"respond-async"}

    check(server, request(server, "POST", "/api/workflows", content=body, headers=sent))


@JUNK
@given(step=STEPS, given_=VALUES, schema=VALUES)
def test_junk_as_a_workflow(server: ServerProcess, step: Any, given_: Any, schema: Any) -> None:
    """Much of it can be run: in the background, and in what order is nobody's business."""
    sent = {"Content-Type": "application/json", "Prefer": "respond-async"}
    definition = {"name": "junk", "spec": step, "input_schema": schema}
    bodies: dict[str, Any] = {
        "/api/coordinator/sequential": {"steps": [step], "input": given_},
        "/api/coordinator/drawing": {"spec": step},
        "/api/coordinator/workflows": definition,
        "/api/coordinator/workflow": {"workflow": "junk", "inputs": given_},
    }

    for path, body in bodies.items():
        content = json.dumps(body).encode()
        check(server, request(server, "POST", path, content=content, headers=sent))
    check(server, request(server, "DELETE", "/api/coordinator/workflows/junk"))


@JUNK
@given(path=st.text(max_size=40), method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]))
def test_junk_as_an_address(server: ServerProcess, path: str, method: str) -> None:
    address = quote(path, safe="/", errors="surrogatepass")

    check(server, request(server, method, f"/api/workflows/{address}"))
    check(server, request(server, method, f"/{address}"))


def test_after_all_the_junk_the_server_serves(server: ServerProcess) -> None:
    assert server.waited("/chat", {"message": "What is 2+2?"})["status"] == "completed"
