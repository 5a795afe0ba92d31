"""From a workflow spec to a LangGraph state graph whose nodes are the spec's steps.

    sequential     step ─▶ step ─▶ step
    parallel       ─▶ branch, branch, branch ─▶ aggregate
    hierarchical   master ◀─▶ sub-agent, sub-agent; then, if wanted, aggregate

One value goes through: the workflow's input, then each step's output. A step that has steps is a graph of its own
within its node. What was said before in the session is known to the steps that begin the workflow.
"""

from collections.abc import Mapping

from cantata.graphs.agent import StepAgent
from cantata.graphs.shapes import hierarchical, parallel, sequential
from cantata.graphs.shapes.state import AnyGraph
from cantata.graphs.shapes.steps import Place, leaves
from cantata.graphs.spec import (
    AgentReference,
    HierarchicalStep,
    ParallelStep,
    SequentialStep,
    WorkflowSpec,
    check_agents,
    parse_spec,
)


def compile_spec(spec: WorkflowSpec | Mapping[str, object], agents: Mapping[str, StepAgent]) -> AnyGraph:
    """Compile *spec*; equal specs give equal graphs, node by node. No checkpointer: whoever runs it attaches one.

    Raises:
        BadSpec: it cannot be run; its errors have paths.
    """
    parsed = parse_spec(spec) if isinstance(spec, Mapping) else spec
    check_agents(parsed, agents)
    share = 0.0 if isinstance(parsed, HierarchicalStep) else 1 / leaves(parsed)
    return _compiled(parsed, Place(agents, _compiled, share))


def _compiled(spec: WorkflowSpec, place: Place) -> AnyGraph:
    match spec:
        case SequentialStep():
            return sequential.build(spec, place)
        case ParallelStep():
            return parallel.build(spec, place)
        case HierarchicalStep():
            return hierarchical.build(spec, place)
        case _:
            return sequential.build(SequentialStep(type="sequential", steps=[spec]), place)


def supersteps(spec: WorkflowSpec) -> int:
    """Count what the longest of a workflow's graphs needs of LangGraph's `recursion_limit`, which holds for each."""
    match spec:
        case SequentialStep(steps=steps):
            return max(len(steps) + 1, *map(supersteps, steps))
        case ParallelStep(tasks=tasks):
            return max(3, *map(supersteps, tasks))
        case HierarchicalStep(max_rounds=rounds, sub_agents=subs):
            inner = [supersteps(sub) for sub in subs if not isinstance(sub, AgentReference)]
            return max(2 * rounds + 4, *inner) if inner else 2 * rounds + 4
    return 1
