"""Steps side by side: every branch gets the same input at once, and the join waits for all of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.types import Overwrite, Send

from cantata.graphs.functions import Aggregator, aggregator, sections_of
from cantata.graphs.shapes.state import (
    AnyGraph,
    Role,
    State,
    WorkflowInput,
    WorkflowOutput,
    WorkflowState,
    beginning,
    finished,
    given,
    said_before,
)
from cantata.graphs.shapes.steps import Builder, Place, add_step, max_concurrency_of, names_of
from cantata.graphs.spec import AgentStep, ParallelStep
from cantata.graphs.state import ModelContext

JOIN = "aggregate"


def merged(one: Mapping[str, Any] | None, other: Mapping[str, Any]) -> dict[str, Any]:
    """Bring the outputs of branches together by their names."""
    return {**(one or {}), **other}


class ParallelState(WorkflowState, total=False):
    """What the branches gave, by their names."""

    results: Annotated[dict[str, Any], merged]


def build(spec: ParallelStep, place: Place) -> AnyGraph:
    """Compile the fan-out, the branches and the join."""
    builder = StateGraph(
        ParallelState, context_schema=ModelContext, input_schema=WorkflowInput, output_schema=WorkflowOutput
    )
    names = names_of(spec.tasks, taken=[JOIN])
    for name, task in zip(names, spec.tasks, strict=True):
        add_step(builder, name, task, _branch(name, spec.on_error), place)
    add_join(builder, names, spec.aggregate, place)
    builder.add_conditional_edges(START, _fan_out(names), names)
    builder.add_edge(names, JOIN)
    builder.add_edge(JOIN, END)
    graph = builder.compile(name=spec.name or spec.type)
    limit = max_concurrency_of(spec)
    return graph if limit is None else graph.with_config({"max_concurrency": limit})


def add_join(builder: Builder, names: Sequence[str], how: str | AgentStep, place: Place) -> None:
    """Add the node that makes one value of the outputs under *names*."""
    if isinstance(how, AgentStep):
        role = Role(
            lambda state, value: _joined(value), lambda state: sections_of(_without_failures(_outputs(state, names)))
        )
        add_step(builder, JOIN, how, role, place)
        return
    combine = _combination(how)

    async def join(state: State) -> State:
        value = combine(_outputs(state, names))
        return _joined(value, sections_of(_outputs(state, names)) if isinstance(value, list) else None)

    builder.add_node(JOIN, join)


def _fan_out(names: Sequence[str]) -> Callable[[State], list[Send]]:
    def fan_out(state: State) -> list[Send]:
        start = {"input": given(state), "messages": said_before(state)}
        return [Send(name, start) for name in names]

    return fan_out


def _branch(name: str, on_error: str) -> Role:
    def finish(state: State, value: Any) -> State:
        return {"results": {name: value}}

    def recover(state: State, error: Exception) -> State:
        failure = {"type": type(error).__name__, "message": str(error)}
        get_stream_writer()({"type": "branch_failed", "branch": name, "error": failure})
        return {"results": {name: {"error": failure}}}

    return beginning(finish, recover if on_error == "continue" else None)


def _combination(how: str) -> Callable[[Mapping[str, Any]], Any]:
    if how == "list":
        return lambda outputs: list(outputs.values())
    return _merge if how == "merge" else _of_successes(aggregator(how))


def _of_successes(combine: Aggregator) -> Aggregator:
    return lambda outputs: combine(_without_failures(outputs))


def _merge(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Make one object: the members of the objects, later branches winning, and any other output under its branch."""
    together: dict[str, Any] = {}
    for name, output in outputs.items():
        together |= output if isinstance(output, dict) and not _is_failure(output) else {name: output}
    return together


def _outputs(state: State, names: Sequence[str]) -> dict[str, Any]:
    """Return the outputs in the order of the spec, whatever the order in which the branches ended."""
    results = state.get("results") or {}
    return {name: results[name] for name in names if name in results}


def _without_failures(outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what failed, unless nothing else is left."""
    return {name: output for name, output in outputs.items() if not _is_failure(output)} or outputs


def _is_failure(output: Any) -> bool:
    return isinstance(output, dict) and output.keys() == {"error"}


def _joined(value: Any, text: str | None = None) -> State:
    return {**finished(value, text), "results": Overwrite({})}
