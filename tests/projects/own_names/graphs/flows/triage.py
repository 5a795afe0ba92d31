from typing import TypedDict

from graphs.tools import find_order
from langgraph.graph import START, StateGraph

from .rules import classify


class Ticket(TypedDict):
    ticket: str


class Result(Ticket, total=False):
    queue: str
    order: str


async def sort(state: Ticket) -> dict:
    return {"queue": classify(state["ticket"]), "order": find_order(state["ticket"])}


graph = StateGraph(Result, input_schema=Ticket).add_node("sort", sort).add_edge(START, "sort").compile()
