"""A graph in a graph in a graph; the innermost asks a human."""

import operator
from typing import Annotated, TypedDict

from langgraph.graph import START, StateGraph
from langgraph.types import interrupt


class Innermost(TypedDict, total=False):
    path: Annotated[list[str], operator.add]
    approved: bool


class State(TypedDict, total=False):
    path: Annotated[list[str], operator.add]
    approved: bool
    final_response: str


def prepare(state: Innermost) -> dict:
    return {"path": ["prepare"]}


def ask(state: Innermost) -> dict:
    return {"path": ["ask"], "approved": interrupt({"question": "Go on?"})}


innermost = StateGraph(Innermost)
innermost.add_node(prepare)
innermost.add_node(ask)
innermost.add_edge(START, "prepare")
innermost.add_edge("prepare", "ask")


async def middle_node(state: State) -> dict:
    answer = await innermost.compile().ainvoke({"path": ["middle"]})
    return {"path": answer["path"], "approved": answer["approved"]}


middle = StateGraph(State).add_node("call", middle_node).add_edge(START, "call").compile()


def close(state: State) -> dict:
    return {"final_response": f"{'approved' if state['approved'] else 'refused'} by way of {' > '.join(state['path'])}"}


graph = (
    StateGraph(State)
    .add_node("middle", middle)
    .add_node("close", close)
    .add_edge(START, "middle")
    .add_edge("middle", "close")
    .compile()
)
