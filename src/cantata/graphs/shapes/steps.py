"""What all shapes share: the state that goes through, and how a step of a spec becomes a node.

A step is a graph: an agent's, or that of the steps within it. Its node gives it a value and takes one back.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Protocol

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.channels import EphemeralValue
from langgraph.config import get_stream_writer
from langgraph.errors import GraphBubbleUp
from langgraph.graph.message import add_messages
from langgraph.pregel import Pregel
from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict  # pydantic refuses typing.TypedDict below Python 3.12

from cantata.graphs.agent import EVERYWHERE
from cantata.graphs.expressions import expression, is_true
from cantata.graphs.functions import text_of, transformer
from cantata.graphs.spec import AgentStep, ApprovalStep, HierarchicalStep, ParallelStep, SequentialStep, WorkflowSpec
from cantata.graphs.state import ModelContext

AGENT = "lc_agent_name"  # the metadata key by which LangChain's own agents say who speaks
SHARE = "cantata_share"  # the metadata key that says how much of the whole a step is, from 0 to 1


class NotApproved(Exception):
    """The human said no; that ends the workflow, wherever it was asked."""


class StepTimeout(TimeoutError):
    """A step took too long."""


AnyGraph = Pregel[Any, Any, Any, Any]
State = dict[str, Any]
Builder = Any  # a StateGraph, whose add_node would have a type of its own for each node's state
Node = Callable[[State, Runtime[ModelContext]], Awaitable[State]]


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


class StepAgent(Protocol):
    """An agent that a step can use."""

    @property
    def name(self) -> str:
        """Its name in specs."""
        ...

    @property
    def method_names(self) -> Sequence[str]:
        """Its methods."""
        ...

    def graph(self, method: str = "run") -> AnyGraph:
        """Give the graph of a method; its state has `messages`."""
        ...


@dataclass(frozen=True)
class Place:
    """What a shape is compiled with."""

    agents: Mapping[str, StepAgent]
    nested: "Callable[[WorkflowSpec, Place], AnyGraph]"
    share: float = 0.0
    """Of the whole workflow, for each step that has no steps; 0 when their number is unknown."""


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
    """Return the workflow's input: what was given as such, else what the human said last."""
    if state.get("input") is not None:
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
    asked = last_human(state) if state.get("input") is None else None
    return messages[: messages.index(asked)] if asked is not None else messages


def names_of(steps: Sequence[WorkflowSpec], taken: Sequence[str] = ()) -> list[str]:
    """Name the nodes of *steps*: readable, and each name once."""
    names: list[str] = []
    used = set(taken)
    for step in steps:
        name, number = _name_of(step), 1
        while name in used:
            number += 1
            name = f"{_name_of(step)}_{number}"
        used.add(name)
        names.append(name)
    return names


def add_step(builder: Builder, name: str, step: WorkflowSpec, role: Role, place: Place) -> None:
    """Add a step of a spec as the node *name*."""
    if isinstance(step, AgentStep):
        agent = place.agents[step.agent]
        builder.add_node(
            name,
            agent_node(agent, step, role),
            retry_policy=_retry_of(step),
            metadata={AGENT: agent.name, SHARE: place.share},
        )
    elif isinstance(step, ApprovalStep):
        from cantata.graphs.shapes.approval import approval_node  # noqa: PLC0415 - it is one of the steps

        builder.add_node(name, approval_node(step, role), metadata={SHARE: place.share})
    else:
        share = place.share if isinstance(step, HierarchicalStep) else 0.0
        inner = replace(place, share=0.0) if isinstance(step, HierarchicalStep) else place
        builder.add_node(name, _nested_node(place.nested(step, inner), step, role), metadata={SHARE: share})


def agent_node(agent: StepAgent, step: AgentStep, role: Role) -> Node:
    """Make the node of an agent's turn."""
    graph = agent.graph(step.method)
    condition = expression(step.when) if step.when else None
    transform = transformer(step.transform) if step.transform else None

    async def node(state: State, runtime: Runtime[ModelContext]) -> State:
        value = role.read(state)
        if condition is not None and not is_true(condition(value)):
            get_stream_writer()({"type": "step_skipped", "when": step.when})
            return role.finish(state, value)
        messages = [*role.said_before(state), HumanMessage(text_of(value))]
        try:
            output = await _in_time(step, graph.ainvoke({"messages": messages}, context=_context(graph, step, runtime)))
            told = _told(output)
            result = transform(told) if transform is not None else told
        except GraphBubbleUp:
            raise
        # An agent, its tools and its model may raise anything; whether that ends the workflow is the shape's affair.
        except Exception as error:
            if role.recover is None or _is_tried_again(step, runtime):
                raise
            return role.recover(state, error)
        return role.finish(state, result)

    return node


async def _in_time(step: AgentStep, turn: Awaitable[Any]) -> Any:
    """Await an attempt for as long as it may take; LangGraph's own timeout ends the node before it can recover."""
    try:
        async with asyncio.timeout(step.timeout_seconds) as limit:
            return await turn
    except TimeoutError as error:
        if not limit.expired():
            raise  # one of the agent's own
        raise StepTimeout(f"The step took longer than {step.timeout_seconds:g} s.") from error


def _is_tried_again(step: AgentStep, runtime: Runtime[ModelContext]) -> bool:
    attempt = runtime.execution_info.node_attempt if runtime.execution_info is not None else 1
    return step.retry is not None and attempt < step.retry.max_attempts


def _nested_node(graph: AnyGraph, step: WorkflowSpec, role: Role) -> Node:
    limit = max_concurrency_of(step)

    async def node(state: State, runtime: Runtime[ModelContext]) -> State:
        start = {"input": role.read(state), "messages": role.said_before(state)}
        try:
            output = await graph.ainvoke(start, {"max_concurrency": limit})
        except (GraphBubbleUp, NotApproved):
            raise
        # As above.
        except Exception as error:
            if role.recover is None:
                raise
            return role.recover(state, error)
        return role.finish(state, output["value"])

    return node


def max_concurrency_of(step: WorkflowSpec) -> int | None:
    """Tell how many nodes of a step's graph may be at work at once."""
    return step.max_concurrency if isinstance(step, ParallelStep) else None


def _told(output: Any) -> Any:
    """Find what an agent's graph gave: its final response, else its last message."""
    if isinstance(output, Mapping):
        if output.get("final_response"):
            return output["final_response"]
        for message in reversed(output.get("messages") or []):
            if isinstance(message, AIMessage):
                return str(message.text)
    return ""


class _Defaults(dict[str, Any]):
    """An empty context that is one: LangGraph takes a false one for none and hands down the caller's."""

    def __bool__(self) -> bool:
        return True


def _context(graph: AnyGraph, step: AgentStep, runtime: Runtime[ModelContext]) -> Any:
    """Hand on the run's model; a graph of other people gets its own context's defaults."""
    if graph.context_schema is not ModelContext:
        return _Defaults()
    context = runtime.context or ModelContext()
    return context if step.model is None else replace(context, model=step.model)


def _retry_of(step: AgentStep) -> RetryPolicy | None:
    if step.retry is None:
        return None
    retry = step.retry
    return RetryPolicy(
        initial_interval=retry.initial_interval,
        backoff_factor=retry.backoff_factor,
        max_interval=retry.max_interval,
        max_attempts=retry.max_attempts,
        retry_on=Exception,
    )


def _name_of(step: WorkflowSpec) -> str:
    if step.name is not None:
        return step.name
    if not isinstance(step, AgentStep):
        return step.type
    name = step.agent if step.method in EVERYWHERE else f"{step.agent}_{step.method}"
    clean = re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:64]  # a graph may have any name, a node not
    return clean if clean[:1].isalpha() else f"agent_{clean}"


def leaves(spec: WorkflowSpec) -> int:
    """Count the steps that have no steps; a manager counts as one, for nobody knows how often it will delegate."""
    match spec:
        case SequentialStep(steps=steps):
            return sum(map(leaves, steps))
        case ParallelStep(tasks=tasks, aggregate=how):
            return sum(map(leaves, tasks)) + isinstance(how, AgentStep)
    return 1
