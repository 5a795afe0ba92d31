"""A graph as a picture: its nodes, its edges, and Mermaid.

LangGraph's own Mermaid opens every agent's loop and puts a box around single nodes. Here an agent is one node, and a
box is what has steps of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from langgraph.pregel import Pregel

from cantata.graphs.opening import AnyGraph
from cantata.graphs.shapes.steps import AGENT

NodeType = Literal["start", "end", "agent", "step", "workflow"]
Path = tuple[str, ...]

_ENDS: Mapping[str, NodeType] = {"__start__": "start", "__end__": "end"}
_MARKS: Mapping[NodeType, tuple[str, str]] = {
    "start": ("([", "])"),
    "end": ("([", "])"),
    "agent": ("[", "]"),
    "step": ("(", ")"),
}


@dataclass(frozen=True)
class DrawnNode:
    """A node; `id` is its path, joined by slashes."""

    id: str
    name: str
    type: NodeType
    parent: str | None = None
    """The node that it is a step of."""
    agent: str | None = None


@dataclass(frozen=True)
class DrawnEdge:
    """A way from one node to another; a conditional one need not be taken."""

    source: str
    target: str
    conditional: bool


@dataclass(frozen=True)
class Drawing:
    """A graph's picture; a node comes after the one that it is a step of."""

    nodes: list[DrawnNode] = field(default_factory=list)
    edges: list[DrawnEdge] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return what clients get."""
        return {"nodes": self.nodes, "edges": self.edges, "mermaid": mermaid(self)}


def draw(graph: AnyGraph) -> Drawing:
    """Draw *graph*; slow for a large one, milliseconds a node."""
    drawing = Drawing()
    _draw(graph, (), drawing)
    return drawing


def turns(graph: AnyGraph, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the paths of the nodes that are an agent's turn, and whose."""
    nested = _nested(graph)
    for name, node in graph.nodes.items():
        agent = (node.metadata or {}).get(AGENT)
        if agent is not None:
            yield (*path, name), agent
        elif name in nested:
            yield from turns(nested[name], (*path, name))


def _nested(graph: AnyGraph) -> dict[str, AnyGraph]:
    return {name: inner for name, inner in graph.get_subgraphs() if isinstance(inner, Pregel)}


def mermaid(drawing: Drawing) -> str:
    """Write a flow chart; equal drawings give equal texts."""
    short = {node.id: f"n{number}" for number, node in enumerate(drawing.nodes)}
    lines = ["flowchart TD", *_boxes(drawing, None, short, "  ")]
    for edge in drawing.edges:
        arrow = "-.->" if edge.conditional else "-->"
        lines.append(f"  {short[edge.source]} {arrow} {short[edge.target]}")
    return "\n".join(lines) + "\n"


def _boxes(drawing: Drawing, parent: str | None, short: Mapping[str, str], indent: str) -> Iterator[str]:
    for node in drawing.nodes:
        if node.parent != parent:
            continue
        if node.type == "workflow":
            yield f"{indent}subgraph {short[node.id]}[{_quoted(node.name)}]"
            yield from _boxes(drawing, node.id, short, f"{indent}  ")
            yield f"{indent}end"
        else:
            opening, closing = _MARKS[node.type]
            yield f"{indent}{short[node.id]}{opening}{_quoted(_label(node))}{closing}"


def _label(node: DrawnNode) -> str:
    if node.type in ("start", "end"):
        return node.type
    return node.name if node.agent in (None, node.name) else f"{node.name}: {node.agent}"


def _quoted(text: str) -> str:
    return '"' + text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;") + '"'


def _draw(graph: AnyGraph, path: Path, drawing: Drawing) -> None:
    plain, nested = graph.get_graph(), _nested(graph)
    for id, node in plain.nodes.items():
        if path and id in _ENDS:
            continue  # the box stands for both
        place = (*path, id)
        agent = (node.metadata or {}).get(AGENT)
        is_box = agent is None and id in nested
        kind = _ENDS.get(id) or ("workflow" if is_box else "agent" if agent is not None else "step")
        drawing.nodes.append(DrawnNode("/".join(place), id, kind, "/".join(path) or None, agent))
        if is_box:
            _draw(nested[id], place, drawing)
    for edge in plain.edges:
        if not path or not {edge.source, edge.target} & _ENDS.keys():
            source, target = "/".join((*path, edge.source)), "/".join((*path, edge.target))
            drawing.edges.append(DrawnEdge(source, target, edge.conditional))
