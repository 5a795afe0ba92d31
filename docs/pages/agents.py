"""The table of the agents that come with Cantata."""

from docs.pages.markdown import code, table

from cantata.graphs.agent import EVERYWHERE
from cantata.graphs.built_in import built_in_agents


def agents_table() -> str:
    """List every agent with its tools, and its methods beside those that all have."""
    rows = [
        (
            code(agent.name),
            agent.description,
            ", ".join(map(code, agent.tool_names)) or "none",
            "<br>".join(f"{code(name)}: {method.description}" for name, method in agent.methods.items()),
        )
        for agent in built_in_agents().values()
    ]
    return table(("agent", "what it does", "tools", f"methods beside {' and '.join(map(code, EVERYWHERE))}"), rows)
