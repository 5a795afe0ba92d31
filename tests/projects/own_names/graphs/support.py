"""Answers questions about orders."""

from typing import Annotated, TypedDict

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from server.database import ORDERS

from .tools import find_order


class State(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]
    orders_seen: int


def answer(state: State) -> dict:
    number = find_order(state["messages"][-1].text)
    text = f"Order {number} is {ORDERS[number]}." if number in ORDERS else "I need an order number."
    return {"messages": [AIMessage(text)], "orders_seen": len(ORDERS)}


builder = StateGraph(State)
builder.add_node("answer", answer)
builder.add_edge(START, "answer")
builder.add_edge("answer", END)
graph = builder.compile()
assistant = graph
