from typing import TypedDict

from langgraph.graph import START, StateGraph

from .shouting import shout


class State(TypedDict):
    text: str


def run(state: State) -> dict:
    return {"text": shout(state["text"])}


graph = StateGraph(State).add_node("run", run).add_edge(START, "run").compile()
