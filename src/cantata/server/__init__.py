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
    from cantata.server.current import (
        cancel_all_streams,
        execute_workflow_with_streaming,
        get_active_stream_count,
        get_active_streams,
        get_stats,
        stream_with_sse,
        streaming_session,
    )
    from cantata.server.embedded import Cantata, RunEvents
    from cantata.server.errors import CantataError
    from cantata.server.runs.ids import new_run_id
    from cantata.server.settings import Settings
    from cantata.server.sse_stream import SseStream

__all__ = [
    "Cantata",
    "CantataError",
    "RunEvents",
    "Settings",
    "SseStream",
    "cancel_all_streams",
    "create_app",
    "execute_workflow_with_streaming",
    "get_active_stream_count",
    "get_active_streams",
    "get_stats",
    "new_run_id",
    "opened",
    "stream_with_sse",
    "streaming_session",
]

_PLACES = {
    "Cantata": "embedded",
    "CantataError": "errors",
    "RunEvents": "embedded",
    "Settings": "settings",
    "SseStream": "sse_stream",
    "cancel_all_streams": "current",
    "create_app": "app",
    "execute_workflow_with_streaming": "current",
    "get_active_stream_count": "current",
    "get_active_streams": "current",
    "get_stats": "current",
    "new_run_id": "runs.ids",
    "opened": "app",
    "stream_with_sse": "current",
    "streaming_session": "current",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
