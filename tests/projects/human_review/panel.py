"""Several are asked at the same time, each in a branch and a subgraph of its own."""

import operator
from typing import Annotated, TypedDict

from langgraph.graph import START, StateGraph
from langgraph.types import Send, interrupt


class Panel(TypedDict):
    names: list[str]
    votes: Annotated[list[str], operator.add]


class Seat(TypedDict):
    name: str
    votes: Annotated[list[str], operator.add]


def ask(seat: Seat) -> dict:
    answer = interrupt({"to": seat["name"], "question": "For or against?"})
    return {"votes": [f"{seat['name']} is {answer}"]}


class Vote(TypedDict):
    votes: list[str]


seat = StateGraph(Seat, output_schema=Vote).add_node(ask).add_edge(START, "ask").compile()


async def chair(state: Seat) -> dict:
    """The chair has no subgraph, and is asked twice."""
    first = interrupt({"to": state["name"], "question": "For or against?"})
    second = interrupt({"to": state["name"], "question": f"Really {first}?"})
    return {"votes": [f"{state['name']} is {second}"]}


def invite(state: Panel) -> list[Send]:
    seats = [Send("seat", {"name": name, "votes": []}) for name in state["names"]]
    return [*seats, Send("chair", {"name": "chair", "votes": []})]


def count(state: Panel) -> dict:
    return {"final_response": "; ".join(sorted(state["votes"]))}


class Result(Panel):
    final_response: str


graph = (
    StateGraph(Result, input_schema=Panel)
    .add_node("seat", seat)
    .add_node(chair)
    .add_node(count)
    .add_conditional_edges(START, invite, ["seat", "chair"])
    .add_edge("seat", "count")
    .add_edge("chair", "count")
    .compile()
)
