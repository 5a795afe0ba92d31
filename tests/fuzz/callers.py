"""Who sends what the fuzzers make up. Each caller is tried with every operation."""

from dataclasses import dataclass, field
from typing import Any

from tests.server_process import JSON, ServerProcess
from tests.support.credentials import SECRET, bearer, token


@dataclass(frozen=True)
class Caller:
    """Somebody, and how a server is set up to know him."""

    name: str
    headers: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    is_known: bool = True
    """Whether the server lets him do anything at all."""


GUARDED = {
    "JWT_SECRET": SECRET,
    "RATE_LIMIT_DEFAULT": "off",
    "RATE_LIMIT_STREAM_START": "off",
    "RATE_LIMIT_FAILED_LOGINS": "off",
    "CONCURRENT_RUNS_PER_USER": "0",
}


def _with_role(role: str) -> Caller:
    return Caller(role, bearer(token(role, role=role)), GUARDED)


CALLERS = [
    Caller("whoever uses an open server"),
    Caller("nobody", settings=GUARDED, is_known=False),
    _with_role("user"),
    _with_role("premium"),
    _with_role("admin"),
]


def furnished(server: ServerProcess, caller: Caller) -> dict[str, str]:
    """Leave something of the caller's on *server*; name it by the parameters of paths and members of bodies."""
    if not caller.is_known:
        return {}
    body: Any = {"message": "What is 2*3?", "session_id": "fuzzed"}
    run = server.client.post("/chat", json=body, headers=JSON | caller.headers).raise_for_status().json()
    spec = {"name": "stored", "spec": {"type": "sequential", "steps": [{"agent": "writer", "method": "draft"}]}}
    server.client.post("/api/coordinator/workflows", json=spec, headers=caller.headers).raise_for_status()
    said = server.client.get("/api/sessions/fuzzed/messages", headers=caller.headers).raise_for_status().json()
    return {
        "workflow_id": run["workflow_id"],
        "session_id": "fuzzed",
        "message_id": said["messages"][0]["message_id"],
        "checkpoint_id": run["checkpoint_id"],
        "agent": "assistant",
        "graph": "assistant",
        "workflow": "stored",
    }
