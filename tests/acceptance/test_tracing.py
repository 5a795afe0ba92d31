"""Tracing as a user has it: the real process, and an endpoint that answers, fails, hangs or is not there."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cantata.callbacks.tracing.names import observation_of
from tests.acceptance.conftest import Fresh
from tests.server_process import JSON, Frame, ServerProcess, free_port
from tests.support.trace_receiver import Mood, TraceReceiver, trace_receiver
from tests.support.trace_trees import tree

ALL = ("langsmith", "langfuse", "opentelemetry")
SHUTDOWN_SECONDS = 15.0  # what is sent at the end has three; a busy machine may stall for some more
STATUS = "langfuse.observation.status_message"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def receiver() -> Iterator[TraceReceiver]:
    with trace_receiver() as receiver:
        yield receiver


def asked(server: ServerProcess, **fields: Any) -> Any:
    return server.waited("/api/workflows", {"graph": "two_tools", "input": "Tell me about Cairo.", **fields})


def told_at(frame: Frame) -> float:
    return datetime.fromisoformat(frame.data["timestamp"]).timestamp()


def lags(server: ServerProcess, flood: str) -> list[float]:
    """Tell for each word of a flood how late it came, in seconds."""
    with server.stream("POST", "/api/workflows", {"graph": "flood", "input": flood}) as stream:
        return [time.time() - told_at(frame) for frame in stream if frame.event == "message_delta"]


def ended_steps(server: ServerProcess, run_id: str) -> set[str]:
    """Return the observations of the steps that have ended so far."""
    page = server.client.get(f"/api/workflows/{run_id}/events", headers=JSON).json()
    return {event["observation_id"] for event in page["events"] if event["type"] == "step_end"}


def stopped_in(server: ServerProcess) -> float:
    began = time.monotonic()
    assert server.terminate() == 0
    return time.monotonic() - began


def nowhere(*tools: str) -> dict[str, str]:
    receiver = TraceReceiver()
    receiver.port = free_port()
    return receiver.environment(*tools)


@contextmanager
def endpoint(kind: str) -> Iterator[dict[str, str]]:
    """Give the settings for an endpoint that is refused, broken or silent."""
    if kind == "refused":
        yield nowhere(*ALL)
        return
    mood: Mood = "broken" if kind == "broken" else "silent"
    with trace_receiver(mood) as receiver:
        yield receiver.environment(*ALL)


@pytest.mark.parametrize("kind", ["refused", "broken", "silent"])
def test_an_endpoint_that_fails_disturbs_neither_runs_nor_the_shutdown(fresh: Fresh, kind: str) -> None:
    with endpoint(kind) as settings:
        server = fresh(**settings).start()
        workflows = [asked(server) for _ in range(5)]
        took = stopped_in(server)

    assert [workflow["status"] for workflow in workflows] == ["completed"] * 5
    assert workflows[0]["trace"] == {"trace_id": workflows[0]["trace"]["trace_id"]}
    assert took <= SHUTDOWN_SECONDS


@pytest.mark.parametrize("kind", ["refused", "silent"])
def test_no_event_is_late_while_an_endpoint_fails(fresh: Fresh, key: str, kind: str) -> None:
    """No word waits for a deadline of the threads that send, which are of two seconds and more.

    Of three streams the calmest tells: a busy machine may stall in the others.
    """
    with endpoint(kind) as settings:
        server = fresh(**settings).start()
        asked(server)
        streams = [lags(server, f"{key} 50 0.02") for _ in range(3)]

    assert min(len(stream) for stream in streams) >= 50
    assert min(max(stream) for stream in streams) < 1.0


def test_what_a_run_told_before_a_signal_is_sent(fresh: Fresh, receiver: TraceReceiver) -> None:
    server = fresh(**receiver.environment(*ALL)).start()
    trace_id = asked(server)["trace"]["trace_id"]

    took = stopped_in(server)

    assert took <= SHUTDOWN_SECONDS
    assert len(receiver.runs(trace_id)) == len({thing.id for thing in receiver.runs(trace_id)}) > 5
    assert all(thing.ended for thing in receiver.runs(trace_id))
    assert receiver.langfuse(trace_id)[0].name == "two_tools_orchestrator"


def test_a_killed_run_is_one_trace_over_two_processes(fresh: Fresh, receiver: TraceReceiver, key: str) -> None:
    server = fresh(**receiver.environment(*ALL)).start()
    run_id = server.started("nested", {"key": key})
    server.seen(run_id, "reasoning_step", index=3)
    trace_id = server.workflow(run_id)["trace"]["trace_id"]
    ended = ended_steps(server, run_id)
    receiver.wait(lambda: len(receiver.runs(trace_id)) > 1)
    receiver.wait(lambda: ended <= {thing.id for thing in receiver.langfuse(trace_id)})
    server.kill()
    server.desk.open(key)

    server.start()
    events = server.events(run_id)
    server.terminate()

    langsmith, langfuse = receiver.runs(trace_id), receiver.langfuse(trace_id)
    steps = {event["span_id"] for event in events if event["type"] == "step_start"}
    assert receiver.posts[trace_id] == 1
    assert langsmith[0].members["outputs"]["status"] == "completed"
    assert {thing.trace_id for thing in langsmith} == {trace_id}
    assert {observation_of(step) for step in steps} <= {thing.id for thing in langfuse}
    assert sum(thing.parent is None for thing in langfuse) == 1
    assert {thing.parent for thing in langfuse} - {None} <= {thing.id for thing in langfuse}
    assert all(event["trace_id"] == trace_id for event in events if "delta" not in event)
    cut = {thing.id for thing in langfuse if "process ended" in thing.members.get(STATUS, "")}
    assert cut == {observation_of(run) for run in receiver.ended_by_id}
    assert len(cut) >= 2


def test_a_request_that_comes_from_a_trace_goes_on_with_it(fresh: Fresh, receiver: TraceReceiver) -> None:
    server = fresh(**receiver.environment("opentelemetry")).start()
    workflow = server.waited("/api/workflows", {"graph": "two_tools", "input": "Cairo?"}, {"traceparent": TRACEPARENT})
    server.terminate()

    seen = receiver.otlp("0af7651916cd43dd8448eb211c80319c")
    request, run = seen[0], seen[1]
    assert (request.name, request.parent) == ("POST /api/workflows", "b7ad6b7169203331")
    assert request.members["http.response.status_code"] == 200
    assert (run.name, run.parent) == ("invoke_agent two_tools", request.id)
    assert run.members["cantata.trace_id"] == workflow["trace"]["trace_id"]


def test_a_request_without_a_trace_leaves_the_run_one_of_its_own(fresh: Fresh, receiver: TraceReceiver) -> None:
    server = fresh(**receiver.environment("opentelemetry")).start()
    workflow = asked(server)
    server.client.get(f"/api/workflows/{workflow['workflow_id']}/status")
    server.terminate()

    trace_id = workflow["trace"]["trace_id"]
    requests = [thing for thing in receiver.otlp() if "http.route" in thing.members]
    assert receiver.otlp(trace_id)[0].parent is None
    assert receiver.otlp(trace_id)[0].id == observation_of(trace_id)
    assert [thing.name for thing in requests] == ["POST /api/workflows", "GET /api/workflows/{workflow_id}/status"]


def test_a_traced_run_is_found_by_its_trace(fresh: Fresh, receiver: TraceReceiver) -> None:
    server = fresh(**receiver.environment("langfuse")).start()
    workflow = asked(server)
    hidden = asked(server, trace=False)

    trace_id = workflow["trace"]["trace_id"]
    told = [server.client.get(f"/api/workflows?trace_id={name}").json() for name in (trace_id, UUID(trace_id).hex)]

    assert hidden["trace"] is None
    assert [[run["workflow_id"] for run in page["workflows"]] for page in told] == [[workflow["workflow_id"]]] * 2


def test_a_request_that_opts_out_is_another_request(fresh: Fresh) -> None:
    server = fresh().start()
    key = {"Idempotency-Key": "once"}
    body = {"graph": "two_tools", "input": "Cairo?"}
    server.waited("/api/workflows", body, key)

    answer = server.client.post("/api/workflows", json={**body, "trace": False}, headers=key)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


def test_the_session_format_and_messages_have_the_trace(fresh: Fresh, receiver: TraceReceiver) -> None:
    server = fresh(**receiver.environment("langfuse")).start()
    workflow = asked(server, session_id="s")

    with server.stream("GET", f"/api/workflows/{workflow['workflow_id']}/events?format=session") as stream:
        stream.rest()
    messages = server.client.get("/api/sessions/s/messages").json()["messages"]

    trace_id = workflow["trace"]["trace_id"]
    told = [frame.data for frame in stream.frames if frame.data is not None]
    assert {word["trace_id"] for word in told if word["event_type"] != "message_delta"} == {trace_id}
    assert all(word["observation_id"] for word in told if word["event_type"] != "message_delta")
    assert {message["trace_id"] for message in messages} == {trace_id}


def test_without_settings_nobody_is_asked(fresh: Fresh, receiver: TraceReceiver) -> None:
    settings = {name: value for name, value in receiver.environment(*ALL).items() if name not in _SWITCHES}
    server = fresh(**settings).start()
    workflow = asked(server)
    server.terminate()

    assert workflow["trace"] is None
    assert receiver.requests == []


_SWITCHES = ("LANGSMITH_TRACING", "LANGFUSE_ENABLED", "OTEL_EXPORTER_OTLP_ENDPOINT")


@pytest.mark.parametrize(
    ("tool", "module", "extra"),
    [("langfuse", "langfuse", "cantata[langfuse]"), ("opentelemetry", "opentelemetry.sdk", "cantata[opentelemetry]")],
)
def test_a_tool_whose_packages_are_missing_stops_the_start(tmp_path: Path, tool: str, module: str, extra: str) -> None:
    """The packages are here; an import hook makes them as missing as after a plain installation."""
    hook = f"import sys; sys.modules[{module!r}] = None"
    start = f"{hook}; from cantata.server.__main__ import main; main(['serve', '--port', '0', '--database', 'sqlite:///x.db'])"

    done = subprocess.run(
        [sys.executable, "-c", start],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]} | nowhere(tool),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert extra in done.stderr


def test_a_tree_over_http_is_that_of_the_process(fresh: Fresh, receiver: TraceReceiver) -> None:
    server = fresh(**receiver.environment("langsmith", "langfuse")).start()
    workflow = server.waited("/api/stream", {"prompt": "What is 17*23?", "agent": "two_tools"})
    server.terminate()

    trace_id = workflow["trace"]["trace_id"]
    seen = receiver.langfuse(trace_id)
    assert tree(seen)[0] == "two_tools_orchestrator [agent]"
    assert json.dumps(seen[0].members["langfuse.trace.tags"]) == '["operation:api.stream"]'
    assert {tag for run in receiver.runs(trace_id) for tag in run.members["tags"]} >= {"operation:api.stream"}
