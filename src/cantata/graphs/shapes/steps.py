"""How a step of a spec becomes a node.

A step is a graph: an agent's, or that of the steps within it. Its node gives it a value and takes one back.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy

from cantata.graphs.agent import EVERYWHERE, StepAgent
from cantata.graphs.shapes.approval import approval_node
from cantata.graphs.shapes.state import AnyGraph, Node, NotApproved, Role, State
from cantata.graphs.shapes.turn import agent_node
from cantata.graphs.spec import AgentStep, ApprovalStep, HierarchicalStep, ParallelStep, SequentialStep, WorkflowSpec
from cantata.graphs.state import ModelContext

AGENT = "lc_agent_name"  # the metadata key by which LangChain's own agents say who speaks
SHARE = "cantata_share"  # the metadata key that says how much of the whole a step is, from 0 to 1

Builder = Any  # a StateGraph, whose add_node would have a type of its own for each node's state


@dataclass(frozen=True)
class Place:
    """What a shape is compiled with."""

    agents: Mapping[str, StepAgent]
    nested: "Callable[[WorkflowSpec, Place], AnyGraph]"
    share: float = 0.0
    """Of the whole workflow, for each step that has no steps; 0 when their number is unknown."""


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
        builder.add_node(name, approval_node(step, role), metadata={SHARE: place.share})
    else:
        share = place.share if isinstance(step, HierarchicalStep) else 0.0
        inner = replace(place, share=0.0) if isinstance(step, HierarchicalStep) else place
        builder.add_node(name, _nested_node(place.nested(step, inner), step, role), metadata={SHARE: share})


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
