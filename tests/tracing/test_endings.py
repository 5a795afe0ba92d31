"""How runs end in their traces: a tool's error, a failure, a cancel, a question and its answer."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cantata.callbacks.events import StepStart
from cantata.callbacks.tracing.names import observation_of
from cantata.server.runs.ids import uuid_of
from cantata.server.runs.model import Run
from tests.support.engine import OWNER, Server
from tests.support.graphs import NOTHING, asks, chain, says
from tests.support.harness import of_type
from tests.support.scripted import ModelBroke, Pause, scripted
from tests.support.trace_trees import tree
from tests.support.traced_shapes import QUESTION, graphs
from tests.support.tracing import ALL, Traced, traced, traced_server

pytestmark = pytest.mark.anyio


async def cancelled_at(server: Server, graph: str, pause: Pause) -> Run:
    run = await server.start(graph, NOTHING)
    await pause.reached.wait()
    await server.service.cancel(OWNER, run.id, "ada", "enough")
    return run


async def answered(server: Server, run: Run, answer: str) -> dict[str, Any]:
    workflow = await server.ended(run)
    responses = {question["id"]: answer for question in workflow["interrupts"]}
    resumed, _ = await server.service.resume(OWNER, run.id, responses, None)
    return await server.ended(resumed)


def trace_of(run: Run) -> str:
    return str(uuid_of(run.id))


async def test_a_tools_error_is_one_in_every_tool(tmp_path: Path) -> None:
    run = await traced(tmp_path, graphs(), "failing", QUESTION, *ALL)

    langsmith = run.one("langsmith", "population")
    langfuse = run.one("langfuse", "population").members
    otlp = run.one("opentelemetry", "execute_tool population")
    assert "no such city" in str(langsmith.error)
    assert langfuse["langfuse.observation.level"] == "ERROR"
    assert "no such city" in langfuse["langfuse.observation.status_message"]
    assert "no such city" in str(otlp.error)
    assert all(thing.ended is not None for tool in ALL for thing in run.seen_by(tool))


async def test_a_failed_run_says_why(tmp_path: Path) -> None:
    broken = chain(speak=says(scripted(["This is the", ModelBroke("the provider hung up")])))

    run = await traced(tmp_path, {"broken": broken}, "broken", NOTHING, *ALL)

    roots = {tool: run.seen_by(tool)[0] for tool in ALL}
    assert run.workflow["status"] == "failed"
    assert roots["langsmith"].error == run.workflow["error"]["message"]
    assert roots["langsmith"].members["outputs"]["code"] == run.workflow["error"]["code"]
    assert roots["langsmith"].members["outputs"]["partial_response"] == "This is the"
    assert roots["langfuse"].members["langfuse.observation.level"] == "ERROR"
    assert roots["opentelemetry"].members["error.type"] == run.workflow["error"]["code"]
    assert "hung up" in str(run.one("langsmith", "scripted-1_llm_call").error)
    assert run.one("langfuse", "scripted-1_llm_call").members["langfuse.observation.level"] == "ERROR"


async def test_a_cancelled_run_ends_with_everything_under_it(tmp_path: Path) -> None:
    pause = Pause()
    slow = chain(speak=says(scripted(["one ", pause, "two"])))
    async with traced_server(tmp_path, {"slow": slow}, *ALL) as (server, receiver):
        run = await cancelled_at(server, "slow", pause)

    trace_id = trace_of(run)
    langsmith, langfuse = receiver.runs(trace_id), receiver.langfuse(trace_id)
    assert tree(langsmith) == ["slow_orchestrator [chain]", "  speak [chain]", "    scripted-1_llm_call [llm]"]
    assert langsmith[0].members["outputs"]["status"] == "cancelled"
    assert langsmith[0].error == "enough"
    assert [thing.members["langfuse.observation.level"] for thing in langfuse] == ["WARNING"] * 3
    assert receiver.otlp(trace_id)[0].members["cantata.status"] == "cancelled"


async def test_a_graph_that_is_left_behind_adds_nothing(tmp_path: Path) -> None:
    """A node that does not stop when it is cancelled goes on while its run has ended."""
    pause, late = Pause(), scripted(["too late"])

    async def stubborn(state: Any) -> Any:
        try:
            await pause.wait()
        except asyncio.CancelledError:
            await late.ainvoke("go on")
        return NOTHING

    async with traced_server(tmp_path, {"stubborn": chain(sit=stubborn)}, "langfuse") as (server, receiver):
        run = await cancelled_at(server, "stubborn", pause)

    seen = receiver.langfuse(trace_of(run))
    assert max(thing.ended or 0 for thing in seen) == seen[0].ended


async def test_a_run_that_was_asked_is_one_trace_over_two_executions(tmp_path: Path) -> None:
    flow = chain(before=says(scripted(["I begin."])), ask=asks("May I?"), after=says(scripted(["Done."])))
    async with traced_server(tmp_path, {"flow": flow}, *ALL) as (server, receiver):
        run = await server.start("flow", NOTHING)
        workflow = await answered(server, run, "yes")
        events = await server.events(run.id)

    found = Traced(receiver, run, workflow, events)
    names = ["before", "scripted-1_llm_call", "ask", "ask", "after", "scripted-1_llm_call"]
    assert workflow["status"] == "completed"
    assert [thing.name for thing in found.seen_by("langsmith")] == ["flow_orchestrator", *names]
    assert [thing.name for thing in found.seen_by("langfuse")] == ["flow_orchestrator", *names]
    assert Counter(thing.parent for thing in found.seen_by("langfuse"))[None] == 1
    assert receiver.posts[found.trace_id] == 1
    assert found.seen_by("langsmith")[0].members["outputs"]["status"] == "completed"
    assert {trace_id for trace_id, _ in found.marks()} == {found.trace_id}


async def test_a_run_that_waits_has_ended_in_langsmith_until_it_goes_on(tmp_path: Path) -> None:
    """An answer may never come; a root that is open for ever would look like a run that hangs."""
    async with traced_server(tmp_path, {"flow": chain(ask=asks("May I?"))}, "langsmith", "langfuse") as (
        server,
        receiver,
    ):
        run = await server.start("flow", NOTHING)
        await server.ended(run)

    root, asked = receiver.runs(trace_of(run))
    assert root.members["outputs"]["status"] == "interrupted"
    assert root.members["outputs"]["interrupts"][0]["value"] == "May I?"
    assert asked.ended is not None
    assert [thing.name for thing in receiver.langfuse(trace_of(run))] == ["ask"]


async def test_a_waiting_run_that_is_cancelled_ends_its_trace(tmp_path: Path) -> None:
    async with traced_server(tmp_path, {"flow": chain(ask=asks("May I?"))}, "langsmith", "langfuse") as (
        server,
        receiver,
    ):
        run = await server.start("flow", NOTHING)
        await server.ended(run)
        await server.service.cancel(OWNER, run.id, "ada", "enough")

    trace_id = trace_of(run)
    assert receiver.posts[trace_id] == 1
    assert receiver.runs(trace_id)[0].members["outputs"]["status"] == "cancelled"
    assert json.loads(receiver.langfuse(trace_id)[0].members["langfuse.observation.output"])["status"] == "cancelled"


async def test_a_run_that_is_cancelled_before_its_turn_has_a_trace(tmp_path: Path) -> None:
    pause = Pause()
    slow = chain(speak=says(scripted([pause, "one"])))
    async with traced_server(tmp_path, {"slow": slow}, "langsmith") as (server, receiver):
        first = await server.start("slow", NOTHING, session_id="s")
        await pause.reached.wait()
        second = await server.start("slow", NOTHING, session_id="s", if_busy="enqueue")
        await server.service.cancel(OWNER, second.id, "ada", "enough")
        await server.service.cancel(OWNER, first.id, "ada", "enough")

    (root,) = receiver.runs(trace_of(second))
    assert (root.name, root.members["outputs"]["status"]) == ("slow_orchestrator", "cancelled")


async def test_observations_of_a_run_that_went_on_are_those_of_its_events(tmp_path: Path) -> None:
    async with traced_server(tmp_path, {"flow": chain(ask=asks("May I?"))}, "langfuse") as (server, receiver):
        run = await server.start("flow", NOTHING)
        await answered(server, run, "yes")
        events = await server.events(run.id)

    steps = of_type(events, StepStart)
    observed = [observation_of(step.span_id) for step in steps]
    assert [step.observation_id for step in steps] == observed
    assert set(observed) < {thing.id for thing in receiver.langfuse(trace_of(run))}
