"""Drawings: agents are single nodes, steps with steps are boxes, and the text is stable."""

from typing import Any

from langgraph.graph import START, MessagesState, StateGraph

from cantata.graphs.agent import Agent, GraphAgent
from cantata.graphs.compile import compile_spec
from cantata.graphs.drawing import draw, mermaid, turns

AGENTS = {name: Agent(name, "d", "p") for name in ("ada", "bob", "eve")}
SPEC = {
    "type": "sequential",
    "steps": [
        {"agent": "ada"},
        {"type": "parallel", "tasks": [{"agent": "bob"}, {"type": "approval", "prompt": "?", "name": "a"}]},
        {"type": "hierarchical", "master": {"name": "eve"}, "subAgents": [{"name": "ada"}]},
    ],
}
TEXT = """\
flowchart TD
  n0(["start"])
  n1["ada"]
  subgraph n2["parallel"]
    n3["bob"]
    n4("a")
    n5("aggregate")
  end
  subgraph n6["hierarchical"]
    n7["eve"]
    n8["ada"]
  end
  n9(["end"])
"""


def test_steps_within_steps_are_boxes_and_agents_are_not_opened() -> None:
    drawing = draw(compile_spec(SPEC, AGENTS))

    assert mermaid(drawing).startswith(TEXT)
    assert [(node.id, node.type, node.parent) for node in drawing.nodes if node.parent] == [
        ("parallel/bob", "agent", "parallel"),
        ("parallel/a", "step", "parallel"),
        ("parallel/aggregate", "step", "parallel"),
        ("hierarchical/eve", "agent", "hierarchical"),
        ("hierarchical/ada", "agent", "hierarchical"),
    ]


def test_a_delegation_is_a_conditional_edge() -> None:
    edges = {(edge.source, edge.target): edge.conditional for edge in draw(compile_spec(SPEC, AGENTS)).edges}

    assert edges["hierarchical/eve", "hierarchical/ada"] is True
    assert edges["hierarchical/ada", "hierarchical/eve"] is False
    assert edges["ada", "parallel"] is False


def test_equal_specs_have_equal_drawings() -> None:
    assert mermaid(draw(compile_spec(SPEC, AGENTS))) == mermaid(draw(compile_spec(dict(SPEC), dict(AGENTS))))


def test_a_name_cannot_break_the_text() -> None:
    def node(state: MessagesState) -> dict[str, Any]:
        return {}

    name = 'x"]; click n0 <script>#'
    graph = StateGraph(MessagesState).add_node(name, node).add_edge(START, name).compile()

    assert 'n1("x#quot;]; click n0 #lt;script#gt;#35;")' in mermaid(draw(graph))


def test_the_turns_are_the_agents_nodes_at_every_depth() -> None:
    graph = compile_spec(SPEC, {**AGENTS, "bob": GraphAgent("bob", "d", AGENTS["bob"].graph())})

    assert dict(turns(graph)) == {
        ("ada",): "ada",
        ("parallel", "bob"): "bob",
        ("hierarchical", "eve"): "eve",
        ("hierarchical", "ada"): "ada",
    }
