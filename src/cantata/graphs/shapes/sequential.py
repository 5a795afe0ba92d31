"""Steps in turn: a chain of nodes."""

from itertools import pairwise

from langgraph.graph import END, START, StateGraph

from cantata.graphs.shapes.state import (
    AnyGraph,
    Role,
    WorkflowInput,
    WorkflowOutput,
    WorkflowState,
    beginning,
    ended,
    passed_on,
)
from cantata.graphs.shapes.steps import Place, add_step, names_of
from cantata.graphs.spec import SequentialStep
from cantata.graphs.state import ModelContext


def build(spec: SequentialStep, place: Place) -> AnyGraph:
    """Compile the chain."""
    builder = StateGraph(
        WorkflowState, context_schema=ModelContext, input_schema=WorkflowInput, output_schema=WorkflowOutput
    )
    names = names_of(spec.steps)
    for number, (name, step) in enumerate(zip(names, spec.steps, strict=True), 1):
        finish = ended if number == len(names) else passed_on
        add_step(builder, name, step, beginning(finish) if number == 1 else Role(finish), place)
    for before, after in pairwise((START, *names, END)):
        builder.add_edge(before, after)
    return builder.compile(name=spec.name or spec.type)
