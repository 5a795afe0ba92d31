"""One question, several answers side by side: of several models when COMPARE_MODELS names them, else of three views.

COMPARE_MODELS lists models with commas between them, as `google_genai:gemini-2.5-flash, google_genai:gemini-2.5-pro`.
"""

import os
import re
from typing import Any

from cantata.graphs.built_in import built_in_agents
from cantata.graphs.compile import compile_spec
from cantata.graphs.models import short_model_name

VIEWS = {"expert": "run", "newcomer": "explain", "sceptic": "doubt"}  # and the researcher's method for each


def make_spec(models: str) -> dict[str, Any]:
    """Make the spec for a list of models; for an empty one, of views on one model."""
    names = [name.strip() for name in models.split(",") if name.strip()]
    by_model = [{"agent": "assistant", "name": _step_name(name), "model": name} for name in names]
    by_view = [{"agent": "researcher", "method": method, "name": view} for view, method in VIEWS.items()]
    return {
        "type": "parallel",
        "name": "compare_perspectives",
        "tasks": by_model or by_view,
        "on_error": "continue",
        "aggregate": "concat",
    }


def _step_name(model: str) -> str:
    return "m_" * (not model[0].isalpha()) + re.sub(r"[^A-Za-z0-9_.-]", "_", short_model_name(model))[:60]


spec = make_spec(os.environ.get("COMPARE_MODELS", ""))
graph = compile_spec(spec, built_in_agents())
