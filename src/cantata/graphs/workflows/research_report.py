"""A report with its sources: an assistant has facts and doubts collected, a report written, and the report reviewed."""

from typing import Any

from cantata.graphs.built_in import built_in_agents
from cantata.graphs.compile import compile_spec

spec: dict[str, Any] = {
    "type": "hierarchical",
    "name": "research_report",
    "master": {"name": "assistant", "method": "delegate"},
    "subAgents": [
        {"agent": "researcher"},
        {"agent": "researcher", "method": "doubt", "name": "sceptic"},
        {"agent": "writer", "method": "report"},
        {"agent": "reviewer"},
    ],
    "max_rounds": 5,
    "max_delegations": 10,
}
graph = compile_spec(spec, built_in_agents())
