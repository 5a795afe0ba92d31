"""Two workflows, each compiled from a spec and written by hand as its author would, without a spare line."""

import operator
from itertools import pairwise
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.pregel import Pregel

from benchmarks.compiled import STEPS
from cantata.graphs.agent import GraphAgent
from cantata.graphs.compile import compile_spec

Graph = Pregel[Any, Any, Any, Any]
Node = Any  # StateGraph's own type of it is private

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
