"""A graph that brings its own store."""

from typing import TypedDict

from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore

house_rules = InMemoryStore()
house_rules.put(("rules",), "smoking", {"text": "No smoking."})


class State(TypedDict, total=False):
    topic: str
    final_response: str


def look_up(state: State, runtime: Runtime) -> dict:
    return {"final_response": runtime.store.get(("rules",), state["topic"]).value["text"]}


graph = StateGraph(State).add_node(look_up).add_edge(START, "look_up").compile(store=house_rules)
