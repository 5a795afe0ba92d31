"""Which nodes of a workflow give its answer: what the others say is work on the way."""

from collections.abc import Iterator

from cantata.graphs.drawing import Path
from cantata.graphs.shapes.parallel import JOIN
from cantata.graphs.shapes.steps import names_of
from cantata.graphs.spec import AgentStep, ApprovalStep, HierarchicalStep, ParallelStep, SequentialStep, WorkflowSpec

AGENT_NODE = "model"  # of an agent's own graph


def answer_paths(spec: WorkflowSpec) -> list[Path]:
    """Return the paths of the nodes whose messages are the answer, in the order of the spec; may be empty."""
    alone = isinstance(spec, AgentStep | ApprovalStep)  # is compiled as a sequence of one step
    return list(_sequence([spec]) if alone else _paths(spec))


def _paths(spec: WorkflowSpec) -> Iterator[Path]:
    match spec:
        case AgentStep():
            yield ()
        case ApprovalStep():
            return
        case SequentialStep(steps=steps):
            yield from _sequence(steps)
        case ParallelStep(tasks=tasks, aggregate=how):
            if isinstance(how, AgentStep):
                yield (JOIN,)
                return
            for name, task in zip(names_of(tasks, taken=[JOIN]), tasks, strict=True):
                yield from ((name, *path) for path in _paths(task))
        case HierarchicalStep(master=master, aggregator=how):
            (name,) = names_of([AgentStep(agent=master.name)], taken=[JOIN])
            yield (JOIN,) if isinstance(how, AgentStep) else (name,)


def _sequence(steps: list[WorkflowSpec]) -> Iterator[Path]:
    """Yield those of the last step that is sure to speak, and of what may come after it."""
    names = names_of(steps)
    found: list[Path] = []
    for name, step in zip(reversed(names), reversed(steps), strict=True):
        paths = [(name, *path) for path in _paths(step)]
        found = [*paths, *found]
        if paths and not (isinstance(step, AgentStep) and step.when is not None):
            break
    yield from found
