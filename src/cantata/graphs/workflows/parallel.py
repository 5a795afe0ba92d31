"""Two agents side by side, one with the bundled documents and one without; their answers stand below each other."""

from typing import Any

from cantata.graphs.built_in import built_in_agents
from cantata.graphs.compile import compile_spec

spec: dict[str, Any] = {
    "type": "parallel",
    "tasks": [{"agent": "researcher"}, {"agent": "assistant"}],
    "on_error": "continue",
    "aggregate": "concat",
}
graph = compile_spec(spec, built_in_agents())
