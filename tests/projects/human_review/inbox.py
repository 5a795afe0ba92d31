"""What an agent inbox shows: requests that may be accepted, edited, answered or ignored."""

import warnings
from typing import TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from langgraph.prebuilt.interrupt import ActionRequest, HumanInterrupt, HumanInterruptConfig, HumanResponse


class Email(TypedDict, total=False):
    subject: str
    draft: str
    result: str


def write(state: Email) -> Email:
    return {"draft": f"About {state['subject']}: yes."}


def human_node(state: Email) -> Email:
    request: HumanInterrupt = HumanInterrupt(
        action_request=ActionRequest(action="send_email", args={"content": state["draft"]}),
        config=HumanInterruptConfig(allow_ignore=True, allow_respond=True, allow_edit=True, allow_accept=True),
        description="Send it?",
    )
    response: HumanResponse = interrupt([request])[0]
    match response["type"]:
        case "accept":
            return {"result": f"sent {state['draft']}"}
        case "edit":
            return {"result": f"sent {response['args']['args']['content']}"}
        case "response":
            return {"result": f"to be written again: {response['args']}"}
        case _:
            return {"result": "ignored"}


graph = (
    StateGraph(Email, output_schema=TypedDict("Result", {"result": str}))
    .add_node(write)
    .add_node("human", human_node)
    .add_edge(START, "write")
    .add_edge("write", "human")
    .add_edge("human", END)
    .compile()
)
