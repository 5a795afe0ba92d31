"""Chooses the backends and builds what a process works with: the one place that does."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from langgraph.store.base import BaseStore

from cantata.callbacks.events import Timestamps
from cantata.callbacks.redaction import Redaction
from cantata.callbacks.tracing.tracing import Tracing
from cantata.callbacks.usage import warm_up as warm_up_prices
from cantata.graphs.faults import ModelUnavailable, UnknownModel
from cantata.graphs.model_names import known_models, resolve_model_name
from cantata.graphs.model_settings import ModelSettings
from cantata.graphs.models import aclose_models, warm_up
from cantata.graphs.registry import GraphRegistry
from cantata.server.errors import CantataError
from cantata.server.metrics import Metrics
from cantata.server.persistence.checkpoints import SqliteCheckpoints
from cantata.server.persistence.graph_store import GraphStore
from cantata.server.persistence.memory import MemoryBus, MemoryDispatcher
from cantata.server.persistence.serializer import serializer
from cantata.server.persistence.sqlite import Database, Visit
from cantata.server.persistence.sqlite_audit import SqliteAudit
from cantata.server.persistence.sqlite_definitions import SqliteDefinitions
from cantata.server.persistence.sqlite_keys import SqliteKeys
from cantata.server.persistence.sqlite_log import SqliteLog
from cantata.server.persistence.sqlite_retention import SqliteRetention
from cantata.server.persistence.sqlite_runs import SqliteRuns
from cantata.server.persistence.sqlite_sessions import SqliteSessions
from cantata.server.persistence.sqlite_stats import SqliteStats
from cantata.server.persistence.sqlite_tickets import SqliteTickets
from cantata.server.persistence.sqlite_usage import SqliteUsage
from cantata.server.persistence.stores import open_store
from cantata.server.persistence.uncheckpointed import mend_subgraphs_without_checkpointer
from cantata.server.runs.allowances import Allowances
from cantata.server.runs.budgets import Budgets
from cantata.server.runs.definitions import Definitions
from cantata.server.runs.engine import Engine
from cantata.server.runs.ports.credentials import AuditLog, KeyStore, TicketStore
from cantata.server.runs.ports.dispatch import Dispatcher
from cantata.server.runs.ports.sessions import SessionStore
from cantata.server.runs.presence import Presence
from cantata.server.runs.requests import SpecLimits
from cantata.server.runs.service import RunService
from cantata.server.runs.sessions import Sessions
from cantata.server.runs.statistics import Statistics
from cantata.server.settings import Settings
from cantata.server.tracing import open_tracing
from cantata.server.workers.retention import Limits, Retention
from cantata.server.workers.worker import Worker

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Resources:
    """What lives as long as the process."""

    settings: Settings
    service: RunService
    worker: Worker
    dispatcher: Dispatcher
    retention: Retention
    engine: Engine
    definitions: Definitions
    statistics: Statistics
    sessions: Sessions
    keys: KeyStore
    tickets: TicketStore
    audit: AuditLog
    limits: SpecLimits
    default_model: str
    """Of agents whose run names none."""
    known_models: list[str]
    """What clients are offered to pick from."""
    database: Database

    async def measure(self) -> None:
        """Let the metrics tell what only a look can."""
        metrics, live = self.engine.metrics, self.engine.live
        metrics.runs_active.set(len(live))
        metrics.runs_queued.set(len(self.dispatcher))
        metrics.runs_interrupted.set(await self.engine.store.interrupted())
        running = await self.engine.store.running()
        metrics.runs_stuck.set(sum(live.get(run_id) is None for run_id in running))
        metrics.database_bytes.set(self.database.size())

    async def drain(self) -> None:
        """Stop taking runs and let the present ones come to rest, within the configured time. Idempotent."""
        if not self.service.is_draining:  # what did not pause in time will not at the second call
            self.service.is_draining = True
            await self.worker.drain(self.settings.drain_seconds)


@asynccontextmanager
async def open_resources(
    settings: Settings, config_path: Path | None, prepare: Callable[[GraphRegistry], None] = lambda graphs: None
) -> AsyncIterator[Resources]:
    """Open the database, load the graphs and serve runs while the context is open.

    *prepare* adds to the graphs before the runs are taken up that an earlier process left.

    Raises:
        DatabaseInUse: another server holds the database.
        ProjectError: the `langgraph.json` cannot be used.
        CantataError: a setting of the models cannot be used.
    """
    mend_subgraphs_without_checkpointer()
    graphs = await asyncio.to_thread(GraphRegistry.load, config_path, seconds=settings.graph_load_seconds)
    prepare(graphs)
    models = _models()
    await asyncio.to_thread(_warm_up, models)
    await asyncio.to_thread(warm_up_prices)
    redaction = Redaction([*settings.secrets(), models.gemini_api_key or ""])
    async with (
        open_tracing(settings, redaction) as tracing,
        _opened(settings) as database,
        open_store(graphs.project, settings.store_path) as graph_store,
    ):
        resources = _build(settings, database, graph_store, graphs, models, tracing=tracing)
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(resources.worker.serve())]
            background.append(tasks.create_task(resources.service.cancel_abandoned()))
            sweeping = resources.retention.sweep_regularly(settings.retention_interval_seconds)
            background.append(tasks.create_task(sweeping))
            background.append(tasks.create_task(resources.sessions.sweep()))
            if isinstance(graph_store, GraphStore):
                background.append(tasks.create_task(graph_store.sweep_regularly()))
            yield resources
            await resources.drain()
            for task in background:
                task.cancel()
        # A planned stop is no crash: what did not pause in time is taken up without counting against its attempts.
        await resources.engine.store.recover("drain")


@contextmanager
def visiting_keys(settings: Settings) -> Iterator[KeyStore]:
    """Reach the keys from a command, beside a server that may be using the database."""
    visit = Visit(settings.database_path)
    try:
        yield SqliteKeys(visit, Timestamps())
    finally:
        visit.close()


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_path, Metrics(settings.metrics_prefix))
    try:
        yield database
    finally:
        await database.close()
        await aclose_models()


def _models() -> ModelSettings:
    try:
        return ModelSettings.from_environment()
    except ValueError as error:  # it names the setting
        raise CantataError(str(error)) from error


def _warm_up(models: ModelSettings) -> None:
    try:
        warm_up(models)
    except (UnknownModel, ModelUnavailable) as error:
        raise CantataError(f"DEFAULT_MODEL: {error}") from error


def _build(
    settings: Settings,
    database: Database,
    graph_store: BaseStore,
    graphs: GraphRegistry,
    models: ModelSettings,
    *,
    tracing: Tracing,
) -> Resources:
    engine = _engine(settings, database, graph_store, graphs, tracing)
    timestamps = engine.timestamps
    dispatcher = MemoryDispatcher(settings.max_concurrent_runs)
    sessions = SqliteSessions(database, timestamps)
    limits = SpecLimits(
        settings.max_workflow_steps, settings.max_workflow_depth, _canonical_names(settings.premium_models, models)
    )
    definitions = Definitions(SqliteDefinitions(database, timestamps), graphs, limits)
    return Resources(
        settings=settings,
        service=RunService(engine, dispatcher, models, definitions, limits),
        worker=Worker("embedded", engine, dispatcher),
        dispatcher=dispatcher,
        retention=_retention(settings, database, engine, sessions),
        engine=engine,
        definitions=definitions,
        statistics=Statistics(SqliteStats(database, timestamps), graphs),
        sessions=Sessions(sessions, engine.store),
        keys=SqliteKeys(database, timestamps),
        tickets=SqliteTickets(database, timestamps),
        audit=SqliteAudit(database, timestamps),
        limits=limits,
        default_model=resolve_model_name(None, models),
        known_models=known_models(models),
        database=database,
    )


def _engine(
    settings: Settings, database: Database, graph_store: BaseStore, graphs: GraphRegistry, tracing: Tracing
) -> Engine:
    timestamps = Timestamps()
    usage = SqliteUsage(database, timestamps)
    return Engine(
        graphs=graphs,
        log=SqliteLog(database, timestamps),
        store=SqliteRuns(database, timestamps),
        bus=MemoryBus(settings.reader_window_bytes, database.metrics),
        checkpoints=SqliteCheckpoints(database, serializer(settings.checkpoint_types, graphs.data_types)),
        graph_store=graph_store,
        redaction=tracing.redaction,
        tracing=tracing,
        timestamps=timestamps,
        metrics=database.metrics,
        usage=usage,
        presence=Presence(settings.disconnect_grace_seconds),
        budgets=Budgets(usage, Allowances.configured(settings)),
        max_attempts=settings.max_attempts,
        cancel_seconds=settings.cancel_seconds,
        run_timeout_seconds=settings.run_timeout_seconds,
        recursion_limit=settings.recursion_limit,
    )


def _canonical_names(told: Sequence[str], models: ModelSettings) -> frozenset[str]:
    names = set()
    for name in told:
        try:
            names.add(resolve_model_name(name, models))
        except ModelUnavailable:  # without a key nobody can use it
            continue
        except UnknownModel as error:
            raise CantataError(f"PREMIUM_MODELS: {error}") from error
    return frozenset(names)


def _retention(settings: Settings, database: Database, engine: Engine, sessions: SessionStore) -> Retention:
    limits = Limits(
        event_days=settings.event_retention_days,
        event_days_of=settings.workspace_retention,
        checkpoint_days=settings.checkpoint_retention_days,
        session_days=settings.session_retention_days,
        audit_days=settings.audit_retention_days,
    )
    store, audit = SqliteRetention(database), SqliteAudit(database, engine.timestamps)
    return Retention(limits, store, engine.log, engine.checkpoints, sessions, audit, timestamps=engine.timestamps)
