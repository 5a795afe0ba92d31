"""The checkpoints of a run, as its graph sees them."""

import copy
from typing import Any

from langgraph.types import StateSnapshot

from cantata.callbacks.redaction import Redaction
from cantata.server.runs.engine import Engine
from cantata.server.runs.ids import uuid_of
from cantata.server.runs.model import Run


async def checkpoints_of(engine: Engine, run: Run, limit: int) -> list[dict[str, Any]]:
    """Return what the run's own graph saved, newest first; other runs of its thread are left out."""
    source = engine.graphs.find(run.spec.graph, run.spec.definition)
    config: Any = {"configurable": {**run.spec.configurable, "thread_id": run.thread_id}}
    async with source.open(config, access="threads.read", context=run.spec.context) as opened:
        graph = copy.copy(opened)
        graph.checkpointer = engine.checkpoints.unbound()
        own = {"run_id": str(uuid_of(run.id))}
        found = graph.aget_state_history(config, filter=own, limit=limit)
        return [_shown(snapshot, engine.redaction) async for snapshot in found]


def _shown(snapshot: StateSnapshot, redaction: Redaction) -> dict[str, Any]:
    metadata = snapshot.metadata or {}
    return {
        "checkpoint_id": _id_in(snapshot.config),
        "parent_checkpoint_id": _id_in(snapshot.parent_config),
        "created_at": snapshot.created_at,
        "step": metadata.get("step"),
        "source": metadata.get("source"),
        "next": list(snapshot.next),
        "values": redaction.plain(snapshot.values),
        "interrupts": [{"id": i.id, "value": redaction.plain(i.value)} for i in snapshot.interrupts],
    }


def _id_in(config: Any) -> str | None:
    return config["configurable"].get("checkpoint_id") if config else None
