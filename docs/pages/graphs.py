"""The page of the graphs that come with Cantata."""

import asyncio

from docs.pages.markdown import page

from cantata.graphs.drawing import draw, mermaid
from cantata.graphs.registry import GraphRegistry


def graphs_page() -> str:
    """Draw every built-in graph."""
    graphs = GraphRegistry.load(None)
    drawings = {entry.name: asyncio.run(_drawing(graphs, entry.name)) for entry in graphs.entries()}
    return page(
        "Graphs",
        """
        The graphs that come with Cantata: a dotted arrow is the graph's choice while it runs, a box is a step that
        has steps. Each agent in a workflow is a graph of its own, drawn under its name. [agents.md](agents.md)
        tells how to add one, [studio.md](studio.md) how to look into all of them while they run.
        """,
        *(
            part
            for entry in graphs.entries()
            for part in (f"## {entry.name}", entry.description, f"```mermaid\n{drawings[entry.name]}```")
        ),
    )


async def _drawing(graphs: GraphRegistry, name: str) -> str:
    async with graphs.get(name).open({}, access="assistants.read") as graph:
        return mermaid(draw(graph))
