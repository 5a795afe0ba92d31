"""Three agents in a row: a researcher takes notes, a writer drafts, a reviewer gives the final text."""

from typing import Any

from cantata.graphs.built_in import built_in_agents
from cantata.graphs.compile import compile_spec

spec: dict[str, Any] = {
    "type": "sequential",
    "steps": [{"agent": "researcher"}, {"agent": "writer"}, {"agent": "reviewer"}],
}
graph = compile_spec(spec, built_in_agents())
