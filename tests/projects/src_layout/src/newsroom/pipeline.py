from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from newsroom.state import Desk, Story


def report(state: Story) -> dict:
    return {"lines": [f"{state.topic} in {state.words} words"]}


def edit(state: Story, runtime: Runtime[Desk]) -> dict:
    desk = runtime.context or Desk()
    return {"final_response": f"{state.lines[-1]}, edited by {desk.editor}"}


graph = (
    StateGraph(Story, context_schema=Desk)
    .add_node("report", report)
    .add_node("edit", edit)
    .add_edge(START, "report")
    .add_edge("report", "edit")
    .add_edge("edit", END)
    .compile()
)
