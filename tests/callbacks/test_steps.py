"""Steps: one for each node that runs, closed in order, whatever happens to the node."""

import asyncio
import operator
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph

from cantata.callbacks.events import Fault, StepEnd, StepStart
from tests.support.graphs import (
    NOTHING,
    Flaky,
    Log,
    by_hand,
    chain,
    fan_out,
    functional,
    handoff,
    nested,
    parallel,
    quiet,
    says,
    wrote,
)
from tests.support.harness import GraphRun, kinds, of_type, run_graph
from tests.support.scripted import Pause, scripted


async def fails(state: Any) -> Any:
    raise LookupError("no such thing")


def places(events: list[Any]) -> list[tuple[str, ...]]:
    return [tuple(step.path) for step in of_type(events, StepStart)]


def ends(events: list[Any]) -> list[tuple[str, str]]:
    return [(step.name, step.status) for step in of_type(events, StepEnd)]


async def test_each_node_is_a_step() -> None:
    events = await run_graph(chain(a=quiet, b=quiet), NOTHING)

    assert kinds(events) == ["step_start", "step_end", "step_start", "step_end"]
    assert [(step.step, step.name, step.path) for step in of_type(events, StepStart)] == [
        (1, "a", ["a"]),
        (2, "b", ["b"]),
    ]


async def test_a_steps_output_is_the_nodes() -> None:
    async def node(state: Log) -> Any:
        return wrote("done")

    events = await run_graph(chain(a=node), NOTHING)

    assert of_type(events, StepEnd)[0].output == {"log": ["done"]}


async def test_a_nested_graph_is_one_step_with_steps_under_it() -> None:
    """LangGraph starts twice in one namespace there: the node, then its graph, whose name is not the node's."""
    events = await run_graph(nested(chain(inner=quiet)), NOTHING)

    starts = of_type(events, StepStart)
    assert places(events) == [("before",), ("team",), ("team", "inner"), ("after",)]
    assert starts[2].parent_span_id == starts[1].span_id


@pytest.mark.parametrize("put_inside", [nested, lambda inner: chain(team=by_hand(inner))], ids=["node", "by hand"])
async def test_a_nested_graph_that_remembers_lies_under_its_node(put_inside: Any) -> None:
    """LangGraph keeps it under its node's name alone, without the task's id, over all runs of a thread."""
    inner = chain(inner=quiet)
    inner.checkpointer = True

    events = await run_graph(put_inside(inner), NOTHING)

    assert ("team", "inner") in places(events)


async def test_nesting_may_be_deep() -> None:
    events = await run_graph(nested(nested(chain(inner=quiet))), NOTHING)

    assert ("team", "team", "inner") in places(events)


async def test_a_graph_invoked_by_hand_lies_under_its_node() -> None:
    events = await run_graph(chain(a=by_hand(chain(inner=quiet))), NOTHING)

    assert places(events) == [("a",), ("a", "inner")]


async def test_sent_tasks_are_steps_of_their_own_with_their_branch() -> None:
    events = await run_graph(fan_out(3, quiet), NOTHING)

    each = [step for step in of_type(events, StepStart) if step.name == "each"]
    assert [step.branch for step in each] == [0, 1, 2]
    assert len({step.task_id for step in each}) == 3
    assert len({step.superstep for step in each}) == 1


async def test_parallel_nodes_are_steps_of_one_superstep() -> None:
    events = await run_graph(parallel(a=quiet, b=quiet), NOTHING)

    starts = {step.name: step for step in of_type(events, StepStart)}
    assert starts["a"].superstep == starts["b"].superstep
    assert starts["join"].superstep == (starts["a"].superstep or 0) + 1


async def test_a_loop_runs_its_node_again_and_replaces_nothing() -> None:
    """A later superstep is no repetition."""

    class Count(TypedDict):
        n: Annotated[int, operator.add]

    builder = StateGraph(Count)
    builder.add_node("again", lambda state: {"n": 1})
    builder.add_edge(START, "again")
    builder.add_conditional_edges("again", lambda state: "again" if state["n"] < 3 else END)

    events = await run_graph(builder.compile(), {"n": 0})

    starts = of_type(events, StepStart)
    assert [(step.name, step.attempt, bool(step.replaces)) for step in starts] == [("again", 1, False)] * 3


async def test_a_conditional_edge_is_no_step() -> None:
    """LangGraph starts a nameless chain for it, inside the node."""
    builder = StateGraph(Log)
    builder.add_node("a", quiet)
    builder.add_edge(START, "a")
    builder.add_conditional_edges("a", lambda state: END)

    events = await run_graph(builder.compile(), NOTHING)

    assert places(events) == [("a",)]


async def test_the_functional_api_gives_steps() -> None:
    model = scripted(["one"], ["two"])

    events = await run_graph(functional(model), "go")

    starts = of_type(events, StepStart)
    assert [step.name for step in starts] == ["flow", "ask", "ask"]
    assert starts[1].parent_span_id == starts[0].span_id
    assert starts[1].branch != starts[2].branch


async def test_a_node_that_raises_ends_with_its_error() -> None:
    run = GraphRun(chain(a=quiet, b=fails))

    events = await run.invoke(NOTHING)

    end = of_type(events, StepEnd)[-1]
    assert (end.name, end.status) == ("b", "error")
    assert end.error == Fault("LookupError", "no such thing")
    assert run.failed_node == "b"


async def test_an_error_closes_the_steps_above_it_as_failed() -> None:
    run = GraphRun(nested(chain(inner=fails)))

    events = await run.invoke(NOTHING)

    assert ends(events) == [("before", "ok"), ("inner", "error"), ("team", "error")]
    assert run.failed_node == "inner"


async def test_a_failing_branch_cancels_its_siblings() -> None:
    """LangChain tells nothing of a cancelled sibling's end; without ours a client would show it for ever."""
    pause = Pause()

    async def waits(state: Log) -> Any:
        await pause.wait()

    async def fails_then(state: Log) -> Any:
        await pause.reached.wait()
        raise LookupError("no such thing")

    run = GraphRun(parallel(a=waits, b=fails_then))

    events = await run.invoke(NOTHING)

    assert dict(ends(events)) == {"a": "cancelled", "b": "error"}
    assert run.failed_node == "b"


async def test_a_cancelled_run_closes_its_steps_as_cancelled() -> None:
    pause = Pause()

    async def waits(state: Log) -> Any:
        await pause.wait()

    run = GraphRun(nested(chain(inner=waits)))

    events = await run.cancel_at(pause, NOTHING)

    assert isinstance(run.error, asyncio.CancelledError)
    assert ends(events) == [("before", "ok"), ("inner", "cancelled"), ("team", "cancelled")]


async def test_a_handoff_to_the_parent_is_no_error() -> None:
    events = await run_graph(handoff(), NOTHING)

    assert [status for _, status in ends(events)] == ["ok", "ok", "ok"]
    assert places(events) == [("office",), ("office", "clerk"), ("boss",)]


async def test_a_retried_node_fails_and_starts_again() -> None:
    """LangGraph tells no `on_retry`: an error, then a start in the same namespace."""
    events = await run_graph(nested(Flaky(), retry=True), NOTHING)

    assert ends(events) == [("before", "ok"), ("team", "error"), ("team", "ok"), ("after", "ok")]


async def test_the_tries_of_a_node_are_counted() -> None:
    events = await run_graph(nested(Flaky(), retry=True), NOTHING)

    team = [step for step in of_type(events, StepStart) if step.name == "team"]
    assert [step.attempt for step in team] == [1, 2]
    assert len({step.task_id for step in team}) == 1


async def test_a_failing_model_fails_its_node() -> None:
    run = GraphRun(chain(a=says(scripted(["so far", ValueError("cut")]))))

    events = await run.invoke(NOTHING)

    assert ends(events) == [("a", "error")]


@pytest.mark.parametrize("count", [1, 2, 40])
async def test_wide_graphs_close_every_branch(count: int) -> None:
    events = await run_graph(fan_out(count, quiet), NOTHING)

    assert ends(events).count(("each", "ok")) == count
