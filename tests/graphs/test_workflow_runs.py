"""Compiled specs on the real engine: killed, cancelled, asking, and what their events tell of branches."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command

from cantata.callbacks.events import (
    Custom,
    MessageComplete,
    Progress,
    ReasoningStep,
    StepEnd,
    StepStart,
    Timestamps,
    WorkflowStarted,
)
from cantata.graphs.agent import Agent, GraphAgent
from cantata.graphs.compile import compile_spec
from cantata.server.runs.fold import fold
from tests.support.engine import CANCEL_SECONDS, OWNER, Server, open_server, unwatched
from tests.support.harness import WORKFLOW_ID, GraphRun, MortalSaver, kinds, of_type
from tests.support.invariants import check_invariants
from tests.support.scripted import Pause, scripted
from tests.support.specs import Heard, asked, does, echoes, fails, led, says_it, speaks, steps, tasks, team

YES = {"approved": True}


def graphs_of(*agents: GraphAgent) -> dict[str, Any]:
    return {agent.name: agent.compiled for agent in agents}


async def answered(server: Server, run: Any, *answers: Any) -> dict[str, Any]:
    """Answer what a run asks, in the order of its questions, and wait until it rests."""
    waiting = await server.ended(run)
    responses = {question["id"]: answer for question, answer in zip(waiting["interrupts"], answers, strict=True)}
    resumed, seq = await server.service.resume(OWNER, run.id, responses, None)
    await server.reached(resumed, seq)
    return await server.service.wait(resumed, seq, unwatched)


def standing(workflow: dict[str, Any]) -> list[str]:
    """Return the texts that stand."""
    return [message["content"] for message in workflow["messages"] if not message["void"]]


def folded(run: GraphRun) -> dict[str, Any]:
    """Fold what the handler told, as of a whole run."""
    started = WorkflowStarted(
        workflow_id=WORKFLOW_ID,
        timestamp=Timestamps().now(),
        graph="team",
        strategy="parallel",
        input="x",
        session_id="s",
    )
    return fold([started, *run.events])


# Killed


@pytest.mark.parametrize(
    "wrap", [lambda spec: spec, lambda spec: steps("first", spec, "last"), lambda spec: tasks(steps(spec))]
)
async def test_killed_between_branches_the_finished_ones_are_not_repeated_and_the_join_happens_once(wrap: Any) -> None:
    ran: Counter[str] = Counter()
    pause = Pause()

    async def note(text: str) -> str:
        ran["noted"] += 1
        return "noted"

    slow = speaks("slow", scripted(["I was ", pause, "cut."], ["I am done."]))
    agents = [says_it("quick", "I was quick."), does("noting", note), slow, echoes("first"), echoes("last")]
    spec = wrap(tasks("quick", steps("noting", "quick"), "slow", aggregate="concat"))
    run = GraphRun(compile_spec(spec, team(*agents)))

    before = await killed_when(run, pause, lambda: len(said(run)) == 2)
    after = await run.invoke(None)

    repeated = [step.name for step in of_type(after, StepStart) if step.attempt > 1]
    assert ran == {"noted": 1}
    assert "quick" not in repeated
    assert repeated[-2:] == ["slow", "speak"]
    assert Counter(step.name for step in of_type(run.events, StepStart))["aggregate"] == joins(spec)
    assert standing(folded(run)) == ["I was quick.", "I was quick.", "I am done."]
    assert run.output["value"] is not None
    percents = [event.percent for event in of_type(run.events, Progress)]
    assert percents == sorted(percents)  # type: ignore[type-var]  # none is absent
    assert percents[-1] == 100
    assert before
    check_invariants(run.events, "handler")


async def test_a_step_that_is_repeated_after_a_crash_counts_once() -> None:
    """The process dies after the step's end was told and before its result was stored."""
    saver, pause, deaths = MortalSaver(), Pause(), iter([True, False])

    async def last_deed(text: str) -> str:
        saver.is_dead = next(deaths)
        return "done"

    spec = tasks("quick", "slow")
    slow = speaks("slow", scripted([pause, "cut"], ["done"]))
    run = GraphRun(compile_spec(spec, team(does("quick", last_deed), slow)), saver=saver)

    await killed_when(run, pause, lambda: of_type(run.events, Progress))
    await run.invoke(None if await run.next_nodes() else {"input": "x"})

    assert Counter(step.name for step in of_type(run.events, StepStart))["quick"] == 2
    assert [event.percent for event in of_type(run.events, Progress)] == [50, 100]


def joins(spec: Any) -> int:
    """Count the parallel steps of a spec."""
    return str(spec).count("'parallel'")


def said(run: GraphRun) -> list[MessageComplete]:
    return of_type(run.events, MessageComplete)


async def killed_when(run: GraphRun, pause: Pause, is_time: Any) -> list[Any]:
    """Let the process die at *pause*, when the other branches have come so far and their results are stored."""
    reached = Pause()

    async def watch() -> None:
        await pause.reached.wait()
        while not is_time():  # noqa: ASYNC110 — what a graph does sets no event of ours
            await asyncio.sleep(0)
        for _ in range(1_000):  # the results of finished branches are stored behind our back
            await asyncio.sleep(0)
        reached.reached.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(watch())
        return await run.crash_at(reached, {"input": "x"})


# Cancelled


@pytest.mark.parametrize(
    "spec",
    [
        steps("slow"),
        tasks("slow", "slow", "slow"),
        tasks(steps(tasks("slow")), "slow", on_error="continue"),
        led("assistant", "slow", {"agent": "slow"}),
    ],
    ids=["sequential", "parallel", "continued", "hierarchical"],
)
async def test_a_cancel_stops_every_branch_and_its_model_call(spec: Any, tmp_path: Path) -> None:
    at_work: Counter[str] = Counter()
    started = asyncio.Event()

    async def work(text: str) -> str:
        at_work["now"] += 1
        at_work["ever"] += 1
        if at_work["ever"] == str(spec).count("slow"):
            started.set()
        try:
            await asyncio.Event().wait()
        finally:
            at_work["now"] -= 1
        return text

    async with open_server(tmp_path, graphs_of(does("slow", work))) as server:
        server.engine.graphs.register_agent("assistant", offline_agent())
        run = await server.start("team", "x", definition=spec)
        await asyncio.wait_for(started.wait(), 60)
        began = time.monotonic()
        await server.service.cancel(OWNER, run.id, "tester", "enough")
        workflow = await server.ended(run)
        events = await server.events(run.id)

    check_invariants(events)
    assert workflow["status"] == "cancelled"
    assert at_work["now"] == 0
    assert time.monotonic() - began < CANCEL_SECONDS / 2


def offline_agent() -> Agent:
    return Agent("assistant", "", "You lead a team.")


# Asking


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (YES, "b(a(x))"),
        ({"approved": True, "value": "other"}, "b(other)"),
        ({"approved": True, "comment": "well done"}, "b(a(x))"),
    ],
)
async def test_an_approved_step_goes_on_with_what_the_human_gave(answer: Any, text: str, tmp_path: Path) -> None:
    async with open_server(tmp_path, graphs_of(echoes("a"), echoes("b"))) as server:
        run = await server.start("team", {"input": "x"}, definition=steps("a", asked(), "b"))
        workflow = await answered(server, run, answer)

    assert (workflow["status"], workflow["final_response"]) == ("completed", text)


@pytest.mark.parametrize(
    "spec",
    [
        steps("a", asked(), "b"),
        tasks("a", asked(), on_error="continue"),
        tasks("a", steps(asked(), "b"), on_error="continue"),
        steps(tasks(asked(), on_error="continue")),
    ],
)
async def test_what_is_not_approved_ends_the_workflow_wherever_it_was_asked(spec: Any, tmp_path: Path) -> None:
    async with open_server(tmp_path, graphs_of(echoes("a"), echoes("b"))) as server:
        run = await server.start("team", {"input": "x"}, definition=spec)
        workflow = await answered(server, run, {"approved": False, "comment": "too short"})

    assert workflow["status"] == "failed"
    assert workflow["error"]["code"] == "not_approved"
    assert "too short" in workflow["error"]["message"]


async def test_with_a_schema_of_its_own_the_answer_itself_goes_on(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"grade": {"type": "integer"}}, "required": ["grade"]}
    async with open_server(tmp_path, graphs_of(echoes("a"))) as server:
        run = await server.start("team", {"input": "x"}, definition=steps("a", asked(schema=schema)))
        workflow = await answered(server, run, {"grade": 2})

    assert workflow["output"]["value"] == {"value": "a(x)", "answer": {"grade": 2}}


async def test_approving_inside_a_branch_leaves_what_was_said_and_repeats_nobody(tmp_path: Path) -> None:
    heard = Heard()
    spec = steps("a", tasks(steps("says", asked("one?"), "b"), steps("b", steps(asked("two?"))), "says"), "c")
    agents = (echoes("a", heard), says_it("says", "I said it."), echoes("b", heard), echoes("c", heard))
    async with open_server(tmp_path, graphs_of(*agents)) as server:
        run = await server.start("team", {"input": "x"}, definition=spec)
        waiting = await server.ended(run)
        workflow = await answered(server, run, YES, YES)
        events = await server.events(run.id)

    check_invariants(events)
    assert [question["value"]["prompt"] for question in waiting["interrupts"]] == ["one?", "two?"]
    assert Counter(heard.names()) == {"a": 1, "b": 2, "c": 1}
    assert standing(workflow) == ["I said it.", "I said it."]
    assert workflow["final_response"] == "c(b(I said it.)\n\nb(a(x))\n\nI said it.)"


async def test_a_question_ten_levels_down_is_asked_and_answered(tmp_path: Path) -> None:
    spec: dict[str, Any] = steps("says", asked(), "a")
    for level in range(9):
        spec = steps(spec) if level % 2 else tasks(spec, aggregate="first")
    async with open_server(tmp_path, graphs_of(echoes("a"), says_it("says", "well"))) as server:
        run = await server.start("team", {"input": "x"}, definition=spec)
        workflow = await answered(server, run, YES)
        events = await server.events(run.id)

    check_invariants(events)
    assert workflow["final_response"] == "a(well)"
    assert len(of_type(events, MessageComplete)) == 1


# Told


async def test_three_steps_of_a_second_side_by_side_are_at_work_at_once(tmp_path: Path) -> None:
    async def work(text: str) -> str:
        await asyncio.sleep(1)
        return text

    async with open_server(tmp_path, graphs_of(does("w", work))) as server:
        run = await server.start("team", {"input": "x"}, definition=tasks("w", "w", "w"))
        workflow = await server.ended(run)
        events = await server.events(run.id)

    assert workflow["status"] == "completed"
    first_steps = [event for event in events if isinstance(event, StepStart | StepEnd) and len(event.path) == 1]
    assert kinds(first_steps)[:6] == ["step_start"] * 3 + ["step_end"] * 3


async def test_branches_have_paths_and_parents_to_draw_lanes_by(tmp_path: Path) -> None:
    async with open_server(tmp_path, graphs_of(says_it("a", "one"), says_it("b", "two"))) as server:
        run = await server.start("team", {"input": "x"}, definition=steps(tasks(steps("a", name="left"), "b")))
        await server.ended(run)
        events = await server.events(run.id)

    spans = {step.span_id: step for step in of_type(events, StepStart)}
    paths = {message.agent: message.path for message in of_type(events, MessageComplete)}
    assert paths == {"a": ["parallel", "left", "a", "speak"], "b": ["parallel", "b", "speak"]}
    for step in spans.values():
        parent = spans.get(step.parent_span_id or "")
        assert (parent.path if parent else []) == step.path[:-1]


async def test_a_managers_decision_names_whom_and_why(tmp_path: Path) -> None:
    async with open_server(tmp_path, graphs_of(says_it("a", "one"))) as server:
        server.engine.graphs.register_agent("assistant", offline_agent())
        run = await server.start("team", "Tell me about tea.", definition=led("assistant", "a"))
        await server.ended(run)
        events = await server.events(run.id)

    decision, *_ = [step for step in of_type(events, ReasoningStep) if step.action == "delegate"]
    (called,) = decision.tool_calls
    assert called.name == "delegate_to_a"
    assert called.args["task"]
    assert called.args["reason"]


@pytest.mark.parametrize(
    ("spec", "percents"),
    [
        (steps("a", "a", "a"), [33.3, 66.7, 100]),
        (tasks("a", "a", aggregate={"agent": "a"}), [33.3, 66.7, 100]),
        (steps("a", tasks("a", steps("a", "a"))), [25, 50, 75, 100]),
        (steps("a", {"agent": "a", "when": "!@"}), [50, 100]),
        (tasks("a", "f", on_error="continue"), [50, 100]),
        (steps({"agent": "once", "retry": {"initial_interval": 0}}, "a"), [50, 100]),
        (led("assistant", "a"), []),
        (steps("a", led("assistant", "a", "a")), [50, 100]),
    ],
)
async def test_progress_is_the_share_of_finished_steps(spec: Any, percents: list[float], tmp_path: Path) -> None:
    async with open_server(tmp_path, graphs_of(echoes("a"), fails("f"), fails("once", times=1))) as server:
        server.engine.graphs.register_agent("assistant", offline_agent())
        run = await server.start("team", "Tell me about tea.", definition=spec)
        workflow = await server.ended(run)
        events = await server.events(run.id)

    assert workflow["status"] == "completed"
    assert [event.percent for event in of_type(events, Progress)] == percents


async def test_progress_reaches_a_hundred_over_any_number_of_questions(tmp_path: Path) -> None:
    """What is told is rounded, and an execution that goes on begins with what the one before told."""
    async with open_server(tmp_path, graphs_of(echoes("a"))) as server:
        run = await server.start("team", {"input": "x"}, definition=steps("a", asked(), asked()))
        await answered(server, run, YES)
        await answered(server, run, YES)
        events = await server.events(run.id)

    assert [event.percent for event in of_type(events, Progress)] == [33.3, 66.7, 100]


async def test_a_failed_branch_is_told_and_a_skipped_step_too(tmp_path: Path) -> None:
    spec = steps(tasks("a", "f", on_error="continue"), {"agent": "a", "when": "`false`"})
    async with open_server(tmp_path, graphs_of(echoes("a"), fails("f"))) as server:
        run = await server.start("team", {"input": "x"}, definition=spec)
        await server.ended(run)
        events = await server.events(run.id)

    told = {event.name: (event.path, event.data) for event in of_type(events, Custom)}
    failure = {"type": "LookupError", "message": "f knows nothing"}
    assert told["branch_failed"] == (["parallel", "f"], {"branch": "f", "error": failure})
    assert told["step_skipped"] == (["a"], {"when": "`false`"})
    assert {step.name for step in of_type(events, StepEnd) if step.status == "error"} == {"speak"}


async def test_a_killed_manager_goes_on_with_what_it_was_told() -> None:
    pause = Pause()
    spec = led("assistant", "quick", "slow")
    heard = Heard()
    slow = speaks("slow", scripted(["I was ", pause, "cut."], ["I am done."]))
    run = GraphRun(compile_spec(spec, {"assistant": offline_agent(), **team(echoes("quick", heard), slow)}))

    await killed_when(run, pause, lambda: len(heard.all) == 1)
    await run.invoke(None)

    assert heard.names() == ["quick"]
    assert standing(folded(run))[-2] == "I am done."
    assert run.output["final_response"]


async def test_a_question_below_a_manager_is_answered_and_the_manager_goes_on() -> None:
    heard = Heard()
    spec = led("assistant", steps("a", asked(), "b", name="crew"))
    run = GraphRun(compile_spec(spec, {"assistant": offline_agent(), **team(echoes("a", heard), echoes("b", heard))}))

    await run.invoke({"input": "Tell me about tea."})
    assert run.interruption is not None
    ((question, node),) = run.interruption.interrupts
    await run.invoke(Command(resume={question.id: YES}))

    assert node == "approval"
    assert heard.names() == ["a", "b"]
    assert run.output["final_response"]
