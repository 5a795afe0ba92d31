"""Which nodes of a workflow give its answer."""

from typing import Any

import pytest

from cantata.graphs.answer_nodes import answer_paths
from cantata.graphs.compile import compile_spec
from cantata.graphs.drawing import draw
from cantata.graphs.registry import GraphRegistry
from cantata.graphs.spec import parse_spec
from tests.support.specs import asked, led, steps, tasks

SPECS: dict[str, tuple[dict[str, Any], list[tuple[str, ...]]]] = {
    "one agent": ({"agent": "writer"}, [("writer",)]),
    "the last step": (steps("researcher", "writer"), [("writer",)]),
    "a name that came twice": (steps("writer", "writer"), [("writer_2",)]),
    "what an approval lets pass": (steps("writer", asked("Good?")), [("writer",)]),
    "only an approval": (asked("Good?"), []),
    "a last step that may be passed over": (
        steps("researcher", "writer", {"agent": "reviewer", "when": "length(@) > `1`"}),
        [("writer",), ("reviewer",)],
    ),
    "every branch": (tasks("researcher", "writer", aggregate="concat"), [("researcher",), ("writer",)]),
    "the agent that brings branches together": (
        tasks("researcher", "writer", aggregate={"agent": "reviewer"}),
        [("aggregate",)],
    ),
    "the manager": (led("assistant", "researcher"), [("assistant",)]),
    "nested ones": (
        steps("researcher", tasks(steps("writer", "reviewer", name="text"), "content")),
        [("parallel", "text", "reviewer"), ("parallel", "content")],
    ),
}


@pytest.mark.parametrize(("spec", "paths"), SPECS.values(), ids=SPECS)
def test_the_answer_comes_from(spec: dict[str, Any], paths: list[tuple[str, ...]]) -> None:
    assert answer_paths(parse_spec(spec)) == paths


@pytest.mark.parametrize(("spec", "paths"), SPECS.values(), ids=SPECS)
def test_answer_nodes_are_nodes_of_the_compiled_graph(spec: dict[str, Any], paths: list[tuple[str, ...]]) -> None:
    graphs = GraphRegistry.load(None)

    drawn = {node.id for node in draw(compile_spec(spec, graphs.agents())).nodes}

    assert {"/".join(path) for path in paths} <= drawn


def test_a_built_in_agent_answers_with_its_model() -> None:
    assert GraphRegistry.load(None).get("assistant").answer_nodes == [["model"]]
