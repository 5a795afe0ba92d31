"""The server: runs graphs, keeps their logs, and shows them over HTTP.

The names below are for programs that embed it; each is imported when it is first asked for.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# LangGraph reads this once, at its own first import, so it must stand before any other import of ours: checkpoints
# then revive only types that the graph's state schema, or the CHECKPOINT_TYPES setting, names.
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")

if TYPE_CHECKING:
    from cantata.server.app import create_app, opened
    from cantata.server.embedded import Cantata, RunEvents, execute_workflow_with_streaming, streaming_session
    from cantata.server.errors import CantataError
    from cantata.server.runs.ids import new_run_id
    from cantata.server.settings import Settings

__all__ = [
    "Cantata",
    "CantataError",
    "RunEvents",
    "Settings",
    "create_app",
    "execute_workflow_with_streaming",
    "new_run_id",
    "opened",
    "streaming_session",
]

_PLACES = {
    "Cantata": "embedded",
    "CantataError": "errors",
    "RunEvents": "embedded",
    "Settings": "settings",
    "create_app": "app",
    "execute_workflow_with_streaming": "embedded",
    "new_run_id": "runs.ids",
    "opened": "app",
    "streaming_session": "embedded",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
