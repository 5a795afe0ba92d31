"""Specs as graphs: their nodes, the way that a value takes through them, and what a failure does."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from cantata.graphs.agent import Agent, GraphAgent
from cantata.graphs.compile import compile_spec, supersteps
from cantata.graphs.expressions import BadExpression
from cantata.graphs.registry import GraphRegistry
from cantata.graphs.shapes.turn import StepTimeout
from cantata.graphs.spec import BadSpec, parse_spec
from cantata.graphs.state import ChatState, ModelContext
from tests.support.specs import Heard, answer, asked, does, echoes, fails, led, steps, tasks, team

THREAD: Any = {"configurable": {"thread_id": "t"}}
QUICK = {"max_attempts": 3, "initial_interval": 0}


def nodes_of(spec: Any, *agents: Any) -> list[str]:
    """Return the names of the nodes of the outermost graph."""
    return [name for name in compile_spec(spec, team(*agents)).nodes if name != "__start__"]


def drawn(spec: Any, *agents: Any) -> set[tuple[str, str]]:
    """Return the edges of the drawing."""
    edges = compile_spec(spec, team(*agents)).get_graph().edges
    return {(edge.source.strip("_"), edge.target.strip("_")) for edge in edges}


a, b, c = echoes("a"), echoes("b"), echoes("c")


# Nodes


def test_nodes_have_the_names_of_agents_methods_and_shapes_and_no_name_twice() -> None:
    writer = Agent("writer", "", "", methods={})
    named = [{"agent": "a", "name": "a_2"}, "a", "a", tasks("a"), tasks("a"), asked(), {"agent": "a", "name": "mine"}]

    assert nodes_of(steps(*named), a) == ["a_2", "a", "a_3", "parallel", "parallel_2", "approval", "mine"]
    assert list(compile_spec(steps({"agent": "writer", "method": "execute"}), {"writer": writer}).nodes) == [
        "__start__",
        "writer",
    ]


def test_equal_specs_give_equal_graphs() -> None:
    spec = steps("a", tasks("a", "b", led("a", "b", "c", aggregator="concat"), name="side"), asked())

    one, two = (compile_spec(spec, team(a, b, c)).get_graph(xray=True).draw_mermaid() for _ in range(2))

    assert one == two


@pytest.mark.parametrize("name", ["messages", "value", "input", "results", "final_response", "aggregate", "call"])
@pytest.mark.parametrize("shape", [steps, tasks, lambda part: led("a", part, aggregator="concat")])
async def test_a_step_may_have_the_name_of_anything_in_the_state(shape: Any, name: str) -> None:
    compile_spec(shape({"agent": "a", "name": name}), team(a))

    assert (await answer(steps({"agent": "a", "name": name}), "x", a))["final_response"] == "a(x)"


@pytest.mark.parametrize("name", ["a:b", "a|b", "Über uns", "123", "__start__", "x" * 200, "aggregate"])
async def test_a_graph_of_any_name_can_be_a_step(name: str) -> None:
    agent = echoes(name)

    output = await answer(steps(tasks({"agent": name}, {"agent": name})), "x", agent)

    assert output["value"] == [f"{name}(x)"] * 2
    compile_spec(led(name, name, aggregator="concat"), team(agent))


@pytest.mark.parametrize("spec", [{"steps": ...}, {"type": "sequential", "steps": [{"agent": "a", 1: 2}]}])
def test_a_registry_refuses_what_is_no_plain_json(spec: Any) -> None:
    deep: Any = {}
    for _ in range(5_000):
        deep = {"not": deep}
    circle: dict[str, Any] = steps("a")
    circle["steps"].append(circle)
    registry = GraphRegistry([], [])

    for bad in (spec, steps({"agent": "a", "when": deep}), circle):
        with pytest.raises(BadSpec):
            registry.find("team", bad)


def test_the_drawing_has_the_real_nodes() -> None:
    assert drawn(steps("a", "b"), a, b) == {("start", "a"), ("a", "b"), ("b", "end")}
    assert drawn(tasks("a", "b"), a, b) == {
        ("start", "a"),
        ("start", "b"),
        ("a", "aggregate"),
        ("b", "aggregate"),
        ("aggregate", "end"),
    }
    assert drawn(led("a", "b", aggregator="concat"), a, b) >= {
        ("start", "a"),
        ("a", "b"),
        ("b", "a"),
        ("a", "aggregate"),
        ("aggregate", "end"),
    }


def test_an_agent_alone_is_a_workflow() -> None:
    assert nodes_of({"agent": "a"}, a) == ["a"]


def test_a_spec_that_names_nobody_is_refused() -> None:
    with pytest.raises(BadSpec, match=r"^agent: No agent is named 'x'"):
        compile_spec({"agent": "x"}, team(a))


@pytest.mark.parametrize(
    ("spec", "needed"),
    [(steps(*"aaa"), 4), (tasks("a"), 3), (led("a", "a", max_rounds=50), 104), (steps(led("a", "a")), 14)],
)
def test_the_supersteps_that_a_workflow_needs_are_known(spec: Any, needed: int) -> None:
    assert supersteps(parse_spec(spec)) == needed


async def test_a_workflow_of_a_thousand_steps_ends_within_its_supersteps() -> None:
    spec = steps(*["a"] * 150)
    quiet = does("a", _same)

    output = await compile_spec(spec, team(quiet)).ainvoke(
        {"input": "x"}, {"recursion_limit": supersteps(parse_spec(spec))}
    )

    assert output["final_response"] == "x"


# The way of a value


async def test_in_turn_each_step_gets_the_output_of_the_one_before() -> None:
    output = await answer(steps("a", "b", "c"), "x", a, b, c)

    assert (output["value"], output["final_response"]) == ("c(b(a(x)))", "c(b(a(x)))")
    assert [message.text for message in output["messages"]] == ["c(b(a(x)))"]


async def test_side_by_side_each_branch_gets_the_input_and_the_spec_gives_the_order() -> None:
    async def late(text: str) -> str:
        await asyncio.sleep(0.02)
        return "late"

    output = await answer(tasks("slow", "b", "c"), "x", does("slow", late), b, c)

    assert output["value"] == ["late", "b(x)", "c(x)"]


@pytest.mark.parametrize(
    ("how", "value"),
    [
        ("list", ["a(x)", "b(x)"]),
        ("concat", "## a\n\na(x)\n\n## b\n\nb(x)"),
        ("first", "a(x)"),
        ("merge", {"a": "a(x)", "b": "b(x)"}),
        ({"agent": "c"}, "c(## a\n\na(x)\n\n## b\n\nb(x))"),
    ],
)
async def test_branches_are_brought_together(how: Any, value: Any) -> None:
    output = await answer(tasks("a", "b", aggregate=how), "x", a, b, c)

    assert output["value"] == value
    assert output["final_response"]


async def test_merged_objects_are_one_object_and_the_later_branch_wins() -> None:
    def gives(name: str, value: Any) -> GraphAgent:
        async def give(text: str) -> str:
            return json.dumps(value)

        return does(name, give)

    parts = [{"agent": name, "transform": "json"} for name in "abc"]

    output = await answer(
        tasks(*parts, aggregate="merge"), "x", gives("a", {"k": 1, "l": 1}), gives("b", {"k": 2}), gives("c", [3])
    )

    assert output["value"] == {"k": 2, "l": 1, "c": [3]}


async def test_a_transform_changes_what_the_next_step_gets() -> None:
    output = await answer(
        steps({"agent": "a", "transform": "lines"}, {"agent": "b", "transform": "length(@)"}), "x", a, b
    )

    assert (output["value"], output["final_response"]) == (len("b(a(x))"), "7")


@pytest.mark.parametrize(("when", "value"), [("contains(@, 'x')", "b(a(x))"), ("contains(@, 'y')", "a(x)")])
async def test_a_step_is_passed_over_when_its_condition_is_false(when: str, value: str) -> None:
    heard = Heard()

    output = await answer(steps("a", {"agent": "b", "when": when}), "x", a, echoes("b", heard))

    assert output["value"] == value
    assert bool(heard.all) == (value != "a(x)")


async def test_a_transform_that_does_not_fit_fails_the_workflow() -> None:
    with pytest.raises(BadExpression, match="cannot be applied"):
        await answer(steps({"agent": "a", "transform": "sum(@)"}), "x", a)


async def test_ten_levels_give_what_one_gives() -> None:
    spec: dict[str, Any] = {"agent": "a"}
    for level in range(9):
        spec = steps(spec) if level % 2 else tasks(spec, aggregate="first")

    assert (await answer(spec, "x", a))["final_response"] == "a(x)"


async def test_what_is_not_text_goes_from_step_to_step_as_it_is() -> None:
    spec = steps({"agent": "a", "transform": "{n: `1`}"}, tasks({"agent": "b", "when": "n > `5`"}, aggregate="first"))

    assert (await answer(spec, "x", a, b))["value"] == {"n": 1}


# The conversation


async def test_the_steps_that_begin_know_the_conversation_and_the_later_ones_the_value_alone() -> None:
    heard = Heard()
    agents = team(*(echoes(name, heard) for name in "abc"))
    graph = compile_spec(steps(tasks("a", "b", aggregate="first"), "c"), agents)

    await graph.ainvoke({"messages": [HumanMessage("one"), AIMessage("two"), HumanMessage("three")]})

    assert heard.by("a") == heard.by("b") == [["one", "two", "three"]]
    assert heard.by("c") == [["a(three)"]]


async def test_a_session_goes_on_with_the_answers_alone() -> None:
    heard = Heard()
    graph = compile_spec(steps("a", "b"), team(echoes("a", heard), echoes("b", heard)))
    graph.checkpointer = InMemorySaver()

    await graph.ainvoke({"messages": [HumanMessage("one")]}, THREAD)
    output = await graph.ainvoke({"messages": [HumanMessage("two")]}, THREAD)

    assert heard.by("a") == [["one"], ["one", "b(a(one))", "two"]]
    assert heard.by("b") == [["a(one)"], ["a(two)"]]
    assert output["final_response"] == "b(a(two))"


@pytest.mark.parametrize(
    "spec",
    [
        steps("a", "fragile"),
        tasks("a", "fragile", aggregate="first"),
        tasks("fragile", "a", on_error="continue"),
        led("assistant", "fragile", "a"),
        steps("a", tasks("a", steps("fragile"))),
    ],
    ids=["sequential", "parallel", "continued", "hierarchical", "nested"],
)
async def test_after_a_failure_midway_the_session_begins_anew(spec: Any, offline: dict[str, Any]) -> None:
    agents = offline | team(a, fails("fragile", times=1))
    graph, fresh = compile_spec(spec, agents), compile_spec(spec, agents)
    graph.checkpointer = InMemorySaver()
    try:
        await graph.ainvoke({"messages": [HumanMessage("one")]}, THREAD)
    except LookupError:
        await asyncio.sleep(0)

    output = await graph.ainvoke({"messages": [HumanMessage("two")]}, THREAD)
    expected = await fresh.ainvoke({"messages": [HumanMessage("two")]})

    assert output["value"] == expected["value"]
    assert "one" not in json.dumps(output["value"])


@pytest.fixture
def offline() -> dict[str, Any]:
    """Make an agent that delegates to everybody at once."""
    return {"assistant": Agent("assistant", "", "You lead a team.")}


# Failure


async def test_a_branch_that_fails_ends_the_workflow() -> None:
    with pytest.raises(LookupError, match="f knows nothing"):
        await answer(tasks("a", "f"), "x", a, fails("f"))


@pytest.mark.parametrize(
    ("how", "value"),
    [
        ("list", ["a(x)", {"error": {"type": "LookupError", "message": "f knows nothing"}}]),
        ("merge", {"a": "a(x)", "f": {"error": {"type": "LookupError", "message": "f knows nothing"}}}),
        ("vote", "a(x)"),
        ("concat", "## a\n\na(x)"),
        ({"agent": "c"}, "c(## a\n\na(x))"),
    ],
)
async def test_with_continue_the_other_branches_go_on(how: Any, value: Any) -> None:
    output = await answer(tasks("a", "f", on_error="continue", aggregate=how), "x", a, fails("f"), c)

    assert output["value"] == value


@pytest.mark.parametrize("how", ["list", "merge", "first", "vote", "concat", {"agent": "c"}])
async def test_when_all_branches_fail_their_errors_are_the_answer(how: Any) -> None:
    output = await answer(tasks("f", steps("f"), on_error="continue", aggregate=how), "x", fails("f"), c)

    assert "f knows nothing" in output["final_response"]


async def test_a_nested_branch_that_fails_is_one_failure() -> None:
    output = await answer(
        tasks("a", steps("b", tasks("f")), on_error="continue", aggregate="concat"), "x", a, b, fails("f")
    )

    assert output["value"] == "## a\n\na(x)"


async def test_a_step_is_tried_again() -> None:
    fragile = {"agent": "f", "retry": QUICK}

    assert (await answer(steps(fragile), "x", fails("f", times=2)))["value"] == "f(x)"
    with pytest.raises(LookupError):
        await answer(steps(fragile), "x", fails("f", times=3))


async def test_a_branch_is_tried_again_before_the_others_go_on_without_it() -> None:
    branch = {"agent": "f", "retry": QUICK}
    spec = tasks("a", branch, on_error="continue")

    assert (await answer(spec, "x", a, fails("f", times=2)))["value"] == ["a(x)", "f(x)"]
    assert "error" in (await answer(spec, "x", a, fails("f", times=3)))["value"][1]


async def hangs(text: str) -> str:
    await asyncio.sleep(60)
    return text


async def test_a_step_that_takes_too_long_fails() -> None:
    with pytest.raises(StepTimeout, match=r"longer than 0\.05 s"):
        await answer(steps({"agent": "slow", "timeout_seconds": 0.05}), "x", does("slow", hangs))


async def test_a_branch_that_takes_too_long_is_a_failed_branch() -> None:
    spec = tasks("a", {"agent": "slow", "timeout_seconds": 0.05}, on_error="continue")

    output = await answer(spec, "x", a, does("slow", hangs))

    assert output["value"][0] == "a(x)"
    assert output["value"][1]["error"]["type"] == "StepTimeout"


async def test_a_timeout_is_for_each_attempt() -> None:
    calls = []

    async def slow_once(text: str) -> str:
        calls.append(text)
        return await hangs(text) if len(calls) == 1 else "done"

    spec = steps({"agent": "slow", "timeout_seconds": 0.2, "retry": QUICK})

    assert (await answer(spec, "x", does("slow", slow_once)))["value"] == "done"


async def test_an_agents_own_timeout_is_no_timeout_of_the_step() -> None:
    with pytest.raises(TimeoutError, match="the agent's own"):
        await answer(steps({"agent": "f", "timeout_seconds": 60}), "x", fails("f", TimeoutError("the agent's own")))


# At once


class Crowd:
    """Counts how many are at work at once, and waits for so many."""

    def __init__(self, wanted: int) -> None:
        self.now = self.most = 0
        self._met = asyncio.Event()
        self._wanted = wanted

    def agent(self, name: str) -> GraphAgent:
        """Make an agent that works until enough are there."""

        async def work(text: str) -> str:
            self.now += 1
            self.most = max(self.most, self.now)
            if self.now == self._wanted:
                self._met.set()
            await self._met.wait()
            for _ in range(20):  # whoever else may come, comes
                await asyncio.sleep(0)
            self.now -= 1
            return name

        return does(name, work)


async def test_branches_work_at_once() -> None:
    crowd = Crowd(20)

    output = await asyncio.wait_for(answer(tasks(*["w"] * 20), "x", crowd.agent("w")), 60)

    assert output["value"] == ["w"] * 20


@pytest.mark.parametrize("wrap", [lambda spec: spec, steps, lambda spec: tasks(spec, max_concurrency=1)])
async def test_no_more_branches_work_at_once_than_allowed(wrap: Callable[[Any], Any]) -> None:
    crowd = Crowd(3)

    await asyncio.wait_for(answer(wrap(tasks(*["w"] * 10, max_concurrency=3)), "x", crowd.agent("w")), 60)

    assert crowd.most == 3


# Other people's graphs


async def test_a_graph_with_a_context_of_its_own_gets_its_own_defaults() -> None:
    @dataclass
    class Own:
        tone: str = "plain"

    class Loose(TypedDict, total=False):
        tone: str

    def reading(name: str, schema: Any) -> GraphAgent:
        async def read(state: ChatState, runtime: Runtime[Any]) -> dict[str, Any]:
            return {"messages": [AIMessage(f"{type(runtime.context).__name__} {runtime.context}")]}

        graph = StateGraph(ChatState, context_schema=schema).add_node("n", read).add_edge(START, "n").compile()
        return GraphAgent(name, "", graph)

    graph = compile_spec(tasks("own", "loose"), team(reading("own", Own), reading("loose", Loose)))

    output = await graph.ainvoke({"input": "x"}, context=ModelContext(model="offline-demo", temperature=0.5))

    assert "tone='plain'" in output["value"][0]
    assert output["value"][1].endswith(" {}")


async def test_a_steps_model_is_its_own_and_the_runs_for_the_others() -> None:
    async def read(state: ChatState, runtime: Runtime[ModelContext]) -> dict[str, Any]:
        return {"messages": [AIMessage(f"{runtime.context.model} {runtime.context.temperature}")]}

    inner = StateGraph(ChatState, context_schema=ModelContext).add_node("n", read).add_edge(START, "n").compile()
    graph = compile_spec(tasks("r", {"agent": "r", "model": "own"}), team(GraphAgent("r", "", inner)))

    output = await graph.ainvoke({"input": "x"}, context=ModelContext(model="the-run's", temperature=0.5))

    assert output["value"] == ["the-run's 0.5", "own 0.5"]


async def test_an_agents_own_final_response_is_its_output() -> None:
    class Own(ChatState):
        final_response: str

    async def conclude(state: Own) -> dict[str, Any]:
        return {"messages": [AIMessage("thinking aloud")], "final_response": "42"}

    graph = StateGraph(Own).add_node("n", conclude).add_edge(START, "n").compile()

    assert (await answer(steps("g"), "x", GraphAgent("g", "", graph)))["value"] == "42"


async def _same(text: str) -> str:
    return text
