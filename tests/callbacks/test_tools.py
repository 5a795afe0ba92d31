"""Tools: what they were called with, what they answered, and how they ended."""

import asyncio
from typing import Any

import pytest
from langchain_core.callbacks import adispatch_custom_event
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import BaseTool, ToolException, tool
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt
from msgspec import UNSET

from cantata.callbacks.events import Custom, Fault, MessageStart, StepEnd, StepStart, ToolEnd, ToolProgress, ToolStart
from cantata.callbacks.redaction import MAX_VALUE_BYTES
from tests.support.graphs import NOTHING, Log, by_hand, chain, says
from tests.support.harness import GraphRun, kinds, of_type, run_graph
from tests.support.scripted import Pause, scripted


@tool
async def add(a: int, b: int) -> int:
    """Add."""
    return a + b


@tool
def add_in_thread(a: int, b: int) -> int:
    """Add, in a thread."""
    return a + b


@tool
async def breaks(what: str) -> str:
    """Break."""
    raise LookupError(f"no {what}")


def calls(*tools: BaseTool, handle_errors: bool = False) -> Any:
    """Compile a graph whose ToolNode executes the tool calls of its input."""
    builder = StateGraph(MessagesState)
    builder.add_node("tools", ToolNode(list(tools), handle_tool_errors=handle_errors))
    builder.add_edge(START, "tools")
    builder.add_edge("tools", END)
    return builder.compile()


def asking(*wanted: tuple[str, dict[str, Any]]) -> Any:
    made = [{"name": name, "args": args, "id": f"c{n}", "type": "tool_call"} for n, (name, args) in enumerate(wanted)]
    return {"messages": [AIMessage("", tool_calls=made)]}


def by_node(called: BaseTool, args: dict[str, Any]) -> Any:
    """Return a node that calls a tool itself."""

    async def node(state: Log) -> Any:
        await called.ainvoke(args)
        return NOTHING

    return node


@pytest.mark.parametrize("adder", [add, add_in_thread])
async def test_a_tool_call_is_told_from_start_to_end(adder: BaseTool) -> None:
    events = await run_graph(calls(adder), asking((adder.name, {"a": 1, "b": 2})))

    (start,), (end,) = of_type(events, ToolStart), of_type(events, ToolEnd)
    assert (start.tool, start.tool_call_id, start.args) == (adder.name, "c0", {"a": 1, "b": 2})
    assert (end.tool, end.tool_call_id, end.status, end.output) == (adder.name, "c0", "ok", "3")
    assert (start.node, start.parent_span_id) == ("tools", of_type(events, StepStart)[0].span_id)


async def test_a_tool_that_a_node_calls_itself_has_no_call_id() -> None:
    events = await run_graph(chain(a=by_node(add, {"a": 1, "b": 2})), NOTHING)

    (end,) = of_type(events, ToolEnd)
    assert end.tool_call_id is UNSET
    assert (end.output, end.output_bytes) == (3, 1)


async def test_a_tool_that_raises_ends_with_its_error() -> None:
    run = GraphRun(calls(breaks))

    events = await run.invoke(asking(("breaks", {"what": "luck"})))

    (end,) = of_type(events, ToolEnd)
    assert (end.status, end.error) == ("error", Fault("LookupError", "no luck"))
    assert of_type(events, StepEnd)[0].status == "error"


async def test_a_tool_message_that_says_error_is_an_error() -> None:
    """A handled failure looks like a success to LangChain."""

    @tool(response_format="content_and_artifact")
    async def politely(what: str) -> Any:
        """Fail politely."""
        raise ToolException(f"no {what}")

    politely.handle_tool_error = True

    events = await run_graph(calls(politely), asking(("politely", {"what": "luck"})))

    (end,) = of_type(events, ToolEnd)
    assert (end.status, end.error, end.output) == ("error", Fault("ToolError", "no luck"), "no luck")


async def test_a_tool_that_answers_with_an_error_message_is_an_error() -> None:
    @tool
    async def answers(what: str) -> Any:
        """Answer with a message."""
        return ToolMessage(f"no {what}", tool_call_id="c0", status="error")

    events = await run_graph(calls(answers), asking(("answers", {"what": "luck"})))

    (end,) = of_type(events, ToolEnd)
    assert (end.status, end.output) == ("error", "no luck")


async def test_parallel_calls_are_told_apart() -> None:
    events = await run_graph(calls(add), asking(("add", {"a": 1, "b": 1}), ("add", {"a": 2, "b": 2})))

    ends = {end.tool_call_id: end.output for end in of_type(events, ToolEnd)}
    assert ends == {"c0": "2", "c1": "4"}


async def test_a_question_inside_a_tool_interrupts_it() -> None:
    @tool
    async def asks(what: str) -> str:
        """Ask a human."""
        return str(interrupt(what))

    run = GraphRun(calls(asks))

    events = await run.invoke(asking(("asks", {"what": "sure?"})))

    assert [end.status for end in of_type(events, ToolEnd)] == ["interrupted"]
    assert [end.status for end in of_type(events, StepEnd)] == ["interrupted"]
    assert run.interruption is not None
    assert [(asked.value, node) for asked, node in run.interruption.interrupts] == [("sure?", "tools")]


async def test_a_tool_goes_on_after_its_question() -> None:
    @tool
    async def asks(what: str) -> str:
        """Ask a human."""
        return str(interrupt(what))

    run = GraphRun(calls(asks))
    await run.invoke(asking(("asks", {"what": "sure?"})))

    events = await run.invoke(Command(resume="yes"))

    (end,) = of_type(events, ToolEnd)
    assert (end.status, end.output) == ("ok", "yes")
    assert of_type(events, StepStart)[0].replaces


async def test_a_cancelled_tool_is_closed() -> None:
    """LangChain gives a cancelled tool no callback at all."""
    pause = Pause()

    @tool
    async def waits() -> str:
        """Wait."""
        await pause.wait()
        return ""

    run = GraphRun(calls(waits))

    events = await run.cancel_at(pause, asking(("waits", {})))

    assert [end.status for end in of_type(events, ToolEnd)] == ["cancelled"]


async def test_a_failing_calls_sibling_is_closed_as_cancelled() -> None:
    pause = Pause()

    @tool
    async def waits() -> str:
        """Wait."""
        await pause.wait()
        return ""

    @tool
    async def breaks_then() -> str:
        """Break when the other one waits."""
        await pause.reached.wait()
        raise LookupError("no luck")

    run = GraphRun(calls(waits, breaks_then))

    events = await run.invoke(asking(("waits", {}), ("breaks_then", {})))

    assert {end.tool: end.status for end in of_type(events, ToolEnd)} == {"waits": "cancelled", "breaks_then": "error"}


async def test_a_tool_that_a_crash_cut_is_closed_by_the_next_execution() -> None:
    pause = Pause()

    @tool
    async def waits() -> str:
        """Wait once."""
        if not pause.reached.is_set():
            await pause.wait()
        return "done"

    run = GraphRun(calls(waits))
    await run.crash_at(pause, asking(("waits", {})))

    events = await run.invoke(None)

    assert [end.status for end in of_type(events, ToolEnd)] == ["cancelled", "ok"]


@pytest.mark.parametrize("told", [{"progress": 40}, {"message": "half"}, {"progress": 40.5, "message": "half"}])
async def test_a_tool_tells_how_far_it_is(told: dict[str, Any]) -> None:
    @tool
    async def works() -> str:
        """Work."""
        await adispatch_custom_event("tool_progress", told)
        get_stream_writer()({"type": "tool_progress", **told})
        return ""

    events = await run_graph(calls(works), asking(("works", {})))

    (start,) = of_type(events, ToolStart)
    members = [(p.progress or None, p.message or None) for p in of_type(events, ToolProgress)]
    assert members == [(told.get("progress"), told.get("message"))] * 2
    assert {p.span_id for p in of_type(events, ToolProgress)} == {start.span_id}


async def test_tool_progress_outside_a_tool_is_an_ordinary_word() -> None:
    async def node(state: Log) -> Any:
        get_stream_writer()({"type": "tool_progress", "progress": 40})
        return NOTHING

    events = await run_graph(chain(a=node), NOTHING)

    (word,) = of_type(events, Custom)
    assert (word.name, word.data) == ("tool_progress", {"progress": 40})


async def test_a_model_inside_a_tool_lies_under_the_tool() -> None:
    model = scripted(["hi"])

    @tool
    async def asks_a_model() -> str:
        """Ask a model."""
        return (await model.ainvoke("go")).text

    events = await run_graph(calls(asks_a_model), asking(("asks_a_model", {})))

    assert of_type(events, MessageStart)[0].parent_span_id == of_type(events, ToolStart)[0].span_id


async def test_a_graph_inside_a_tool_lies_under_the_tool() -> None:
    inner = by_hand(chain(inner=says(scripted(["hi"]))))

    @tool
    async def runs_a_graph() -> str:
        """Run a graph."""
        await inner(NOTHING)
        return ""

    events = await run_graph(calls(runs_a_graph), asking(("runs_a_graph", {})))

    inner_step = of_type(events, StepStart)[1]
    assert inner_step.name == "inner"
    assert inner_step.parent_span_id == of_type(events, ToolStart)[0].span_id
    assert kinds(events)[-1] == "step_end"


async def test_a_large_output_is_cut_and_its_size_told() -> None:
    @tool
    async def floods() -> str:
        """Say much."""
        return "x" * 100_000

    events = await run_graph(calls(floods), asking(("floods", {})))

    (end,) = of_type(events, ToolEnd)
    assert end.output_bytes == 100_002
    assert str(end.output).startswith("x" * 1_000)
    assert len(str(end.output)) < MAX_VALUE_BYTES + 100


async def test_large_arguments_are_cut() -> None:
    events = await run_graph(chain(a=by_node(breaks_not, {"what": "x" * 100_000})), NOTHING)

    (start,) = of_type(events, ToolStart)
    assert len(start.args) < MAX_VALUE_BYTES + 100


@tool
async def breaks_not(what: str) -> str:
    """Do nothing."""
    return ""


async def test_a_tool_without_an_answer_has_no_output() -> None:
    @tool
    async def silent() -> None:
        """Say nothing."""

    events = await run_graph(chain(a=by_node(silent, {})), NOTHING)

    (end,) = of_type(events, ToolEnd)
    assert end.status == "ok"
    assert not end.output


async def test_concurrent_tools_of_one_node_are_closed_each_once() -> None:
    async def node(state: Log) -> Any:
        async with asyncio.TaskGroup() as tasks:
            for n in range(20):
                tasks.create_task(add.ainvoke({"a": n, "b": 0}))
        return NOTHING

    events = await run_graph(chain(a=node), NOTHING)

    assert {end.output for end in of_type(events, ToolEnd)} == set(range(20))
    assert len(of_type(events, ToolEnd)) == 20
