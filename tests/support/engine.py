"""The whole server but its HTTP: service, worker and storage, serving the graphs that a test names."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cantata.callbacks.events import StoredEvent, Timestamps
from cantata.callbacks.redaction import Redaction
from cantata.callbacks.tracing.tracing import Tracing
from cantata.graphs.model_settings import ModelSettings
from cantata.graphs.registry import GraphRegistry
from cantata.graphs.source import GraphSource
from cantata.server.persistence.stores import open_store
from cantata.server.persistence.uncheckpointed import mend_subgraphs_without_checkpointer
from cantata.server.runs.allowances import Allowances
from cantata.server.runs.budgets import Budgets
from cantata.server.runs.definitions import Definitions
from cantata.server.runs.engine import Engine
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Run
from cantata.server.runs.ports.bus import Bus, Subscription
from cantata.server.runs.ports.event_log import Page
from cantata.server.runs.presence import Presence
from cantata.server.runs.reader import Pulse
from cantata.server.runs.requests import RunRequest, SpecLimits
from cantata.server.runs.service import RunService
from cantata.server.workers.worker import Worker
from tests.support.backends import ALL, Backend, WallClock, open_backend

OWNER = "ada"
WINDOW = 262_144  # bytes
WORKERS = 10
CANCEL_SECONDS = 20  # longer than a busy machine stalls


class Quiet:
    """A pulse that beats and ends only when the test says so."""

    def __init__(self) -> None:
        self.is_beating = False
        self.is_closed = False

    def touch(self) -> None:
        """Note that something was sent."""

    def is_due(self) -> bool:
        """Tell, once, that the test let it beat."""
        is_due, self.is_beating = self.is_beating, False
        return is_due

    def is_over(self) -> bool:
        """Tell whether the test ended it."""
        return self.is_closed


@contextmanager
def unwatched(subscription: Subscription) -> Iterator[Pulse]:
    """Watch a stream that shows no heartbeats."""
    yield Quiet()


@dataclass(frozen=True)
class Server:
    """A running server."""

    backend: Backend
    engine: Engine
    service: RunService

    async def start(self, graph: str, given: Any, **members: Any) -> Run:
        """Ask for a run."""
        return (await self.service.start(OWNER, RunRequest(graph=graph, input=given, **members))).run

    async def ended(self, run: Run) -> dict[str, Any]:
        """Wait until the run has ended or waits for a human; return its workflow."""
        return await self.service.wait(run, 0, unwatched)

    async def reached(self, run: Run, seq: int) -> bool:
        """Wait until the run's log holds the event *seq*; False when the run comes to rest before."""
        async for item in self.service.stream(run.id, 0, unwatched):
            frames: Any = item
            if frames.last_seq >= seq:
                return True
            if frames.is_rest:
                break
        return False

    async def events(self, run_id: RunId) -> list[StoredEvent]:
        """Read the run's whole log."""
        page = await self.page(run_id)
        return list(page.frames.events()) if page.frames else []

    async def page(self, run_id: RunId) -> Page:
        """Read the run's whole log, as bytes."""
        return await self.backend.log.read(run_id, 0, ALL)


@asynccontextmanager
async def open_server(
    folder: Path,
    graphs: Mapping[str, Any],
    *,
    bus: Bus | None = None,
    secrets: Iterable[str] = (),
    tracing: Tracing | None = None,
    allowances: Allowances | None = None,
) -> AsyncIterator[Server]:
    """Serve *graphs* from a database in *folder*."""
    mend_subgraphs_without_checkpointer()
    async with (
        open_backend("sqlite", folder, WallClock()) as backend,
        open_store(None, folder / "cantata.store.db") as graph_store,
    ):
        sources = [GraphSource(name, "", graph, is_built_in=False) for name, graph in graphs.items()]
        dispatcher = backend.dispatcher(WORKERS)
        engine = Engine(
            graphs=GraphRegistry(sources, []),
            log=backend.log,
            store=backend.store,
            bus=bus or backend.bus(WINDOW),
            checkpoints=backend.checkpoints,
            graph_store=graph_store,
            redaction=Redaction(secrets),
            timestamps=Timestamps(backend.clock),
            usage=backend.usage,
            presence=Presence(0),
            tracing=tracing or Tracing(),
            budgets=Budgets(backend.usage, allowances or Allowances()),
            max_attempts=3,
            cancel_seconds=CANCEL_SECONDS,
            run_timeout_seconds=60,
            recursion_limit=100,
        )
        worker = Worker("tester", engine, dispatcher)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(worker.serve())
            limits = SpecLimits()
            definitions = Definitions(backend.definitions, engine.graphs, limits)
            yield Server(backend, engine, RunService(engine, dispatcher, ModelSettings(), definitions, limits))
            serving.cancel()
