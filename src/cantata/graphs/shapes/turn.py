"""An agent's turn: the node of a step that one agent takes."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.config import get_stream_writer
from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime

from cantata.graphs.agent import StepAgent
from cantata.graphs.expressions import expression, is_true
from cantata.graphs.functions import text_of, transformer
from cantata.graphs.shapes.state import AnyGraph, Node, Role, State
from cantata.graphs.spec import AgentStep
from cantata.graphs.state import ModelContext


class StepTimeout(TimeoutError):
    """A step took too long."""


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
