"""Whatever a client sends, the answer names what is wrong with it; it is never a 5xx."""

import socket
from typing import Any

import pytest

from tests.server_process import JSON, SSE, ServerProcess

CHAT, RUNS = "/chat", "/api/workflows"
NODE: dict[str, Any] = {"graph": "one_node", "input": {"key": "bad-input"}}
HELLO = {"message": "hello"}
AS_JSON = {"Content-Type": "application/json"}
MIB = 1_048_576


@pytest.mark.parametrize(
    ("path", "body", "code", "words"),
    [
        (CHAT, {"message": "hi", "agent": "nobody"}, "unknown_graph", ["nobody", "assistant", "two_tools"]),
        (RUNS, NODE | {"graph": "nothing"}, "unknown_graph", ["nothing", "sequential"]),
        (CHAT, {"message": "hi", "agent": "one_node"}, "no_messages", ["one_node", "POST /api/workflows"]),
        (CHAT, {"message": "hi", "model": "gpt-4"}, "unknown_model", ["gpt-4", "offline-demo", "google_genai:"]),
        (CHAT, {"message": "hi", "model": "gemini-2.5-flash"}, "model_not_configured", ["GEMINI_API_KEY"]),
        (CHAT, {"message": "hi", "agent": "two_tools", "model": "offline-demo"}, "not_configurable", ["model"]),
        (CHAT, {"message": "x" * 100_001}, "message_too_long", ["100001", "100000"]),
    ],
)
def test_what_does_not_exist_or_fit_is_answered_with_what_does(
    server: ServerProcess, path: str, body: dict[str, Any], code: str, words: list[str]
) -> None:
    answer = server.client.post(path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert [word for word in words if word not in answer.json()["detail"]] == []


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        (CHAT, {}, "message"),
        (CHAT, {"message": ""}, "message"),
        (CHAT, {"message": " \n\t"}, "message"),
        (CHAT, {"message": 5}, "message"),
        (CHAT, {"message": None}, "message"),
        (CHAT, {"message": ["hi"]}, "message"),
        (CHAT, [], "body"),
        (CHAT, "hi", "body"),
        (CHAT, HELLO | {"colour": "blue"}, "colour"),
        (CHAT, HELLO | {"options": {"warmth": 1}}, "options.warmth"),
        (CHAT, HELLO | {"options": {"temperature": 3}}, "options.temperature"),
        (CHAT, HELLO | {"options": {"temperature": "1"}}, "options.temperature"),
        (CHAT, HELLO | {"options": {"topP": 2}}, "options.topP"),
        (CHAT, HELLO | {"config": {"recursion_limit": 0}}, "config.recursion_limit"),
        (CHAT, HELLO | {"config": {"recursion_limit": True}}, "config.recursion_limit"),
        (CHAT, HELLO | {"config": {"configurable": {"thread_id": "x"}}}, "config.configurable.thread_id"),
        (CHAT, HELLO | {"config": {"configurable": {"__pregel_send": 1}}}, "config.configurable.__pregel_send"),
        (CHAT, HELLO | {"metadata": {"a": [1]}}, "metadata.a"),
        (CHAT, HELLO | {"session_id": "a b"}, "session_id"),
        (CHAT, HELLO | {"session_id": ""}, "session_id"),
        (CHAT, HELLO | {"session_id": "x" * 129}, "session_id"),
        (CHAT, HELLO | {"session_id": "../../etc/passwd"}, "session_id"),
        (CHAT, HELLO | {"session_id": "a\n"}, "session_id"),
        (CHAT, HELLO | {"if_busy": "wait"}, "if_busy"),
        (CHAT, HELLO | {"on_disconnect": "die"}, "on_disconnect"),
        (CHAT, HELLO | {"timeout_seconds": 0}, "timeout_seconds"),
        (CHAT, HELLO | {"timeout_seconds": 10**9}, "timeout_seconds"),
        (RUNS, {"input": {}}, "graph"),
        (RUNS, {"graph": "one_node"}, "input"),
        (RUNS, {"graph": "one_node", "input": "text for a graph without one text"}, "input"),
        (RUNS, {"graph": "sequential", "input": " "}, "input"),
        (RUNS, NODE | {"context": {"a": 1}}, "context.a"),
        (RUNS, NODE | {"stream": True}, "stream"),
    ],
)
def test_a_bad_field_is_named_by_its_path(server: ServerProcess, path: str, body: Any, where: str) -> None:
    answer = server.client.post(path, json=body)

    assert answer.status_code == 422
    assert where in [error["path"] for error in answer.json()["errors"]] or where in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "where"),
    [
        ("GET", "/api/workflows?colour=1", "colour"),
        ("GET", "/api/workflows?limit=0", "limit"),
        ("GET", "/api/workflows?limit=1e3", "limit"),
        ("GET", "/api/workflows?status=lost", "status"),
        ("GET", "/api/workflows/{id}?colour=1", "colour"),
        ("GET", "/api/workflows/{id}/status?colour=1", "colour"),
        ("GET", "/api/workflows/{id}/events?colour=1", "colour"),
        ("GET", "/api/workflows/{id}/events?limit=0", "limit"),
        ("GET", "/api/workflows/{id}/events?since_timestamp=nan", "since_timestamp"),
        ("GET", "/api/workflows/{id}/events?since_timestamp=inf", "since_timestamp"),
        ("GET", "/api/workflows/{id}/events?since_timestamp=1e300", "since_timestamp"),
        ("GET", "/api/workflows/{id}/events?since_timestamp=1e18", "since_timestamp"),
        ("GET", "/api/workflows/{id}/events?format=morse", "format"),
        ("GET", "/api/workflows/{id}/history?colour=1", "colour"),
        ("POST", "/api/workflows/{id}/cancel?colour=1", "colour"),
        ("POST", "/api/workflows/{id}/resume?colour=1", "colour"),
        ("DELETE", "/api/workflows/{id}?colour=1", "colour"),
        ("POST", "/chat?colour=1", "colour"),
        ("POST", "/chat?format=morse", "format"),
    ],
)
def test_an_unknown_or_bad_parameter_is_named(
    server: ServerProcess, finished: str, method: str, path: str, where: str
) -> None:
    body: Any = HELLO if path.startswith("/chat") else {"responses": {}} if "resume" in path else None

    answer = server.client.request(method, path.format(id=finished), json=body)

    assert answer.status_code == 422
    assert where in [error["path"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("request_line", "body", "headers", "where"),
    [
        ("POST /chat?format=chunks", HELLO, JSON, "format"),
        ("POST /chat?coalesce_ms=5", HELLO, {"Prefer": "respond-async"}, "coalesce_ms"),
        (f"POST {RUNS}?tokens=false", NODE, {}, "tokens"),
        ("POST /api/workflows/{id}/resume?heartbeat_seconds=20", {"responses": {}}, {}, "heartbeat_seconds"),
        ("GET /api/workflows/{id}/events?include=tool_end", None, JSON, "include"),
        ("GET /api/stream/assistant?prompt=x&exclude=tool_end", None, JSON, "exclude"),
        ("GET /api/workflows/{id}/events?limit=5", None, SSE, "limit"),
    ],
)
def test_an_option_that_would_have_no_effect_is_refused(
    *, server: ServerProcess, finished: str, request_line: str, body: Any, headers: dict[str, str], where: str
) -> None:
    """What says how a stream is told, where the answer is none, and the other way round."""
    method, path = request_line.format(id=finished).split()

    answer = server.client.request(method, path, json=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [error["path"] for error in answer.json()["errors"]] == [where]


@pytest.fixture(scope="module")
def finished(server: ServerProcess) -> str:
    """Make a run that has ended."""
    return str(server.waited(RUNS, NODE)["workflow_id"])


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b'{"message": "hi"', 400),
        (b'{"message": "hi"} trailing', 400),
        (b'{"message": NaN}', 400),
        (b'{"message": "hi", "timeout_seconds": Infinity}', 400),
        (b'{"message": "hi", "metadata": {"n": 1e400}}', 400),
        (b'{"message": "\\ud800"}', 400),
        (b'{"message": "\\udc00\\ud800"}', 400),
        (b'{"message": "\xff\xfe"}', 400),
        (b'{"message": "\xed\xa0\x80"}', 400),
        ('{"message": "hi"}'.encode("utf-16"), 400),
        (b"[" * 100_000 + b"]" * 100_000, 400),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
        (b'{"message": "hi", "metadata": {"n": ' + b"9" * 5_000 + b"}}", 400),
        (b"'single'", 400),
        (b"\x00", 400),
        (b"\xef\xbb\xbf{}", 400),
    ],
)
def test_what_is_no_json_is_refused(server: ServerProcess, content: bytes, status: int) -> None:
    answer = server.client.post(CHAT, content=content, headers=AS_JSON)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("depth", [101, 253, 254, 255, 300, 500, 1_000])
@pytest.mark.parametrize("path", [CHAT, RUNS, "/api/workflows/{id}/resume"])
def test_json_that_is_too_deep_for_any_encoder_is_refused(
    server: ServerProcess, finished: str, path: str, depth: int
) -> None:
    nested = b"[" * depth + b"]" * depth
    content = b'{"graph": "one_node", "message": "hi", "input": {"key": "a", "x": ' + nested + b'}, "responses": {}}'

    answer = server.client.post(path.format(id=finished), content=content, headers=AS_JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**40, 1e-320, -0.0])
def test_huge_numbers_do_no_harm(server: ServerProcess, number: float) -> None:
    body = NODE | {"metadata": {"n": number}, "input": {"key": "bad-input", "n": number}}

    answer = server.client.post(RUNS, json=body, headers=JSON)

    assert answer.status_code == 200
    assert answer.json()["status"] in ("completed", "failed")


def test_of_two_equal_keys_the_last_one_counts(server: ServerProcess) -> None:
    """JSON leaves it open; what matters is that everybody behind the parser sees the same."""
    answer = server.client.post(CHAT, content=b'{"message": "a", "message": "b"}', headers=AS_JSON | JSON)

    assert answer.json()["input"] == "b"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/jsonp", "json"]
)
def test_a_body_that_a_form_could_send_is_refused(server: ServerProcess, kind: str) -> None:
    answer = server.client.post(CHAT, content=b'{"message": "hi"}', headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


OURS, EVIL = "http://127.0.0.1:{port}", "http://evil.example"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:{port}"}, 200),
        ({"Host": "LOCALHOST"}, 200),
        ({"Host": "[::1]:{port}"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "localhost.evil.example:80"}, 403),
        ({"Host": ""}, 403),
        ({"Host": "["}, 403),
        ({"Host": "]["}, 403),
        ({"Host": "[::1"}, 403),
        ({"Host": "0.0.0.0"}, 403),
        ({"Origin": OURS}, 200),
        ({"Origin": EVIL}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "https://127.0.0.1:{port}"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OURS}, 403),
        ({"Sec-Fetch-Site": "anything"}, 403),
    ],
)
def test_other_sites_pages_cannot_use_an_open_server(
    server: ServerProcess, headers: dict[str, str], status: int
) -> None:
    sent = {name: value.replace("{port}", str(server.port)) for name, value in headers.items()}

    looked = server.client.get(RUNS, headers=sent)
    posted = server.client.post(RUNS, json=NODE, headers=JSON | sent)

    assert (looked.status_code, posted.status_code) == (status, status)


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/docs", 200), ("/openapi.json", 403), (RUNS, 403)])
def test_a_link_on_another_site_opens_the_page_alone(server: ServerProcess, path: str, status: int) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    assert server.client.get(path, headers=headers).status_code == status
    assert server.client.post(path, headers=headers, json=NODE).status_code == 403


@pytest.mark.parametrize(
    "name",
    [
        "wf_",
        "wf_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "wf_01h455vb4pex5vsknk084sn02q",
        "WF_01H455VB4PEX5VSKNK084SN02Q",
        "wf_x_01h455vb4pex5vsknk084sn02q",
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "....%2f%2fcantata.db",
        "%00",
        "%0d%0aX: 1",
        "%ff%fe",
        "%ed%a0%80",
        "%F0%9F%92%A9",
        "a" * 5_000,
        "'; DROP TABLE runs; --",
        "null",
        "0",
        "-1",
    ],
)
@pytest.mark.parametrize(
    ("method", "rest"),
    [("GET", ""), ("GET", "/status"), ("GET", "/events"), ("GET", "/history"), ("POST", "/cancel"), ("DELETE", "")],
)
def test_what_is_no_id_of_a_run_is_not_found(server: ServerProcess, name: str, method: str, rest: str) -> None:
    answer = server.client.request(method, f"/api/workflows/{name}{rest}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "root:" not in answer.text


def test_a_run_is_found_by_its_bare_uuid_too(server: ServerProcess, finished: str) -> None:
    from cantata.server.runs.ids import RunId, uuid_of  # noqa: PLC0415 - the one place that knows both forms

    assert server.workflow(str(uuid_of(RunId(finished))))["workflow_id"] == finished


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/chat", 405),
        ("PUT", "/api/workflows", 405),
        ("PATCH", "/chat", 405),
        ("OPTIONS", "/chat", 405),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "//api//workflows", 404),
    ],
)
def test_what_is_not_there_is_a_problem_like_any_other(
    server: ServerProcess, method: str, path: str, status: int
) -> None:
    answer = server.client.request(method, path)

    assert answer.status_code == status
    assert answer.json()["code"] in ("not_found", "method_not_allowed")


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_client_that_still_uploads_can_read_that_it_is_too_much(server: ServerProcess, is_announced: bool) -> None:
    """Closing at once would reset the connection and destroy the answer; the client here reads only when it is done."""
    head, body = upload(b"application/json", 8 * MIB, is_announced=is_announced)

    answer = exchange(server, head, body)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"body_too_large"' in answer
    assert server.client.get("/health/live").status_code == 200


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_client_that_uploads_the_wrong_thing_can_read_it(server: ServerProcess, is_announced: bool) -> None:
    head, body = upload(b"text/plain", 8 * MIB, is_announced=is_announced)

    assert exchange(server, head, body).startswith(b"HTTP/1.1 415 ")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n\r\n", b"400"),
        (b"GET /health/live HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n", b"200"),
        (b"GET /health/live HTTP/1.0\r\n\r\n", b"403"),  # an open server answers for its own names
    ],
)
def test_a_request_says_once_to_whom_it_goes(server: ServerProcess, head: bytes, status: bytes) -> None:
    """Else a proxy may have looked at another one."""
    assert exchange(server, head, b"").split()[1] == status


def test_a_body_of_just_the_limit_is_read(server: ServerProcess) -> None:
    content = b'{"message": "' + b"x" * (MIB - 15) + b'"}'
    over = content + b" "

    assert len(content) == MIB
    assert server.client.post(CHAT, content=content, headers=AS_JSON).json()["code"] == "message_too_long"
    assert server.client.post(CHAT, content=over, headers=AS_JSON).status_code == 413
    assert server.client.post(CHAT, content=iter([over]), headers=AS_JSON).status_code == 413


def upload(kind: bytes, size: int, *, is_announced: bool) -> tuple[bytes, bytes]:
    """Make a large POST: its head and its body as sent."""
    head = b"POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + kind + b"\r\n"
    if is_announced:
        return head + b"Content-Length: %d\r\n\r\n" % size, b"a" * size
    piece = b"10000\r\n" + b"a" * 65_536 + b"\r\n"
    return head + b"Transfer-Encoding: chunked\r\n\r\n", piece * (size // 65_536) + b"0\r\n\r\n"


def exchange(server: ServerProcess, head: bytes, body: bytes) -> bytes:
    """Send everything, then read to the end of the answer's JSON."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head)
        connection.sendall(body)
        answer = b""
        while b"}" not in answer and (piece := connection.recv(65_536)):
            answer += piece
    return answer


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /api/workflows/\xff\xfe HTTP/1.1\r\nHost: localhost\r\n",
        b"GET /health/live HTTP/1.1\r\n",
        b"GET /api/workflows HTTP/1.1\r\nHost: localhost\r\nAccept: \xff\r\nPrefer: \xff\r\nLast-Event-ID: \xff\r\n",
        b"POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: -1\r\n",
        b"POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + b"9" * 30 + b"\r\n",
        b"POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 0\r\n",
        b"HEAD /api/workflows HTTP/1.1\r\nHost: localhost\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
    ],
)
def test_odd_bytes_get_no_5xx(server: ServerProcess, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(raw + b"Connection: close\r\n\r\n")
        answer = connection.recv(65_536)

    assert answer.startswith(b"HTTP/1.1 ")
    assert answer[9:10] in b"24"
