"""One question, several answers side by side: of several models when COMPARE_MODELS names them, else of three views.

COMPARE_MODELS lists models with commas between them, as `google_genai:gemini-2.5-flash, google_genai:gemini-2.5-pro`.
"""

import os
from typing import Any

from cantata.graphs.built_in import built_in_agents
from cantata.graphs.compile import compile_spec
from cantata.graphs.side_by_side import side_by_side

VIEWS = {"expert": "run", "newcomer": "explain", "sceptic": "doubt"}  # and the researcher's method for each


def make_spec(models: str) -> dict[str, Any]:
    """Make the spec for a list of models; for an empty one, of views on one model."""
    names = [name.strip() for name in models.split(",") if name.strip()]
    by_view = [{"agent": "researcher", "method": method, "name": view} for view, method in VIEWS.items()]
    spec = side_by_side("assistant", names)
    return {**spec, "name": "compare_perspectives", "tasks": spec["tasks"] or by_view}


spec = make_spec(os.environ.get("COMPARE_MODELS", ""))
graph = compile_spec(spec, built_in_agents())
