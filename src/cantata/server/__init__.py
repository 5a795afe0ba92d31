"""The server: runs graphs, keeps their logs, and shows them over HTTP."""

import os

# LangGraph reads this once, at its own first import, so it must stand before any other import of ours: checkpoints
# then revive only types that the graph's state schema, or the CHECKPOINT_TYPES setting, names.
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
