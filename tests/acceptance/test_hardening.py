"""What answers tell browsers: to guess nothing, to show nothing in frames, and who else may read them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server_process import JSON, ServerProcess

APP, EVIL = "https://app.example", "https://evil.example"
SUBDOMAIN = "https://evil.app.example"
NODE: dict[str, Any] = {"graph": "one_node", "input": {"key": "cors"}}
EXPOSED = ["Location", "Content-Location", "X-Workflow-Id", "Retry-After", "ETag", "RateLimit", "RateLimit-Policy"]
AS_JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def shared_with(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server that another origin's pages may use."""
    process = ServerProcess(
        tmp_path_factory.mktemp("cors"), CORS_ORIGINS=APP, CORS_PRIVATE_NETWORK="true", RATE_LIMIT_DEFAULT="1000/minute"
    )
    yield process.start()
    process.close()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/health/live", {}, 200),
        ("GET", "/api/workflows", {}, 200),
        ("GET", "/openapi.json", {}, 200),
        ("GET", "/nowhere", {}, 404),
        ("PUT", "/chat", {}, 405),
        ("GET", "/api/workflows", {"Host": "evil.example"}, 403),
        ("GET", "/api/workflows", {"Origin": EVIL}, 403),
        ("POST", "/chat", {"Content-Type": "text/plain", "Content-Length": "0"}, 422),
        ("GET", "/docs", {}, 200),
        ("GET", "/", {}, 200),
    ],
)
def test_every_answer_tells_browsers_what_to_refuse(
    server: ServerProcess, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = server.client.request(method, path, headers=headers)

    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


def test_a_stream_has_them_too(server: ServerProcess) -> None:
    with server.stream("POST", "/chat", {"message": "hi", "agent": "two_tools"}) as stream:
        stream.rest()

    assert stream.response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_what_is_no_http_has_them_too(server: ServerProcess) -> None:
    with server.client.stream("GET", "/health/live", headers={"X": "a\x7f"}) as answer:
        answer.read()

    assert answer.status_code in (200, 400)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_of_the_api_runs_nothing_but_what_its_hashes_name(server: ServerProcess) -> None:
    answer = server.client.get("/docs")
    policy = answer.headers["content-security-policy"]
    scripts = policy.split("script-src ")[1].split(";")[0]

    assert "unsafe" not in scripts
    assert all(
        "integrity=" in tag and "@5" in tag
        for tag in re.findall(r"<(?:script src|link rel=\"style)[^>]*>", answer.text)
    )
    assert server.client.get("/redoc").status_code == 404


@pytest.mark.parametrize(
    "origin", [EVIL, SUBDOMAIN, "null", APP.upper(), f"{APP}:444", "http://app.example", f"{APP}."]
)
def test_other_origins_are_told_nothing(shared_with: ServerProcess, origin: str) -> None:
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}

    looked = shared_with.client.get("/api/workflows", headers={"Origin": origin})
    asked = shared_with.client.options("/chat", headers=preflight)

    assert (looked.status_code, asked.status_code) == (403, 403)
    assert "access-control-allow-origin" not in {*looked.headers, *asked.headers}


def test_an_allowed_origin_may_read_what_it_needs(shared_with: ServerProcess) -> None:
    answer = shared_with.client.post("/api/workflows", json=NODE, headers=JSON | {"Origin": APP})

    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert answer.headers["access-control-allow-origin"] == APP
    assert "access-control-allow-credentials" not in answer.headers
    assert [name for name in EXPOSED if name not in exposed] == []
    assert "ratelimit" in answer.headers


@pytest.mark.parametrize("path", ["/nowhere", "/api/workflows/wf_none"])
def test_an_allowed_origin_may_read_refusals(shared_with: ServerProcess, path: str) -> None:
    answer = shared_with.client.get(path, headers={"Origin": APP})

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (404, APP)


@pytest.mark.parametrize(("wants_network", "told"), [("true", "true"), (None, None)])
def test_a_public_page_may_reach_a_private_server_where_that_is_set(
    shared_with: ServerProcess, wants_network: str | None, told: str | None
) -> None:
    asked = {"Origin": APP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    network = {"Access-Control-Request-Private-Network": wants_network} if wants_network else {}

    answer = shared_with.client.options("/chat", headers=asked | network)

    assert answer.status_code == 200
    assert answer.headers.get("access-control-allow-private-network") == told


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "gzip, gzip", "GZIP"])
def test_a_compressed_body_is_not_taken(server: ServerProcess, coding: str) -> None:
    """A megabyte of it could be a gigabyte."""
    answer = server.client.post("/chat", content=b"\x1f\x8b", headers=AS_JSON | {"Content-Encoding": coding})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "compressed" in answer.json()["detail"]


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\x00b"])
@pytest.mark.parametrize("name", ["session_id", "idempotency_key", "after"])
def test_nothing_that_is_sent_breaks_out_of_a_header(server: ServerProcess, name: str, value: str) -> None:
    answer = server.client.get("/api/stream/two_tools", params={"prompt": "hi", name: value})

    assert answer.status_code == 422
    assert "x-evil" not in answer.headers
