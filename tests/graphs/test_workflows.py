"""The shapes and the ready-made workflows, run whole with the offline model."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from cantata.graphs.built_in import built_in_agents
from cantata.graphs.compile import compile_spec
from cantata.graphs.drawing import draw
from cantata.graphs.offline_label import LABEL
from cantata.graphs.registry import GraphRegistry
from cantata.graphs.side_by_side import side_by_side
from cantata.graphs.workflows import (
    compare_perspectives,
    content_pipeline,
    hierarchical,
    parallel,
    research_report,
    sequential,
    trip_planner,
)

WORKFLOWS: Mapping[str, Any] = {
    module.__name__.rsplit(".", 1)[-1]: module
    for module in (
        compare_perspectives,
        content_pipeline,
        hierarchical,
        parallel,
        research_report,
        sequential,
        trip_planner,
    )
}
ASKED = {"messages": [{"type": "human", "content": "Write about the history of tea in China"}]}


async def answer_of(graph: Any, text: str) -> str:
    result = await graph.ainvoke({"messages": [{"type": "human", "content": text}]})
    return str(result["final_response"])


async def steps_of(graph: Any) -> list[str]:
    """List the nodes in the order in which they ended, branches of one step sorted."""
    chunks = [chunk async for chunk in graph.astream(ASKED, stream_mode="tasks", subgraphs=True)]
    ended = [(path, task["name"]) for path, task in chunks if "result" in task]
    return [f"{'/'.join(part.split(':')[0] for part in path)}/{name}" for path, name in ended]


@pytest.mark.parametrize("name", WORKFLOWS)
async def test_each_gives_a_final_response_and_says_it_as_its_message(name: str) -> None:
    result = await WORKFLOWS[name].graph.ainvoke(ASKED)

    assert result["final_response"]
    assert isinstance(result["messages"][-1], AIMessage)
    assert result["messages"][-1].text == result["final_response"]


@pytest.mark.parametrize("name", WORKFLOWS)
async def test_a_spec_gives_the_same_nodes_steps_and_answer_each_time(name: str) -> None:
    spec = json.loads(json.dumps(WORKFLOWS[name].spec))
    one, other = compile_spec(spec, built_in_agents()), WORKFLOWS[name].graph

    assert draw(one) == draw(other)
    assert sorted(await steps_of(one)) == sorted(await steps_of(other))
    assert (await one.ainvoke(ASKED))["final_response"] == (await other.ainvoke(ASKED))["final_response"]


@pytest.mark.parametrize("name", ["content_pipeline", "hierarchical", "sequential"])
async def test_steps_in_turn_end_in_the_same_order_each_time(name: str) -> None:
    assert await steps_of(WORKFLOWS[name].graph) == await steps_of(WORKFLOWS[name].graph)


def test_all_are_listed_for_the_server_and_for_langgraph() -> None:
    listed = json.loads((Path(__file__).parents[2] / "langgraph.json").read_text())["graphs"]
    built_in = GraphRegistry.load(None)

    assert set(listed) == set(built_in.names()) == {*WORKFLOWS, *built_in_agents()}
    assert [entry for entry in built_in.entries() if not entry.description.endswith(".")] == []


def test_the_drawing_shows_the_steps_and_not_a_box() -> None:
    ours = {node.id for node in draw(trip_planner.graph).nodes}
    of_langgraph = set(trip_planner.graph.get_graph(xray=1).nodes)

    assert {"look_up/ways", "look_up/weather", "look_up/days", "look_up/aggregate", "itinerary"} <= ours
    assert {"look_up:ways", "look_up:weather", "look_up:days", "look_up:aggregate", "itinerary:model"} <= of_langgraph


async def test_the_report_has_findings_and_sources_and_one_label() -> None:
    report = await answer_of(research_report.graph, "The history of the lighthouse")

    assert report.startswith("# The history of the lighthouse\n\n## Summary\n\nThe history of the lighthouse begins")
    assert "## Sources\n\n- [lighthouses-01] The Pharos of Alexandria" in report
    assert report.count(LABEL) == 1
    assert "delegate" not in report


async def test_a_manager_lets_those_who_find_out_go_before_those_who_write() -> None:
    steps = [step for step in await steps_of(research_report.graph) if step.startswith("/")]

    assert sorted(steps[1:3]) == ["/researcher", "/sceptic"]
    assert [*steps[:1], *steps[3:]] == [
        "/assistant",
        "/assistant",
        "/writer_report",
        "/assistant",
        "/reviewer",
        "/assistant",
    ]


async def test_the_pipeline_gives_copy_from_the_documents() -> None:
    copy = await answer_of(content_pipeline.graph, "Write a page about solar cells")

    assert copy.startswith("# Solar cells\n\nA solar cell turns light into electric current")
    assert "Remarks:" not in copy


async def test_the_trip_is_one_itinerary() -> None:
    plan = await answer_of(trip_planner.graph, "Plan three days in Rome from Vienna in October")

    assert plan.startswith("Plan for three days in Rome from Vienna in October:\n\nWays to Rome")
    assert plan.count("Plan for") == plan.count(LABEL) == 1
    assert plan.index("Fares to Rome") < plan.index("In Rome October") < plan.index("- Day 3:")


async def test_views_stand_side_by_side_on_one_model() -> None:
    answer = await answer_of(compare_perspectives.graph, "What is a heat pump?")

    assert [line for line in answer.splitlines() if line.startswith("## ")] == [
        "## expert",
        "## newcomer",
        "## sceptic",
    ]


def test_models_stand_side_by_side_when_several_are_named() -> None:
    spec = compare_perspectives.make_spec("offline-demo, google_genai:gemini-2.5-flash ,")

    graph = compile_spec(spec, built_in_agents())
    assert {"offline-demo", "gemini-2.5-flash", "aggregate"} <= set(graph.nodes)
    assert [task["model"] for task in spec["tasks"]] == ["offline-demo", "google_genai:gemini-2.5-flash"]


def test_models_stand_side_by_side_whatever_their_names() -> None:
    spec = side_by_side("assistant", ["openai:4o-mini", "google_genai:é", "google_genai:" + "g" * 100])

    graph = compile_spec(spec, built_in_agents())

    assert {"m_4o-mini", "m__", "g" * 60, "aggregate"} <= set(graph.nodes)


@pytest.mark.parametrize("shape", [{"type": "sequential", "key": "steps"}, {"type": "parallel", "key": "tasks"}])
async def test_null_reaches_steps_within_a_step_as_it_reaches_a_step(shape: Mapping[str, str]) -> None:
    reviewer = {"agent": "reviewer", "when": "@ != `null`"}
    within = {"type": shape["type"], shape["key"]: [reviewer], "name": "within"}
    nothing = {"agent": "writer", "transform": "`null`"}
    spec = {"type": "sequential", "steps": [nothing, within]}

    result = await compile_spec(spec, built_in_agents()).ainvoke(ASKED)

    assert result["value"] == (None if shape["type"] == "sequential" else [None])
