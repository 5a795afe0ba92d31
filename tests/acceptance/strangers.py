"""What is asked of every stranger's project: a client follows its runs through whatever happens to the server.

Knows HTTP and the events, nothing of any project; `test_projects.py` has the table of them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.acceptance.reading import Follower, folded, told_by_log, typed
from tests.server_process import ASYNC, PROJECTS, ServerProcess, eventually
from tests.support.invariants import check_invariants

SLOW = {"WORK_SECONDS": "60"}  # so long takes what a process is killed in: projects read this where they work
FAST = {"WORK_SECONDS": "0"}
_AT_REST = ("interrupted", "completed", "failed", "cancelled")
_BAD_NEWS = ("Traceback", "Blocked deserialization", "unregistered type", "callback")

Members = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A run of a project's graph, and what must be seen of it."""

    graph: str
    given: Any
    final: str | None
    """Its final response; None when its output says more, see `tells`."""
    tells: Sequence[Members] = ()
    """Members of events that its log has, in this order."""
    dies_at: Members | None = None
    """Members of the event after which its process is killed; None: while a human is asked."""
    answer: Callable[[Any], Any] = lambda question: "yes"
    """From a question's value to the human's answer."""
    fields: Members = field(default_factory=dict)
    """More of the request: `context`, `config` and so on."""

    @property
    def body(self) -> Members:
        """What a client sends."""
        return {"graph": self.graph, "input": self.given, **self.fields}


def step(name: str, **members: Any) -> Members:
    """Describe the start of a step."""
    return {"type": "step_start", "name": name, **members}


def tool(name: str, **members: Any) -> Members:
    """Describe the start of a tool."""
    return {"type": "tool_start", "tool": name, **members}


def tool_end(name: str, status: str = "ok", **members: Any) -> Members:
    """Describe the end of a tool."""
    return {"type": "tool_end", "tool": name, "status": status, **members}


def said(content: str, **members: Any) -> Members:
    """Describe a whole message."""
    return {"type": "message_complete", "content": content, **members}


@contextmanager
def served(folder: Path, project: str, **settings: str) -> Iterator[ServerProcess]:
    """Serve a project; everything is gone afterwards."""
    server = ServerProcess(folder, PROJECTS / project / "langgraph.json", **settings)
    try:
        yield server.start()
    finally:
        server.close()


def follow(server: ServerProcess, case: Case) -> Follower:
    """Start a run with a client that reads it to its end, through every cut."""
    return Follower(server, "POST", "/api/workflows", case.body).begin()


def reach(server: ServerProcess, run: Follower, case: Case) -> None:
    """Wait until the run is where its process is to die."""
    if case.dies_at is None:
        assert _at_rest(server, run.run_id)["status"] == "interrupted"
    else:
        members = dict(case.dies_at)
        server.seen(run.run_id, members.pop("type"), **members)


def finish(server: ServerProcess, run: Follower, case: Case) -> list[Members]:
    """Answer what the run asks until it is over, compare all that is told of it, and return its events."""
    while (workflow := _at_rest(server, run.run_id))["status"] == "interrupted":
        _answer(server, workflow, case)
    events = run.end()
    ended = (workflow["status"], workflow["final_response"], workflow["error"])
    wanted = workflow["final_response"] if case.final is None else case.final
    assert ended == ("completed", wanted, None), f"{case.graph}: {ended}"
    assert events == server.events(run.run_id), f"{case.graph}: what was read live is not what is read later"
    assert told_by_log(workflow) == folded(events), f"{case.graph}: the poll tells something else than the stream"
    check_invariants(typed(events))
    _check_told(events, case)
    return events


def check_recovery(events: Sequence[Members], case: Case) -> None:
    """Fail unless the run went on after a crash, and did nothing a second time that it had finished before."""
    cause = "human" if case.dies_at is None else "recovery"
    resumed = next(n for n, e in enumerate(events) if e["type"] == "workflow_resumed")
    assert events[resumed]["cause"] == cause, case.graph
    finished = {e["task_id"] for e in events[:resumed] if e["type"] == "step_end" and e["status"] == "ok"}
    again = [e["name"] for e in events[resumed:] if e["type"] == "step_start" and e["task_id"] in finished]
    assert not again, f"{case.graph} ran finished nodes again: {again}"


def check_log(server: ServerProcess) -> None:
    """Fail when the server's own log tells of something that went wrong or was refused."""
    lines = [line for line in server.log.read_text().splitlines() if any(words in line for words in _BAD_NEWS)]
    assert not lines, "\n".join(lines)


def _at_rest(server: ServerProcess, run_id: str) -> Any:
    eventually(lambda: server.client.get(f"/api/workflows/{run_id}/status").json()["status"] in _AT_REST)
    return server.workflow(run_id)


def _answer(server: ServerProcess, workflow: Any, case: Case) -> None:
    answers = {asked["id"]: case.answer(asked["value"]) for asked in workflow["interrupts"]}
    path = f"/api/workflows/{workflow['workflow_id']}/resume"
    answer = server.client.post(path, json={"responses": answers}, headers=ASYNC)
    assert answer.status_code == 202, answer.text


def _check_told(events: Sequence[Members], case: Case) -> None:
    left = iter(events)
    for wanted in case.tells:
        found = any(wanted.items() <= {k: v for k, v in e.items() if k in wanted}.items() for e in left)
        assert found, f"{case.graph} does not tell {wanted}, or not in this order"
