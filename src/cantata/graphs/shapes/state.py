"""What goes through a workflow, and what a node is to the shape around it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.channels import EphemeralValue
from langgraph.graph.message import add_messages
from langgraph.pregel import Pregel
from langgraph.runtime import Runtime
from typing_extensions import TypedDict  # pydantic refuses typing.TypedDict below Python 3.12

from cantata.graphs.functions import text_of
from cantata.graphs.state import ModelContext

AnyGraph = Pregel[Any, Any, Any, Any]
State = dict[str, Any]
Node = Callable[[State, Runtime[ModelContext]], Awaitable[State]]


class NotApproved(Exception):
    """The human said no; that ends the workflow, wherever it was asked."""


class WorkflowInput(TypedDict, total=False):
    """What a workflow is given: a conversation, or anything as `input`."""

    messages: Annotated[list[AnyMessage], add_messages]
    input: Annotated[Any, EphemeralValue]  # seen by the steps that begin, and gone


class WorkflowOutput(TypedDict, total=False):
    """What it gives back: the last step's output, as it is and as text."""

    messages: Annotated[list[AnyMessage], add_messages]
    value: Any
    final_response: str


class WorkflowState(WorkflowInput, WorkflowOutput, total=False):
    """What goes from step to step is `value`."""


@dataclass(frozen=True)
class Role:
    """What a node is to the shape around it."""

    finish: Callable[[State, Any], State]
    """Makes the node's update of the step's output."""
    read: Callable[[State], Any] = lambda state: state["value"]
    """Takes the step's input from the state: the output of the step before."""
    said_before: Callable[[State], list[AnyMessage]] = lambda state: []
    """Takes the conversation that the step should know."""
    recover: Callable[[State, Exception], State] | None = None
    """Makes the update after a failure; without it the workflow fails."""


def finished(value: Any, text: str | None = None) -> State:
    """Make the update of a workflow's last node."""
    final = text_of(value) if text is None else text
    return {"value": value, "final_response": final, "messages": [AIMessage(final)]}


def beginning(
    finish: Callable[[State, Any], State], recover: Callable[[State, Exception], State] | None = None
) -> Role:
    """Make the role of a step that begins the workflow: it takes the workflow's input and knows the conversation."""
    return Role(finish, given, said_before, recover)


def ended(state: State, value: Any) -> State:
    """Make the update of a node that no other one follows."""
    return finished(value)


def passed_on(state: State, value: Any) -> State:
    """Make the update of a node that another one follows."""
    return {"value": value}


def given(state: State) -> Any:
    """Return the workflow's input: what was given as such, be it null, else what the human said last."""
    if "input" in state:
        return state["input"]
    asked = last_human(state)
    return str(asked.text) if asked is not None else ""


def last_human(state: State) -> HumanMessage | None:
    """Find what the human said last."""
    messages = reversed(state.get("messages") or [])
    return next((message for message in messages if isinstance(message, HumanMessage)), None)


def said_before(state: State) -> list[AnyMessage]:
    """Return the conversation before this input."""
    messages = list(state.get("messages") or [])
    asked = last_human(state) if "input" not in state else None
    return messages[: messages.index(asked)] if asked is not None else messages
