"""/api/operations: what the process does right now, for whoever runs it."""

from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from cantata.server.auth.policies import GuardedRoute, needs
from cantata.server.auth.principal import ADMIN, Caller
from cantata.server.bootstrap import Resources
from cantata.server.metrics import Metrics
from cantata.server.routes.answers import Service, json_response
from cantata.server.routes.bodies import NoQuery
from cantata.server.routes.documented import OPERATIONS_ANSWERS
from cantata.server.routes.looks import note_watching
from cantata.server.runs.ids import RunId
from cantata.server.runs.live import LiveRun
from cantata.server.runs.model import Run
from cantata.server.settings import Settings
from cantata.server.sse import Streams

router = APIRouter(prefix="/api/operations", tags=["operations"], route_class=GuardedRoute)

MOST_RUNS = 100
MOST_FAILURES = 20
MOST_SLOW = 20
SLOW_EVENTS = 100  # behind its run, from which on a reader counts as slow


@router.get("", responses=OPERATIONS_ANSWERS)
@needs(ADMIN)
async def operations(query: NoQuery, request: Request, answers: Service, caller: Caller) -> Response:
    """Tell what runs, how fast, what failed, and what is kept. Totals and latencies are since the process started."""
    await note_watching(caller, "operations", request)
    resources: Resources = request.app.state.resources
    metrics = await request.app.state.cantata.measured()
    return json_response(
        {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "runs": await _runs(resources),
            "totals": _totals(metrics),
            "latency_seconds": _latencies(metrics),
            "readers": _readers(metrics, resources, request.app.state.streams),
            "failures": [_failure(run) for run in await resources.engine.store.failed_lately(MOST_FAILURES)],
            "storage": _storage(resources),
        }
    )


async def _runs(resources: Resources) -> dict[str, Any]:
    live = resources.engine.live.items()
    shown = [await _active(resources, run_id, run) for run_id, run in live[:MOST_RUNS]]
    return {
        "active": len(live),
        "queued": len(resources.dispatcher),
        "interrupted": await resources.engine.store.interrupted(),
        "limit": resources.settings.max_concurrent_runs,
        "shown": [run for run in shown if run is not None],
    }


async def _active(resources: Resources, run_id: RunId, live: LiveRun) -> dict[str, Any] | None:
    run = await resources.engine.store.by_id(run_id)
    if run is None:
        return None
    fold = live.recorder.fold if live.recorder else None
    return {
        "workflow_id": run.id,
        "graph": run.spec.graph,
        "strategy": run.spec.strategy,
        "owner": run.owner,
        "session_id": run.session_id,
        "steps": fold.open_steps() if fold else [],
        "progress": fold.progress if fold else None,
        "last_seq": fold.last_seq if fold else run.last_seq,
        "attempt": run.attempt,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "readers": resources.service.readers(run.id),
    }


def _totals(metrics: Metrics) -> dict[str, float]:
    total = metrics.total
    ends = {status: total(metrics.workflows, status=status) for status in ("completed", "failed", "cancelled")}
    return ends | {
        "model_calls": total(metrics.llm_calls),
        "model_errors": total(metrics.llm_errors),
        "tokens": total(metrics.llm_tokens, type="input") + total(metrics.llm_tokens, type="output"),
        "cost_usd": total(metrics.llm_dollars),
        "tool_calls": total(metrics.tool_calls),
        "bytes_sent": total(metrics.bytes_sent),
        "problems": total(metrics.problems),
    }


def _latencies(metrics: Metrics) -> dict[str, dict[str, float | None]]:
    measured = {
        "run": metrics.workflow_seconds,
        "queue_wait": metrics.queue_wait,
        "first_token": metrics.first_text,
        "delivery_lag": metrics.delivery_lag,
        "commit": metrics.commit_seconds,
        "loop_lag": metrics.loop_lag,
    }
    return {name: metrics.quantiles(instrument) for name, instrument in measured.items()}


def _readers(metrics: Metrics, resources: Resources, streams: Streams) -> dict[str, Any]:
    heads = {run_id: live.recorder.fold.last_seq for run_id, live in resources.engine.live.items() if live.recorder}
    behind = [(heads.get(reading.run_id, 0) - reading.position, reading) for reading in streams.readings()]
    slow = sorted((pair for pair in behind if pair[0] >= SLOW_EVENTS), key=lambda pair: -pair[0])
    return {
        "open": len(streams),
        "resumes": metrics.total(metrics.resumes),
        "gaps": metrics.total(metrics.gaps),
        "fallbacks": metrics.total(metrics.fallbacks),
        "slow": [
            {"workflow_id": reading.run_id, "position": reading.position, "behind": events}
            for events, reading in slow[:MOST_SLOW]
        ],
    }


def _failure(run: Run) -> dict[str, Any]:
    workflow = orjson.loads(run.workflow)
    return {
        "workflow_id": run.id,
        "graph": run.spec.graph,
        "owner": run.owner,
        "ended_at": workflow["ended_at"],
        "error": workflow["error"],
        "failed_node": workflow.get("failed_node"),
    }


def _storage(resources: Resources) -> dict[str, Any]:
    settings: Settings = resources.settings
    return {
        "database_bytes": resources.database.size(),
        "retention_days": {
            "events": settings.event_retention_days,
            "checkpoints": settings.checkpoint_retention_days,
            "sessions": settings.session_retention_days,
        },
    }
