"""A factory that decides by what the store holds which graph it makes."""

from typing import TypedDict

from langgraph.graph import START, StateGraph
from langgraph_sdk.runtime import ServerRuntime


class State(TypedDict, total=False):
    person: str
    final_response: str


async def make_graph(runtime: ServerRuntime):
    people = await runtime.store.alist_namespaces(prefix=("people",)) if runtime.execution_runtime else []

    async def greet(state: State) -> dict:
        return {"final_response": "Welcome back." if ("people", state["person"]) in people else "Who are you?"}

    return StateGraph(State).add_node("greet", greet).add_edge(START, "greet").compile()
