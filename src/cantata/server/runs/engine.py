"""What every execution of a run shares."""

from dataclasses import dataclass, field

from langgraph.store.base import BaseStore

from cantata.callbacks.events import StoredEvent, Timestamps
from cantata.callbacks.redaction import Redaction
from cantata.callbacks.tracing.tracing import Tracing
from cantata.graphs.registry import GraphRegistry
from cantata.server.metrics import Metrics
from cantata.server.runs.budgets import Budgets
from cantata.server.runs.live import LiveRuns
from cantata.server.runs.model import Run
from cantata.server.runs.ports.bus import Bus
from cantata.server.runs.ports.checkpoints import Checkpoints
from cantata.server.runs.ports.event_log import EventLog
from cantata.server.runs.ports.runs import RunStore
from cantata.server.runs.ports.usage import UsageStore
from cantata.server.runs.presence import Presence

HISTORY_BYTES = 1_048_576  # of the log, per read


@dataclass(frozen=True, kw_only=True)
class Engine:
    """What every execution shares."""

    graphs: GraphRegistry
    log: EventLog
    store: RunStore
    bus: Bus
    checkpoints: Checkpoints
    graph_store: BaseStore
    redaction: Redaction
    timestamps: Timestamps
    presence: Presence
    usage: UsageStore
    budgets: Budgets
    tracing: Tracing = field(default_factory=Tracing)
    live: LiveRuns = field(default_factory=LiveRuns)
    metrics: Metrics = field(default_factory=Metrics)
    max_attempts: int
    cancel_seconds: float
    run_timeout_seconds: float
    recursion_limit: int

    async def history(self, run: Run) -> list[StoredEvent]:
        """Read the run's log up to the head that its row names."""
        events: list[StoredEvent] = []
        position = 0
        while position < run.last_seq:
            page = await self.log.read(run.id, position, HISTORY_BYTES)
            if page.frames is None:
                break
            events.extend(page.frames.events())
            position = page.frames.last_seq
        return events
