"""Two workflows, each compiled from a spec and written by hand as its author would, without a spare line.

A process of its own: `python -m benchmarks.handwritten RUNS`. Both kinds run by turns, so that a drift of the machine
meets both.
"""

import asyncio
import json
import operator
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.pregel import Pregel

from benchmarks.compiled import CompiledCost
from cantata.graphs.agent import GraphAgent
from cantata.graphs.compile import compile_spec

Graph = Pregel[Any, Any, Any, Any]
Node = Any  # StateGraph's own type of it is private

STEPS = 10
ROUNDS = 7  # of each kind; the median counts
NAMES = [f"step{number}" for number in range(STEPS)]


async def _speak(state: MessagesState) -> dict[str, Any]:
    return {"messages": [AIMessage("word")]}


agent = StateGraph(MessagesState).add_node("speak", _speak).add_edge(START, "speak").add_edge("speak", END).compile()


class Row(TypedDict, total=False):
    """What goes through the steps in turn."""

    input: str
    value: str
    final_response: str


class Fan(TypedDict, total=False):
    """What the steps side by side give."""

    input: str
    results: Annotated[list[str], operator.add]
    final_response: str


async def _turn(text: str) -> str:
    output = await agent.ainvoke({"messages": [HumanMessage(text)]})
    return str(output["messages"][-1].text)


def _in_turn(key: str) -> Node:
    async def node(state: Row) -> Row:
        said = await _turn(state.get("value") or state["input"])
        return {"value": said, "final_response": said} if key == NAMES[-1] else {"value": said}

    return node


def _sequential() -> Graph:
    builder = StateGraph(Row)
    for name in NAMES:
        builder.add_node(name, _in_turn(name))
    for before, after in pairwise((START, *NAMES, END)):
        builder.add_edge(before, after)
    return builder.compile()


async def _branch(state: Fan) -> Fan:
    return {"results": [await _turn(state["input"])]}


async def _join(state: Fan) -> Fan:
    return {"final_response": "\n\n".join(state["results"])}


def _parallel() -> Graph:
    builder = StateGraph(Fan).add_node("join", _join)
    for name in NAMES:
        builder.add_node(name, _branch)
        builder.add_edge(START, name)
    builder.add_edge(NAMES, "join")
    builder.add_edge("join", END)
    return builder.compile()


_agents = {"agent": GraphAgent("agent", "", agent)}
_parts = [{"agent": "agent", "name": name} for name in NAMES]
COMPILED = {
    "sequential": compile_spec({"type": "sequential", "steps": _parts}, _agents),
    "parallel": compile_spec({"type": "parallel", "tasks": _parts}, _agents),
}
HANDWRITTEN = {"sequential": _sequential(), "parallel": _parallel()}


async def _measure(runs: int) -> CompiledCost:
    found: dict[str, float] = {}
    for shape in ("sequential", "parallel"):
        rounds = [
            (await _cost(COMPILED[shape], runs), await _cost(HANDWRITTEN[shape], runs)) for _ in range(ROUNDS + 1)
        ]
        rounds = rounds[1:]  # the first one warms up
        found[shape] = statistics.median(one for one, _ in rounds)
        found[f"{shape}_by_hand"] = statistics.median(other for _, other in rounds)
        found[f"{shape}_ratio"] = statistics.median(one / other for one, other in rounds)
    return CompiledCost(**found)


async def _cost(graph: Graph, runs: int) -> float:
    began = time.process_time()
    for _ in range(runs):
        output: Mapping[str, Any] = await graph.ainvoke({"input": "go"})
    assert output["final_response"], output
    return (time.process_time() - began) / (runs * STEPS) * 1e6


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_measure(int(sys.argv[1]))))))
