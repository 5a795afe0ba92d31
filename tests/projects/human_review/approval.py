"""A human says where the graph goes."""

from typing import Literal, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt


class State(TypedDict, total=False):
    llm_output: str
    decision: str


def generate(state: State) -> State:
    return {"llm_output": "This is the generated output."}


def human_approval(state: State) -> Command[Literal["approved_path", "rejected_path"]]:
    decision = interrupt({"question": "Do you approve the following output?", "llm_output": state["llm_output"]})
    if decision == "approve":
        return Command(goto="approved_path", update={"decision": "approved"})
    return Command(goto="rejected_path", update={"decision": "rejected"})


def approved_node(state: State) -> State:
    return {"llm_output": "published"}


def rejected_node(state: State) -> State:
    return {"llm_output": "thrown away"}


builder = StateGraph(State)
builder.add_node("generate", generate)
builder.add_node("human_approval", human_approval)
builder.add_node("approved_path", approved_node)
builder.add_node("rejected_path", rejected_node)
builder.add_edge(START, "generate")
builder.add_edge("generate", "human_approval")
builder.add_edge("approved_path", END)
builder.add_edge("rejected_path", END)
graph = builder.compile()
