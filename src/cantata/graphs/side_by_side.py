"""One question to several models at once, as a workflow: a branch for each."""

import re
from collections.abc import Sequence
from typing import Any

from cantata.graphs.model_names import short_model_name


def side_by_side(agent: str, models: Sequence[str]) -> dict[str, Any]:
    """Make the spec; one model's failure does not stop the others."""
    return {
        "type": "parallel",
        "tasks": [{"agent": agent, "name": _step_name(model), "model": model} for model in models],
        "on_error": "continue",
        "aggregate": "concat",
    }


def _step_name(model: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", short_model_name(model))[:60]
    return name if name[0].isalpha() else f"m_{name}"
