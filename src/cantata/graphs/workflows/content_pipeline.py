"""Copy for a page: a researcher collects, the copy is drafted, a reviewer remarks, and the copy is revised."""

from typing import Any

from cantata.graphs.built_in import built_in_agents
from cantata.graphs.compile import compile_spec

spec: dict[str, Any] = {
    "type": "sequential",
    "name": "content_pipeline",
    "steps": [
        {"agent": "researcher"},
        {"agent": "content", "method": "draft"},
        {"agent": "reviewer", "method": "critique"},
        {"agent": "content", "method": "revise"},
    ],
}
graph = compile_spec(spec, built_in_agents())
