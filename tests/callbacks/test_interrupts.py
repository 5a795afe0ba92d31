"""Pauses: a human is asked, a breakpoint is reached, and who asked what."""

from typing import Any

import pytest
from langgraph.func import entrypoint, task
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from cantata.callbacks.events import MessageComplete, StepEnd, StepStart
from tests.support.graphs import NOTHING, Log, asks, by_hand, chain, nested, parallel, quiet, says
from tests.support.harness import GraphRun, of_type
from tests.support.scripted import scripted


def questions(run: GraphRun) -> list[tuple[Any, str]]:
    assert run.interruption is not None
    return [(asked.value, node) for asked, node in run.interruption.interrupts]


async def test_a_question_ends_its_step_as_interrupted() -> None:
    run = GraphRun(chain(before=quiet, ask=asks("who?")))

    events = await run.invoke(NOTHING)

    assert [(step.name, step.status) for step in of_type(events, StepEnd)] == [("before", "ok"), ("ask", "interrupted")]
    assert of_type(events, StepEnd)[1].error == of_type(events, StepEnd)[0].error
    assert run.error is None
    assert run.failed_node is None


async def test_a_pause_tells_who_asks_what_and_where_it_stands() -> None:
    run = GraphRun(chain(ask=asks("who?")))

    await run.invoke(NOTHING)

    assert questions(run) == [("who?", "ask")]
    assert run.interruption is not None
    assert run.interruption.checkpoint_id


@pytest.mark.parametrize("put_inside", [nested, lambda inner: chain(team=by_hand(inner))], ids=["node", "by hand"])
async def test_a_nested_question_is_asked_by_the_innermost_node(put_inside: Any) -> None:
    run = GraphRun(put_inside(chain(first=quiet, ask=asks("who?"))))

    events = await run.invoke(NOTHING)

    assert questions(run) == [("who?", "ask")]
    interrupted = [step.name for step in of_type(events, StepEnd) if step.status == "interrupted"]
    assert interrupted == ["ask", "team"]


async def test_a_question_of_a_task_is_told_once() -> None:
    """LangGraph reports it for the task and for the function around it."""

    @task
    def ask() -> Any:
        return interrupt("who?")

    @entrypoint()
    def flow(given: Any) -> Any:
        return ask().result()

    run = GraphRun(flow)

    await run.invoke("go")

    assert questions(run) == [("who?", "ask")]


async def test_two_questions_at_once_are_both_told() -> None:
    run = GraphRun(parallel(a=asks("one?"), b=asks("two?")))

    await run.invoke(NOTHING)

    assert sorted(questions(run)) == [("one?", "a"), ("two?", "b")]
    assert run.interruption is not None
    assert len({asked.id for asked, _ in run.interruption.interrupts}) == 2


async def test_two_questions_are_answered_by_their_ids() -> None:
    run = GraphRun(parallel(a=asks("one?"), b=asks("two?")))
    await run.invoke(NOTHING)
    assert run.interruption is not None
    answers = {asked.id: f"to {asked.value}" for asked, _ in run.interruption.interrupts}

    await run.invoke(Command(resume=answers))

    assert sorted(run.output["log"]) == ["one? to one?", "two? to two?"]
    assert run.interruption is None


async def test_one_answer_of_two_leaves_the_other_open() -> None:
    run = GraphRun(parallel(a=asks("one?"), b=asks("two?")))
    await run.invoke(NOTHING)
    assert run.interruption is not None
    first = next(asked for asked, node in run.interruption.interrupts if node == "a")

    await run.invoke(Command(resume={first.id: "yes"}))

    assert questions(run) == [("two?", "b")]


async def test_a_question_beside_a_speaking_branch_waits_for_it() -> None:
    run = GraphRun(parallel(ask=asks("who?"), talk=says(scripted(["hello"]))))

    events = await run.invoke(NOTHING)

    assert questions(run) == [("who?", "ask")]
    assert [message.content for message in of_type(events, MessageComplete)] == ["hello"]


async def test_what_was_said_before_a_question_is_said_again_when_its_step_repeats() -> None:
    model = scripted(["let me ask"])

    async def speaks_then_asks(state: Log) -> Any:
        await model.ainvoke("go")
        return await asks("who?")(state)

    run = GraphRun(chain(ask=speaks_then_asks))
    await run.invoke(NOTHING)
    await run.invoke(Command(resume="me"))

    starts = of_type(run.events, StepStart)
    assert [message.parent_span_id for message in of_type(run.events, MessageComplete)] == [s.span_id for s in starts]
    assert starts[1].replaces == [starts[0].span_id]


def _breaking(**where: Any) -> Any:
    builder = StateGraph(Log)
    builder.add_node("a", quiet)
    builder.add_node("b", quiet)
    builder.add_edge(START, "a")
    builder.add_edge("a", "b")
    return builder.compile(**where)


@pytest.mark.parametrize("where", [{"interrupt_before": ["b"]}, {"interrupt_after": ["a"]}])
async def test_a_breakpoint_is_a_pause_without_a_question(where: Any) -> None:
    """LangGraph ends the stream normally there, with nodes left to run."""
    run = GraphRun(_breaking(**where))

    events = await run.invoke(NOTHING)

    assert questions(run) == []
    assert await run.next_nodes() == ("b",)
    assert [(step.name, step.status) for step in of_type(events, StepEnd)] == [("a", "ok")]


async def test_a_breakpoint_is_gone_on_from_without_a_word() -> None:
    run = GraphRun(_breaking(interrupt_before=["b"]))
    await run.invoke(NOTHING)

    events = await run.invoke(None)

    assert run.interruption is None
    assert [(step.name, step.attempt) for step in of_type(events, StepStart)] == [("b", 1)]


async def test_a_run_that_ends_was_not_interrupted() -> None:
    run = GraphRun(chain(a=quiet))

    await run.invoke(NOTHING)

    assert run.interruption is None
    assert await run.next_nodes() == ()
