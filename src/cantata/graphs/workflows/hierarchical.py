"""An assistant leads: it delegates to a researcher and a writer, and answers with what they gave."""

from typing import Any

from cantata.graphs.built_in import built_in_agents
from cantata.graphs.compile import compile_spec

spec: dict[str, Any] = {
    "type": "hierarchical",
    "master": {"name": "assistant", "method": "delegate"},
    "subAgents": [{"name": "researcher"}, {"name": "writer", "method": "draft"}],
}
graph = compile_spec(spec, built_in_agents())
