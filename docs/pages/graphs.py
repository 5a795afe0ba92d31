"""The page of the graphs that come with Cantata."""

import asyncio

from docs.pages.markdown import page

from cantata.graphs.registry import GraphRegistry


def graphs_page() -> str:
    """Draw every built-in graph."""
    graphs = GraphRegistry.load(None)
    drawings = {entry.name: asyncio.run(_drawing(graphs, entry.name)) for entry in graphs.entries()}
    return page(
        "Graphs",
        """
        The graphs that come with Cantata, as LangSmith Studio draws them: a dotted arrow is taken or not, a graph
        within a graph is drawn open. [studio.md](studio.md) tells how to look into them while they run.
        """,
        *(
            part
            for entry in graphs.entries()
            for part in (f"## {entry.name}", entry.description, f"```mermaid\n{drawings[entry.name]}```")
        ),
    )


async def _drawing(graphs: GraphRegistry, name: str) -> str:
    async with graphs.get(name).open({}, access="assistants.read") as graph:
        return (await graph.aget_graph(xray=True)).draw_mermaid(with_styles=False).replace("\t", "  ")
